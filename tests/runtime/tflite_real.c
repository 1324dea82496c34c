/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_real.c: real TFLite files give the interpreter's numbers: float ones to 1e-4 of the
 * largest, lowered and as reference; quantised ones the same label on at least 99.9 % of pixels,
 * and most of them when they are read in float.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "seg/image.h"
#include "seg/program.h"
#include "test.h"

static const char *model_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/models/%s", SHARED_DIR, name);
    return path;
}

static seg_array read_array(const char *name)
{
    seg_error err;
    seg_array array;
    ck_ok(seg_array_read(&array, model_path(name), &err), err);
    return array;
}

/* The pixels of a picture; seg_image_release. */
static seg_image_buffer read_picture(const char *name)
{
    seg_error err;
    seg_image_buffer image;
    ck_ok(seg_image_read(&image, model_path(name), &err), err);
    return image;
}

/* As x/127.5 - 1 in N,H,W,C; free() the data. */
static seg_array float_picture(const char *name)
{
    seg_image_buffer image = read_picture(name);
    const size_t count = (size_t)image.width * (size_t)image.height * 3;
    float *data = malloc(count * sizeof *data);
    for (size_t i = 0; i < count; i++)
        data[i] = (float)image.pixels[i] / 127.5f - 1;
    seg_array array = {
        .dtype = SEG_F32, .rank = 4, .dim = {1, image.height, image.width, 3}, .data = data};
    seg_image_release(&image);
    return array;
}

typedef struct loaded {
    seg_program *program;
    seg_runner *runner;
    seg_array output;
} loaded;

static loaded run(const char *model, const seg_array *input, bool reference, bool dequantise)
{
    const seg_program_opts opts = {.dequantise = dequantise};
    const seg_runner_opts runner_opts = {.reference = reference};
    seg_error err;
    loaded out;
    ck_ok(seg_program_load(&out.program, model_path(model), &opts, &err), err);
    ck_ok(seg_runner_new(&out.runner, out.program, &runner_opts, &err), err);
    ck_ok(seg_runner_run(out.runner, input, &err), err);
    const char *name = seg_program_output_at(out.program, 0).name;
    ck_ok(seg_runner_read(out.runner, name, &out.output, &err), err);
    return out;
}

static void release(loaded *with)
{
    seg_runner_free(with->runner);
    seg_program_free(with->program);
}

static int64_t count_of(const seg_array *array)
{
    int64_t count = 1;
    for (int i = 0; i < array->rank; i++)
        count *= array->dim[i];
    return count;
}

/* The largest difference as a part of the largest value wanted. */
static void ck_close(const float *got, const float *wanted, int64_t count, const char *what)
{
    double largest = 0, difference = 0;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)wanted[i]));
        difference = fmax(difference, fabs((double)got[i] - (double)wanted[i]));
        ck_assert(isfinite(got[i]));
    }
    ck_assert_msg(difference <= 1e-4 * largest, "%s: differs by %g of %g", what, difference,
                  largest);
}

static int largest_of(const float *values, int count)
{
    int most = 0;
    for (int i = 1; i < count; i++)
        most = values[i] > values[most] ? i : most;
    return most;
}

enum { SIDE = 257, CLASSES = 21 };

/* Share of pixels whose largest logit is that of the label, labels being `unit` apart. */
static double agreement(const float *logits, const uint8_t *labels, int unit)
{
    int same = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        same += largest_of(logits + i * CLASSES, CLASSES) * unit == labels[i];
    return same / (double)(SIDE * SIDE);
}

static const char *const float_models[] = {"deeplab_voc_float/deeplabv3_257_mv_gpu.tflite",
                                           "deeplab_voc_float/deeplabv3_metadata.tflite"};

START_TEST(deeplab_float)
{
    enum { STEP = 8, SMALL = 33 };
    if (!test_shared("deeplab_float"))
        return;
    seg_array input = float_picture("deeplab_voc_float/cat_257.png");
    seg_array wanted = read_array("deeplab_voc_float/logits_cat_257_every8.npy");
    seg_array labels = read_array("deeplab_voc_float/labels_cat_257.npy");
    loaded got = run(float_models[_i / 2], &input, _i % 2 == 1, false);
    ck_assert_int_eq(count_of(&got.output), SIDE * SIDE * CLASSES);
    ck_assert_int_eq(count_of(&wanted), SMALL * SMALL * CLASSES);
    const float *logits = got.output.data;
    float few[SMALL * SMALL * CLASSES];
    for (int i = 0; i < SMALL * SMALL * CLASSES; i++) {
        const int c = i % CLASSES, x = i / CLASSES % SMALL, y = i / CLASSES / SMALL;
        few[i] = logits[(y * STEP * SIDE + x * STEP) * CLASSES + c];
    }
    ck_close(few, wanted.data, SMALL * SMALL * CLASSES, "deeplab_float");
    ck_assert_double_ge(agreement(logits, labels.data, 1), 0.9999);
    release(&got);
    free(input.data);
    seg_array_release(&wanted);
    seg_array_release(&labels);
}
END_TEST

/* Mirrored at the other diagonal: what a turn by 90 degrees and a flop come to. */
static void turn(void *pixels, size_t size)
{
    char *bytes = pixels, other[64];
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE - 1 - y; x++) {
            char *a = bytes + (size_t)(y * SIDE + x) * size;
            char *b = bytes + (size_t)((SIDE - 1 - x) * SIDE + SIDE - 1 - y) * size;
            memcpy(other, a, size);
            memcpy(a, b, size);
            memcpy(b, other, size);
        }
    }
}

/* One of the pictures lies on its side; the network sees it upright. */
/* Another project's pictures and masks, whose grey values are ten times the class. */
START_TEST(deeplab_float_masks)
{
    static const char *const names[] = {"rotation0", "rotation90_flop"};
    char path[128];
    seg_error err;
    seg_image_buffer mask;
    if (!test_shared("deeplab_float_masks"))
        return;
    snprintf(path, sizeof path, "deeplab_voc_float/segmentation_input_%s.jpg", names[_i]);
    seg_array input = float_picture(path);
    snprintf(path, sizeof path, "deeplab_voc_float/segmentation_golden_%s.png", names[_i]);
    ck_ok(seg_labels_read(&mask, model_path(path), &err), err);
    ck_assert(mask.width == SIDE && mask.height == SIDE);
    if (_i == 1) {
        turn(input.data, 3 * sizeof(float));
        turn(mask.pixels, 1);
    }
    loaded got = run(float_models[1], &input, false, false);
    double share = agreement(got.output.data, mask.pixels, 10);
    ck_assert_msg(share >= 0.999, "%s: %g of the pixels agree", names[_i], share);
    release(&got);
    free(input.data);
    seg_image_release(&mask);
}
END_TEST

START_TEST(mobilenetv1)
{
    if (!test_shared("mobilenetv1"))
        return;
    seg_array input = float_picture("mobilenetv1_imagenet/cat_224.png");
    seg_array wanted = read_array("mobilenetv1_imagenet/scores_cat_224.npy");
    loaded got = run("mobilenetv1_imagenet/mobilenet_v1_0.25_224_1_default_1.tflite", &input,
                     _i == 1, false);
    ck_assert_int_eq(count_of(&got.output), count_of(&wanted));
    ck_close(got.output.data, wanted.data, count_of(&wanted), "mobilenetv1");
    ck_assert_int_eq(largest_of(got.output.data, (int)count_of(&got.output)), 286);
    release(&got);
    free(input.data);
    seg_array_release(&wanted);
}
END_TEST

/*
 * `less`: the reference of one file was fed bytes 128 lower. The float networks were not made to
 * give the same labels; where they do not, it is at borders.
 */
static const struct {
    const char *model, *picture, *labels;
    int less;
    double in_float;
} quantised[] = {
    {"deeplab_voc_quant/deeplabv3_mnv2_pascal_quant.tflite",
     "deeplab_voc_quant/bird_segmentation.png", "deeplab_voc_quant/labels_mnv2_bird_513.npy", 0,
     0.99},
    {"deeplab_voc_quant/deeplabv3_mnv2_dm05_pascal_quant.tflite",
     "deeplab_voc_quant/bird_segmentation.png", "deeplab_voc_quant/labels_dm05_bird_513.npy", 0,
     0.97},
    {"deeplab_ade20k_int8/deeplabv3_mnv2_ade20k_int8.tflite", "deeplab_ade20k_int8/ade1_512.png",
     "deeplab_ade20k_int8/labels_ade1_512.npy", 128, 0.97},
};

static double same_labels(const seg_array *got, const seg_array *wanted)
{
    const int64_t count = count_of(wanted);
    const uint8_t *labels = wanted->data;
    int64_t same = 0;
    ck_assert_int_eq(count_of(got), count);
    ck_assert(got->dtype == SEG_I64 || got->dtype == SEG_I32);
    for (int64_t i = 0; i < count; i++)
        same += (got->dtype == SEG_I64 ? ((const int64_t *)got->data)[i]
                                       : ((const int32_t *)got->data)[i]) == labels[i];
    return (double)same / (double)count;
}

START_TEST(deeplab_quantised)
{
    const int k = _i / 2;
    const bool in_float = _i % 2 == 1;
    if (!test_shared("deeplab_quantised"))
        return;
    seg_image_buffer image = read_picture(quantised[k].picture);
    for (int i = 0; i < image.width * image.height * 3; i++)
        image.pixels[i] = (uint8_t)(image.pixels[i] - quantised[k].less);
    const seg_array input = {
        .dtype = SEG_U8, .rank = 4, .dim = {1, image.height, image.width, 3}, .data = image.pixels};
    seg_array wanted = read_array(quantised[k].labels);
    loaded got = run(quantised[k].model, &input, false, in_float);
    const double share = same_labels(&got.output, &wanted);
    ck_assert_msg(share >= (in_float ? quantised[k].in_float : 0.999), "%s: %g of the labels agree",
                  quantised[k].model, share);
    release(&got);
    seg_image_release(&image);
    seg_array_release(&wanted);
}
END_TEST

Suite *suite_tflite_real(void)
{
    Suite *suite = suite_create("tflite_real");
    TCase *tests = tcase_create("tflite_real");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, deeplab_float, 0, 4);
    tcase_add_loop_test(tests, deeplab_float_masks, 0, 2);
    tcase_add_loop_test(tests, mobilenetv1, 0, 2);
    tcase_add_loop_test(tests, deeplab_quantised, 0, 6);
    suite_add_tcase(suite, tests);
    return suite;
}
