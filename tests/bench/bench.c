/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* bench.c: what a benchmark says must hang together; how fast anything is, no test asks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "io/make_onnx.h"
#include "model/tiny.h"
#include "oom/oom.h"
#include "ops/op.h"
#include "seg/bench.h"
#include "test.h"

enum { FLOAT = 1, INT64 = 7 };

static const char *make_native(int max_side)
{
    const char *path = test_path(test_folder(), "model.safetensors");
    seg_model_spec spec;
    seg_weights *weights;
    seg_error err;
    ck_ok(tiny_spec(&spec, "deeplabv3plus", 3, &err), err);
    spec.preprocess.max_side = max_side;
    ck_ok(tiny_weights(&weights, &spec, 1, &err), err);
    ck_ok(seg_model_write(path, &spec, weights, SEG_PRECISION_FLOAT32, &err), err);
    seg_weights_free(weights);
    return path;
}

/* x (a shape as in onnx_value) -> 3x3 convolution of 2 to 3 channels -> Relu -> ArgMax, which no
 * layer does along the first axis: y. */
static const char *make_imported(const char *shape)
{
    static const int64_t ones[4] = {1, 1, 1, 1};
    const char *path = test_path(test_folder(), "net.onnx");
    float weights[54];
    onnx_maker maker;
    seg_error err;
    size_t size;
    for (int i = 0; i < 54; i++)
        weights[i] = 1;
    onnx_maker_init(&maker, 13);
    onnx_input(&maker, "x", FLOAT, shape);
    onnx_constant(&maker, "w", FLOAT, "3x2x3x3", weights, sizeof weights);
    onnx_ints(&maker, onnx_node(&maker, "Conv", "conv", "x,w", "features"), "pads", 4, ones);
    onnx_node(&maker, "Relu", "relu", "features", "positive");
    onnx_int(&maker, onnx_node(&maker, "ArgMax", "last", "positive", "y"), "axis", 0);
    onnx_output(&maker, "y", INT64, NULL);
    const uint8_t *bytes = onnx_bytes(&maker, &size);
    ck_ok(seg_file_write(path, bytes, size, &err), err);
    onnx_maker_release(&maker);
    return path;
}

static bool positive(double value)
{
    return isfinite(value) && value > 0;
}

static void check_machine(const seg_machine *machine, int threads)
{
    ck_assert_int_eq(machine->threads, threads);
    ck_assert_str_ne(machine->isa, "");
    ck_assert(positive(machine->peak_gflops));
    ck_assert(positive(machine->bandwidth_gbs));
}

/* All that holds of any result; its layers together are some of the run, and never more. */
static void check_result(const seg_bench *bench, int threads)
{
    double sum_ms = 0, sum_gmac = 0;
    check_machine(&bench->machine, threads);
    ck_assert(positive(bench->load_ms));
    ck_assert(positive(bench->first_ms));
    ck_assert(positive(bench->min_ms));
    ck_assert(bench->median_ms >= bench->min_ms);
    ck_assert(positive(bench->gmac));
    ck_assert(positive(bench->peak_share));
    ck_assert(positive(bench->peak_rss_mb));
    for (int i = 0; i < bench->layer_count; i++) {
        const seg_bench_layer *layer = &bench->layers[i];
        ck_assert(isfinite(layer->ms) && layer->ms >= 0);
        ck_assert(isfinite(layer->gmac) && layer->gmac >= 0);
        ck_assert(isfinite(layer->gflops) && layer->gflops >= 0);
        /* A concat whose sources are there already moves nothing. */
        ck_assert(strcmp(layer->algorithm, "in place") == 0 ? layer->mbytes == 0
                                                            : positive(layer->mbytes));
        ck_assert(isfinite(layer->roofline) && layer->roofline >= 0);
        ck_assert_str_ne(layer->name, "");
        ck_assert_str_ne(layer->op, "");
        ck_assert_str_ne(layer->shape, "");
        sum_ms += layer->ms;
        sum_gmac += layer->gmac;
    }
    ck_assert(sum_ms > 0 && sum_ms <= bench->min_ms * 1.000001);
    ck_assert(fabs(sum_gmac - bench->gmac) <= 1e-9 * bench->gmac);
}

static const seg_bench_layer *layer_of(const seg_bench *bench, const char *op)
{
    for (int i = 0; i < bench->layer_count; i++) {
        if (strcmp(bench->layers[i].op, op) == 0)
            return &bench->layers[i];
    }
    ck_abort_msg("no layer '%s'", op);
    return NULL;
}

static double setting_of(const seg_bench_layer *layer, const char *name)
{
    for (int i = 0; i < layer->setting_count; i++) {
        if (strcmp(layer->settings[i].name, name) == 0)
            return layer->settings[i].value;
    }
    ck_abort_msg("no setting '%s'", name);
    return 0;
}

START_TEST(machines_have_ceilings)
{
    seg_machine machine;
    seg_error err;
    ck_ok(seg_bench_machine(&machine, 2, &err), err);
    check_machine(&machine, 2);
    ck_ok(seg_bench_machine(&machine, 0, &err), err);
    ck_assert_int_ge(machine.threads, 1);
    ck_fails(seg_bench_machine(&machine, -1, &err), SEG_INVALID, err, "-1 threads");
}
END_TEST

START_TEST(native_models_are_measured)
{
    const seg_bench_opts opts = {
        .height = 80, .width = 120, .batch = 2, .threads = 2, .runs = 4};
    seg_bench *bench;
    seg_error err;
    ck_ok(seg_bench_model(&bench, make_native(60), &opts, &err), err);
    check_result(bench, 2);
    ck_assert_str_eq(bench->network, "deeplabv3plus mobilenetv2");
    ck_assert_str_eq(bench->input, "u8 2x40x60x3");
    ck_assert_int_eq(bench->runs, 4);
    ck_assert_int_eq(bench->batch, 2);
    ck_assert_str_eq(layer_of(bench, "conv2d")->algorithm, "indirect GEMM");
    ck_assert_str_eq(layer_of(bench, "depthwise2d")->algorithm, "by channels");
    ck_assert_str_eq(layer_of(bench, "labels")->shape, "u8 2x40x60");
    ck_assert_str_eq(bench->layers[0].op, "normalise");
    seg_bench_free(bench);
}
END_TEST

START_TEST(the_default_model_is_measured)
{
    const seg_bench_opts opts = {.height = 40, .width = 40, .threads = 1, .seconds = 0.001};
    seg_bench *bench;
    seg_error err;
    seg_status status = seg_bench_model(&bench, NULL, &opts, &err);
    if (status == SEG_UNSUPPORTED) /* built without one */
        return;
    ck_ok(status, err);
    check_result(bench, 1);
    ck_assert_int_ge(bench->runs, 3);
    seg_bench_free(bench);
    seg_bench_free(NULL);
}
END_TEST

START_TEST(imported_networks_are_measured)
{
    const seg_bench_opts opts = {
        .height = 20, .width = 30, .batch = 3, .threads = 1, .runs = 3};
    seg_bench *bench;
    seg_error err;
    ck_ok(seg_bench_model(&bench, make_imported("?x2x?x?"), &opts, &err), err);
    check_result(bench, 1);
    ck_assert_str_eq(bench->network, "onnx");
    ck_assert_str_eq(bench->input, "x: f32 3x2x20x30");
    ck_assert_str_eq(layer_of(bench, "conv2d")->shape, "f32 3x20x30x3");
    ck_assert_int_eq(layer_of(bench, "conv2d")->source_count, 2);
    ck_assert_str_eq(layer_of(bench, "conv2d")->sources[0], "f32 3x20x30x2");
    ck_assert_str_eq(layer_of(bench, "conv2d")->sources[1], "f32 3x3x2x3");
    ck_assert(setting_of(layer_of(bench, "conv2d"), "activation") == 1);
    ck_assert(setting_of(layer_of(bench, "conv2d"), "ph_end") == 1);
    ck_assert_int_eq(layer_of(bench, "ArgMax")->setting_count, 0);
    ck_assert_str_eq(layer_of(bench, "ArgMax")->algorithm, "node by node");
    ck_assert_str_eq(layer_of(bench, "ArgMax")->shape, "i64 1x3x20x30");
    ck_assert(fabs(bench->gmac - 3e-9 * 20 * 30 * 3 * 2 * 9) < 1e-12);
    /* Into the layers, the layers, and one node outside of them, in the file's layout already. */
    ck_assert_str_eq(bench->layers[0].op, "copy");
    ck_assert_str_eq(bench->layers[bench->layer_count - 1].op, "ArgMax");
    seg_bench_free(bench);
}
END_TEST

START_TEST(what_cannot_be_is_said)
{
    const seg_bench_opts size = {.height = 8, .width = 8}, batch = {.batch = 2};
    const seg_bench_opts half = {.height = 8}, threads = {.threads = -1}, slow = {.seconds = NAN};
    const seg_bench_opts integers = {.dequantise = true};
    const char *fixed = make_imported("1x2x5x5"), *own = make_native(0);
    seg_bench *bench;
    seg_error err;
    ck_fails(seg_bench_model(&bench, fixed, &size, &err), SEG_INVALID, err,
             "net.onnx: no size of 8x8: the file fixes its input 'x' to f32 1x2x5x5");
    ck_assert_ptr_null(bench);
    ck_fails(seg_bench_model(&bench, fixed, &batch, &err), SEG_INVALID, err,
             "net.onnx: no batch of 2: the file fixes its input 'x'");
    ck_fails(seg_bench_model(&bench, own, &half, &err), SEG_INVALID, err, "a size of 8x0");
    ck_fails(seg_bench_model(&bench, own, &threads, &err), SEG_INVALID, err, "-1 threads");
    ck_fails(seg_bench_model(&bench, own, &slow, &err), SEG_INVALID, err, "seconds");
    ck_fails(seg_bench_model(&bench, own, &integers, &err), SEG_INVALID, err, "not quantised");
    ck_fails(seg_bench_model(&bench, "nowhere.onnx", NULL, &err), SEG_IO, err, "nowhere.onnx: ");
    ck_assert_ptr_null(bench);
}
END_TEST

static seg_status bench_once(void *path, seg_error *err)
{
    const seg_bench_opts opts = {.height = 9, .width = 9, .threads = 1, .runs = 1};
    seg_bench *bench;
    seg_status status = seg_bench_model(&bench, path, &opts, err);
    seg_bench_free(bench);
    return status;
}

START_TEST(memory_may_run_out)
{
    char path[512];
    snprintf(path, sizeof path, "%s", make_imported("?x2x?x?"));
    oom_torture("seg_bench_model", bench_once, path, SEG_NOMEM);
}
END_TEST

Suite *suite_bench(void)
{
    Suite *suite = suite_create("bench");
    TCase *tests = tcase_create("bench");
    tcase_add_test(tests, machines_have_ceilings);
    tcase_add_test(tests, native_models_are_measured);
    tcase_add_test(tests, the_default_model_is_measured);
    tcase_add_test(tests, imported_networks_are_measured);
    tcase_add_test(tests, what_cannot_be_is_said);
    tcase_add_test(tests, memory_may_run_out);
    suite_add_tcase(suite, tests);
    return suite;
}
