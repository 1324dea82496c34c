/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* evaluate.c: a model over a data set: counts as by hand, and what is refused. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "model/model.h"
#include "model/tiny.h"
#include "seg/metrics.h"
#include "test.h"

enum { CLASSES = 3, IMAGES = 3 };

static const int sizes[IMAGES][2] = {{40, 30}, {17, 33}, {1, 1}};

static void truth_of(uint8_t *truth, int index)
{
    int count = sizes[index][0] * sizes[index][1];
    tiny_picture(truth, sizes[index][0], sizes[index][1], 1, 50);
    for (int i = 0; i < count; i++)
        truth[i] = i % 7 == 0 && count > 1 ? SEG_IGNORE : (uint8_t)(truth[i] % CLASSES);
}

/* A data set of three pictures with random truth; classes.txt says what is given. */
static const char *make_data(const char *classes)
{
    static char folder[512];
    seg_error err;
    static const seg_color palette[256];
    strcpy(folder, test_folder());
    ck_ok(seg_folder_make(test_path(folder, "val/images"), &err), err);
    ck_ok(seg_folder_make(test_path(folder, "val/labels"), &err), err);
    ck_ok(seg_file_write(test_path(folder, "classes.txt"), classes, strlen(classes), &err), err);
    for (int i = 0; i < IMAGES; i++) {
        int w = sizes[i][0], h = sizes[i][1];
        uint8_t *pixels = malloc((size_t)(w * h * 3)), *truth = malloc((size_t)(w * h));
        char name[64];
        tiny_picture(pixels, w, h, 3, (uint64_t)i);
        truth_of(truth, i);
        const seg_image image = {pixels, w, h, 3, 0}, labels = {truth, w, h, 1, 0};
        snprintf(name, sizeof name, "val/images/%d.png", i);
        ck_ok(seg_image_write(test_path(folder, name), &image, &err), err);
        snprintf(name, sizeof name, "val/labels/%d.png", i);
        ck_ok(seg_labels_write(test_path(folder, name), &labels, palette, 256, &err), err);
        free(pixels);
        free(truth);
    }
    return folder;
}

static seg_model *make_model(void)
{
    static seg_model_spec spec;
    seg_weights *weights;
    seg_model *model;
    seg_error err;
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 13, &err), err);
    ck_ok(seg_model_new_borrowed(&model, &spec, weights, &err), err);
    model->owns_weights = true;
    return model;
}

static const char CLASS_LINES[] = "class0\nclass1\nclass2\n";

static int count_images(void *context, int done, int total)
{
    int *seen = context;
    ck_assert_int_eq(++*seen, done);
    ck_assert_int_eq(total, IMAGES);
    return 0;
}

START_TEST(counts)
{
    seg_model *model = make_model();
    seg_session *session;
    seg_metrics metrics;
    seg_error err;
    int64_t matrix[CLASSES * CLASSES], wanted[CLASSES * CLASSES] = {0}, total = 0, right = 0;
    int seen = 0;
    const seg_evaluate_opts opts = {.data = make_data(CLASS_LINES),
                                    .split = "val",
                                    .progress = count_images,
                                    .progress_context = &seen};
    ck_ok(seg_session_new(&session, model, NULL, &err), err);
    for (int i = 0; i < IMAGES; i++) {
        int w = sizes[i][0], h = sizes[i][1];
        uint8_t pixels[40 * 33 * 3], truth[40 * 33], labels[40 * 33];
        tiny_picture(pixels, w, h, 3, (uint64_t)i);
        truth_of(truth, i);
        const seg_image image = {pixels, w, h, 3, 0};
        ck_ok(seg_segment(session, &image, labels, &err), err);
        for (int k = 0; k < w * h; k++) {
            if (truth[k] == SEG_IGNORE)
                continue;
            wanted[truth[k] * CLASSES + labels[k]]++;
            total++;
            right += truth[k] == labels[k];
        }
    }
    ck_ok(seg_evaluate(model, &opts, &metrics, matrix, &err), err);
    ck_assert_mem_eq(matrix, wanted, sizeof matrix);
    ck_assert_int_eq(seen, IMAGES);
    ck_assert_int_eq(metrics.classes, CLASSES);
    ck_assert_int_eq(metrics.pixels, total);
    ck_assert_double_eq_tol(metrics.pixel_accuracy, (double)right / (double)total, 1e-12);
    seg_session_free(session);
    seg_model_free(model);
}
END_TEST

/* The definition taken literally: another label at most px pixels away. */
static bool near_edge(const uint8_t *truth, int width, int height, int at, int px)
{
    for (int i = 0; i < width * height; i++) {
        int dx = i % width - at % width, dy = i / width - at / width;
        if (truth[i] != truth[at] && dx * dx + dy * dy <= px * px)
            return true;
    }
    return false;
}

static void count_band(seg_session *session, int px, int64_t wanted[CLASSES * CLASSES])
{
    memset(wanted, 0, CLASSES * CLASSES * sizeof *wanted);
    for (int i = 0; i < IMAGES; i++) {
        int w = sizes[i][0], h = sizes[i][1];
        uint8_t pixels[40 * 33 * 3], truth[40 * 33], labels[40 * 33];
        seg_error err;
        tiny_picture(pixels, w, h, 3, (uint64_t)i);
        truth_of(truth, i);
        const seg_image image = {pixels, w, h, 3, 0};
        ck_ok(seg_segment(session, &image, labels, &err), err);
        for (int k = 0; k < w * h; k++) {
            if (truth[k] != SEG_IGNORE && (px == 0 || near_edge(truth, w, h, k, px)))
                wanted[truth[k] * CLASSES + labels[k]]++;
        }
    }
}

START_TEST(bands)
{
    enum { COUNT = 3, CELLS = CLASSES * CLASSES };
    const int px[COUNT] = {2, 0, 1};
    seg_model *model = make_model();
    seg_session *session;
    seg_metrics metrics[COUNT], one;
    seg_error err;
    int64_t matrices[COUNT * CELLS], wanted[CELLS];
    seg_evaluate_opts opts = {.data = make_data(CLASS_LINES), .split = "val"};
    ck_ok(seg_session_new(&session, model, NULL, &err), err);
    ck_ok(seg_evaluate_bands(model, &opts, px, COUNT, metrics, matrices, &err), err);
    for (int i = 0; i < COUNT; i++) {
        count_band(session, px[i], wanted);
        ck_assert_mem_eq(matrices + i * CELLS, wanted, sizeof wanted);
        opts.band_px = px[i];
        ck_ok(seg_evaluate(model, &opts, &one, matrices, &err), err);
        ck_assert_mem_eq(matrices, wanted, sizeof wanted);
        ck_assert(one.mean_iou == metrics[i].mean_iou && one.pixels == metrics[i].pixels);
    }
    ck_assert_int_lt(metrics[2].pixels, metrics[1].pixels);
    ck_fails(seg_evaluate_bands(model, &opts, px, 0, metrics, NULL, &err), SEG_INVALID, err,
             "0 bands");
    opts.band_px = SEG_BAND_MAX_PX + 1;
    ck_fails(seg_evaluate(model, &opts, &one, NULL, &err), SEG_INVALID, err, "of 1025 pixels");
    opts.band_px = -1;
    ck_fails(seg_evaluate(model, &opts, &one, NULL, &err), SEG_INVALID, err, "of -1 pixels");
    seg_session_free(session);
    seg_model_free(model);
}
END_TEST

static const struct {
    const char *classes, *says;
} strangers[] = {
    {"class0\nclass1\n", "the model has 3 classes ('class0' ..), the data set 2"},
    {"class0\nklass1\nclass2\n", "class 1 is 'class1' in the model and 'klass1' in the data set"},
};

START_TEST(other_classes)
{
    seg_model *model = make_model();
    seg_metrics metrics = {.classes = -1};
    seg_error err;
    const seg_evaluate_opts opts = {.data = make_data(strangers[_i].classes), .split = "val"};
    ck_fails(seg_evaluate(model, &opts, &metrics, NULL, &err), SEG_MISMATCH, err,
             strangers[_i].says);
    ck_assert_int_eq(metrics.classes, -1);
    seg_model_free(model);
}
END_TEST

static int stop_at_two(void *context, int done, int total)
{
    (void)context;
    (void)total;
    return done == 2;
}

START_TEST(refused)
{
    seg_model *model = make_model();
    seg_metrics metrics = {.classes = -1};
    seg_error err;
    seg_evaluate_opts opts = {.data = make_data(CLASS_LINES), .split = "nosuch"};
    ck_fails(seg_evaluate(model, &opts, &metrics, NULL, &err), SEG_IO, err, "nosuch");
    opts.split = NULL;
    ck_fails(seg_evaluate(model, &opts, &metrics, NULL, &err), SEG_INVALID, err, "split");
    ck_fails(seg_evaluate(model, NULL, &metrics, NULL, &err), SEG_INVALID, err, "split");
    opts.split = "val";
    opts.format = "vocc";
    ck_fails(seg_evaluate(model, &opts, &metrics, NULL, &err), SEG_UNSUPPORTED, err, "vocc");
    opts.format = "folder";
    opts.progress = stop_at_two;
    ck_fails(seg_evaluate(model, &opts, &metrics, NULL, &err), SEG_CANCELLED, err, "2 of 3");
    ck_assert_int_eq(metrics.classes, -1);
    seg_model_free(model);
}
END_TEST

Suite *suite_evaluate(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tests = tcase_create("evaluate");
    tcase_add_test(tests, counts);
    tcase_add_test(tests, bands);
    tcase_add_loop_test(tests, other_classes, 0, sizeof strangers / sizeof *strangers);
    tcase_add_test(tests, refused);
    suite_add_tcase(suite, tests);
    return suite;
}
