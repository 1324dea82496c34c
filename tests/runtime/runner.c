/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* runner.c: the public interface of imported networks; hostile ones; lack of memory. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "io/make_onnx.h"
#include "oom/oom.h"
#include "runtime/op.h"
#include "seg/program.h"
#include "test.h"

enum { FLOAT = 1, INT64 = 7 };

static void save(onnx_maker *maker, const char *path)
{
    seg_error err;
    size_t size;
    const uint8_t *bytes = onnx_bytes(maker, &size);
    ck_ok(seg_file_write(path, bytes, size, &err), err);
    onnx_maker_release(maker);
}

static seg_program *load(const char *path)
{
    seg_error err;
    seg_program *program;
    ck_ok(seg_program_load(&program, path, NULL, &err), err);
    return program;
}

static seg_array array_of(void *data, int rank, int64_t d0, int64_t d1, int64_t d2, int64_t d3)
{
    return (seg_array){.dtype = SEG_F32, .rank = rank, .dim = {d0, d1, d2, d3}, .data = data};
}

/*
 * Convolution, pooling, and shape arithmetic around a product: x 1x2x?x? gives "probabilities" 1x2
 * and "features" 1x3x?x?. Weights are 1, so the features are sums of 3x3 neighbourhoods.
 */
static void make_network(const char *path)
{
    static const int64_t ones[4] = {1, 1, 1, 1}, twos[2] = {2, 2}, flat[2] = {1, -1};
    onnx_maker maker;
    float weights[54], product[96];
    for (int i = 0; i < 54; i++)
        weights[i] = 1;
    for (int i = 0; i < 96; i++)
        product[i] = (float)(i % 7 - 3) / 64;
    onnx_maker_init(&maker, 13);
    maker.model.producer_name = onnx_text(&maker, "us");
    onnx_input(&maker, "x", FLOAT, "1x2x?x?");
    onnx_constant(&maker, "w", FLOAT, "3x2x3x3", weights, sizeof weights);
    onnx_constant(&maker, "p", FLOAT, "48x2", product, sizeof product);
    onnx_constant(&maker, "flat", INT64, "2", flat, sizeof flat);
    onnx_ints(&maker, onnx_node(&maker, "Conv", "conv", "x,w", "features"), "pads", 4, ones);
    onnx_node(&maker, "Relu", "relu", "features", "positive");
    Seg__Onnx__Node *pool = onnx_node(&maker, "MaxPool", "pool", "positive", "small");
    onnx_ints(&maker, pool, "kernel_shape", 2, twos);
    onnx_ints(&maker, pool, "strides", 2, twos);
    onnx_node(&maker, "Reshape", "", "small,flat", "vector");
    onnx_node(&maker, "MatMul", "product", "vector,p", "scores");
    onnx_node(&maker, "Softmax", "", "scores", "probabilities");
    onnx_output(&maker, "probabilities", FLOAT, "1x2");
    onnx_output(&maker, "features", FLOAT, NULL);
    save(&maker, path);
}

START_TEST(programs_are_described)
{
    const char *path = test_path(test_folder(), "a.onnx"), *key;
    char text[SEG_ARRAY_TEXT_SIZE];
    make_network(path);
    ck_assert(seg_program_is_file(path));
    ck_assert(!seg_program_is_file("/nowhere"));
    seg_program *program = load(path);
    seg_program_info info = seg_program_describe(program);
    ck_assert_str_eq(info.format, "onnx");
    ck_assert_str_eq(info.producer, "us");
    ck_assert_int_eq(info.opset, 13);
    ck_assert(info.inputs == 1 && info.outputs == 2 && info.nodes == 6 && info.texts == 0);
    ck_assert_int_eq(info.parameters, 54 + 96);
    seg_program_value x = seg_program_input_at(program, 0), y = seg_program_output_at(program, 1);
    ck_assert_str_eq(x.name, "x");
    ck_assert_str_eq(seg_array_text(&x.array, text), "f32 1x2x?x?");
    ck_assert_str_eq(y.name, "features");
    ck_assert_str_eq(seg_array_text(&y.array, text), "f32 of any rank");
    ck_assert_ptr_null(seg_program_input_at(program, 1).name);
    ck_assert_ptr_null(seg_program_text_at(program, 0, &key));
    ck_assert_str_eq(seg_program_result(program, "pool", 0), "small");
    ck_assert_ptr_null(seg_program_result(program, "pool", 1));
    ck_assert_str_eq(seg_program_result(program, "scores", 0), "scores");
    ck_assert_ptr_null(seg_program_result(program, "nobody", 0));
    seg_program_op ops[8];
    ck_assert_int_eq(seg_program_ops(program, ops, 8), 6);
    ck_assert_str_eq(ops[0].name, "Conv");
    ck_assert(ops[0].count == 1 && ops[0].supported);
    ck_assert_int_eq(seg_program_ops(program, ops, 2), 2);
    seg_program_free(program);
}
END_TEST

static void fill(float *data, int count, int step)
{
    for (int i = 0; i < count; i++)
        data[i] = (float)(i * step % 11 - 5);
}

/* What the features are: the sum of the neighbourhood over both channels. */
static void ck_features(const seg_array *features, const float *x, int h, int w)
{
    ck_assert_int_eq(features->rank, 4);
    ck_assert(features->dim[1] == 3 && features->dim[2] == h && features->dim[3] == w);
    const float *got = features->data;
    for (int i = 0; i < h * w; i++) {
        float sum = 0;
        for (int c = 0; c < 2; c++) {
            for (int dy = -1; dy <= 1; dy++) {
                for (int dx = -1; dx <= 1; dx++) {
                    int row = i / w + dy, column = i % w + dx;
                    if (row >= 0 && row < h && column >= 0 && column < w)
                        sum += x[(c * h + row) * w + column];
                }
            }
        }
        for (int c = 0; c < 3; c++)
            ck_assert(got[c * h * w + i] == sum);
    }
}

/* Lowered and reference, with one plan used twice, and made anew for another size. */
START_TEST(runs_give_the_same_either_way)
{
    const char *path = test_path(test_folder(), "a.onnx");
    make_network(path);
    seg_program *program = load(path);
    seg_error err;
    float x[128], first = 0;
    for (int way = 0; way < 4; way++) {
        const seg_runner_opts opts = {.threads = 1, .reference = way % 2 == 1, .keep_all = way > 1};
        seg_runner *runner;
        seg_array out;
        ck_ok(seg_runner_new(&runner, program, &opts, &err), err);
        for (int pass = 0; pass < 4; pass++) {
            const int h = pass < 3 ? 8 : 4, w = 128 / 2 / 8;
            const seg_array in = array_of(x, 4, 1, 2, h, w);
            fill(x, 2 * h * w, pass + 1);
            if (pass == 3) { /* the product takes 8x8 only */
                ck_fails(seg_runner_run(runner, &in, &err), SEG_INVALID, err, "MatMul 'product'");
                continue;
            }
            ck_ok(seg_runner_run(runner, &in, &err), err);
            ck_ok(seg_runner_read(runner, "features", &out, &err), err);
            ck_features(&out, x, h, w);
            ck_ok(seg_runner_read(runner, "probabilities", &out, &err), err);
            const float *p = out.data;
            ck_assert(p[0] + p[1] > 0.99999f && p[0] + p[1] < 1.00001f);
            if (way == 0 && pass == 0)
                first = p[0];
            if (pass == 0)
                ck_assert(p[0] - first < 1e-6f && first - p[0] < 1e-6f);
        }
        const seg_array again = array_of(x, 4, 1, 2, 8, 8);
        ck_ok(seg_runner_run(runner, &again, &err), err);
        seg_runner_cost cost = seg_runner_measure(runner);
        ck_assert_int_gt(cost.bytes, 0);
        ck_assert_int_eq(cost.multiply_adds, way > 1 ? 8 * 8 * 54 + 96 : 0);
        seg_runner_free(runner);
    }
    seg_program_free(program);
}
END_TEST

START_TEST(inner_values_are_kept_when_asked_for)
{
    const char *path = test_path(test_folder(), "a.onnx");
    make_network(path);
    seg_program *program = load(path);
    const seg_runner_opts opts = {.threads = 1, .keep_all = true};
    seg_runner *runner;
    seg_error err;
    float x[128];
    fill(x, 128, 3);
    const seg_array in = array_of(x, 4, 1, 2, 8, 8);
    seg_array out;
    ck_ok(seg_runner_new(&runner, program, &opts, &err), err);
    ck_ok(seg_runner_run(runner, &in, &err), err);
    const char *const names[] = {"x", "w", "features", "positive", "small", "vector", "scores"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_ok(seg_runner_read(runner, names[i], &out, &err), err);
    ck_ok(seg_runner_read(runner, "small", &out, &err), err);
    ck_assert(out.dim[0] == 1 && out.dim[1] == 3 && out.dim[2] == 4 && out.dim[3] == 4);
    ck_fails(seg_runner_read(runner, "none", &out, &err), SEG_INVALID, err, "no value 'none'");
    seg_runner_free(runner);
    seg_program_free(program);
}
END_TEST

START_TEST(wrong_inputs_are_refused)
{
    const char *path = test_path(test_folder(), "a.onnx");
    make_network(path);
    seg_program *program = load(path);
    seg_runner *runner;
    seg_error err;
    float x[128] = {0};
    seg_array bad[] = {array_of(x, 4, 1, 3, 8, 8),  array_of(x, 3, 1, 2, 8, 0),
                       array_of(x, 9, 1, 2, 8, 8),  array_of(x, -1, 1, 2, 8, 8),
                       array_of(x, 4, 1, 2, -8, 8), array_of(NULL, 4, 1, 2, 8, 8),
                       array_of(x, 4, 1, 2, 8, 8)};
    bad[6].dtype = SEG_F64;
    ck_ok(seg_runner_new(&runner, program, NULL, &err), err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_fails(seg_runner_run(runner, &bad[i], &err), SEG_MISMATCH, err, ": input 'x' ");
    seg_runner_free(runner);
    seg_program_free(program);
}
END_TEST

START_TEST(memory_is_limited)
{
    const char *path = test_path(test_folder(), "a.onnx");
    make_network(path);
    seg_program *program = load(path);
    seg_error err;
    float x[128] = {0};
    const seg_array in = array_of(x, 4, 1, 2, 8, 8);
    for (int reference = 0; reference < 2; reference++) {
        const seg_runner_opts opts = {
            .threads = 1, .memory_limit = 100, .reference = reference != 0};
        seg_runner *runner;
        ck_ok(seg_runner_new(&runner, program, &opts, &err), err);
        ck_fails(seg_runner_run(runner, &in, &err), SEG_LIMIT, err, "a.onnx: ");
        seg_runner_free(runner);
    }
    seg_program_free(program);
}
END_TEST

START_TEST(all_unsupported_operators_are_named)
{
    const char *path = test_path(test_folder(), "a.onnx");
    onnx_maker maker;
    onnx_maker_init(&maker, 13);
    onnx_input(&maker, "x", FLOAT, "1");
    onnx_node(&maker, "Loop", "", "x", "a");
    onnx_node(&maker, "Neg", "", "a", "b");
    onnx_node(&maker, "Magic", "", "b", "c")->domain = onnx_text(&maker, "ai.foo");
    onnx_node(&maker, "Loop", "", "c", "y");
    onnx_output(&maker, "y", FLOAT, "1");
    save(&maker, path);
    seg_program *program = load(path);
    seg_runner *runner;
    seg_error err;
    seg_program_op ops[8];
    ck_fails(seg_runner_new(&runner, program, NULL, &err), SEG_UNSUPPORTED, err,
             "operators not supported: Loop, Magic (ai.foo)");
    ck_assert_ptr_null(runner);
    ck_assert_int_eq(seg_program_ops(program, ops, 8), 3);
    ck_assert_str_eq(ops[0].name, "Loop");
    ck_assert(ops[0].count == 2 && !ops[0].supported);
    ck_assert(!ops[1].supported && ops[2].supported);
    seg_program_free(program);
}
END_TEST

/* Results that no operator of that name has: the layers may not pass over them. */
START_TEST(surplus_results_are_refused)
{
    const char *path = test_path(test_folder(), "a.onnx");
    onnx_maker maker;
    onnx_maker_init(&maker, 13);
    onnx_input(&maker, "x", FLOAT, "1x2x4x4");
    onnx_node(&maker, "Relu", "twice", "x", "y,z");
    onnx_output(&maker, "y", FLOAT, NULL);
    onnx_output(&maker, "z", FLOAT, NULL);
    save(&maker, path);
    seg_program *program = load(path);
    seg_error err;
    float x[32] = {0};
    const seg_array in = array_of(x, 4, 1, 2, 4, 4);
    for (int way = 0; way < 4; way++) {
        const seg_runner_opts opts = {.threads = 1, .reference = way % 2, .keep_all = way > 1};
        seg_runner *runner;
        ck_ok(seg_runner_new(&runner, program, &opts, &err), err);
        ck_fails(seg_runner_run(runner, &in, &err), SEG_UNSUPPORTED, err,
                 "a.onnx: Relu 'twice': its output 1 is not supported");
        seg_runner_free(runner);
    }
    seg_program_free(program);
}
END_TEST

typedef struct torture {
    char path[512];
    seg_array input;
    bool reference;
} torture;

static seg_status load_and_run(void *context, seg_error *err)
{
    const torture *with = context;
    const seg_runner_opts opts = {.threads = 1, .reference = with->reference};
    seg_program *program;
    seg_runner *runner = NULL;
    seg_array out;
    seg_status status = seg_program_load(&program, with->path, NULL, err);
    if (status == SEG_OK)
        status = seg_runner_new(&runner, program, &opts, err);
    for (int pass = 0; pass < 2 && status == SEG_OK; pass++)
        status = seg_runner_run(runner, &with->input, err);
    if (status == SEG_OK)
        status = seg_runner_read(runner, "features", &out, err);
    if (status == SEG_OK)
        status = seg_runner_read(runner, "probabilities", &out, err);
    seg_runner_free(runner);
    seg_program_free(program);
    return status;
}

START_TEST(loading_and_running_survive_lack_of_memory)
{
    float x[128];
    torture with = {.reference = _i == 1, .input = array_of(x, 4, 1, 2, 8, 8)};
    fill(x, 128, 3);
    snprintf(with.path, sizeof with.path, "%s", test_path(test_folder(), "a.onnx"));
    make_network(with.path);
    oom_torture("loading and running a program", load_and_run, &with, SEG_NOMEM);
}
END_TEST

START_TEST(arrays_are_written_and_read)
{
    char path[512];
    snprintf(path, sizeof path, "%s", test_path(test_folder(), "a.npy"));
    float x[6] = {1, 2, 3, 4, 5, 6};
    seg_array put = array_of(x, 2, 2, 3, 0, 0), got;
    seg_error err;
    ck_ok(seg_array_write(&put, path, &err), err);
    ck_ok(seg_array_read(&got, path, &err), err);
    ck_assert(got.rank == 2 && got.dim[0] == 2 && got.dim[1] == 3 && got.dtype == SEG_F32);
    ck_assert_int_eq(memcmp(got.data, x, sizeof x), 0);
    seg_array_release(&got);
    ck_assert_ptr_null(got.data);
    put.rank = 9;
    ck_fails(seg_array_write(&put, path, &err), SEG_INVALID, err, "rank 9");
    put.rank = 2;
    put.dim[0] = -1;
    ck_fails(seg_array_write(&put, path, &err), SEG_INVALID, err, "f32 ?x3");
    put = array_of(NULL, 1, 2, 0, 0, 0);
    ck_fails(seg_array_write(&put, path, &err), SEG_INVALID, err, "without data");
    ck_fails(seg_array_read(&got, "/nowhere", &err), SEG_IO, err, "/nowhere");
}
END_TEST

/* The page of the format names every operator of ONNX's own. */
START_TEST(operators_are_documented)
{
    seg_error err;
    uint8_t *page;
    size_t size;
    ck_ok(seg_file_read(TESTS_DIR "/../docs/onnx.md", 1 << 20, &page, &size, &err), err);
    const seg_runtime_op *op;
    for (int i = 0; (op = seg_runtime_op_at(i)) != NULL; i++) {
        char name[80];
        snprintf(name, sizeof name, "`%s`", op->name);
        if (op->domain[0] == '\0')
            ck_assert_msg(strstr((char *)page, name) != NULL, "docs/onnx.md lacks %s", name);
    }
    free(page);
}
END_TEST

Suite *suite_runner(void)
{
    Suite *suite = suite_create("runner");
    TCase *tests = tcase_create("runner");
    tcase_add_test(tests, programs_are_described);
    tcase_add_test(tests, runs_give_the_same_either_way);
    tcase_add_test(tests, inner_values_are_kept_when_asked_for);
    tcase_add_test(tests, wrong_inputs_are_refused);
    tcase_add_test(tests, memory_is_limited);
    tcase_add_test(tests, all_unsupported_operators_are_named);
    tcase_add_test(tests, surplus_results_are_refused);
    tcase_add_loop_test(tests, loading_and_running_survive_lack_of_memory, 0, 2);
    tcase_add_test(tests, arrays_are_written_and_read);
    tcase_add_test(tests, operators_are_documented);
    suite_add_tcase(suite, tests);
    return suite;
}
