/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise.c: depthwise convolutions, forward and backward, on every instruction set, against
 * sums in double precision over all pairs of pixels that meet; guard zones by op_run.h; one, two
 * and three threads must give the same bytes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/activated.h"
#include "ops/check_op.h"

typedef struct layer {
    const char *name;
    int64_t n, h, w, kh, kw;
    int64_t sh, sw, ph, pw, ph_end, pw_end, dh, dw;
    int64_t activation;
    bool bias;
} layer;

static const layer layers[] = {
    {"dense", 2, 11, 19, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_NONE, true},
    {"one pixel", 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_NONE, true},
    {"one row", 1, 1, 23, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_NONE, false},
    {"one column", 3, 18, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_NONE, false},
    {"no padding", 1, 10, 14, 3, 3, 1, 1, 0, 0, 0, 0, 1, 1, SEG_ACT_NONE, true},
    {"rate 2", 1, 13, 33, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2, SEG_ACT_NONE, false},
    {"rate 4, walks of uneven length", 2, 9, 35, 3, 3, 1, 1, 4, 4, 4, 4, 4, 4, SEG_ACT_NONE, false},
    {"rate 12", 1, 33, 17, 3, 3, 1, 1, 12, 12, 12, 12, 12, 12, SEG_ACT_NONE, false},
    {"rate 18, only the centre", 1, 9, 10, 3, 3, 1, 1, 18, 18, 18, 18, 18, 18, SEG_ACT_NONE, true},
    {"stride 2", 2, 21, 37, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, SEG_ACT_NONE, true},
    {"stride 2, padded at the end", 1, 16, 38, 3, 3, 2, 2, 0, 0, 1, 1, 1, 1, SEG_ACT_NONE, false},
    {"stride 2 rate 2", 1, 15, 40, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, SEG_ACT_NONE, false},
    {"stride 3 by 2, rate 2 by 3", 1, 19, 26, 3, 3, 3, 2, 1, 4, 3, 0, 2, 3, SEG_ACT_NONE, false},
    {"stride 4, rate 6", 1, 23, 61, 3, 2, 4, 4, 5, 3, 7, 1, 6, 6, SEG_ACT_NONE, false},
    {"stride over kernel", 1, 17, 18, 2, 1, 5, 4, 0, 0, 0, 0, 1, 1, SEG_ACT_NONE, true},
    {"5x5", 1, 12, 20, 5, 5, 1, 1, 2, 2, 2, 2, 1, 1, SEG_ACT_NONE, false},
    {"7x1", 1, 12, 9, 7, 1, 1, 1, 3, 0, 3, 0, 1, 1, SEG_ACT_NONE, false},
    {"1x1", 1, 7, 9, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, SEG_ACT_NONE, true},
    {"padding without image", 1, 3, 3, 1, 1, 2, 2, 4, 4, 4, 4, 1, 1, SEG_ACT_NONE, true},
    {"relu", 1, 9, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_RELU, true},
    {"relu6", 1, 9, 17, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, SEG_ACT_RELU6, true},
    {"hard swish", 1, 9, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_HARD_SWISH, true},
    {"hard sigmoid", 1, 9, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_HARD_SIGMOID, true},
};
enum { LAYERS = sizeof layers / sizeof *layers };

static const int64_t channel_counts[] = {1, 7, 8, 15, 16, 17, 31, 33};

/* ---- sums in double precision ---- */

typedef struct sums {
    double *sum[4], *size[4]; /* dst, diff_src, diff_weights, diff_bias; size: of magnitudes */
} sums;

enum { DST, DIFF_SRC, DIFF_WEIGHTS, DIFF_BIAS };

static void sums_init(sums *s, const op_run *run)
{
    const seg_shape *shapes[] = {&run->dst.shape, &run->src[0].shape, &run->src[1].shape};
    for (int i = 0; i < 4; i++) {
        int64_t count = i < 3 ? seg_shape_count(shapes[i]) : run->dst.shape.c;
        s->sum[i] = calloc((size_t)count, sizeof(double));
        s->size[i] = calloc((size_t)count, sizeof(double));
        ck_assert(s->sum[i] != NULL && s->size[i] != NULL);
    }
}

static void sums_release(sums *s)
{
    for (int i = 0; i < 4; i++) {
        free(s->sum[i]);
        free(s->size[i]);
    }
}

static void add(sums *s, int which, int64_t at, double x)
{
    s->sum[which][at] += x;
    s->size[which][at] += fabs(x);
}

/* Pixel `to` of dst meets pixel `from` of src through `tap`. */
static void meet(sums *s, const op_run *run, int64_t to, int64_t from, int64_t tap)
{
    int64_t channels = run->dst.shape.c;
    for (int64_t c = 0; c < channels; c++) {
        double x = (double)seg_f32(&run->src[0])[from * channels + c];
        double w = (double)seg_f32(&run->src[1])[tap * channels + c];
        double g = (double)seg_f32(&run->diff_dst)[to * channels + c];
        add(s, DST, to * channels + c, x * w);
        add(s, DIFF_SRC, from * channels + c, g * w);
        add(s, DIFF_WEIGHTS, tap * channels + c, g * x);
    }
}

static void sum_up(sums *s, const op_run *run, const layer *l)
{
    const seg_shape *dst = &run->dst.shape;
    for (int64_t at = 0; at < dst->n * dst->h * dst->w * l->kh * l->kw; at++) {
        int64_t tap = at % (l->kh * l->kw), to = at / (l->kh * l->kw);
        int64_t y = to / dst->w % dst->h * l->sh + tap / l->kw * l->dh - l->ph;
        int64_t x = to % dst->w * l->sw + tap % l->kw * l->dw - l->pw;
        if (y >= 0 && x >= 0 && y < l->h && x < l->w)
            meet(s, run, to, (to / dst->w / dst->h * l->h + y) * l->w + x, tap);
    }
    for (int64_t i = 0; i < seg_shape_count(dst); i++) {
        add(s, DIFF_BIAS, i % dst->c, (double)seg_f32(&run->diff_dst)[i]);
        if (l->bias)
            add(s, DST, i, (double)seg_f32(&run->src[2])[i % dst->c]);
        s->sum[DST][i] = activated(l->activation, s->sum[DST][i]);
    }
}

static void check_sums(const sums *s, int which, const seg_tensor *got, const char *label)
{
    static const char *const names[] = {"dst", "diff_src", "diff_weights", "diff_bias"};
    for (int64_t i = 0; i < seg_shape_count(&got->shape); i++) {
        double value = (double)seg_f32(got)[i], wanted = s->sum[which][i];
        if (!(fabs(value - wanted) <= 1e-6 * s->size[which][i]))
            ck_abort_msg("%s, %s: element %d is %.9g, wanted %.9g", label, names[which], (int)i,
                         value, wanted);
    }
}

/* ---- one layer, one instruction set ---- */

static seg_conv2d_params params_of(const layer *l)
{
    return (seg_conv2d_params){.activation = l->activation,
                               .sh = l->sh,
                               .sw = l->sw,
                               .ph = l->ph,
                               .pw = l->pw,
                               .ph_end = l->ph_end,
                               .pw_end = l->pw_end,
                               .dh = l->dh,
                               .dw = l->dw,
                               .groups = 1};
}

static void run_init(op_run *run, const layer *l, const seg_conv2d_params *params, int64_t channels,
                     const seg_kernels *kernels, int threads)
{
    const seg_shape src[] = {seg_shape_nhwc(l->n, l->h, l->w, channels),
                             seg_shape_nhwc(l->kh, l->kw, 1, channels), seg_shape_vector(channels)};
    op_run_init(run, &seg_op_depthwise2d, params, l->bias ? 3 : 2, src);
    run->call.kernels = kernels;
    run->call.threads = threads;
    op_run_prepare(run);
    for (int i = 0; i < run->call.src_count; i++)
        op_fill(&run->src[i], 60 + (uint64_t)i, -3, 3);
    op_fill(&run->diff_dst, 70, -1, 1);
}

static void run_both(op_run *run, const layer *l, const char *label)
{
    op_run_forward(run, label);
    if (l->activation == SEG_ACT_NONE) { /* fused in inference only */
        seg_tensor dst = run->dst;
        size_t size = seg_shape_size(&dst.shape);
        void *copy = malloc(size); /* backward spoils dst, which it does not read */
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, dst.data, size);
        op_run_backward(run, label);
        memcpy(dst.data, copy, size);
        free(copy);
    }
}

static void check_same(const op_run *a, const op_run *b, const layer *l, const char *label)
{
    ck_assert_msg(memcmp(a->dst.data, b->dst.data, seg_shape_size(&a->dst.shape)) == 0,
                  "%s: dst differs between threads", label);
    for (int i = 0; l->activation == SEG_ACT_NONE && i < a->call.src_count; i++)
        ck_assert_msg(memcmp(a->diff_src[i].data, b->diff_src[i].data,
                             seg_shape_size(&a->diff_src[i].shape)) == 0,
                      "%s: diff_src %d differs between threads", label, i);
}

static void check_layer(const layer *l, int64_t channels, const seg_kernels *kernels)
{
    char label[160];
    op_run run, again;
    sums s;
    seg_conv2d_params params = params_of(l);
    snprintf(label, sizeof label, "%s, %d channels (%s)", l->name, (int)channels, kernels->isa);
    run_init(&run, l, &params, channels, kernels, 1);
    sums_init(&s, &run);
    sum_up(&s, &run, l);
    run_both(&run, l, label);
    check_sums(&s, DST, &run.dst, label);
    for (int i = 0; l->activation == SEG_ACT_NONE && i < run.call.src_count; i++)
        check_sums(&s, DIFF_SRC + i, &run.diff_src[i], label);
    for (int threads = 2; threads <= 3 && (channels == 17 || channels > 64); threads++) {
        run_init(&again, l, &params, channels, kernels, threads);
        run_both(&again, l, label);
        check_same(&run, &again, l, label);
        op_run_release(&again);
    }
    sums_release(&s);
    op_run_release(&run);
}

START_TEST(against_double)
{
    int supported;
    const seg_kernels *kernels = seg_kernels_at(_i / LAYERS, &supported);
    for (size_t c = 0; supported && c < sizeof channel_counts / sizeof *channel_counts; c++)
        check_layer(&layers[_i % LAYERS], channel_counts[c], kernels);
}
END_TEST

/* Enough rows that backward-weights sums several blocks, and bands end inside walks. */
START_TEST(many_rows)
{
    const layer tall = {"many rows", 3, 50, 9, 3, 3, 1, 1, 3, 3, 3, 3, 3, 3, SEG_ACT_NONE, true};
    int supported;
    const seg_kernels *kernels = seg_kernels_at(_i, &supported);
    if (supported)
        check_layer(&tall, 17, kernels);
}
END_TEST

/* Enough channels that a task takes a slice of them, the last one ragged. */
START_TEST(many_channels)
{
    static const layer wide[] = {
        {"slices", 2, 5, 12, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, SEG_ACT_HARD_SWISH, true},
        {"slices, rate 2", 1, 19, 21, 5, 5, 1, 1, 4, 4, 4, 4, 2, 2, SEG_ACT_NONE, true},
        {"slices, stride 2", 1, 9, 14, 5, 5, 2, 2, 2, 2, 2, 2, 1, 1, SEG_ACT_NONE, false},
    };
    int supported;
    const seg_kernels *kernels = seg_kernels_at(_i, &supported);
    for (size_t i = 0; supported && i < sizeof wide / sizeof *wide; i++)
        check_layer(&wide[i], i == 0 ? 523 : 141, kernels);
}
END_TEST

Suite *suite_depthwise(void)
{
    Suite *suite = suite_create("depthwise");
    TCase *test = tcase_create("isas");
    int count = 0, supported;
    while (seg_kernels_at(count, &supported) != NULL)
        count++;
    tcase_add_loop_test(test, against_double, 0, count * LAYERS);
    tcase_add_loop_test(test, many_rows, 0, count);
    tcase_add_loop_test(test, many_channels, 0, count);
    suite_add_tcase(suite, test);
    return suite;
}
