/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite.c: what a TFLite file becomes, and the sentences for files that are wrong. */
#include "io/tflite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "io/make_tflite.h"
#include "oom/oom.h"
#include "runtime/runtime.h"
#include "test.h"

static const float image[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const float kernel[4] = {1, 10, 100, 1000}, bias[1] = {-4000};
static const int32_t two_axes[2] = {3, 3};

/* x 1x3x3x1, a 2x2 convolution with padding SAME and ReLU6, then a reshape to 3x3. */
static void make_conv(tflite_maker *m)
{
    tflite_maker_init(m);
    tflite_tensor(m, "x", T_FLOAT32, "1x3x3x1", NULL, 0);
    tflite_tensor(m, "w", T_FLOAT32, "1x2x2x1", kernel, sizeof kernel);
    tflite_tensor(m, "b", T_FLOAT32, "1", bias, sizeof bias);
    tflite_tensor(m, "y", T_FLOAT32, "1x3x3x1", NULL, 0);
    tflite_tensor(m, "shape", T_INT32, "2", two_axes, sizeof two_axes);
    tflite_tensor(m, "z", T_FLOAT32, "3x3", NULL, 0);
    tflite_maker_operator *conv = tflite_operator(m, B_CONV_2D, "0,1,2", "3");
    tflite_option(conv, O_CONV_2D, 0, 1, 0); /* SAME */
    tflite_option(conv, O_CONV_2D, 1, 4, 1);
    tflite_option(conv, O_CONV_2D, 2, 4, 1);
    tflite_option(conv, O_CONV_2D, 3, 1, 1); /* RELU */
    tflite_operator(m, B_RESHAPE, "3,4", "5");
    tflite_input(m, 0);
    tflite_output(m, 5);
}

static seg_program *parse(tflite_maker *m, bool dequantise)
{
    size_t size;
    seg_error err;
    seg_program *program;
    const seg_program_opts opts = {.dequantise = dequantise};
    const uint8_t *bytes = tflite_bytes(m, &size);
    ck_ok(seg_tflite_parse(&program, bytes, size, "a.tflite", &opts, &err), err);
    return program;
}

/* Run on one input; the result's floats or bytes are copied to out. */
static void run(const seg_program *program, const void *input, void *out, size_t size)
{
    seg_error err;
    seg_runtime *runtime;
    seg_tensor result, source = {program->slots[program->inputs[0]].shape, NULL};
    void *copy = malloc(seg_shape_size(&source.shape));
    source.data = memcpy(copy, input, seg_shape_size(&source.shape));
    ck_ok(seg_runtime_new(&runtime, program, NULL, &err), err);
    ck_ok(seg_runtime_run(runtime, &source, &err), err);
    ck_ok(seg_runtime_read(runtime, program->outputs[0], &result, &err), err);
    ck_assert_uint_eq(seg_shape_size(&result.shape), size);
    memcpy(out, result.data, size);
    seg_runtime_free(runtime);
    free(copy);
}

/* TensorFlow pads an even kernel below and on the right only. By hand: 1 + 10*2 + 100*4 + 1000*5 -
 * 4000 = 1421, ... */
static const float conv_wanted[9] = {1421, 2532, 0, 4754, 5865, 0, 0, 0, 0};

START_TEST(convolution_in_onnx_words)
{
    tflite_maker m;
    float got[9];
    make_conv(&m);
    seg_program *program = parse(&m, false);
    ck_assert_str_eq(program->format, "tflite");
    ck_assert_str_eq(program->producer, "by hand");
    int convs = 0;
    for (size_t i = 0; i < program->node_count; i++) {
        const seg_program_node *node = &program->nodes[i];
        ck_assert_str_eq(node->domain, "");
        if (strcmp(node->op, "Conv") != 0)
            continue;
        convs++;
        ck_assert_str_eq(node->name, "y");
        ck_assert_str_eq(seg_program_get_text(node, "auto_pad", ""), "SAME_UPPER");
        ck_assert_int_eq(seg_program_int(node, "group", 0), 1);
    }
    ck_assert_int_eq(convs, 1);
    ck_assert_str_eq(program->slots[program->inputs[0]].name, "x");
    ck_assert_str_eq(program->slots[program->outputs[0]].name, "z");
    run(program, image, got, sizeof got);
    for (int i = 0; i < 9; i++)
        ck_assert_msg(got[i] == conv_wanted[i], "%d: %g", i, (double)got[i]);
    seg_program_free(program);
    tflite_maker_release(&m);
}
END_TEST

/* Weights of an aligned file are not copied; of a file that lies at an odd address they are. */
START_TEST(constants_point_into_the_file)
{
    tflite_maker m;
    size_t size;
    seg_error err;
    seg_program *program;
    make_conv(&m);
    const uint8_t *bytes = tflite_bytes(&m, &size);
    uint8_t *block = aligned_alloc(64, (size + 64) / 64 * 64 + 64);
    for (size_t shift = 0; shift < 2; shift++) {
        memcpy(block + shift, bytes, size);
        ck_ok(seg_tflite_parse(&program, block + shift, size, "a", NULL, &err), err);
        const seg_program_slot *slot = &program->slots[seg_program_find(program, "w")];
        const uint8_t *data = slot->constant;
        ck_assert_int_eq(data > block && data < block + size + 1, shift == 0);
        ck_assert_uint_eq((uintptr_t)data % sizeof(float), 0);
        ck_assert(memcmp(data, kernel, sizeof kernel) == 0);
        seg_program_free(program);
    }
    free(block);
    tflite_maker_release(&m);
}
END_TEST

START_TEST(what_stands_behind_is_ignored)
{
    static const char zip[] = "PK\3\4labels.txt and whatever else";
    tflite_maker m;
    size_t size;
    seg_error err;
    seg_program *program;
    make_conv(&m);
    const uint8_t *bytes = tflite_bytes(&m, &size);
    uint8_t *longer = malloc(size + sizeof zip);
    memcpy(longer, bytes, size);
    memcpy(longer + size, zip, sizeof zip);
    ck_ok(seg_tflite_parse(&program, longer, size + sizeof zip, "a", NULL, &err), err);
    ck_assert_uint_gt(program->node_count, 2);
    seg_program_free(program);
    free(longer);
    tflite_maker_release(&m);
}
END_TEST

/* Old files have one field of 8 bits; new ones say 127 there when the code needs more. */
START_TEST(operator_codes_old_and_new)
{
    static const struct {
        int deprecated, builtin;
        const char *op;
    } cases[] = {
        {B_RELU, -1, "Relu"}, {B_RELU, B_RELU, "Relu"}, {127, B_GELU, "Erf"}, {0, B_RELU, "Relu"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tflite_maker m;
        tflite_maker_init(&m);
        tflite_tensor(&m, "x", T_FLOAT32, "2x2", NULL, 0);
        tflite_tensor(&m, "y", T_FLOAT32, "2x2", NULL, 0);
        tflite_operator(&m, B_RELU, "0", "1");
        m.codes[0] = (tflite_maker_code){cases[i].deprecated, cases[i].builtin, NULL};
        tflite_input(&m, 0);
        tflite_output(&m, 1);
        seg_program *program = parse(&m, false);
        bool found = false;
        for (size_t k = 0; k < program->node_count; k++)
            found |= strcmp(program->nodes[k].op, cases[i].op) == 0;
        ck_assert_msg(found, "case %zu", i);
        seg_program_free(program);
        tflite_maker_release(&m);
    }
}
END_TEST

/* All of them, not only the first. */
START_TEST(unknown_operators_are_kept_by_name)
{
    tflite_maker m;
    char *names;
    seg_error err;
    tflite_maker_init(&m);
    tflite_tensor(&m, "x", T_FLOAT32, "2x2", NULL, 0);
    tflite_tensor(&m, "y", T_FLOAT32, "2x2", NULL, 0);
    tflite_tensor(&m, "z", T_FLOAT32, "2x2", NULL, 0);
    tflite_tensor(&m, "u", T_FLOAT32, "2x2", NULL, 0);
    tflite_operator(&m, B_CUMSUM, "0", "1");
    tflite_operator(&m, B_CUSTOM, "1", "2");
    tflite_operator(&m, 9999, "2", "3");
    m.codes[1].custom = "Mystery";
    tflite_input(&m, 0);
    tflite_output(&m, 3);
    seg_program *program = parse(&m, false);
    ck_ok(seg_runtime_unsupported(program, &names, &err), err);
    ck_assert_str_eq(names, "CUMSUM (tflite), Mystery (tflite), OPERATOR_9999 (tflite)");
    free(names);
    seg_program_free(program);
    tflite_maker_release(&m);
}
END_TEST

START_TEST(shapes_that_the_file_leaves_open)
{
    tflite_maker m;
    make_conv(&m);
    m.tensors[0].has_signature = true;
    memcpy(m.tensors[0].signature, (const int32_t[4]){1, -1, -1, 1}, 4 * sizeof(int32_t));
    seg_program *program = parse(&m, false);
    const seg_shape *shape = &program->slots[program->inputs[0]].shape;
    ck_assert_int_eq(shape->rank, 4);
    ck_assert(shape->dim[0] == 1 && shape->dim[1] == SEG_ANY_EXTENT &&
              shape->dim[2] == SEG_ANY_EXTENT && shape->dim[3] == 1);
    seg_program_free(program);
    tflite_maker_release(&m);
}
END_TEST

/* x + c on bytes: 0.5 * (q - 10) + 0.25 * (r - 3), stored as 0.5 * (s - 20). */
static void make_add(tflite_maker *m)
{
    static const uint8_t c[4] = {3, 7, 11, 255};
    tflite_maker_init(m);
    tflite_tensor(m, "x", T_UINT8, "4", NULL, 0);
    tflite_tensor(m, "c", T_UINT8, "4", c, sizeof c);
    tflite_tensor(m, "y", T_UINT8, "4", NULL, 0);
    tflite_quantise(m, 0, 0.5f, 10);
    tflite_quantise(m, 1, 0.25f, 3);
    tflite_quantise(m, 2, 0.5f, 20);
    tflite_operator(m, B_ADD, "0,1", "2");
    tflite_input(m, 0);
    tflite_output(m, 2);
}

START_TEST(quantised_as_it_is_and_in_float)
{
    static const uint8_t x[4] = {10, 12, 200, 1}, wanted[4] = {20, 24, 214, 137};
    for (int in_float = 0; in_float < 2; in_float++) {
        tflite_maker m;
        uint8_t got[4];
        make_add(&m);
        seg_program *program = parse(&m, in_float == 1);
        /* The doors stay as the file has them. */
        ck_assert_int_eq(program->slots[program->inputs[0]].shape.dtype, SEG_U8);
        ck_assert_int_eq(program->slots[program->outputs[0]].shape.dtype, SEG_U8);
        ck_assert_str_eq(program->slots[program->inputs[0]].name, "x");
        ck_assert_int_eq(program->slots[program->inputs[0]].quantisation.zero_point[0], 10);
        bool native = false;
        for (size_t i = 0; i < program->node_count; i++)
            native |= strcmp(program->nodes[i].op, "Add") == 0;
        ck_assert_int_eq(native, in_float);
        run(program, x, got, sizeof got);
        ck_assert_mem_eq(got, wanted, sizeof got);
        seg_program_free(program);
        tflite_maker_release(&m);
    }
}
END_TEST

/* ---- wrong files ---- */

static void no_subgraph(tflite_maker *m)
{
    m->subgraphs = 0;
}

static void two_subgraphs(tflite_maker *m)
{
    m->subgraphs = 2;
}

static void other_version(tflite_maker *m)
{
    m->version = 2;
}

static void tensor_out_of_range(tflite_maker *m)
{
    m->operators[0].src[0] = 99;
}

static void negative_tensor(tflite_maker *m)
{
    m->operators[0].dst[0] = -1;
}

static void missing_source(tflite_maker *m)
{
    m->operators[0].src[1] = -1;
}

static void no_source(tflite_maker *m)
{
    m->operators[0].srcs = 0;
}

static void code_out_of_range(tflite_maker *m)
{
    m->operators[1].code = 7;
}

static void buffer_out_of_range(tflite_maker *m)
{
    m->tensors[1].buffer = 77;
}

static void data_too_short(tflite_maker *m)
{
    m->tensors[1].size -= 4;
}

static void data_too_long(tflite_maker *m)
{
    m->tensors[1].shape[0] = 0;
}

static void huge_shape(tflite_maker *m)
{
    for (int i = 0; i < 4; i++)
        m->tensors[1].shape[i] = INT32_MAX;
}

static void negative_extent(tflite_maker *m)
{
    m->tensors[0].shape[1] = -7;
}

static void many_axes(tflite_maker *m)
{
    m->tensors[0].rank = 9;
}

static void text_input(tflite_maker *m)
{
    m->tensors[0].type = T_STRING;
}

static void zero_stride(tflite_maker *m)
{
    m->operators[0].option[1].value = 0;
}

static void options_of_another(tflite_maker *m)
{
    m->operators[0].options_type = O_ADD;
}

static void flat_weights(tflite_maker *m)
{
    m->tensors[1].rank = 1;
    m->tensors[1].shape[0] = 4;
}

static void strange_activation(tflite_maker *m)
{
    m->operators[0].option[3].value = 77;
}

static void no_outputs(tflite_maker *m)
{
    m->output_count = 0;
}

static void two_writers(tflite_maker *m)
{
    m->operators[1].dst[0] = 3;
}

static void loop(tflite_maker *m)
{
    m->operators[0].src[0] = 3;
}

static void scales_that_do_not_fit(tflite_maker *m)
{
    m->tensors[1].scales = 3;
}

static void zeros_that_do_not_fit(tflite_maker *m)
{
    tflite_quantise(m, 1, 1, 0);
    m->tensors[1].zeros = 2;
}

static void infinite_scale(tflite_maker *m)
{
    tflite_quantise(m, 0, INFINITY, 0);
}

static void zero_point_out_of_range(tflite_maker *m)
{
    m->tensors[0].type = T_UINT8;
    tflite_quantise(m, 0, 1, 256);
}

static const struct {
    void (*spoil)(tflite_maker *maker);
    seg_status status;
    const char *part;
} refusals[] = {
    {no_subgraph, SEG_UNSUPPORTED, "0 subgraphs"},
    {two_subgraphs, SEG_UNSUPPORTED, "2 subgraphs"},
    {other_version, SEG_UNSUPPORTED, "version 2"},
    {tensor_out_of_range, SEG_FORMAT, "operator 0 (CONV_2D): tensor 99 of 6"},
    {negative_tensor, SEG_FORMAT, "tensor -1 of 6"},
    {missing_source, SEG_FORMAT, "source 1 is left out"},
    {no_source, SEG_FORMAT, "0 sources"},
    {code_out_of_range, SEG_FORMAT, "code 7 of 2"},
    {buffer_out_of_range, SEG_FORMAT, "('w') names a buffer"},
    {data_too_short, SEG_FORMAT, "('w') has data of another size"},
    {data_too_long, SEG_FORMAT, "('w') has data of another size"},
    {huge_shape, SEG_FORMAT, "('w') has data of another size"},
    {negative_extent, SEG_FORMAT, "('x') has a negative extent"},
    {many_axes, SEG_UNSUPPORTED, "('x') has more than 8 axes"},
    {text_input, SEG_UNSUPPORTED, "input 'x' is of type 5"},
    {zero_stride, SEG_FORMAT, "stride_w is 0"},
    {options_of_another, SEG_FORMAT, "options are of another operator"},
    {flat_weights, SEG_FORMAT, "source 1 has rank 1, not 4"},
    {strange_activation, SEG_UNSUPPORTED, "activation 77"},
    {no_outputs, SEG_FORMAT, "without outputs"},
    {two_writers, SEG_FORMAT, "'y'"},
    {loop, SEG_FORMAT, "'"},
    {scales_that_do_not_fit, SEG_FORMAT, "('w') has scales"},
    {zeros_that_do_not_fit, SEG_FORMAT, "('w') has zero points"},
    {infinite_scale, SEG_FORMAT, "('x') has a scale"},
    {zero_point_out_of_range, SEG_FORMAT, "('x') has a zero point"},
};

START_TEST(wrong_files_are_refused)
{
    tflite_maker m;
    size_t size;
    seg_error err;
    seg_program *program;
    make_conv(&m);
    refusals[_i].spoil(&m);
    const uint8_t *bytes = tflite_bytes(&m, &size);
    ck_fails(seg_tflite_parse(&program, bytes, size, "x.tflite", NULL, &err), refusals[_i].status,
             err, refusals[_i].part);
    ck_assert_msg(strncmp(err.text, "x.tflite: ", 10) == 0, "%s", err.text);
    ck_assert_ptr_null(program);
    tflite_maker_release(&m);
}
END_TEST

static void parse_hostile(const uint8_t *bytes, size_t size)
{
    seg_error err;
    seg_program *program;
    for (int in_float = 0; in_float < 2; in_float++) {
        const seg_program_opts opts = {.dequantise = in_float == 1};
        seg_status status = seg_tflite_parse(&program, bytes, size, "cut", &opts, &err);
        ck_assert((program != NULL) == (status == SEG_OK));
        if (status != SEG_OK)
            ck_assert_msg(strncmp(err.text, "cut: ", 5) == 0, "%s", err.text);
        seg_program_free(program);
    }
}

/* Each in a block of its own, so that a sanitizer sees overreads. */
START_TEST(every_truncation_and_flipped_bit)
{
    tflite_maker m;
    size_t size;
    if (_i == 0)
        make_conv(&m);
    else
        make_add(&m);
    const uint8_t *bytes = tflite_bytes(&m, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + (cut == 0));
        memcpy(part, bytes, cut);
        parse_hostile(part, cut);
        free(part);
    }
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        parse_hostile(copy, size);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(copy);
    tflite_maker_release(&m);
}
END_TEST

START_TEST(other_files_are_told_apart)
{
    seg_error err;
    seg_program *program;
    static const uint8_t onnx[12] = {8, 7, 18, 0};
    ck_assert(!seg_tflite_recognise(onnx, sizeof onnx));
    ck_fails(seg_tflite_parse(&program, onnx, sizeof onnx, "x", NULL, &err), SEG_FORMAT, err,
             "x: not a TensorFlow Lite file");
    ck_fails(seg_tflite_read(&program, "/nonexistent/a.tflite", NULL, &err), SEG_IO, err,
             "cannot open");
    ck_assert_ptr_null(program);
}
END_TEST

static seg_status read_file(void *path, seg_error *err)
{
    seg_program *program;
    const seg_program_opts opts = {.dequantise = true};
    seg_status status = seg_tflite_read(&program, path, NULL, err);
    seg_program_free(program);
    if (status == SEG_OK) {
        status = seg_tflite_read(&program, path, &opts, err);
        seg_program_free(program);
    }
    return status;
}

START_TEST(lack_of_memory)
{
    tflite_maker m;
    size_t size;
    seg_error err;
    char path[512];
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            make_conv(&m);
        else
            make_add(&m);
        snprintf(path, sizeof path, "%s", test_path(test_folder(), "a.tflite"));
        const uint8_t *bytes = tflite_bytes(&m, &size);
        ck_ok(seg_file_write(path, bytes, size, &err), err);
        oom_torture("tflite_read", read_file, path, SEG_NOMEM);
        tflite_maker_release(&m);
    }
}
END_TEST

Suite *suite_tflite(void)
{
    Suite *suite = suite_create("tflite");
    TCase *tests = tcase_create("tflite");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, convolution_in_onnx_words);
    tcase_add_test(tests, constants_point_into_the_file);
    tcase_add_test(tests, what_stands_behind_is_ignored);
    tcase_add_test(tests, operator_codes_old_and_new);
    tcase_add_test(tests, unknown_operators_are_kept_by_name);
    tcase_add_test(tests, shapes_that_the_file_leaves_open);
    tcase_add_test(tests, quantised_as_it_is_and_in_float);
    tcase_add_loop_test(tests, wrong_files_are_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_loop_test(tests, every_truncation_and_flipped_bit, 0, 2);
    tcase_add_test(tests, other_files_are_told_apart);
    tcase_add_test(tests, lack_of_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
