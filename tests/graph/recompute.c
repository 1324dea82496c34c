/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* recompute.c: training within a bound of memory makes the same numbers. */
#include <stdlib.h>
#include <string.h>

#include "graph/exec.h"
#include "graph/optimise.h"
#include "nets/net.h"
#include "nets/net_run.h"
#include "test.h"

enum { STEPS = 3 };

/* What some steps of a network leave: the last gradients, then all weights (of them the running
 * statistics move). */
typedef struct outcome {
    float *numbers;
    size_t count, arena;
    int recomputed;
} outcome;

static void take(outcome *o, const float *from, int64_t count)
{
    o->numbers = realloc(o->numbers, (o->count + (size_t)count) * sizeof *o->numbers);
    ck_assert_ptr_nonnull(o->numbers);
    memcpy(o->numbers + o->count, from, (size_t)count * sizeof *from);
    o->count += (size_t)count;
}

static void run_step(seg_exec *exec, uint64_t step)
{
    net_image_fill(seg_exec_input(exec, 0));
    seg_exec_forward(exec, 7, step);
    const seg_tensor logits = seg_exec_output(exec, 0), diff = seg_exec_output_grad(exec, 0);
    for (int64_t i = 0, count = seg_shape_count(&logits.shape); i < count; i++)
        seg_f32(&diff)[i] = seg_f32(&logits)[i] * 1e-3f + 1e-4f;
    seg_exec_backward(exec);
}

static seg_graph *graph_of(seg_weights *weights, const seg_net_config *config)
{
    seg_graph *graph;
    seg_error err;
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    ck_ok(seg_net_build(graph, config, 2, 161, 129, &err), err);
    ck_ok(seg_graph_optimise(graph, true, &err), err);
    return graph;
}

static outcome train(const seg_net_config *config, int threads, size_t limit)
{
    const seg_exec_opts opts = {.threads = threads, .train = true, .memory_limit = limit};
    outcome o = {0};
    seg_exec *exec;
    seg_error err;
    seg_weights *weights = net_weights_new();
    seg_graph *graph = graph_of(weights, config);
    net_weights_fill(weights);
    ck_ok(seg_exec_new(&exec, graph, &opts, &err), err);
    for (uint64_t step = 0; step < STEPS; step++)
        run_step(exec, step);
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_tensor grad = seg_exec_weight_grad(exec, i);
        const seg_tensor weight = seg_weights_at(weights, i)->tensor;
        if (grad.data != NULL)
            take(&o, seg_f32(&grad), seg_shape_count(&grad.shape));
        take(&o, seg_f32(&weight), seg_shape_count(&weight.shape));
    }
    o.arena = seg_exec_arena_bytes(exec);
    o.recomputed = seg_exec_recomputed(exec);
    seg_exec_free(exec);
    seg_graph_free(graph);
    seg_weights_free(weights);
    return o;
}

static void compare(const char *net, const char *backbone, double share)
{
    seg_net_config config = net_small(net, backbone);
    const outcome all = train(&config, 2, 0);
    ck_assert_int_eq(all.recomputed, 0);
    const size_t limit = (size_t)((double)all.arena * share);
    for (int threads = 1; threads <= 2; threads++) {
        const outcome some = train(&config, threads, limit);
        ck_assert_int_gt(some.recomputed, 0);
        ck_assert_uint_le(some.arena, limit);
        ck_assert_uint_eq(some.count, all.count);
        ck_assert_msg(memcmp(some.numbers, all.numbers, all.count * sizeof *all.numbers) == 0,
                      "%s %s, %d threads, %d layers", net, backbone, threads, some.recomputed);
        free(some.numbers);
    }
    free(all.numbers);
}

/* Max pooling and transposed convolutions too. */
START_TEST(fcn)
{
    compare("fcn8s", "resnet50", 0.8);
}
END_TEST

START_TEST(inverted_residuals)
{
    compare("deeplabv3plus", "mobilenetv2", 0.8);
    compare("deeplabv3plus", "mobilenetv2", 0.5);
}
END_TEST

START_TEST(residuals)
{
    compare("deeplabv3", "resnet50", 0.7);
}
END_TEST

START_TEST(too_little)
{
    const seg_exec_opts opts = {.threads = 1, .train = true, .memory_limit = 100000};
    const seg_net_config config = net_small("deeplabv3plus", "mobilenetv2");
    seg_exec *exec;
    seg_error err;
    seg_weights *weights = net_weights_new();
    seg_graph *graph = graph_of(weights, &config);
    ck_fails(seg_exec_new(&exec, graph, &opts, &err), SEG_LIMIT, err,
             "bytes at least, more than the limit of 100000");
    seg_graph_free(graph);
    seg_weights_free(weights);
}
END_TEST

Suite *suite_recompute(void)
{
    Suite *suite = suite_create("recompute");
    TCase *tests = tcase_create("recompute");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, fcn);
    tcase_add_test(tests, inverted_residuals);
    tcase_add_test(tests, residuals);
    tcase_add_test(tests, too_little);
    suite_add_tcase(suite, tests);
    return suite;
}
