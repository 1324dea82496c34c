/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* predict.c: label the pixels of images, and show the labels. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "import_options.h"
#include "options.h"
#include "predict_tiles.h"
#include "seg/image.h"
#include "shared.h"

typedef struct settings {
    const char *model_path, *folder;
    int threads, memory_mb;
    double alpha;
    bool json, bf16;
    tile_choice tile;
    import_options import;
} settings;

/* What came out for one image. */
typedef struct result {
    int width, height;
    double decode_ms, network_ms, write_ms;
    int order[256];                     /* class ids, the most frequent first */
    int64_t pixels[256];                /* of each class id */
    char *mask, *overlay;               /* paths */
    int tiles, tile_width, tile_height; /* tiles 0 or 1: none */
} result;

/* Shares up to this are noise along borders and not worth a line. */
static const double LEAST_SHARE = 0.0005;

static double share_of(const result *r, int id)
{
    return (double)r->pixels[id] / ((double)r->width * (double)r->height);
}

static void count_labels(result *r, const uint8_t *labels)
{
    int64_t count = (int64_t)r->width * r->height;
    for (int64_t i = 0; i < count; i++)
        r->pixels[labels[i]]++;
}

static void order_classes(result *r, int classes)
{
    /* Insertion sort: stable, so equal classes stay in the order of their ids. */
    for (int id = 0; id < classes; id++) {
        int at = id;
        for (; at > 0 && r->pixels[r->order[at - 1]] < r->pixels[id]; at--)
            r->order[at] = r->order[at - 1];
        r->order[at] = id;
    }
}

static char *with_end(const char *stem, const char *end)
{
    size_t size = strlen(stem) + strlen(end) + 1;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s%s", stem, end);
    return path;
}

/* Mask and overlay, each written whole or not at all. */
static seg_status write_results(const seg_model *model, const seg_image *image,
                                const seg_image *labels, double alpha, const result *r,
                                seg_error *err)
{
    const seg_color *palette = seg_model_palette(model);
    int classes = seg_model_describe(model).classes;
    seg_image_buffer overlay;
    seg_status status =
        seg_image_overlay(&overlay, image, labels, palette, classes, (float)alpha, err);
    if (status != SEG_OK)
        return status;
    status = seg_labels_write(r->mask, labels, palette, classes, err);
    if (status == SEG_OK) {
        seg_image view = seg_image_view(&overlay);
        status = seg_image_write(r->overlay, &view, err);
    }
    seg_image_release(&overlay);
    return status;
}

static seg_status predict_pixels(const seg_model *model, seg_session *session,
                                 const seg_image *image, double alpha, result *r, seg_error *err)
{
    uint8_t *pixels = malloc((size_t)image->width * (size_t)image->height);
    if (pixels == NULL) {
        err->status = SEG_NOMEM;
        snprintf(err->text, sizeof err->text, "out of memory: labels of %dx%d pixels", image->width,
                 image->height);
        return SEG_NOMEM;
    }
    double start = shared_clock_ms();
    seg_status status = seg_segment(session, image, pixels, err);
    r->network_ms = shared_clock_ms() - start;
    if (status == SEG_OK) {
        const seg_image labels = {pixels, image->width, image->height, 1, 0};
        count_labels(r, pixels);
        start = shared_clock_ms();
        status = write_results(model, image, &labels, alpha, r, err);
        r->write_ms = shared_clock_ms() - start;
    }
    free(pixels);
    return status;
}

/* ---- what is said about an image ---- */

static void print_text(const seg_model *model, const char *path, const result *r)
{
    int classes = seg_model_describe(model).classes;
    printf("%s: %dx%d", path, r->width, r->height);
    if (r->tiles > 1)
        printf(" in %d tiles of %dx%d", r->tiles, r->tile_width, r->tile_height);
    printf(", decode %.1f ms, network %.1f ms, write %.1f ms\n", r->decode_ms, r->network_ms,
           r->write_ms);
    for (int i = 0; i < classes; i++) {
        double share = share_of(r, r->order[i]);
        if (share > LEAST_SHARE)
            printf("  %5.1f %%  %s\n", 100 * share, seg_model_class_name(model, r->order[i]));
    }
    printf("  %s\n  %s\n", r->mask, r->overlay);
}

static int print_json(const seg_model *model, const char *path, const result *r)
{
    json_t *classes = json_array();
    for (int i = 0; i < seg_model_describe(model).classes; i++) {
        int id = r->order[i];
        if (share_of(r, id) > LEAST_SHARE)
            json_array_append_new(classes, json_pack("{s:i, s:s, s:f}", "id", id, "name",
                                                     seg_model_class_name(model, id), "share",
                                                     share_of(r, id)));
    }
    json_t *root = json_pack("{s:o, s:i, s:i, s:o, s:{s:f, s:f, s:f}, s:o, s:o}", "image",
                             shared_json_path(path), "width", r->width, "height", r->height,
                             "classes", classes, "ms", "decode", r->decode_ms, "network",
                             r->network_ms, "write", r->write_ms, "mask", shared_json_path(r->mask),
                             "overlay", shared_json_path(r->overlay));
    if (r->tiles > 1)
        json_object_set_new(root, "tiles",
                            json_pack("{s:i, s:i, s:i}", "count", r->tiles, "width", r->tile_width,
                                      "height", r->tile_height));
    return shared_print_json(&cmd_predict, root);
}

/* Said on stderr, and for machines also in the image's place among the results. */
static int image_failed(const settings *s, const char *path, const char *why)
{
    if (s->json)
        shared_print_json(&cmd_predict, json_pack("{s:o, s:o}", "image", shared_json_path(path),
                                                  "error", shared_json_path(why)));
    return cmd_fail(&cmd_predict, "%s%s%s", strstr(why, path) != NULL ? "" : path,
                    strstr(why, path) != NULL ? "" : ": ", why);
}

static void result_release(result *r)
{
    free(r->mask);
    free(r->overlay);
}

static bool name_results(result *r, path_list *taken, const settings *s, const char *path)
{
    const char *stem = files_result_stem(taken, s->folder, path);
    if (stem != NULL) {
        r->mask = with_end(stem, ".mask.png");
        r->overlay = with_end(stem, ".overlay.png");
    }
    return r->mask != NULL && r->overlay != NULL;
}

static seg_status predict_whole(const seg_model *model, seg_session *session, const settings *s,
                                const char *path, result *r, seg_error *err)
{
    seg_image_buffer image;
    double start = shared_clock_ms();
    seg_status status = seg_image_read(&image, path, err);
    if (status != SEG_OK)
        return status;
    r->decode_ms = shared_clock_ms() - start;
    r->width = image.width;
    r->height = image.height;
    seg_image view = seg_image_view(&image);
    status = predict_pixels(model, session, &view, s->alpha, r, err);
    seg_image_release(&image);
    return status;
}

static seg_status predict_rows(const seg_model *model, const tile_settings *s, const char *path,
                               result *r, bool *whole, seg_error *err)
{
    seg_tile_report report;
    seg_status status = tile_predict(s, model, path, r->mask, r->overlay, &report, whole, err);
    if (status != SEG_OK)
        return status;
    r->width = report.width;
    r->height = report.height;
    r->decode_ms = report.read_ms;
    r->network_ms = report.network_ms;
    r->write_ms = report.write_ms;
    r->tiles = report.tiles;
    r->tile_width = report.tile_width;
    r->tile_height = report.tile_height;
    memcpy(r->pixels, report.pixels, sizeof r->pixels);
    return SEG_OK;
}

static int predict_image(const seg_model *model, seg_session *session, const settings *s,
                         path_list *taken, const char *path)
{
    const tile_settings tiles = {s->tile, s->threads, s->memory_mb, s->alpha, s->bf16};
    result r = {0};
    seg_error err;
    int status = CMD_DONE;
    if (!name_results(&r, taken, s, path)) {
        result_release(&r);
        return image_failed(s, path, "out of memory for paths");
    }
    bool whole = !tile_wanted(&tiles, model, path);
    seg_status done = SEG_OK;
    if (!whole)
        done = predict_rows(model, &tiles, path, &r, &whole, &err);
    if (whole)
        done = predict_whole(model, session, s, path, &r, &err);
    order_classes(&r, seg_model_describe(model).classes);
    if (done != SEG_OK)
        status = image_failed(s, path, err.text);
    else if (s->json)
        status = print_json(model, path, &r);
    else
        print_text(model, path, &r);
    fflush(stdout); /* whoever reads along gets each image when it is done */
    result_release(&r);
    return status;
}

static int predict_all(const settings *s, const path_list *images)
{
    seg_error err;
    seg_session *session;
    path_list taken = {0};
    const seg_session_opts opts = {
        .threads = s->threads, .memory_limit = (size_t)s->memory_mb << 20, .bf16 = s->bf16};
    seg_model *model = import_options_load(&cmd_predict, s->model_path, &s->import);
    if (model == NULL)
        return CMD_FAILED;
    int status = CMD_DONE;
    if (seg_session_new(&session, model, &opts, &err) != SEG_OK)
        status = cmd_fail(&cmd_predict, "%s", err.text);
    for (size_t i = 0; session != NULL && i < images->count; i++) {
        if (predict_image(model, session, s, &taken, images->paths[i]) != CMD_DONE)
            status = CMD_FAILED; /* and go on with the next */
    }
    path_list_release(&taken);
    seg_session_free(session);
    seg_model_free(model);
    return status;
}

static int collect(path_list *images, int count, char **paths)
{
    int status = CMD_DONE;
    for (int i = 0; i < count; i++) {
        size_t before = images->count;
        if (!files_collect(images, paths[i]))
            status =
                cmd_fail(&cmd_predict, "%s: cannot list the folder: %s", paths[i], strerror(errno));
        else if (images->count == before)
            status = cmd_fail(&cmd_predict, "%s: no .jpg, .jpeg or .png in this folder", paths[i]);
    }
    return status;
}

static int predict_run(int argc, char **argv)
{
    settings s = {.alpha = 0.5};
    const char *precision = "float32", *tile = "auto";
    const option table[] = {
        {OPTION_TEXT, 'm', "model", "<file>", "the model, instead of the one built in",
         &s.model_path},
        {OPTION_TEXT, 'o', "output", "<dir>", "folder of the results, instead of the images' own",
         &s.folder},
        {OPTION_NUMBER, 'a', "alpha", "<a>", "weight of the colours in the overlay, 0 to 1",
         &s.alpha, 0, 1},
        {OPTION_INT, 't', "threads", "<n>", "threads, 0: one per processor", &s.threads, 0, 1024},
        {OPTION_INT, 0, "memory", "<MB>", "most memory of activations, 0: no limit", &s.memory_mb,
         0, 1 << 20},
        {OPTION_TEXT, 0, "tile", "<how>", "large images in pieces: auto, off, full or pixels",
         &tile},
        PRECISION_OPTION(&precision),
        {OPTION_FLAG, 0, "json", NULL, "one line of JSON per image", &s.json},
        IMPORT_OPTIONS(&s.import),
        {0}};
    int status, count = options_parse(&cmd_predict, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count == 0)
        return cmd_misuse(&cmd_predict, "no image given");
    if (shared_read_precision(&cmd_predict, precision, &s.bf16) != CMD_DONE ||
        tile_choice_read(&cmd_predict, tile, &s.tile) != CMD_DONE)
        return CMD_USAGE;
    if (s.folder != NULL && !files_make_folder(s.folder))
        return cmd_fail(&cmd_predict, "%s: cannot make the folder: %s", s.folder, strerror(errno));
    path_list images = {0};
    status = collect(&images, count, argv);
    if (images.count > 0 && predict_all(&s, &images) != CMD_DONE)
        status = CMD_FAILED;
    path_list_release(&images);
    return status;
}

const cmd cmd_predict = {"predict", "label the pixels of images with a trained network",
                         "seg predict [<options>] <image or folder>...", predict_run};
