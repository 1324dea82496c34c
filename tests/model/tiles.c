/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tiles.c: labels of images in tiles, or in rows, against those of the whole image. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "image/buffer.h"
#include "model/model.h"
#include "model/row_stream.h"
#include "model/tiny.h"
#include "seg/quantise.h"
#include "seg/tiles.h"
#include "test.h"

enum { CLASSES = 5 };

typedef struct setup {
    seg_model_spec spec;
    seg_weights *weights;
    seg_model *model;
    seg_image_buffer image;
    uint8_t *labels; /* that came out */
    uint8_t *pixels; /* that came with them */
    int next, put;   /* rows */
    int fail_at;     /* row of the source that cannot be read; -1: none */
    int refuse_at;   /* row of the sink that cannot be written */
    int readings;
} setup;

static setup *setup_new(const char *net, int64_t aligned, int64_t atrous, int max_side, int width,
                        int height)
{
    setup *s = calloc(1, sizeof *s);
    seg_error err;
    ck_ok(tiny_spec(&s->spec, net, CLASSES, &err), err);
    s->spec.net.aligned = aligned;
    s->spec.net.atrous = atrous;
    s->spec.preprocess.max_side = max_side;
    ck_ok(tiny_weights(&s->weights, &s->spec, 13, &err), err);
    ck_ok(seg_model_new_borrowed(&s->model, &s->spec, s->weights, &err), err);
    ck_ok(seg_image_new(&s->image, width, height, 3, "a picture", &err), err);
    tiny_picture(s->image.pixels, width, height, 3, 5);
    s->labels = malloc((size_t)width * (size_t)height);
    s->pixels = malloc((size_t)width * (size_t)height * 3);
    s->fail_at = s->refuse_at = -1;
    return s;
}

static void setup_free(setup *s)
{
    seg_model_free(s->model);
    seg_weights_free(s->weights);
    seg_image_release(&s->image);
    free(s->labels);
    free(s->pixels);
    free(s);
}

static seg_status next_row(void *context, uint8_t *row, seg_error *err)
{
    setup *s = context;
    if (s->next == s->fail_at)
        return seg_fail(err, SEG_IO, "row %d is gone", s->next);
    memcpy(row, seg_buffer_row(&s->image, s->next++), (size_t)s->image.width * 3);
    return SEG_OK;
}

static seg_status first_row(void *context, seg_error *err)
{
    setup *s = context;
    (void)err;
    s->next = 0;
    s->readings++;
    return SEG_OK;
}

static seg_status put_row(void *context, const uint8_t *labels, const uint8_t *pixels,
                          seg_error *err)
{
    setup *s = context;
    const size_t width = (size_t)s->image.width;
    if (s->put == s->refuse_at)
        return seg_fail(err, SEG_IO, "no room for row %d", s->put);
    memcpy(s->labels + (size_t)s->put * width, labels, width);
    if (pixels != NULL)
        memcpy(s->pixels + (size_t)s->put * width * 3, pixels, width * 3);
    s->put++;
    return SEG_OK;
}

static seg_status segment_rows(setup *s, const seg_tile_opts *opts, bool labels_only,
                               seg_tile_report *report, seg_error *err)
{
    const seg_row_source source = {s->image.width, s->image.height, next_row, first_row, s};
    const seg_row_sink sink = {put_row, s, labels_only};
    s->next = s->put = 0;
    s->readings = 1;
    return seg_segment_rows(s->model, &source, &sink, opts, report, err);
}

/* The labels of the whole; free() them. */
static uint8_t *whole_labels(const setup *s)
{
    seg_session *session;
    seg_error err;
    const seg_session_opts opts = {.threads = 2};
    const seg_image view = seg_image_view(&s->image);
    uint8_t *labels = malloc((size_t)view.width * (size_t)view.height);
    ck_ok(seg_session_new(&session, s->model, &opts, &err), err);
    ck_ok(seg_segment(session, &view, labels, &err), err);
    seg_session_free(session);
    return labels;
}

static const struct {
    const char *net;
    int64_t aligned, atrous;
    int width, height, side;
    int tiles, readings;
} cases[] = {
    {"deeplabv3plus", 0, 0, 1501, 67, 96, 16, 2},  {"deeplabv3plus", 1, 0, 67, 1499, 90, 16, 2},
    {"deeplabv3plus", 0, 0, 805, 787, 200, 16, 2}, {"deeplabv3plus", 1, 1, 2005, 40, 512, 4, 2},
    {"deeplabv3", 0, 0, 1001, 50, 256, 4, 2},      {"deeplabv3", 1, 0, 50, 1040, 260, 4, 2},
    {"fcn8s", 0, 0, 50, 1301, 130, 9, 1},          {"fcn32s", 0, 0, 1230, 33, 128, 10, 1},
    {"deeplabv3plus", 0, 0, 1, 900, 64, 15, 2},    {"fcn8s", 0, 0, 1, 1, 1, 1, 1}};

START_TEST(as_the_whole)
{
    setup *s = setup_new(cases[_i].net, cases[_i].aligned, cases[_i].atrous, 0, cases[_i].width,
                         cases[_i].height);
    const size_t count = (size_t)s->image.width * (size_t)s->image.height;
    uint8_t *wanted = whole_labels(s), *first = malloc(count);
    bool seen[CLASSES] = {false};
    for (int threads = 1; threads <= 2; threads++) {
        const seg_tile_opts opts = {.threads = threads, .side = cases[_i].side};
        seg_tile_report report;
        seg_error err;
        memset(s->labels, 77, count);
        ck_ok(segment_rows(s, &opts, false, &report, &err), err);
        ck_assert_int_eq(report.tiles, cases[_i].tiles);
        ck_assert_int_eq(s->readings, cases[_i].readings);
        ck_assert(report.width == s->image.width && report.height == s->image.height);
        size_t other = 0;
        for (size_t i = 0; i < count; i++) {
            other += s->labels[i] != wanted[i];
            seen[s->labels[i]] = true;
            report.pixels[s->labels[i]]--;
        }
        ck_assert_msg(other * 10000 <= count, "%zu of %zu labels differ", other, count);
        ck_assert_mem_eq(s->pixels, s->image.pixels, count * 3);
        for (int c = 0; c < 256; c++)
            ck_assert_int_eq(report.pixels[c], 0);
        if (threads == 1)
            memcpy(first, s->labels, count);
        ck_assert_mem_eq(first, s->labels, count);
    }
    ck_assert(count < 1000 || (int)seen[0] + seen[1] + seen[2] + seen[3] + seen[4] >= 2);
    free(wanted);
    free(first);
    setup_free(s);
}
END_TEST

/* The mean is of all the image: without the first pass these labels are others. */
START_TEST(the_mean_matters)
{
    setup *s = setup_new("deeplabv3plus", 0, 0, 0, 700, 64);
    const size_t row = 700 * 3;
    for (int y = 0; y < 64; y++) /* one half bright, one dark */
        memset(s->image.pixels + (size_t)y * row + row / 2, 255, row / 2);
    uint8_t *wanted = whole_labels(s);
    const seg_tile_opts opts = {.threads = 1, .side = 64};
    seg_error err;
    ck_ok(segment_rows(s, &opts, true, NULL, &err), err);
    ck_assert_mem_eq(s->labels, wanted, 700 * 64);
    free(wanted);
    setup_free(s);
}
END_TEST

/* In integers too: its mean is rounded where the whole's is. */
START_TEST(in_int8)
{
    setup *s = setup_new("deeplabv3plus", 1, 0, 0, 901, 60);
    const char *folder = test_folder(), *photo = test_path(folder, "photo.png");
    const seg_image view = seg_image_view(&s->image);
    const seg_quantise_opts quantise = {.images = folder, .threads = 1, .least_snr_db = 1};
    const seg_tile_opts opts = {.threads = 2, .side = 100};
    seg_model *floats = s->model;
    seg_error err;
    size_t other = 0;
    ck_ok(seg_image_write(photo, &view, &err), err);
    ck_ok(seg_model_quantise(&s->model, floats, &quantise, &err), err);
    ck_assert_ptr_nonnull(s->model->int8);
    uint8_t *wanted = whole_labels(s);
    ck_ok(segment_rows(s, &opts, true, NULL, &err), err);
    for (size_t i = 0; i < 901 * 60; i++)
        other += s->labels[i] != wanted[i];
    ck_assert_msg(other * 10000 <= 901 * 60, "%zu labels differ", other);
    free(wanted);
    seg_model_free(s->model);
    s->model = floats;
    setup_free(s);
}
END_TEST

/* Tiles as large as a limit allows, the same for 1 and 2 threads. */
START_TEST(limit_of_memory)
{
    setup *s = setup_new("deeplabv3plus", 1, 0, 0, 1400, 300);
    uint8_t *wanted = whole_labels(s);
    seg_tile_report report[2];
    seg_error err;
    for (int i = 0; i < 2; i++) {
        const seg_tile_opts opts = {.threads = 1 + i, .memory_limit = 42000000};
        ck_ok(segment_rows(s, &opts, true, &report[i], &err), err);
        ck_assert_mem_eq(s->labels, wanted, 1400 * 300);
    }
    ck_assert_int_gt(report[0].tiles, 1);
    ck_assert_int_eq(report[0].tile_width, report[1].tile_width);
    ck_assert_int_eq(report[0].tile_height, report[1].tile_height);
    const seg_tile_opts enough = {.threads = 1}, little = {.threads = 1, .memory_limit = 33000000};
    ck_ok(segment_rows(s, &enough, true, &report[0], &err), err);
    ck_assert_int_eq(report[0].tiles, 1);
    ck_fails(segment_rows(s, &little, true, NULL, &err), SEG_LIMIT, err, "1400x300 in tiles needs");
    ck_assert_int_eq(s->put, 0);
    free(wanted);
    setup_free(s);
}
END_TEST

/* Every window holds what its labels depend on. */
START_TEST(windows_are_wide_enough)
{
    static const struct {
        const char *net;
        int64_t aligned;
        int size;
    } nets[] = {{"deeplabv3plus", 0, 2003},
                {"deeplabv3plus", 1, 5000},
                {"fcn8s", 0, 4007},
                {"deeplabv3", 0, 3331}};
    for (size_t n = 0; n < sizeof nets / sizeof *nets; n++) {
        setup *s = setup_new(nets[n].net, nets[n].aligned, 1, 0, 1, 1);
        seg_whole_net net;
        seg_tile_grid grid;
        seg_error err;
        const seg_tile_wish wish = {.side = 100, .threads = 1};
        ck_ok(seg_whole_net_init(&net, s->model, nets[n].size, nets[n].size, &err), err);
        ck_ok(seg_tile_grid_choose(&grid, &net, &wish, &err), err);
        for (int i = 0; i < grid.y.count; i++) {
            const seg_span inner = seg_tile_inner(&grid.y, i), outer = seg_tile_outer(&grid.y, i);
            seg_span read;
            ck_ok(seg_whole_net_reach(&net, 0, inner, &read, &err), err);
            ck_assert_int_le(outer.first, read.first);
            ck_assert_int_ge(outer.end, read.end);
            ck_assert_int_eq(outer.first % net.align, 0);
        }
        seg_whole_net_release(&net);
        setup_free(s);
    }
}
END_TEST

static const struct {
    const char *net;
    int width, height, max_side;
} shrunk_cases[] = {{"deeplabv3plus", 333, 257, 100},
                    {"deeplabv3plus", 70, 901, 64},
                    {"fcn8s", 301, 1, 40},
                    {"deeplabv3", 200, 199, 198}};

/* A model that sees images smaller: the same labels to the bit. */
START_TEST(shrunk_as_the_whole)
{
    setup *s = setup_new(shrunk_cases[_i].net, 0, 1, shrunk_cases[_i].max_side,
                         shrunk_cases[_i].width, shrunk_cases[_i].height);
    const size_t count = (size_t)s->image.width * (size_t)s->image.height;
    uint8_t *wanted = whole_labels(s);
    seg_tile_report report;
    seg_error err;
    for (int labels_only = 0; labels_only <= 1; labels_only++) {
        ck_ok(segment_rows(s, NULL, labels_only != 0, &report, &err), err);
        ck_assert_mem_eq(s->labels, wanted, count);
        ck_assert_mem_eq(s->pixels, s->image.pixels, count * 3);
        ck_assert_int_eq(report.tiles, 1);
        ck_assert_int_eq(s->readings, 2 - labels_only);
        memset(s->labels, 77, count);
    }
    free(wanted);
    setup_free(s);
}
END_TEST

static bool stop_at_half(void *context, double share)
{
    (void)context;
    return share < 0.5;
}

START_TEST(failures)
{
    setup *s = setup_new("deeplabv3plus", 0, 0, 0, 64, 700);
    seg_tile_opts opts = {.threads = 1, .side = 64};
    seg_error err;
    s->fail_at = 500;
    ck_fails(segment_rows(s, &opts, true, NULL, &err), SEG_IO, err, "row 500 is gone");
    ck_assert_int_eq(s->put, 0);
    s->fail_at = -1;
    s->refuse_at = 70;
    ck_fails(segment_rows(s, &opts, true, NULL, &err), SEG_IO, err, "no room for row 70");
    s->refuse_at = -1;
    opts.progress = stop_at_half;
    ck_fails(segment_rows(s, &opts, true, NULL, &err), SEG_CANCELLED, err, "stopped");
    opts.progress = NULL;
    opts.side = 70000;
    ck_fails(segment_rows(s, &opts, true, NULL, &err), SEG_INVALID, err, "70000");
    const seg_row_sink sink = {put_row, s, true};
    const seg_row_source none = {0, 5, next_row, first_row, s};
    ck_fails(seg_segment_rows(s->model, &none, &sink, NULL, NULL, &err), SEG_INVALID, err, "0x5");
    const seg_row_source wide = {65536, 5, next_row, first_row, s};
    ck_fails(seg_segment_rows(s->model, &wide, &sink, NULL, NULL, &err), SEG_INVALID, err, "65536");
    for (int i = 0; i < seg_weights_count(s->weights); i++) {
        seg_weight *weight = seg_weights_at(s->weights, i);
        if (strcmp(weight->name, "classifier.conv.bias") == 0)
            seg_f32(&weight->tensor)[1] = NAN;
    }
    opts.side = 64;
    ck_fails(segment_rows(s, &opts, true, NULL, &err), SEG_NONFINITE, err, "nan");
    ck_assert_int_eq(s->put, 0);
    setup_free(s);
}
END_TEST

/* ---- files ---- */

static void write_bytes(const char *path, const uint8_t *data, size_t size)
{
    seg_error err;
    ck_ok(seg_file_write(path, data, size, &err), err);
}

static void same_image(const char *path, const seg_image_buffer *wanted)
{
    seg_image_buffer got;
    seg_error err;
    ck_ok(wanted->channels == 1 ? seg_labels_read(&got, path, &err)
                                : seg_image_read(&got, path, &err),
          err);
    ck_assert(got.width == wanted->width && got.height == wanted->height);
    ck_assert_mem_eq(got.pixels, wanted->pixels,
                     (size_t)got.width * (size_t)got.height * (size_t)got.channels);
    seg_image_release(&got);
}

START_TEST(files)
{
    setup *s = setup_new("deeplabv3plus", 0, 0, 0, 700, 35);
    const seg_image view = seg_image_view(&s->image);
    const char *folder = test_folder(), *photo = test_path(folder, "photo.png");
    const char *mask = test_path(folder, "mask.png"), *overlay = test_path(folder, "overlay.png");
    const seg_tile_opts opts = {.threads = 2, .side = 64};
    seg_tile_report report;
    seg_error err;
    ck_ok(seg_image_write(photo, &view, &err), err);
    ck_ok(seg_segment_file(s->model, photo, mask, overlay, 0.5f, &opts, &report, &err), err);
    ck_assert_int_eq(report.tiles, 11);
    seg_image_buffer labels = {whole_labels(s), 700, 35, 1}, painted;
    const seg_image labels_view = seg_image_view(&labels);
    ck_ok(seg_image_overlay(&painted, &view, &labels_view, seg_model_palette(s->model), CLASSES,
                            0.5f, &err),
          err);
    same_image(mask, &labels);
    same_image(overlay, &painted);
    ck_fails(seg_segment_file(s->model, photo, mask, overlay, 1.5f, &opts, NULL, &err), SEG_INVALID,
             err, "alpha is 1.5");
    same_image(mask, &labels);
    seg_image_release(&labels);
    seg_image_release(&painted);
    setup_free(s);
}
END_TEST

/* A photo that ends too early leaves nothing, wherever it is cut. */
START_TEST(cut_files)
{
    setup *s = setup_new("deeplabv3plus", 0, 0, 0, 300, 200);
    const seg_image view = seg_image_view(&s->image);
    const char *folder = test_folder(), *photo = test_path(folder, "photo.png");
    const char *cut = test_path(folder, "cut.png"), *mask = test_path(folder, "mask.png");
    uint8_t *data;
    size_t size;
    seg_error err;
    seg_name_list left;
    ck_ok(seg_image_write(photo, &view, &err), err);
    ck_ok(seg_file_read(photo, 1 << 24, &data, &size, &err), err);
    for (size_t part = 0; part < 8; part++) {
        write_bytes(cut, data, size * part / 8);
        ck_fails(seg_segment_file(s->model, cut, mask, mask, 0.5f, NULL, NULL, &err), SEG_FORMAT,
                 err, "cut.png: ");
    }
    data[size * 5 / 8] ^= 0x55; /* damaged, not cut: found when half of it was done */
    write_bytes(cut, data, size);
    ck_fails(seg_segment_file(s->model, cut, mask, NULL, 0, NULL, NULL, &err), SEG_FORMAT, err,
             "cut.png: damaged or cut short");
    ck_fails(seg_segment_file(s->model, folder, mask, NULL, 0, NULL, NULL, &err), SEG_IO, err,
             "not a regular file");
    ck_fails(seg_segment_file(s->model, photo, test_path(folder, "no/mask.png"), NULL, 0, NULL,
                              NULL, &err),
             SEG_IO, err, "cannot create");
    ck_ok(seg_folder_list(folder, &left, &err), err);
    ck_assert_uint_eq(left.count, 2); /* photo and cut */
    seg_name_list_release(&left);
    free(data);
    setup_free(s);
}
END_TEST

Suite *suite_tiles(void)
{
    Suite *suite = suite_create("tiles");
    TCase *tests = tcase_create("tiles");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, as_the_whole, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, the_mean_matters);
    tcase_add_test(tests, in_int8);
    tcase_add_test(tests, limit_of_memory);
    tcase_add_test(tests, windows_are_wide_enough);
    tcase_add_loop_test(tests, shrunk_as_the_whole, 0, sizeof shrunk_cases / sizeof *shrunk_cases);
    tcase_add_test(tests, failures);
    tcase_add_test(tests, files);
    tcase_add_test(tests, cut_files);
    suite_add_tcase(suite, tests);
    return suite;
}
