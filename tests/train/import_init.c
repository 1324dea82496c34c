/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* import_init.c: runs that start from an ONNX or TFLite file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/safetensors.h"
#include "model/model.h"
#include "model/tiny.h"
#include "nets/net_run.h"
#include "seg/train.h"
#include "test.h"
#include "train/discs.h"

enum { HEIGHT = 65, WIDTH = 49, CLASSES = 3 };

static float *logits_of(seg_weights *weights, const seg_net_config *config, int64_t *count)
{
    net_run run = net_run_make(weights, config, 1, HEIGHT, WIDTH, false);
    net_image_fill(seg_exec_input(run.exec, 0));
    seg_exec_forward(run.exec, 0, 0);
    seg_tensor logits = seg_exec_output(run.exec, 0);
    *count = seg_shape_count(&logits.shape);
    float *copy = malloc((size_t)*count * sizeof *copy);
    memcpy(copy, logits.data, (size_t)*count * sizeof *copy);
    net_run_release(&run);
    return copy;
}

/* The network of `small`, as an ONNX file without batch norms; *logits is what it computes. */
static const char *write_onnx(const char *folder, float **logits)
{
    static seg_model_spec spec;
    seg_weights *weights;
    seg_model *model;
    seg_error err;
    int64_t count;
    const seg_save_opts opts = {.height = 33, .width = 33};
    const char *path = test_path(folder, "start.onnx");
    ck_ok(tiny_spec(&spec, "deeplabv3plus", CLASSES, &err), err);
    ck_ok(tiny_weights(&weights, &spec, 3, &err), err);
    ck_ok(seg_model_new_borrowed(&model, &spec, weights, &err), err);
    ck_ok(seg_model_save(model, path, &opts, &err), err);
    *logits = logits_of(weights, &spec.net, &count);
    seg_model_free(model);
    seg_weights_free(weights);
    return path;
}

/* Stops after the first update; "last" then still is the network that it began with. */
typedef struct watch {
    char notes[4096];
    const char *last;
    seg_model *began;
} watch;

static bool look(void *user, const seg_train_progress *progress)
{
    watch *w = user;
    seg_error err;
    if (progress->event == SEG_TRAIN_NOTE) {
        strncat(w->notes, progress->text, sizeof w->notes - strlen(w->notes) - 2);
        strcat(w->notes, "\n");
    }
    if (progress->event != SEG_TRAIN_STEP)
        return true;
    if (w->began == NULL) {
        ck_ok(seg_model_load(&w->began, w->last, &err), err);
        tiny_own_weights(w->began);
    }
    return false;
}

static watch begin(const char *folder, const char *out, const char *init, const char *init_bn,
                   bool freeze)
{
    static const seg_setting small[] = {{"width", 0.25}, {"aspp_channels", 16}, {"low_channels", 8}};
    watch w = {.last = test_path(out, "last.safetensors")};
    const seg_train_callbacks callbacks = {look, &w};
    seg_train_opts opts;
    seg_error err;
    seg_train_opts_default(&opts);
    opts.data = folder;
    opts.out = out;
    opts.init = init;
    opts.init_bn = init_bn;
    opts.freeze_bn = freeze;
    opts.batch = 2;
    opts.crop = (seg_train_size){33, 33};
    opts.lr = 1e-6;
    opts.threads = 2;
    opts.settings = small;
    opts.setting_count = 3;
    ck_fails(seg_train(&opts, &callbacks, NULL, &err), SEG_CANCELLED, err, "update 1");
    return w;
}

/* Largest running mean of the network's norms. */
static double largest_mean(seg_weights *weights)
{
    double largest = 0;
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        for (int64_t c = 0; weight->role == SEG_WEIGHT_RUNNING_MEAN && c < weight->tensor.shape.dim[0];
             c++)
            largest = fmax(largest, fabs((double)seg_f32(&weight->tensor)[c]));
    }
    return largest;
}

/*
 * Every layer is found; folded norms get the statistics of the data, and the network still computes
 * what the file does. With frozen norms, or told to keep them, nothing is measured.
 */
START_TEST(folded_norms_are_rebuilt)
{
    static const struct {
        const char *init_bn;
        bool freeze, rebuilt;
    } cases[] = {{"auto", false, true}, {"rebuild", false, true}, {"keep", false, false},
                 {"auto", true, false}};
    const char *folder = discs_make(test_folder(), 10, 2);
    float *wanted;
    const char *onnx = write_onnx(folder, &wanted);
    watch w = begin(folder, test_path(folder, "run"), onnx, cases[_i].init_bn, cases[_i].freeze);
    int64_t count;
    float *got = logits_of(w.began->weights, &w.began->spec.net, &count);
    ck_assert_double_lt(net_difference(got, wanted, count), 1e-4);
    ck_assert_msg(strstr(w.notes, "without a counterpart") == NULL, "%s", w.notes);
    ck_assert_msg((strstr(w.notes, "batch norms rebuilt from") != NULL) == cases[_i].rebuilt, "%s",
                  w.notes);
    ck_assert((largest_mean(w.began->weights) > 0.01) == cases[_i].rebuilt);
    seg_model_free(w.began);
    free(got);
    free(wanted);
}
END_TEST

/* Measured again on the same batches, the statistics are what they are. */
START_TEST(rebuilding_is_done_once)
{
    const char *folder = discs_make(test_folder(), 10, 2);
    float *logits;
    const char *onnx = write_onnx(folder, &logits);
    seg_error err;
    const char *middle = test_path(folder, "middle.safetensors");
    watch first = begin(folder, test_path(folder, "a"), onnx, "auto", false);
    ck_ok(seg_model_save(first.began, middle, NULL, &err), err);
    watch second = begin(folder, test_path(folder, "b"), middle, "rebuild", false);
    for (int i = 0; i < seg_weights_count(first.began->weights); i++) {
        const seg_tensor *a = &seg_weights_at(first.began->weights, i)->tensor;
        const seg_tensor *b = &seg_weights_at(second.began->weights, i)->tensor;
        ck_assert_double_lt(net_difference(seg_f32(b), seg_f32(a), seg_shape_count(&a->shape)),
                            1e-4);
    }
    watch third = begin(folder, test_path(folder, "c"), middle, "auto", false);
    ck_assert_msg(strstr(third.notes, "rebuilt") == NULL, "%s", third.notes);
    seg_model_free(first.began);
    seg_model_free(second.began);
    seg_model_free(third.began);
    free(logits);
}
END_TEST

/* Google's float DeepLab, of 21 classes, for a data set of three: all but the class layer. */
START_TEST(google_deeplab_for_other_classes)
{
    static const seg_setting settings[] = {{"width", 0.5}, {"atrous", 0}, {"divisor", 1},
                                           {"output_stride", 8}};
    const char *folder = discs_make(test_folder(), 4, 1), *out = test_path(folder, "run");
    watch w = {.last = test_path(out, "last.safetensors")};
    const seg_train_callbacks callbacks = {look, &w};
    seg_train_opts opts;
    seg_error err;
    if (!test_shared("Google's DeepLab"))
        return;
    seg_train_opts_default(&opts);
    opts.data = folder;
    opts.out = out;
    opts.net = "deeplabv3";
    opts.init = SHARED_DIR "/models/deeplab_voc_float/deeplabv3_257_mv_gpu.tflite";
    opts.batch = 2;
    opts.crop = (seg_train_size){33, 33};
    opts.settings = settings;
    opts.setting_count = 4;
    ck_fails(seg_train(&opts, &callbacks, NULL, &err), SEG_CANCELLED, err, "update 1");
    ck_assert_msg(strstr(w.notes, "without a counterpart (2): classifier.conv.weight, "
                                  "classifier.conv.bias") != NULL,
                  "%s", w.notes);
    ck_assert_msg(strstr(w.notes, "batch norms rebuilt") != NULL, "%s", w.notes);
    ck_assert_msg(strstr(w.notes, "does not say how its images are scaled") != NULL, "%s", w.notes);
    seg_model_free(w.began);
}
END_TEST

Suite *suite_import_init(void)
{
    Suite *suite = suite_create("import_init");
    TCase *tests = tcase_create("import_init");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, folded_norms_are_rebuilt, 0, 4);
    tcase_add_test(tests, rebuilding_is_done_once);
    tcase_add_test(tests, google_deeplab_for_other_classes);
    suite_add_tcase(suite, tests);
    return suite;
}
