/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* graph.c: building, planning, differentiation and rewrites, on two ops made for the test. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/exec.h"
#include "graph/memory_plan.h"
#include "graph/optimise.h"
#include "test.h"

/* mul: dst = a * b, elementwise. */
static seg_status mul_shape(const void *params, int count, const seg_shape *src, seg_shape *dst,
                            seg_error *err)
{
    (void)params, (void)count, (void)err;
    *dst = src[0];
    return SEG_OK;
}

static void mul_forward(const seg_op_call *call)
{
    for (int64_t i = 0; i < seg_shape_count(&call->dst->shape); i++)
        seg_f32(call->dst)[i] = seg_f32(&call->src[0])[i] * seg_f32(&call->src[1])[i];
}

static void mul_backward(const seg_op_call *call)
{
    for (int k = 0; k < 2; k++) {
        if (call->diff_src[k].data == NULL)
            continue;
        for (int64_t i = 0; i < seg_shape_count(&call->dst->shape); i++)
            seg_f32(&call->diff_src[k])[i] =
                seg_f32(call->diff_dst)[i] * seg_f32(&call->src[1 - k])[i];
    }
}

static const seg_op mul = {.name = "mul",
                           .src_min = 2,
                           .src_max = 2,
                           .flags = SEG_OP_READS_SRC,
                           .shape = mul_shape,
                           .forward = mul_forward,
                           .backward = mul_backward};

static seg_value multiply(seg_graph *g, seg_value a, seg_value b)
{
    return seg_graph_op(g, &mul, NULL, "mul", 2, (seg_value[]){a, b});
}

START_TEST(buffers_alive_together_do_not_overlap)
{
    seg_buffer b[40];
    size_t total, peak = 0;
    seg_error err;
    srand(7);
    for (int i = 0; i < 40; i++) {
        int first = rand() % 30;
        b[i] = (seg_buffer){(size_t)(rand() % 1000), first, first + rand() % 8, 0};
    }
    ck_ok(seg_memory_plan(b, 40, &total, &err), err);
    for (int t = 0; t < 40; t++) {
        size_t alive = 0;
        for (int i = 0; i < 40; i++)
            alive += b[i].first <= t && t <= b[i].last ? b[i].size : 0;
        peak = alive > peak ? alive : peak;
    }
    for (int i = 0; i < 40; i++) {
        ck_assert_uint_eq(b[i].offset % 64, 0);
        ck_assert_uint_le(b[i].offset + b[i].size, total);
        for (int j = 0; j < i; j++) {
            if (b[i].size == 0 || b[j].size == 0 || b[i].last < b[j].first ||
                b[j].last < b[i].first)
                continue;
            ck_assert(b[i].offset + b[i].size <= b[j].offset ||
                      b[j].offset + b[j].size <= b[i].offset);
        }
    }
    ck_assert_uint_le(total, 2 * peak);
    b[0].size = SIZE_MAX - 10;
    ck_fails(seg_memory_plan(b, 40, &total, &err), SEG_LIMIT, err, "memory");
}
END_TEST

/* y = (x*w) * (x*w) * w = x^2 w^3, so dy/dw = 3 x^2 w^2: w is used twice and x*w twice. */
static void run_power(bool no_reuse)
{
    seg_weights *weights;
    seg_graph *g;
    seg_exec *exec;
    seg_error err;
    seg_shape shape = seg_shape_vector(3);
    ck_ok(seg_weights_new(&weights, &err), err);
    ck_ok(seg_graph_new(&g, weights, &err), err);
    seg_value x = seg_graph_input(g, "x", &shape);
    seg_value w = seg_graph_weight(g, "w", SEG_WEIGHT_BIAS, &shape);
    ck_assert_int_eq(seg_graph_weight(g, "w", SEG_WEIGHT_BIAS, &shape), w);
    seg_value a = multiply(g, x, w);
    multiply(g, a, x); /* nobody reads it */
    seg_graph_output(g, "y", multiply(g, multiply(g, a, a), w));
    ck_ok(seg_graph_status(g, &err), err);
    ck_ok(seg_graph_optimise(g, true, &err), err);
    ck_assert_uint_eq(g->node_count, 3);
    seg_exec_opts opts = {.threads = 1, .train = true, .no_reuse = no_reuse};
    ck_ok(seg_exec_new(&exec, g, &opts, &err), err);
    for (int i = 0; i < 3; i++) {
        seg_f32(&seg_weights_at(weights, 0)->tensor)[i] = (float)(i + 1);
        seg_tensor in = seg_exec_input(exec, 0), diff = seg_exec_output_grad(exec, 0);
        seg_f32(&in)[i] = (float)(2 - i);
        seg_f32(&diff)[i] = 1.0f;
    }
    seg_exec_forward(exec, 0, 0);
    seg_tensor grad = seg_exec_output_grad(exec, 0);
    for (int i = 0; i < 3; i++)
        seg_f32(&grad)[i] = 1.0f;
    seg_exec_backward(exec);
    seg_tensor y = seg_exec_output(exec, 0), dw = seg_exec_weight_grad(exec, 0);
    for (int i = 0; i < 3; i++) {
        double xi = 2 - i, wi = i + 1;
        ck_assert_double_eq_tol(seg_f32(&y)[i], xi * xi * wi * wi * wi, 1e-5);
        ck_assert_double_eq_tol(seg_f32(&dw)[i], 3 * xi * xi * wi * wi, 1e-5);
    }
    ck_assert_int_eq(seg_exec_first_nonfinite(exec), -1);
    seg_exec_free(exec);
    seg_graph_free(g);
    seg_weights_free(weights);
}

START_TEST(gradients_of_shared_values_add_up)
{
    run_power(false);
    run_power(true);
}
END_TEST

START_TEST(inference_keeps_only_what_is_alive)
{
    seg_weights *weights;
    seg_graph *g;
    seg_exec *exec;
    seg_error err;
    seg_shape shape = seg_shape_vector(1024);
    ck_ok(seg_weights_new(&weights, &err), err);
    ck_ok(seg_graph_new(&g, weights, &err), err);
    seg_value x = seg_graph_input(g, "x", &shape);
    for (int i = 0; i < 50; i++)
        x = multiply(g, x, x);
    seg_graph_output(g, "y", x);
    seg_exec_opts opts = {.threads = 1};
    ck_ok(seg_exec_new(&exec, g, &opts, &err), err);
    ck_assert_uint_eq(seg_exec_arena_bytes(exec), 2 * 4096);
    seg_tensor in = seg_exec_input(exec, 0);
    for (int i = 0; i < 1024; i++)
        seg_f32(&in)[i] = i == 5 ? NAN : 1.0f;
    seg_exec_forward(exec, 0, 0);
    ck_assert_int_ge(seg_exec_first_nonfinite(exec), 0);
    seg_exec_free(exec);
    opts.memory_limit = 8191;
    ck_fails(seg_exec_new(&exec, g, &opts, &err), SEG_LIMIT, err, "8192");
    ck_assert_ptr_null(exec);
    seg_graph_free(g);
    seg_weights_free(weights);
}
END_TEST

/* A resize and the permutation to planes are one op, if nobody reads what is between them. */
START_TEST(the_last_resize_gives_planes)
{
    static const seg_permute_params orders[] = {{{0, 3, 1, 2}}, {{0, 3, 2, 1}}};
    for (int i = 0; i < 3; i++) {
        seg_graph *graph;
        seg_weights *weights;
        seg_error err;
        ck_ok(seg_weights_new(&weights, &err), err);
        ck_ok(seg_graph_new(&graph, weights, &err), err);
        const seg_shape shape = seg_shape_nhwc(1, 4, 5, 3);
        const seg_resize_params resize = {.h = 9, .w = 7};
        seg_value x = seg_graph_input(graph, "x", &shape);
        seg_value y = seg_graph_op(graph, &seg_op_resize_bilinear, &resize, "resize", 1, &x);
        seg_value z = seg_graph_op(graph, &seg_op_permute, &orders[i == 1], "planes", 1, &y);
        seg_graph_output(graph, "z", z);
        if (i == 2)
            seg_graph_output(graph, "y", y);
        ck_ok(seg_graph_optimise(graph, false, &err), err);
        const seg_graph_node *last = &graph->nodes[graph->node_count - 1];
        ck_assert_uint_eq(graph->node_count, i == 0 ? 1 : 2);
        ck_assert_str_eq(last->op->name, i == 0 ? "resize_planes" : "permute");
        ck_assert_str_eq(last->name, i == 0 ? "resize" : "planes");
        ck_assert_int_eq(last->src[0], i == 0 ? x : y);
        seg_graph_free(graph);
        seg_weights_free(weights);
    }
}
END_TEST

/* Two pictures brought to one size, side by side. */
static seg_exec *parts(seg_graph **graph, seg_weights **weights, bool no_reuse, bool shared)
{
    seg_error err;
    seg_exec *exec;
    ck_ok(seg_weights_new(weights, &err), err);
    ck_ok(seg_graph_new(graph, *weights, &err), err);
    seg_graph *g = *graph;
    const seg_shape small = seg_shape_nhwc(1, 4, 5, 3), point = seg_shape_nhwc(1, 1, 1, 7);
    const seg_resize_params resize = {.h = 9, .w = 7};
    seg_value x = seg_graph_input(g, "x", &small), p = seg_graph_input(g, "p", &point);
    seg_value a = seg_graph_op(g, &seg_op_resize_bilinear, &resize, "a", 1, &x);
    seg_value b = seg_graph_op(g, &seg_op_resize_bilinear, &resize, "b", 1, &p);
    seg_value both = seg_graph_op(g, &seg_op_concat, NULL, "both", 2, (seg_value[]){b, a});
    seg_value y = seg_graph_op(g, &seg_op_relu, NULL, "y", 1, &both);
    seg_graph_output(g, "y", y);
    if (shared)
        seg_graph_output(g, "a", a);
    const seg_exec_opts opts = {.threads = 2, .no_reuse = no_reuse};
    ck_ok(seg_exec_new(&exec, g, &opts, &err), err);
    for (int i = 0; i < 60; i++)
        ((float *)seg_exec_input(exec, 0).data)[i] = (float)(i % 13) - 4;
    for (int i = 0; i < 7; i++)
        ((float *)seg_exec_input(exec, 1).data)[i] = (float)i - 2;
    seg_exec_forward(exec, 0, 0);
    return exec;
}

START_TEST(parts_of_a_concat_lie_in_it)
{
    for (int form = 0; form < 2; form++) { /* 1: somebody else reads one, so all are copied */
        seg_graph *graphs[2];
        seg_weights *weights[2];
        seg_exec *place = parts(&graphs[0], &weights[0], false, form == 1);
        seg_exec *copy = parts(&graphs[1], &weights[1], true, form == 1);
        const seg_tensor got = seg_exec_output(place, 0), wanted = seg_exec_output(copy, 0);
        ck_assert_mem_eq(got.data, wanted.data, seg_shape_size(&wanted.shape));
        ck_assert_str_eq(seg_exec_cost(place, 2).algorithm, form == 0 ? "in place" : "");
        ck_assert_str_eq(seg_exec_cost(copy, 2).algorithm, "");
        seg_exec_free(place);
        seg_exec_free(copy);
        for (int i = 0; i < 2; i++) {
            seg_graph_free(graphs[i]);
            seg_weights_free(weights[i]);
        }
    }
}
END_TEST

START_TEST(the_first_error_of_a_graph_stays)
{
    seg_weights *weights;
    seg_graph *g;
    seg_error err;
    seg_shape three = seg_shape_vector(3), four = seg_shape_vector(4);
    ck_ok(seg_weights_new(&weights, &err), err);
    ck_ok(seg_graph_new(&g, weights, &err), err);
    seg_graph_weight(g, "w", SEG_WEIGHT_BIAS, &three);
    ck_assert_int_eq(seg_graph_weight(g, "w", SEG_WEIGHT_BIAS, &four), SEG_NO_VALUE);
    ck_assert_int_eq(multiply(g, SEG_NO_VALUE, SEG_NO_VALUE), SEG_NO_VALUE);
    ck_fails(seg_graph_status(g, &err), SEG_MISMATCH, err,
             "w: is f32 3, but the network wants f32 4");
    seg_graph_free(g);
    seg_weights_free(weights);
}
END_TEST

START_TEST(weights_start_as_their_role_says)
{
    seg_weights *weights;
    seg_error err;
    int k, b;
    ck_ok(seg_weights_new(&weights, &err), err);
    seg_shape kernel = seg_shape_nhwc(3, 3, 64, 64), tent = seg_shape_nhwc(4, 4, 2, 2);
    ck_ok(seg_weights_declare(weights, "k", SEG_WEIGHT_KERNEL, &kernel, &k, &err), err);
    ck_ok(seg_weights_declare(weights, "b", SEG_WEIGHT_BILINEAR, &tent, &b, &err), err);
    seg_weights_initialise(weights, k, 1);
    seg_weights_initialise(weights, b, 1);
    const float *data = seg_weights_at(weights, k)->tensor.data;
    double sum = 0, square = 0;
    for (int i = 0; i < 36864; i++) {
        sum += data[i];
        square += (double)data[i] * data[i];
    }
    ck_assert_double_eq_tol(sum / 36864, 0, 1e-3);
    ck_assert_double_eq_tol(square / 36864, 2.0 / 576, 1e-4);
    /* Long et al.: the 4x4 tent is (1/4, 3/4, 3/4, 1/4) squared, channel to channel. */
    static const double tent_row[] = {0.25, 0.75, 0.75, 0.25};
    data = seg_weights_at(weights, b)->tensor.data;
    for (int i = 0; i < 64; i++) {
        double same = (i / 2) % 2 == i % 2;
        ck_assert_double_eq_tol(data[i], same * tent_row[i / 16] * tent_row[i / 4 % 4], 1e-7);
    }
    seg_weights_free(weights);
}
END_TEST

/* ---- what inference joins ---- */

typedef struct joined {
    seg_weights *weights;
    seg_graph *graph;
    seg_value x; /* what a convolution of 2x3x5 pixels made */
} joined;

static joined joined_new(void)
{
    const seg_conv2d_params params = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1};
    seg_shape image = seg_shape_nhwc(1, 3, 5, 2), kernel = seg_shape_nhwc(1, 1, 2, 4);
    joined j;
    seg_error err;
    ck_ok(seg_weights_new(&j.weights, &err), err);
    ck_ok(seg_graph_new(&j.graph, j.weights, &err), err);
    const seg_value src[] = {seg_graph_input(j.graph, "image", &image),
                             seg_graph_weight(j.graph, "w", SEG_WEIGHT_KERNEL, &kernel)};
    j.x = seg_graph_op(j.graph, &seg_op_conv2d, &params, "conv", 2, src);
    return j;
}

static seg_value unary(joined *j, seg_unary_function function, double a, double b, seg_value x)
{
    const seg_unary_params params = {function, a, b};
    return seg_graph_op(j->graph, &seg_op_unary, &params, "unary", 1, &x);
}

static seg_value times(joined *j, seg_value a, seg_value b)
{
    const seg_binary_params params = {.function = SEG_BINARY_MUL};
    return seg_graph_op(j->graph, &seg_op_binary, &params, "times", 2, (seg_value[]){a, b});
}

static seg_value hard_sigmoid(joined *j, seg_value x)
{
    return unary(j, SEG_UNARY_HARD_SIGMOID, (double)(1.0f / 6.0f), 0.5, x);
}

static void run_on_ramp(joined *j, float *result)
{
    const seg_exec_opts opts = {.threads = 1};
    seg_exec *exec;
    seg_error err;
    ck_ok(seg_exec_new(&exec, j->graph, &opts, &err), err);
    seg_tensor in = seg_exec_input(exec, 0), *w = &seg_weights_at(j->weights, 0)->tensor;
    for (int64_t i = 0; i < seg_shape_count(&in.shape); i++)
        seg_f32(&in)[i] = (float)(i - 15) / 4;
    for (int64_t i = 0; i < seg_shape_count(&w->shape); i++)
        seg_f32(w)[i] = (float)(i - 3) / 4;
    seg_exec_forward(exec, 0, 0);
    seg_tensor out = seg_exec_output(exec, 0);
    memcpy(result, out.data, seg_shape_size(&out.shape));
    seg_exec_free(exec);
}

/* Optimises for inference to so many nodes; the results before and after are the same. */
static void check_joined(joined *j, seg_value result, size_t nodes, const char *op,
                         seg_activation activation)
{
    enum { COUNT = 3 * 5 * 4 };
    float before[COUNT], after[COUNT];
    seg_error err;
    seg_graph_output(j->graph, "y", result);
    ck_ok(seg_graph_status(j->graph, &err), err);
    run_on_ramp(j, before);
    ck_ok(seg_graph_optimise(j->graph, false, &err), err);
    run_on_ramp(j, after);
    for (int i = 0; i < COUNT; i++)
        ck_assert_float_eq_tol(before[i], after[i], 2e-6f);
    const seg_graph_node *last = &j->graph->nodes[j->graph->node_count - 1];
    ck_assert_uint_eq(j->graph->node_count, nodes);
    ck_assert_str_eq(last->op->name, op);
    if (last->op->flags & SEG_OP_FUSES_INFER)
        ck_assert_int_eq(*(const int64_t *)last->params, activation);
    seg_graph_free(j->graph);
    seg_weights_free(j->weights);
}

START_TEST(hard_activations_fuse)
{
    joined j = joined_new();
    check_joined(&j, unary(&j, SEG_UNARY_HARD_SWISH, 0, 0, j.x), 1, "conv2d", SEG_ACT_HARD_SWISH);
    j = joined_new();
    check_joined(&j, hard_sigmoid(&j, j.x), 1, "conv2d", SEG_ACT_HARD_SIGMOID);
    j = joined_new();
    check_joined(&j, times(&j, j.x, hard_sigmoid(&j, j.x)), 1, "conv2d", SEG_ACT_HARD_SWISH);
    j = joined_new();
    check_joined(&j, times(&j, hard_sigmoid(&j, j.x), j.x), 1, "conv2d", SEG_ACT_HARD_SWISH);
}
END_TEST

START_TEST(hard_activations_stay_where_values_have_other_uses)
{
    joined j = joined_new(); /* of another slope */
    check_joined(&j, unary(&j, SEG_UNARY_HARD_SIGMOID, 0.2, 0.5, j.x), 2, "unary", 0);
    j = joined_new(); /* the convolution's value is a result, too: one pass remains */
    seg_graph_output(j.graph, "x", unary(&j, SEG_UNARY_ABS, 0, 0, j.x));
    seg_value swish = times(&j, j.x, hard_sigmoid(&j, j.x));
    seg_graph_output(j.graph, "y", swish);
    check_joined(&j, swish, 3, "unary", 0);
    j = joined_new(); /* the gate has another use */
    seg_value gate = hard_sigmoid(&j, j.x);
    check_joined(&j, times(&j, times(&j, j.x, gate), gate), 4, "binary", SEG_ACT_NONE);
    j = joined_new(); /* a convolution has one activation only */
    check_joined(&j, unary(&j, SEG_UNARY_HARD_SWISH, 0, 0, hard_sigmoid(&j, j.x)), 2, "unary", 0);
}
END_TEST

START_TEST(training_keeps_hard_activations)
{
    joined j = joined_new();
    seg_error err;
    seg_graph_output(j.graph, "y", times(&j, j.x, hard_sigmoid(&j, j.x)));
    ck_ok(seg_graph_optimise(j.graph, true, &err), err);
    ck_assert_uint_eq(j.graph->node_count, 3);
    seg_graph_free(j.graph);
    seg_weights_free(j.weights);
}
END_TEST

Suite *suite_graph(void)
{
    Suite *suite = suite_create("graph");
    TCase *tests = tcase_create("graph");
    tcase_add_test(tests, buffers_alive_together_do_not_overlap);
    tcase_add_test(tests, gradients_of_shared_values_add_up);
    tcase_add_test(tests, inference_keeps_only_what_is_alive);
    tcase_add_test(tests, the_last_resize_gives_planes);
    tcase_add_test(tests, parts_of_a_concat_lie_in_it);
    tcase_add_test(tests, the_first_error_of_a_graph_stays);
    tcase_add_test(tests, weights_start_as_their_role_says);
    tcase_add_test(tests, hard_activations_fuse);
    tcase_add_test(tests, hard_activations_stay_where_values_have_other_uses);
    tcase_add_test(tests, training_keeps_hard_activations);
    suite_add_tcase(suite, tests);
    return suite;
}
