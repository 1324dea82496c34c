/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * winograd.c: 3x3 convolutions by Winograd's filtering, on every instruction set, from fine to
 * coarse and back, with tiles of all sizes, and gradients of weights, against sums in double precision over all taps. Guard
 * zones surround all that is written; one and two threads must give the same bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "guarded.h"
#include "ops/convolution.h"
#include "test.h"

typedef struct layer {
    int64_t n, h, w, ic, oc; /* of the source */
    int64_t pad_h, pad_w, rate_h, rate_w;
    seg_activation activation;
} layer;

/* Memory as the graph gives it, with a guard behind it. */
static void *block_new(size_t size)
{
    char *block = seg_block_new(size + GUARD);
    ck_assert_ptr_nonnull(block);
    memset(block + size, 0x5a, GUARD);
    return block;
}

static void block_free(void *block, size_t size)
{
    for (size_t i = 0; i < GUARD; i++)
        ck_assert_int_eq(((char *)block)[size + i], 0x5a);
    seg_block_free(block);
}

static int64_t extent(int64_t in, int64_t pad, int64_t rate, bool up)
{
    return up ? in - 2 * pad + 2 * rate : in + 2 * pad - 2 * rate;
}

static seg_convolution convolution(const layer *l, bool up, const seg_kernels *kernels, int threads)
{
    int64_t h = extent(l->h, l->pad_h, l->rate_h, up), w = extent(l->w, l->pad_w, l->rate_w, up);
    return (seg_convolution){.kernels = kernels,
                             .threads = threads,
                             .n = l->n,
                             .groups = 1,
                             .y = {up ? h : l->h, up ? l->h : h, 3, 1, l->pad_h, l->rate_h},
                             .x = {up ? w : l->w, up ? l->w : w, 3, 1, l->pad_w, l->rate_w},
                             .ic = l->ic,
                             .oc = l->oc,
                             .up = up};
}

/* The layer's result at one pixel and channel, and the size of its summands. */
static double sum_at(const seg_convolution *c, const float *src, const float *weights,
                     const float *bias, const int64_t *at, double *size)
{
    const int64_t src_h = c->up ? c->y.coarse : c->y.fine, src_w = c->up ? c->x.coarse : c->x.fine;
    double sum = (double)bias[at[3]];
    *size = fabs(sum);
    for (int64_t k = 0; k < 9; k++) {
        int64_t dy = k / 3 * c->y.dilation - c->y.pad, dx = k % 3 * c->x.dilation - c->x.pad;
        int64_t y = at[1] + (c->up ? -dy : dy), x = at[2] + (c->up ? -dx : dx);
        if (y < 0 || y >= src_h || x < 0 || x >= src_w)
            continue;
        for (int64_t i = 0; i < c->ic; i++) {
            double term = (double)src[((at[0] * src_h + y) * src_w + x) * c->ic + i] *
                          (double)weights[(k * c->ic + i) * c->oc + at[3]];
            sum += term;
            *size += fabs(term);
        }
    }
    return sum;
}

static float clamped(double x, seg_activation activation)
{
    if (activation == SEG_ACT_HARD_SWISH)
        return (float)(x * fmin(1, fmax(0, x / 6 + 0.5)));
    double hi = activation == SEG_ACT_RELU6 ? 6 : (double)INFINITY;
    return (float)(activation == SEG_ACT_NONE ? x : fmin(hi, fmax(0, x)));
}

static void check_result(const seg_convolution *c, const float *src, const float *weights,
                         const float *bias, seg_activation activation, const float *got)
{
    const int64_t h = c->up ? c->y.fine : c->y.coarse, w = c->up ? c->x.fine : c->x.coarse;
    for (int64_t i = 0; i < c->n * h * w * c->oc; i++) {
        double size;
        const int64_t at[4] = {i / c->oc / w / h, i / c->oc / w % h, i / c->oc % w, i % c->oc};
        double want = sum_at(c, src, weights, bias, at, &size);
        /* Other pixels of the tile, whose terms are of size 1, leave their rounding here. */
        double allowed = 1e-5 * (size + 9 * (double)c->ic);
        ck_assert_msg(fabs((double)got[i] - (double)clamped(want, activation)) <= allowed,
                      "%s, n %d y %d x %d c %d: %g, wanted %g", c->kernels->isa, (int)at[0],
                      (int)at[1], (int)at[2], (int)at[3], (double)got[i], want);
    }
}

static int64_t dst_count(const seg_convolution *c)
{
    return c->n * c->oc * (c->up ? c->y.fine * c->x.fine : c->y.coarse * c->x.coarse);
}

static float *run(const seg_convolution *c, int m, const float *src, const float *weights,
                  const float *bias, seg_activation activation)
{
    size_t packed_size = seg_conv_winograd_pack_count(c, false, m) * sizeof(float);
    size_t scratch_size = seg_conv_winograd_scratch(c, false, m);
    float *packed = block_new(packed_size), *scratch = block_new(scratch_size);
    float *dst = guarded_new(dst_count(c), 9);
    const seg_conv_gather job = {
        .src = src, .dst = dst, .packed = packed, .activation = activation};
    const seg_conv_kernel kernel = seg_conv_kernel_at(c, weights, NULL, bias);
    seg_conv_winograd_pack(c, false, m, &kernel, packed);
    seg_conv_winograd_run(c, m, &job, scratch);
    block_free(packed, packed_size);
    block_free(scratch, scratch_size);
    return dst;
}

/* The gradient of tap k from input channel i to output channel o, and the size of its summands. */
static double gradient_at(const seg_convolution *c, const float *in, const float *out,
                          const int64_t *at, double *size)
{
    double sum = 0;
    *size = 0;
    for (int64_t p = 0; p < c->n * c->y.coarse * c->x.coarse; p++) {
        int64_t n = p / c->x.coarse / c->y.coarse;
        int64_t y = p / c->x.coarse % c->y.coarse + at[0] / 3 * c->y.dilation - c->y.pad;
        int64_t x = p % c->x.coarse + at[0] % 3 * c->x.dilation - c->x.pad;
        if (y < 0 || y >= c->y.fine || x < 0 || x >= c->x.fine)
            continue;
        double term = (double)in[((n * c->y.fine + y) * c->x.fine + x) * c->ic + at[1]] *
                      (double)out[p * c->oc + at[2]];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static float *run_weights(const seg_convolution *c, int m, const float *in, const float *out)
{
    size_t scratch_size = seg_conv_winograd_weights_scratch(c, m);
    float *scratch = block_new(scratch_size), *diff = guarded_new(9 * c->ic * c->oc, 8);
    seg_conv_winograd_weights_run(c, m, in, out, diff, scratch);
    block_free(scratch, scratch_size);
    return diff;
}

static void check_weights(const layer *l, int m, const seg_kernels *kernels)
{
    seg_convolution one = convolution(l, false, kernels, 1);
    seg_convolution two = convolution(l, false, kernels, 2);
    const int64_t src_count = l->n * l->h * l->w * l->ic, count = 9 * l->ic * l->oc;
    float *in = guarded_new(src_count, 1), *out = guarded_new(dst_count(&one), 2);
    float *got = run_weights(&one, m, in, out), *other = run_weights(&two, m, in, out);
    for (int64_t i = 0; i < count; i++) {
        const int64_t at[3] = {i / l->oc / l->ic, i / l->oc % l->ic, i % l->oc};
        double size, want = gradient_at(&one, in, out, at, &size);
        /* Terms of other taps, of size 1, leave their rounding here. */
        double allowed = 1e-5 * (size + (double)(l->n * one.y.coarse * one.x.coarse));
        ck_assert_msg(fabs((double)got[i] - want) <= allowed,
                      "%s, m %d, tap %d in %d out %d: %g, wanted %g", kernels->isa, m, (int)at[0],
                      (int)at[1], (int)at[2], (double)got[i], want);
    }
    ck_assert_mem_eq(got, other, (size_t)count * sizeof(float));
    guarded_free(in, src_count);
    guarded_free(out, dst_count(&one));
    guarded_free(got, count);
    guarded_free(other, count);
}

static void check_isa(const layer *l, bool up, int m, const seg_kernels *kernels)
{
    const int64_t src_count = l->n * l->h * l->w * l->ic, weight_count = 9 * l->ic * l->oc;
    float *src = guarded_new(src_count, 1), *weights = guarded_new(weight_count, 2);
    float *bias = guarded_new(l->oc, 3);
    seg_convolution one = convolution(l, up, kernels, 1), two = convolution(l, up, kernels, 2);
    float *dst = run(&one, m, src, weights, bias, l->activation);
    float *other = run(&two, m, src, weights, bias, l->activation);
    check_result(&one, src, weights, bias, l->activation, dst);
    ck_assert_mem_eq(dst, other, (size_t)dst_count(&one) * sizeof(float));
    guarded_free(src, src_count);
    guarded_free(weights, weight_count);
    guarded_free(bias, l->oc);
    guarded_free(dst, dst_count(&one));
    guarded_free(other, dst_count(&two));
}

static const int edges[] = {3, 4, 6};

static void check(layer l)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        for (size_t k = 0; k < sizeof edges / sizeof *edges && supported; k++) {
            check_isa(&l, false, edges[k], seg_kernels_at(i, &supported));
            check_isa(&l, true, edges[k], seg_kernels_at(i, &supported));
            check_weights(&l, edges[k], seg_kernels_at(i, &supported));
        }
    }
}

static const int64_t awkward[] = {1, 7, 8, 15, 16, 17, 31, 33};
enum { AWKWARD = sizeof awkward / sizeof *awkward };

START_TEST(channels_of_awkward_number)
{
    for (int o = 0; o < AWKWARD; o++)
        check((layer){1, 5, 6, awkward[_i], awkward[o], 1, 1, 1, 1, SEG_ACT_NONE});
}
END_TEST

START_TEST(pixels_of_awkward_number)
{
    for (int h = 0; h < AWKWARD; h++)
        check((layer){2, awkward[h], awkward[_i], 5, 9, 1, 1, 1, 1, SEG_ACT_RELU6});
}
END_TEST

static const layer layers[] = {
    {1, 9, 7, 20, 100, 0, 0, 1, 1, SEG_ACT_HARD_SWISH}, /* no padding */
    {1, 8, 8, 16, 16, 2, 2, 1, 1, SEG_ACT_RELU},        /* more than a window needs */
    {2, 13, 17, 33, 34, 2, 2, 2, 2, SEG_ACT_NONE},      /* atrous */
    {1, 13, 11, 20, 33, 4, 3, 4, 3, SEG_ACT_RELU},      /* rates of rows and columns */
    {1, 9, 8, 20, 33, 18, 18, 18, 18, SEG_ACT_NONE},    /* a rate beyond the image */
    {1, 65, 65, 8, 8, 12, 12, 12, 12, SEG_ACT_NONE},
    {1, 40, 40, 3, 70, 1, 1, 1, 1, SEG_ACT_NONE}, /* several blocks and panels */
};

START_TEST(layers_of_all_kinds)
{
    check(layers[_i]);
}
END_TEST

START_TEST(nan_stays_where_it_reaches)
{
    const layer l = {1, 12, 12, 16, 16, 1, 1, 1, 1, SEG_ACT_RELU};
    const seg_convolution c = convolution(&l, false, seg_kernels_get(), 1);
    float *src = guarded_new(12 * 12 * 16, 1), *weights = guarded_new(9 * 16 * 16, 2);
    float *bias = guarded_new(16, 3);
    src[(5 * 12 + 5) * 16 + 3] = NAN;
    float *dst = run(&c, 4, src, weights, bias, SEG_ACT_RELU);
    for (int64_t i = 0; i < 16; i++) {
        ck_assert(isnan(dst[(5 * 12 + 5) * 16 + i]));
        ck_assert(!isnan(dst[(11 * 12 + 11) * 16 + i])); /* a tile away */
    }
    guarded_free(src, 12 * 12 * 16);
    guarded_free(weights, 9 * 16 * 16);
    guarded_free(bias, 16);
    guarded_free(dst, 12 * 12 * 16);
}
END_TEST

/* Large dense layers by large tiles, thin ones and other kernels not at all. */
START_TEST(chosen_where_it_saves)
{
    const layer vgg = {1, 64, 64, 128, 128, 1, 1, 1, 1, SEG_ACT_NONE};
    seg_convolution c = convolution(&vgg, false, seg_kernels_get(), 2);
    ck_assert_int_eq(seg_conv_winograd_edge(&c, false), 6);
    ck_assert_int_eq(seg_conv_winograd_edge(&c, true), 6);
    const layer thin = {1, 64, 64, 3, 16, 1, 1, 1, 1, SEG_ACT_NONE};
    c = convolution(&thin, false, seg_kernels_get(), 2);
    ck_assert_int_eq(seg_conv_winograd_edge(&c, false), 0);
    c = convolution(&vgg, false, seg_kernels_get(), 2);
    c.y.stride = c.x.stride = 2;
    ck_assert_int_eq(seg_conv_winograd_edge(&c, false), 0);
    /* most taps fall on padding, and no tile is filled */
    const layer wide = {1, 33, 33, 256, 256, 18, 18, 18, 18, SEG_ACT_NONE};
    c = convolution(&wide, false, seg_kernels_get(), 2);
    ck_assert_int_eq(seg_conv_winograd_edge(&c, false), 0);
}
END_TEST

Suite *suite_winograd(void)
{
    Suite *suite = suite_create("winograd");
    TCase *tcase = tcase_create("winograd");
    tcase_add_loop_test(tcase, channels_of_awkward_number, 0, AWKWARD);
    tcase_add_loop_test(tcase, pixels_of_awkward_number, 0, AWKWARD);
    tcase_add_loop_test(tcase, layers_of_all_kinds, 0, (int)(sizeof layers / sizeof *layers));
    tcase_add_test(tcase, nan_stays_where_it_reaches);
    tcase_add_test(tcase, chosen_where_it_saves);
    suite_add_tcase(suite, tcase);
    return suite;
}
