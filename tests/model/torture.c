/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * torture.c: from a model's file to labels when memory runs out, at every allocation on the way
 * (oom/oom.h); what a failing call leaves in its out-pointer.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "model/tiny.h"
#include "oom/oom.h"
#include "seg/image.h"
#include "seg/metrics.h"
#include "seg/model.h"
#include "seg/quantise.h"
#include "seg/tiles.h"
#include "test.h"

enum { CLASSES = 3, WIDTH = 20, HEIGHT = 13 };

/* The calls may not use Check's macros, which allocate; a broken promise is this status. */
static seg_status broken(const char *what, seg_error *err)
{
    return seg_fail(err, SEG_MISMATCH, "%s is not as promised after a failure", what);
}

static seg_status load_model(void *path, seg_error *err)
{
    seg_model *model = path;
    seg_status status = seg_model_load(&model, path, err);
    if (status != SEG_OK && model != NULL)
        return broken("the model", err);
    seg_model_free(model);
    return status;
}

typedef struct writing {
    seg_model_spec spec;
    seg_weights *weights;
    char path[300];
} writing;

static seg_status write_model(void *context, seg_error *err)
{
    writing *w = context;
    return seg_model_write(w->path, &w->spec, w->weights, SEG_PRECISION_INT8, err);
}

static seg_status measure(void *model, seg_error *err)
{
    seg_model_cost cost;
    return seg_model_measure(model, WIDTH, HEIGHT, &cost, err);
}

typedef struct quantising {
    const seg_model *model;
    const char *images;
} quantising;

/* The first measured layers are enough: the others are measured the same way. */
static int after_three(void *context, int done, int total)
{
    (void)context, (void)total;
    return done == 3;
}

static seg_status quantise(void *context, seg_error *err)
{
    const quantising *q = context;
    seg_model *out = (seg_model *)(uintptr_t)q->model;
    const seg_quantise_opts opts = {
        .images = q->images, .count = 1, .threads = 1, .progress = after_three};
    seg_status status = seg_model_quantise(&out, q->model, &opts, err);
    if (out != NULL)
        return broken("the quantised model", err);
    return status == SEG_CANCELLED ? SEG_OK : status;
}

static uint8_t pixels[WIDTH * HEIGHT * 3], truth[WIDTH * HEIGHT];
static const seg_image image = {pixels, WIDTH, HEIGHT, 3, 0};

/* A session that ran out of memory labels the next image when there is memory again. */
static seg_status segment(void *model, seg_error *err)
{
    const seg_session_opts opts = {.threads = 1};
    seg_session *session = model;
    uint8_t labels[WIDTH * HEIGHT] = {99};
    seg_status status = seg_session_new(&session, model, &opts, err);
    if (status != SEG_OK)
        return session != NULL ? broken("the session", err) : status;
    status = seg_segment(session, &image, labels, err);
    if (status != SEG_OK && labels[0] != 99)
        status = broken("the labels", err);
    else if (status != SEG_OK && seg_segment(session, &image, labels, NULL) != SEG_OK)
        status = broken("the session", err);
    seg_session_free(session);
    return status;
}

typedef struct tiling {
    const seg_model *model;
    char photo[300], mask[300], overlay[300];
    int side; /* 0: as the model wants it */
} tiling;

/* What cannot be done leaves no file. */
static seg_status segment_file(void *context, seg_error *err)
{
    const tiling *t = context;
    const seg_tile_opts opts = {.threads = 1, .side = t->side};
    seg_status status =
        seg_segment_file(t->model, t->photo, t->mask, t->overlay, 0.5f, &opts, NULL, err);
    if (status == SEG_OK && (remove(t->mask) != 0 || remove(t->overlay) != 0))
        return broken("a result", err);
    return status;
}

typedef struct evaluation {
    const seg_model *model;
    const char *data;
} evaluation;

static seg_status evaluate(void *context, seg_error *err)
{
    const evaluation *e = context;
    seg_metrics metrics[2];
    const int bands_px[] = {0, 2};
    const seg_evaluate_opts opts = {.data = e->data, .split = "val", .threads = 1};
    return seg_evaluate_bands(e->model, &opts, bands_px, 2, metrics, NULL, err);
}

/* A data set of one image, of the model's classes. */
static void make_data(const char *folder)
{
    static const seg_color palette[CLASSES];
    static const char classes[] = "class0\nclass1\nclass2\n";
    const seg_image labels = {truth, WIDTH, HEIGHT, 1, 0};
    seg_error err;
    ck_ok(seg_folder_make(test_path(folder, "val/images"), &err), err);
    ck_ok(seg_folder_make(test_path(folder, "val/labels"), &err), err);
    ck_ok(seg_file_write(test_path(folder, "classes.txt"), classes, sizeof classes - 1, &err), err);
    ck_ok(seg_image_write(test_path(folder, "val/images/a.png"), &image, &err), err);
    ck_ok(seg_labels_write(test_path(folder, "val/labels/a.png"), &labels, palette, CLASSES, &err),
          err);
}

static writing made;
static writing made_int8;
static seg_model *model, *model_int8;
static evaluation over_data;
static quantising from_data;
static tiling in_tiles, all_sizes;

static seg_status segment_int8(void *unused, seg_error *err)
{
    (void)unused;
    return segment(model_int8, err);
}

static seg_status write_int8(void *unused, seg_error *err)
{
    (void)unused;
    return seg_model_save(model_int8, made_int8.path, NULL, err);
}

static const struct {
    const char *name;
    oom_call call;
    void *context;      /* NULL: the model */
    seg_status or_else; /* PNG's library takes a failed allocation for a damaged file */
} victims[] = {
    {"seg_model_write", write_model, &made, SEG_NOMEM},
    {"seg_model_load", load_model, made.path, SEG_NOMEM},
    {"seg_model_measure", measure, NULL, SEG_NOMEM},
    {"seg_segment", segment, NULL, SEG_NOMEM},
    {"seg_segment_file in tiles", segment_file, &in_tiles, SEG_FORMAT},
    {"seg_segment_file", segment_file, &all_sizes, SEG_FORMAT},
    {"seg_evaluate_bands", evaluate, &over_data, SEG_FORMAT},
    {"seg_model_quantise", quantise, &from_data, SEG_FORMAT},
    {"seg_model_save in int8", write_int8, NULL, SEG_NOMEM},
    {"seg_model_load in int8", load_model, made_int8.path, SEG_NOMEM},
    {"seg_segment in int8", segment_int8, NULL, SEG_NOMEM},
};

/* jansson's reader drops characters when it runs out of memory, so it never does here. */
static void *spared_malloc(size_t size)
{
    oom_spare(true);
    void *block = malloc(size);
    oom_spare(false);
    return block;
}

START_TEST(every_allocation_fails)
{
    static char folder[256];
    seg_error err;
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(made.path, sizeof made.path, "%s/model.safetensors", folder);
    tiny_picture(pixels, WIDTH, HEIGHT, 3, 1);
    make_data(folder);
    ck_ok(tiny_spec(&made.spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(tiny_weights(&made.weights, &made.spec, 1, &err), err);
    ck_ok(write_model(&made, &err), err);
    ck_ok(seg_model_load(&model, made.path, &err), err);
    over_data = (evaluation){model, folder};
    from_data = (quantising){model, test_path(folder, "val/images")};
    snprintf(made_int8.path, sizeof made_int8.path, "%s/int8.safetensors", folder);
    const seg_quantise_opts opts = {.images = from_data.images, .threads = 1, .least_snr_db = 1};
    ck_ok(seg_model_quantise(&model_int8, model, &opts, &err), err);
    ck_ok(write_int8(NULL, &err), err);
    in_tiles = (tiling){.model = model, .side = 16};
    snprintf(in_tiles.photo, sizeof in_tiles.photo, "%s/val/images/a.png", folder);
    snprintf(in_tiles.mask, sizeof in_tiles.mask, "%s/mask.png", folder);
    snprintf(in_tiles.overlay, sizeof in_tiles.overlay, "%s/overlay.png", folder);
    all_sizes = in_tiles;
    all_sizes.side = 0;
    if (victims[_i].call == load_model)
        json_set_alloc_funcs(spared_malloc, free);
    oom_torture(victims[_i].name, victims[_i].call,
                victims[_i].context != NULL ? victims[_i].context : model, victims[_i].or_else);
    seg_model_free(model_int8);
    seg_model_free(model);
    seg_weights_free(made.weights);
}
END_TEST

Suite *suite_torture(void)
{
    Suite *suite = suite_create("torture");
    TCase *tests = tcase_create("torture");
    tcase_set_timeout(tests, 600); /* thousands of runs */
    tcase_add_loop_test(tests, every_allocation_fails, 0, sizeof victims / sizeof *victims);
    suite_add_tcase(suite, tests);
    return suite;
}
