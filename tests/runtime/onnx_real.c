/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx_real.c: real ONNX files give the numbers that another runtime gave, to 1e-4 of the largest,
 * lowered and as reference.
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

/* A picture as value * scale + shift, in N,H,W,C or N,C,H,W; free() the data. */
static seg_array read_picture(const char *name, float scale, float shift, bool channels_first)
{
    seg_error err;
    seg_image_buffer image;
    ck_ok(seg_image_read(&image, model_path(name), &err), err);
    const int64_t h = image.height, w = image.width;
    seg_array array = {.dtype = SEG_F32, .rank = 4, .dim = {1, h, w, 3}};
    if (channels_first) {
        array.dim[1] = 3;
        array.dim[2] = h;
        array.dim[3] = w;
    }
    float *data = malloc((size_t)(h * w * 3) * sizeof *data);
    for (int64_t i = 0; i < h * w; i++) {
        for (int64_t c = 0; c < 3; c++)
            data[channels_first ? c * h * w + i : i * 3 + c] =
                (float)image.pixels[i * 3 + c] * scale + shift;
    }
    seg_image_release(&image);
    array.data = data;
    return array;
}

typedef struct loaded {
    seg_program *program;
    seg_runner *runner;
    seg_array output;
} loaded;

static loaded run(const char *model, const seg_array *input, bool reference)
{
    const seg_runner_opts opts = {.reference = reference};
    seg_error err;
    loaded out;
    ck_ok(seg_program_load(&out.program, model_path(model), NULL, &err), err);
    ck_ok(seg_runner_new(&out.runner, out.program, &opts, &err), err);
    ck_ok(seg_runner_run(out.runner, input, &err), err);
    ck_ok(
        seg_runner_read(out.runner, seg_program_output_at(out.program, 0).name, &out.output, &err),
        err);
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

START_TEST(squeezenet)
{
    if (!test_shared("squeezenet"))
        return;
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "squeezenet_imagenet/input_%d.npy", i);
        seg_array input = read_array(name);
        snprintf(name, sizeof name, "squeezenet_imagenet/output_%d.npy", i);
        seg_array wanted = read_array(name);
        loaded got = run("squeezenet_imagenet/squeezenet1.1.onnx", &input, _i == 1);
        ck_assert_int_eq(count_of(&got.output), count_of(&wanted));
        ck_close(got.output.data, wanted.data, count_of(&wanted), name);
        release(&got);
        seg_array_release(&input);
        seg_array_release(&wanted);
    }
}
END_TEST

/* Its input is to be normalised, and the reference went through a sigmoid. */
START_TEST(unet)
{
    if (!test_shared("unet"))
        return;
    seg_array input = read_array("unet_nuclei/test_input.npy");
    seg_array wanted = read_array("unet_nuclei/test_output.npy");
    const int64_t count = count_of(&input);
    float *x = input.data;
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)x[i];
    const double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    const double deviation = sqrt(squares / (double)count);
    for (int64_t i = 0; i < count; i++)
        x[i] = (float)(((double)x[i] - mean) / (deviation + 1e-6));
    loaded got = run("unet_nuclei/weights.onnx", &input, _i == 1);
    ck_assert_int_eq(count_of(&got.output), count_of(&wanted));
    float *logits = got.output.data, *share = malloc((size_t)count * sizeof *share);
    for (int64_t i = 0; i < count; i++)
        share[i] = (float)(1 / (1 + exp(-(double)logits[i])));
    ck_close(share, wanted.data, count, "unet");
    free(share);
    release(&got);
    seg_array_release(&input);
    seg_array_release(&wanted);
}
END_TEST

START_TEST(selfie)
{
    if (!test_shared("selfie"))
        return;
    seg_array input = read_picture("selfie_person/person_256.png", 1 / 255.0f, 0, false);
    seg_array wanted = read_array("selfie_person/mask_person_256.npy");
    loaded got = run("selfie_person/selfie_segmentation.onnx", &input, _i == 1);
    ck_assert_int_eq(count_of(&got.output), count_of(&wanted));
    ck_close(got.output.data, wanted.data, count_of(&wanted), "selfie");
    release(&got);
    free(input.data);
    seg_array_release(&wanted);
}
END_TEST

START_TEST(deeplab_person)
{
    enum { SIDE = 513, STEP = 8, SMALL = 65 };
    if (!test_shared("deeplab_person"))
        return;
    const char *folder = "deeplab_person_opset8/";
    char name[128];
    snprintf(name, sizeof name, "%sperson_513.png", folder);
    seg_array input = read_picture(name, 1 / 127.5f, -1, true);
    seg_array wanted = read_array("deeplab_person_opset8/logits_person_513_every8.npy");
    seg_array labels = read_array("deeplab_person_opset8/labels_person_513.npy");
    loaded got = run("deeplab_person_opset8/deeplab_nchw.onnx", &input, _i == 1);
    ck_assert_int_eq(count_of(&got.output), 2 * SIDE * SIDE);
    const float *logits = got.output.data;
    const uint8_t *label = labels.data;
    float few[2 * SMALL * SMALL];
    for (int i = 0; i < 2 * SMALL * SMALL; i++) {
        int c = i / (SMALL * SMALL), y = i / SMALL % SMALL * STEP, x = i % SMALL * STEP;
        few[i] = logits[(c * SIDE + y) * SIDE + x];
    }
    ck_close(few, wanted.data, 2 * SMALL * SMALL, "deeplab_person");
    int differ = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        differ += (logits[SIDE * SIDE + i] > logits[i]) != (label[i] != 0);
    ck_assert_msg(differ <= 5, "%d labels differ", differ);
    release(&got);
    free(input.data);
    seg_array_release(&wanted);
    seg_array_release(&labels);
}
END_TEST

Suite *suite_onnx_real(void)
{
    Suite *suite = suite_create("onnx_real");
    TCase *tests = tcase_create("onnx_real");
    tcase_add_loop_test(tests, squeezenet, 0, 2);
    tcase_add_loop_test(tests, unet, 0, 2);
    tcase_add_loop_test(tests, selfie, 0, 2);
    tcase_add_loop_test(tests, deeplab_person, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
