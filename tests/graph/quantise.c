/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* quantise.c: the pass that puts layers in integers: what it inserts, ties and leaves alone. */
#include "graph/quantise.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "graph/exec.h"
#include "graph/optimise.h"
#include "test.h"

enum { CHANNELS = 8 };

static const seg_conv2d_params CONV = {.sh = 1, .sw = 1, .ph = 1, .pw = 1, .ph_end = 1, .pw_end = 1,
                                       .dh = 1, .dw = 1, .groups = 1};

static seg_value conv(seg_graph *g, const char *name, seg_value src)
{
    char weight[64];
    const seg_shape kernel = seg_shape_nhwc(3, 3, CHANNELS, CHANNELS);
    snprintf(weight, sizeof weight, "%s.weight", name);
    seg_value all[2] = {src, seg_graph_weight(g, weight, SEG_WEIGHT_KERNEL, &kernel)};
    seg_value made = seg_graph_op(g, &seg_op_conv2d, &CONV, name, 2, all);
    char relu[64];
    snprintf(relu, sizeof relu, "%s.relu", name);
    return seg_graph_op(g, &seg_op_relu, NULL, relu, 1, &made);
}

/* image -> a -> b, add(a, b), concat(add, a), resize, scale */
static seg_graph *build(seg_weights **weights)
{
    const seg_shape image = seg_shape_nhwc(1, 9, 7, CHANNELS);
    const seg_add_params add = {SEG_ACT_NONE};
    const seg_resize_params resize = {.h = 18, .w = 15};
    const seg_scale_params scale = {0.5};
    seg_graph *g;
    seg_error err;
    ck_ok(seg_weights_new(weights, &err), err);
    ck_ok(seg_graph_new(&g, *weights, &err), err);
    seg_value a = conv(g, "a", seg_graph_input(g, "image", &image));
    seg_value b = conv(g, "b", a);
    seg_value sum = seg_graph_op(g, &seg_op_add, &add, "sum", 2, (seg_value[]){a, b});
    seg_value both = seg_graph_op(g, &seg_op_concat, NULL, "both", 2, (seg_value[]){sum, a});
    seg_value large = seg_graph_op(g, &seg_op_resize_bilinear, &resize, "large", 1, &both);
    seg_graph_output(g, "out", seg_graph_op(g, &seg_op_scale, &scale, "half", 1, &large));
    ck_ok(seg_graph_status(g, &err), err);
    ck_ok(seg_graph_optimise(g, false, &err), err);
    for (int i = 0; i < seg_weights_count(*weights); i++)
        seg_weights_initialise(*weights, i, 3);
    return g;
}

static seg_range all_ranges[] = {
    {"a", 0, 9, false},     {"b", 0, 9, false},      {"both", 0, 9, false},
    {"half", 0, 9, false},  {"image", -1, 1, false}, {"large", 0, 9, false},
    {"sum", 0, 18, false},
};
static const seg_ranges ALL = {all_ranges, sizeof all_ranges / sizeof *all_ranges};

/* The ops of a graph with spaces between. */
static const char *ops_of(const seg_graph *g)
{
    static char text[400];
    text[0] = '\0';
    for (size_t i = 0; i < g->node_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 g->nodes[i].op->name);
    return text;
}

static seg_graph *quantised(const seg_ranges *ranges, seg_weights **weights)
{
    seg_error err;
    seg_graph *g = build(weights);
    ck_ok(seg_graph_quantise(g, ranges, &err), err);
    return g;
}

static void release(seg_graph *g, seg_weights *weights)
{
    seg_graph_free(g);
    seg_weights_free(weights);
}

static seg_tensor run(seg_graph *g, seg_exec **exec)
{
    const seg_exec_opts opts = {.threads = 1};
    seg_error err;
    seg_rng rng = seg_rng_make(5, SEG_RNG_METHOD, 0);
    ck_ok(seg_exec_new(exec, g, &opts, &err), err);
    const seg_tensor image = seg_exec_input(*exec, 0);
    for (int64_t i = 0; i < seg_shape_count(&image.shape); i++)
        seg_f32(&image)[i] = (float)(2 * seg_rng_uniform(&rng) - 1);
    seg_exec_forward(*exec, 0, 0);
    return seg_exec_output(*exec, 0);
}

static double noise(seg_graph *g)
{
    seg_weights *weights;
    seg_graph *exact = build(&weights);
    seg_exec *one, *other;
    const seg_tensor wanted = run(exact, &one), got = run(g, &other);
    double sum = 0, signal = 0;
    ck_assert(seg_shape_equal(&wanted.shape, &got.shape));
    for (int64_t i = 0; i < seg_shape_count(&got.shape); i++) {
        sum += pow((double)seg_f32(&got)[i] - (double)seg_f32(&wanted)[i], 2);
        signal += pow((double)seg_f32(&wanted)[i], 2);
    }
    seg_exec_free(one);
    seg_exec_free(other);
    release(exact, weights);
    return sqrt(sum / signal);
}

START_TEST(quants)
{
    seg_quant q = seg_quant_of(0, 2.55);
    ck_assert_double_eq_tol(q.scale, 0.01, 1e-12);
    ck_assert_int_eq(q.zero, 0);
    q = seg_quant_of(-1, 1);
    ck_assert_int_eq(q.zero, 128); /* 127.5 to even */
    q = seg_quant_of(-3, 0);
    ck_assert_int_eq(q.zero, 255);
    q = seg_quant_of(0, 0);
    ck_assert(q.scale > 0 && q.zero == 0);
}
END_TEST

START_TEST(all_in_integers)
{
    seg_weights *weights;
    seg_graph *g = quantised(&ALL, &weights);
    ck_assert_str_eq(ops_of(g), "quantise conv2d_u8 conv2d_u8 add_u8 concat_u8 "
                                "resize_bilinear_u8 dequantise scale");
    /* sum, both, a and large are tied, so all have sum's range, the widest. */
    const seg_conv2d_u8_params *a = g->nodes[1].params, *b = g->nodes[2].params;
    ck_assert_double_eq(a->dst.scale, 18.0 / 255);
    ck_assert_double_eq(b->src.scale, 18.0 / 255);
    ck_assert_double_eq(b->dst.scale, 9.0 / 255);
    const seg_quant_params *out = g->nodes[6].params;
    ck_assert_double_eq(out->quant.scale, 18.0 / 255);
    ck_assert_double_lt(noise(g), 0.05); /* the tie is four times too wide */
    release(g, weights);
}
END_TEST

START_TEST(float_layers)
{
    seg_weights *weights;
    all_ranges[1].stays_float = true; /* b */
    seg_graph *g = quantised(&ALL, &weights);
    all_ranges[1].stays_float = false;
    ck_assert_str_eq(ops_of(g), "quantise conv2d_u8 dequantise conv2d quantise add_u8 concat_u8 "
                                "resize_bilinear_u8 dequantise scale");
    ck_assert_double_lt(noise(g), 0.05); /* the tie is four times too wide */
    release(g, weights);
}
END_TEST

/* Read by float layers only: no bytes in between. */
START_TEST(convolution_to_float)
{
    seg_weights *weights;
    const seg_range ranges[] = {{"a", 0, 9, false}, {"image", -1, 1, false}};
    seg_graph *g = quantised(&(seg_ranges){ranges, 2}, &weights);
    ck_assert_str_eq(ops_of(g), "quantise conv2d_u8 conv2d add concat resize_bilinear scale");
    ck_assert_int_eq(((const seg_conv2d_u8_params *)g->nodes[1].params)->to_float, 1);
    release(g, weights);
}
END_TEST

START_TEST(without_ranges)
{
    seg_weights *weights;
    seg_graph *g = quantised(&(seg_ranges){NULL, 0}, &weights);
    ck_assert_str_eq(ops_of(g), "conv2d conv2d add concat resize_bilinear scale");
    ck_assert_double_le(noise(g), 0);
    release(g, weights);
}
END_TEST

Suite *suite_quantise(void)
{
    Suite *suite = suite_create("quantise");
    TCase *tests = tcase_create("quantise");
    tcase_add_test(tests, quants);
    tcase_add_test(tests, all_in_integers);
    tcase_add_test(tests, float_layers);
    tcase_add_test(tests, convolution_to_float);
    tcase_add_test(tests, without_ranges);
    suite_add_tcase(suite, tests);
    return suite;
}
