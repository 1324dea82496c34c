/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_ops.c: networks of one operator give the interpreter's numbers (golden/tflite.safetensors,
 * by tools/make_tflite_golden.py): quantised ones to the bit, float ones to 1e-5 of the largest,
 * lowered and as reference. Read in float, quantised ones are at most two steps away.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/make_tflite.h"
#include "io/safetensors.h"
#include "io/tflite.h"
#include "oom/oom.h"
#include "runtime/runtime.h"
#include "test.h"

enum { SOURCES_MOST = 8, REAL_STEPS = 2 };

/* Tensor "<name>.<what><index>"; data NULL when there is none. */
static seg_tensor find(const seg_safetensors *file, const char *name, const char *what, int index)
{
    char text[128];
    snprintf(text, sizeof text, index >= 0 ? "%s.%s%d" : "%s.%s", name, what, index);
    const int at = seg_safetensors_find(file, text);
    return at >= 0 ? seg_safetensors_tensor(file, at) : (seg_tensor){.data = NULL};
}

static double at(const seg_tensor *tensor, int64_t i)
{
    switch (tensor->shape.dtype) {
    case SEG_F32:
        return (double)((const float *)tensor->data)[i];
    case SEG_U8:
        return ((const uint8_t *)tensor->data)[i];
    case SEG_I8:
        return ((const int8_t *)tensor->data)[i];
    case SEG_I32:
        return ((const int32_t *)tensor->data)[i];
    default:
        return (double)((const int64_t *)tensor->data)[i];
    }
}

/* Largest difference; of real numbers as a part of the largest. */
static double difference(const seg_tensor *got, const seg_tensor *wanted, const char *name)
{
    double most = 0, largest = 1e-30;
    const bool real = wanted->shape.dtype == SEG_F32;
    ck_assert_msg(got->shape.dtype == wanted->shape.dtype &&
                      seg_shape_count(&got->shape) == seg_shape_count(&wanted->shape) &&
                      got->shape.rank == wanted->shape.rank,
                  "%s: another type or shape", name);
    for (int i = 0; i < wanted->shape.rank; i++)
        ck_assert_msg(got->shape.dim[i] == wanted->shape.dim[i], "%s: extent %d", name, i);
    for (int64_t i = 0; i < seg_shape_count(&wanted->shape); i++) {
        most = fmax(most, fabs(at(got, i) - at(wanted, i)));
        largest = fmax(largest, fabs(at(wanted, i)));
    }
    return real ? most / largest : most;
}

static void run_case(const seg_safetensors *file, const char *name, bool reference, bool dequantise)
{
    const seg_tensor model = find(file, name, "model", -1);
    const seg_program_opts opts = {.dequantise = dequantise};
    const seg_runtime_opts runtime_opts = {.threads = 2, .reference = reference};
    seg_tensor sources[SOURCES_MOST];
    seg_program *program;
    seg_runtime *runtime;
    seg_error err;
    ck_ok(seg_tflite_parse(&program, model.data, seg_shape_size(&model.shape), name, &opts, &err),
          err);
    ck_assert_uint_le(program->input_count, SOURCES_MOST);
    for (size_t i = 0; i < program->input_count; i++)
        sources[i] = find(file, name, "src", (int)i);
    ck_ok(seg_runtime_new(&runtime, program, &runtime_opts, &err), err);
    ck_ok(seg_runtime_run(runtime, sources, &err), err);
    for (size_t i = 0; i < program->output_count; i++) {
        seg_tensor got;
        const seg_tensor wanted = find(file, name, "dst", (int)i);
        ck_ok(seg_runtime_read(runtime, program->outputs[i], &got, &err), err);
        const double found = difference(&got, &wanted, name);
        const bool bytes = wanted.shape.dtype == SEG_U8 || wanted.shape.dtype == SEG_I8;
        const double allowed = wanted.shape.dtype == SEG_F32 ? 1e-5
                               : dequantise && bytes         ? REAL_STEPS
                                                             : 0;
        ck_assert_msg(found <= allowed, "%s, result %zu: differs by %g", name, i, found);
    }
    seg_runtime_free(runtime);
    seg_program_free(program);
}

static void run_all(bool reference, bool dequantise)
{
    seg_safetensors *file;
    seg_error err;
    char path[512];
    int cases = 0;
    snprintf(path, sizeof path, "%s/runtime/golden/tflite.safetensors", TESTS_DIR);
    ck_ok(seg_safetensors_read(&file, path, &err), err);
    for (int i = 0; i < seg_safetensors_count(file); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s", seg_safetensors_name(file, i));
        char *end = strstr(name, ".model");
        if (end == NULL)
            continue;
        *end = '\0';
        run_case(file, name, reference, dequantise);
        cases++;
    }
    ck_assert_int_ge(cases, 240);
    seg_safetensors_free(file);
}

START_TEST(interpreter_lowered)
{
    run_all(false, false);
}
END_TEST

START_TEST(interpreter_reference)
{
    run_all(true, false);
}
END_TEST

START_TEST(interpreter_in_float)
{
    run_all(false, true);
}
END_TEST

/* ---- lack of memory ---- */

typedef struct torture {
    const seg_safetensors *file;
    const char *name;
} torture;

static seg_status run_once(void *context, seg_error *err)
{
    const torture *t = context;
    const seg_tensor model = find(t->file, t->name, "model", -1);
    const seg_runtime_opts opts = {.threads = 1};
    const seg_tensor source = find(t->file, t->name, "src", 0);
    seg_program *program;
    seg_runtime *runtime = NULL;
    seg_status status =
        seg_tflite_parse(&program, model.data, seg_shape_size(&model.shape), t->name, NULL, err);
    if (status == SEG_OK)
        status = seg_runtime_new(&runtime, program, &opts, err);
    if (status == SEG_OK)
        status = seg_runtime_run(runtime, &source, err);
    seg_runtime_free(runtime);
    seg_program_free(program);
    return status;
}

START_TEST(lack_of_memory)
{
    static const char *const names[] = {"conv_int8_channels",
                                        "conv_deep_uint8",
                                        "conv_groups_uint8",
                                        "depthwise_2_uint8",
                                        "dense_int8",
                                        "transposed_uint8_True",
                                        "RESIZE_BILINEAR_int8_10_11",
                                        "MEAN_uint8_0",
                                        "AVERAGE_POOL_2D_int8_220",
                                        "LOGISTIC_int8",
                                        "PAD_uint8",
                                        "half_weights"};
    seg_safetensors *file;
    seg_error err;
    char path[512];
    snprintf(path, sizeof path, "%s/runtime/golden/tflite.safetensors", TESTS_DIR);
    ck_ok(seg_safetensors_read(&file, path, &err), err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        torture t = {file, names[i]};
        ck_assert_ptr_nonnull(find(file, names[i], "model", -1).data);
        oom_torture(names[i], run_once, &t, SEG_NOMEM);
    }
    seg_safetensors_free(file);
}
END_TEST

/* ---- MediaPipe's operators, which the interpreter has not; by hand ---- */

static const float image[16] = {1, 9, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 9, 8};

static void run_custom(tflite_maker *maker, const float *source, float *out, size_t size)
{
    size_t bytes;
    seg_error err;
    seg_program *program;
    seg_runtime *runtime;
    seg_tensor result;
    float copy[16];
    memcpy(copy, source, sizeof copy);
    const uint8_t *file = tflite_bytes(maker, &bytes);
    ck_ok(seg_tflite_parse(&program, file, bytes, "custom", NULL, &err), err);
    const seg_tensor input = {program->slots[program->inputs[0]].shape, copy};
    ck_ok(seg_runtime_new(&runtime, program, NULL, &err), err);
    ck_ok(seg_runtime_run(runtime, &input, &err), err);
    ck_ok(seg_runtime_read(runtime, program->outputs[0], &result, &err), err);
    ck_assert_uint_eq(seg_shape_size(&result.shape), size);
    memcpy(out, result.data, size);
    seg_runtime_free(runtime);
    seg_program_free(program);
    tflite_maker_release(maker);
}

/* Windows of 2x2 keep 9, 7, 8, 9; unpooled they stand where they were. */
START_TEST(mediapipe_pooling_and_unpooling)
{
    static const int32_t options[5] = {1, 2, 2, 2, 2}; /* SAME, strides, filter */
    static const float wanted[16] = {0, 9, 0, 0, 0, 0, 0, 7, 8, 0, 0, 0, 0, 0, 9, 0};
    tflite_maker m;
    float got[16];
    tflite_maker_init(&m);
    tflite_tensor(&m, "x", T_FLOAT32, "1x4x4x1", NULL, 0);
    tflite_tensor(&m, "v", T_FLOAT32, "1x2x2x1", NULL, 0);
    tflite_tensor(&m, "i", T_FLOAT32, "1x2x2x1", NULL, 0);
    tflite_tensor(&m, "y", T_FLOAT32, "1x4x4x1", NULL, 0);
    for (int i = 0; i < 2; i++) {
        tflite_maker_operator *op =
            tflite_operator(&m, B_CUSTOM, i == 0 ? "0" : "1,2", i == 0 ? "1,2" : "3");
        m.codes[i].custom = i == 0 ? "MaxPoolingWithArgmax2D" : "MaxUnpooling2D";
        op->custom = options;
        op->custom_size = sizeof options;
    }
    tflite_input(&m, 0);
    tflite_output(&m, 3);
    run_custom(&m, image, got, sizeof got);
    ck_assert_mem_eq(got, wanted, sizeof got);
}
END_TEST

/* 2x2 pixels to 4x4: a kernel of 2x2 with stride 2 writes each pixel's block of its own. */
START_TEST(mediapipe_transposed_convolution)
{
    static const int32_t options[3] = {1, 2, 2};
    static const float kernel[4] = {1, 10, 100, 1000}, bias[1] = {5};
    static const float wanted[16] = {6, 15, 14, 95, 105, 1005, 905, 9005,
                                     7, 25, 8,  35, 205, 2005, 305, 3005};
    tflite_maker m;
    float got[16], source[16] = {1, 9, 2, 3};
    tflite_maker_init(&m);
    tflite_tensor(&m, "x", T_FLOAT32, "1x2x2x1", NULL, 0);
    tflite_tensor(&m, "w", T_FLOAT32, "1x2x2x1", kernel, sizeof kernel);
    tflite_tensor(&m, "b", T_FLOAT32, "1", bias, sizeof bias);
    tflite_tensor(&m, "y", T_FLOAT32, "1x4x4x1", NULL, 0);
    tflite_maker_operator *op = tflite_operator(&m, B_CUSTOM, "0,1,2", "3");
    m.codes[0].custom = "Convolution2DTransposeBias";
    op->custom = options;
    op->custom_size = sizeof options;
    tflite_input(&m, 0);
    tflite_output(&m, 3);
    run_custom(&m, source, got, sizeof got);
    ck_assert_mem_eq(got, wanted, sizeof got);
}
END_TEST

Suite *suite_tflite_ops(void)
{
    Suite *suite = suite_create("tflite_ops");
    TCase *tests = tcase_create("tflite_ops");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, interpreter_lowered);
    tcase_add_test(tests, interpreter_reference);
    tcase_add_test(tests, interpreter_in_float);
    tcase_add_test(tests, lack_of_memory);
    tcase_add_test(tests, mediapipe_pooling_and_unpooling);
    tcase_add_test(tests, mediapipe_transposed_convolution);
    suite_add_tcase(suite, tests);
    return suite;
}
