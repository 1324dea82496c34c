/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* bands.c: layers that run a band of rows at a time make the same numbers as whole ones. */
#include <stdlib.h>
#include <string.h>

#include "graph/exec_plan.h"
#include "graph/optimise.h"
#include "nets/net.h"
#include "nets/net_run.h"
#include "test.h"

/* Logits of a network of height x width; whole: without bands. Free them. */
static float *logits_of(seg_weights *weights, const seg_net_config *config, int64_t height,
                        int64_t width, int threads, bool whole, size_t *groups, size_t *size)
{
    const seg_exec_opts opts = {.threads = threads, .no_reuse = whole};
    seg_graph *graph;
    seg_exec *exec;
    seg_error err;
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    ck_ok(seg_net_build(graph, config, 1, height, width, &err), err);
    ck_ok(seg_graph_optimise(graph, false, &err), err);
    ck_ok(seg_exec_new(&exec, graph, &opts, &err), err);
    float *copy = NULL;
    for (int run = 0; run < 2; run++) { /* the second finds what the first left */
        free(copy);
        net_image_fill(seg_exec_input(exec, 0));
        seg_exec_forward(exec, 0, 0);
        const seg_tensor logits = seg_exec_output(exec, 0);
        *size = seg_shape_size(&logits.shape);
        copy = malloc(*size);
        memcpy(copy, logits.data, *size);
    }
    *groups = exec->group_count;
    seg_exec_free(exec);
    seg_graph_free(graph);
    return copy;
}

static void compare(const char *net, const char *backbone, int64_t stride, int64_t aligned,
                    int64_t height, int64_t width)
{
    seg_net_config config;
    seg_weights *weights;
    seg_graph *graph;
    seg_error err;
    ck_ok(seg_net_config_default(&config, net, &err), err);
    strcpy(config.backbone, backbone);
    config.output_stride = stride;
    config.aligned = aligned;
    ck_ok(seg_weights_new(&weights, &err), err);
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    ck_ok(seg_net_build(graph, &config, 1, 64, 64, &err), err);
    seg_graph_free(graph);
    for (int i = 0; i < seg_weights_count(weights); i++)
        seg_weights_initialise(weights, i, 3);
    size_t groups, size, other;
    float *whole = logits_of(weights, &config, height, width, 2, true, &groups, &size);
    ck_assert_uint_eq(groups, 0);
    for (int threads = 1; threads <= 3; threads++) {
        float *bands = logits_of(weights, &config, height, width, threads, false, &groups, &other);
        ck_assert_uint_gt(groups, 0);
        ck_assert_uint_eq(size, other);
        ck_assert_msg(memcmp(whole, bands, size) == 0, "%s, %d threads", net, threads);
        free(bands);
    }
    free(whole);
    seg_weights_free(weights);
}

START_TEST(decoder_and_backbone)
{
    compare("deeplabv3plus", "mobilenetv2", 16, 0, 263, 389);
}
END_TEST

START_TEST(aligned_cells)
{
    compare("deeplabv3plus", "mobilenetv2", 16, 1, 256, 333);
}
END_TEST

START_TEST(dilated)
{
    compare("deeplabv3", "mobilenetv2", 8, 0, 481, 333);
}
END_TEST

START_TEST(residual_sums)
{
    compare("deeplabv3", "xception65", 16, 0, 353, 290);
}
END_TEST

/* Rows so long that one group of all layers would hold more than it saves. */
START_TEST(long_rows)
{
    compare("deeplabv3plus", "mobilenetv2", 16, 0, 250, 2100);
}
END_TEST

/* Rows of one long group would be 1.2 GB here. */
START_TEST(large_image)
{
    const seg_exec_opts opts = {.threads = 2};
    seg_net_config config;
    seg_weights *weights;
    seg_graph *graph;
    seg_exec *exec;
    seg_error err;
    ck_ok(seg_net_config_default(&config, "deeplabv3plus", &err), err);
    config.atrous = 0;
    ck_ok(seg_weights_new(&weights, &err), err);
    ck_ok(seg_graph_new(&graph, weights, &err), err);
    ck_ok(seg_net_build(graph, &config, 1, 2048, 2048, &err), err);
    ck_ok(seg_graph_optimise(graph, false, &err), err);
    ck_ok(seg_exec_new(&exec, graph, &opts, &err), err);
    ck_assert_uint_gt(exec->band_limit, 0);
    ck_assert_uint_lt(seg_exec_arena_bytes(exec), 500 << 20);
    seg_exec_free(exec);
    seg_graph_free(graph);
    seg_weights_free(weights);
}
END_TEST

Suite *suite_bands(void)
{
    Suite *suite = suite_create("bands");
    TCase *tests = tcase_create("bands");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, decoder_and_backbone);
    tcase_add_test(tests, aligned_cells);
    tcase_add_test(tests, dilated);
    tcase_add_test(tests, residual_sums);
    tcase_add_test(tests, long_rows);
    tcase_add_test(tests, large_image);
    suite_add_tcase(suite, tests);
    return suite;
}
