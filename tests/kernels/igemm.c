/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * igemm.c: dense convolutions, forward and backward, on every instruction set, against sums in
 * double precision over all pairs of pixels that meet. Guard zones surround all that is written;
 * one and two threads must give the same bytes.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/rng.h"
#include "kernels/activated.h"
#include "ops/op.h"
#include "ops/params.h"
#include "test.h"

typedef struct layer {
    int64_t n, h, w, ic, oc, kh, kw; /* h, w: of the source image */
    int64_t sh, sw, ph, pw, ph_end, pw_end, dh, dw, groups;
    int64_t activation;
    bool up, no_bias;
    int64_t out_pad_h, out_pad_w;
} layer;

/* ---- buffers between guards ---- */

enum { GUARD = 64 }; /* floats; keeps the alignment */

static float *guarded_new(int64_t count)
{
    float *all = seg_block_new((size_t)(count + 2 * GUARD) * sizeof(float));
    ck_assert_ptr_nonnull(all);
    for (int64_t i = 0; i < count + 2 * GUARD; i++)
        all[i] = 12345.0f + (float)(i % 100);
    return all + GUARD;
}

static void guarded_check(const float *data, int64_t count)
{
    for (int64_t i = 0; i < GUARD; i++) {
        ck_assert(data[i - GUARD] == 12345.0f + (float)(i % 100));
        ck_assert(data[count + i] == 12345.0f + (float)((count + GUARD + i) % 100));
    }
}

static void guarded_free(float *data)
{
    seg_block_free(data - GUARD);
}

static float *random_new(int64_t count, uint64_t seed)
{
    seg_rng rng = seg_rng_make(seed, SEG_RNG_METHOD, (uint64_t)count);
    float *data = guarded_new(count);
    for (int64_t i = 0; i < count; i++)
        data[i] = (float)(2 * seg_rng_uniform(&rng) - 1);
    return data;
}

/* ---- sums in double precision ---- */

typedef struct sums {
    double *dst, *diff_src, *diff_weights, *diff_bias;
    double *dst_size, *diff_src_size, *diff_weights_size, *diff_bias_size; /* of absolute values */
} sums;

typedef struct setup {
    layer l;
    seg_shape src_shape[3], dst_shape;
    float *src, *weights, *bias, *diff_dst;
    sums want;
} setup;

static void add(double *sum, double *size, double x)
{
    *sum += x;
    *size += fabs(x);
}

static void meet_channels(setup *s, int64_t src_pixel, int64_t dst_pixel, int64_t tap)
{
    const layer *l = &s->l;
    int64_t icg = l->ic / l->groups, ocg = l->oc / l->groups;
    for (int64_t o = 0; o < l->oc; o++) {
        for (int64_t i = 0; i < icg; i++) {
            int64_t at = src_pixel * l->ic + o / ocg * icg + i;
            int64_t w = (tap * icg + i) * l->oc + o, to = dst_pixel * l->oc + o;
            double x = s->src[at], g = s->diff_dst[to], k = s->weights[w];
            add(&s->want.dst[to], &s->want.dst_size[to], x * k);
            add(&s->want.diff_src[at], &s->want.diff_src_size[at], g * k);
            add(&s->want.diff_weights[w], &s->want.diff_weights_size[w], x * g);
        }
    }
}

/* Every coarse pixel meets fine pixel y*s + k*d - p for each tap k. */
static void meet_pixels(setup *s)
{
    const layer *l = &s->l;
    const seg_shape *fine = l->up ? &s->dst_shape : &s->src_shape[0];
    const seg_shape *coarse = l->up ? &s->src_shape[0] : &s->dst_shape;
    for (int64_t at = 0; at < l->n * coarse->h * coarse->w * l->kh * l->kw; at++) {
        int64_t tap = at % (l->kh * l->kw), pixel = at / (l->kh * l->kw);
        int64_t x = pixel % coarse->w, y = pixel / coarse->w % coarse->h;
        int64_t fy = y * l->sh + tap / l->kw * l->dh - l->ph;
        int64_t fx = x * l->sw + tap % l->kw * l->dw - l->pw;
        if (fy < 0 || fx < 0 || fy >= fine->h || fx >= fine->w)
            continue;
        int64_t other = (pixel / coarse->w / coarse->h * fine->h + fy) * fine->w + fx;
        meet_channels(s, l->up ? pixel : other, l->up ? other : pixel, tap);
    }
}

static void add_bias(setup *s)
{
    int64_t count = seg_shape_count(&s->dst_shape), oc = s->l.oc;
    for (int64_t i = 0; i < count; i++) {
        add(&s->want.diff_bias[i % oc], &s->want.diff_bias_size[i % oc], s->diff_dst[i]);
        if (!s->l.no_bias)
            add(&s->want.dst[i], &s->want.dst_size[i], s->bias[i % oc]);
        s->want.dst[i] = activated(s->l.activation, s->want.dst[i]);
    }
}

static double *zeros(int64_t count)
{
    double *data = calloc((size_t)count, sizeof(double));
    ck_assert_ptr_nonnull(data);
    return data;
}

static void setup_sums(setup *s)
{
    int64_t dst = seg_shape_count(&s->dst_shape), src = seg_shape_count(&s->src_shape[0]);
    int64_t weights = seg_shape_count(&s->src_shape[1]);
    s->want = (sums){zeros(dst), zeros(src), zeros(weights), zeros(s->l.oc),
                     zeros(dst), zeros(src), zeros(weights), zeros(s->l.oc)};
    meet_pixels(s);
    add_bias(s);
}

static void setup_free(setup *s)
{
    double *all[] = {
        s->want.dst,      s->want.diff_src,      s->want.diff_weights,      s->want.diff_bias,
        s->want.dst_size, s->want.diff_src_size, s->want.diff_weights_size, s->want.diff_bias_size};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    guarded_free(s->src);
    guarded_free(s->weights);
    guarded_free(s->bias);
    guarded_free(s->diff_dst);
}

/* ---- the op ---- */

static const seg_op *op_of(const layer *l)
{
    return l->up ? &seg_op_conv_transpose2d : &seg_op_conv2d;
}

typedef union any_params {
    seg_conv2d_params conv;
    seg_conv_transpose2d_params transpose;
} any_params;

static any_params params_of(const layer *l)
{
    any_params p;
    if (l->up)
        p.transpose = (seg_conv_transpose2d_params){l->activation, l->sh,        l->sw,       l->ph,
                                                    l->pw,         l->ph_end,    l->pw_end,   l->dh,
                                                    l->dw,         l->out_pad_h, l->out_pad_w};
    else
        p.conv = (seg_conv2d_params){l->activation, l->sh,     l->sw, l->ph, l->pw,
                                     l->ph_end,     l->pw_end, l->dh, l->dw, l->groups};
    return p;
}

static layer with_defaults(layer l)
{
    int64_t *ones[] = {&l.n, &l.sh, &l.sw, &l.dh, &l.dw, &l.groups, &l.kh, &l.kw};
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
        *ones[i] = *ones[i] == 0 ? 1 : *ones[i];
    return l;
}

static setup setup_new(layer l)
{
    setup s = {.l = with_defaults(l)};
    const layer *p = &s.l;
    s.src_shape[0] = seg_shape_nhwc(p->n, p->h, p->w, p->ic);
    s.src_shape[1] = seg_shape_nhwc(p->kh, p->kw, p->ic / p->groups, p->oc);
    s.src_shape[2] = seg_shape_vector(p->oc);
    any_params params = params_of(p);
    seg_error err;
    ck_ok(seg_op_check(op_of(p), &params, p->no_bias ? 2 : 3, s.src_shape, &s.dst_shape, &err),
          err);
    s.src = random_new(seg_shape_count(&s.src_shape[0]), 1);
    s.weights = random_new(seg_shape_count(&s.src_shape[1]), 2);
    s.bias = random_new(p->oc, 3);
    s.diff_dst = random_new(seg_shape_count(&s.dst_shape), 4);
    setup_sums(&s);
    return s;
}

typedef struct result {
    float *dst, *diff_src, *diff_weights, *diff_bias;
} result;

static void result_free(result *r)
{
    guarded_free(r->dst);
    guarded_free(r->diff_src);
    guarded_free(r->diff_weights);
    guarded_free(r->diff_bias);
}

static result run(const setup *s, const seg_kernels *kernels, int threads)
{
    const seg_op *op = op_of(&s->l);
    any_params params = params_of(&s->l);
    int64_t dst_count = seg_shape_count(&s->dst_shape);
    int64_t src_count = seg_shape_count(&s->src_shape[0]);
    int64_t weight_count = seg_shape_count(&s->src_shape[1]);
    result r = {guarded_new(dst_count), guarded_new(src_count), guarded_new(weight_count),
                guarded_new(s->l.oc)};
    seg_tensor src[3] = {
        {s->src_shape[0], s->src}, {s->src_shape[1], s->weights}, {s->src_shape[2], s->bias}};
    seg_tensor diff_src[3] = {{s->src_shape[0], r.diff_src},
                              {s->src_shape[1], r.diff_weights},
                              {s->src_shape[2], r.diff_bias}};
    seg_tensor dst = {s->dst_shape, r.dst}, diff_dst = {s->dst_shape, s->diff_dst};
    seg_op_call call = {.params = &params,
                        .kernels = kernels,
                        .threads = threads,
                        .train = true,
                        .src_count = s->l.no_bias ? 2 : 3,
                        .src = src,
                        .dst = &dst,
                        .diff_dst = &diff_dst,
                        .diff_src = diff_src};
    int64_t packed = (int64_t)(op->packed_size(&call) + 3) / 4;
    int64_t scratch = (int64_t)(op->scratch_size(&call) + 3) / 4;
    call.packed = guarded_new(packed);
    call.scratch = guarded_new(scratch);
    op->pack(&call);
    op->forward(&call);
    op->backward(&call);
    guarded_check(call.packed, packed);
    guarded_check(call.scratch, scratch);
    guarded_check(r.dst, dst_count);
    guarded_check(r.diff_src, src_count);
    guarded_check(r.diff_weights, weight_count);
    guarded_check(r.diff_bias, s->l.oc);
    guarded_free(call.packed);
    guarded_free(call.scratch);
    return r;
}

/* ---- checks ---- */

static void check_close(const char *isa, const char *what, const float *got, const double *want,
                        const double *size, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double allowed = 2e-6 * size[i];
        ck_assert_msg(fabs((double)got[i] - want[i]) <= allowed,
                      "%s, %s[%lld]: %.9g, wanted %.9g (+-%.2g)", isa, what, (long long)i,
                      (double)got[i], want[i], allowed);
    }
}

static void check_isa(const setup *s, const seg_kernels *kernels)
{
    int64_t dst_count = seg_shape_count(&s->dst_shape);
    int64_t src_count = seg_shape_count(&s->src_shape[0]);
    int64_t weight_count = seg_shape_count(&s->src_shape[1]);
    result one = run(s, kernels, 1), two = run(s, kernels, 2);
    check_close(kernels->isa, "dst", one.dst, s->want.dst, s->want.dst_size, dst_count);
    check_close(kernels->isa, "diff_src", one.diff_src, s->want.diff_src, s->want.diff_src_size,
                src_count);
    check_close(kernels->isa, "diff_weights", one.diff_weights, s->want.diff_weights,
                s->want.diff_weights_size, weight_count);
    if (!s->l.no_bias)
        check_close(kernels->isa, "diff_bias", one.diff_bias, s->want.diff_bias,
                    s->want.diff_bias_size, s->l.oc);
    ck_assert_mem_eq(one.dst, two.dst, (size_t)dst_count * sizeof(float));
    ck_assert_mem_eq(one.diff_src, two.diff_src, (size_t)src_count * sizeof(float));
    ck_assert_mem_eq(one.diff_weights, two.diff_weights, (size_t)weight_count * sizeof(float));
    ck_assert_mem_eq(one.diff_bias, two.diff_bias, (size_t)s->l.oc * sizeof(float));
    result_free(&one);
    result_free(&two);
}

static void check(layer l)
{
    setup s = setup_new(l);
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        if (supported)
            check_isa(&s, seg_kernels_at(i, &supported));
    }
    setup_free(&s);
}

static const int64_t awkward[] = {1, 7, 8, 15, 16, 17, 31, 33};
enum { AWKWARD = sizeof awkward / sizeof *awkward };

START_TEST(channels_of_awkward_number)
{
    for (int o = 0; o < AWKWARD; o++)
        check((layer){.h = 4,
                      .w = 5,
                      .ic = awkward[_i],
                      .oc = awkward[o],
                      .kh = 3,
                      .kw = 3,
                      .ph = 1,
                      .pw = 1,
                      .ph_end = 1,
                      .pw_end = 1});
}
END_TEST

START_TEST(pixels_of_awkward_number)
{
    for (int h = 0; h < AWKWARD; h++) {
        int64_t activation = 1 + h % SEG_ACT_HARD_SIGMOID; /* each, with each width */
        check(
            (layer){.h = awkward[h], .w = awkward[_i], .ic = 5, .oc = 9, .activation = activation});
        check((layer){.h = awkward[h],
                      .w = awkward[_i],
                      .ic = 3,
                      .oc = 5,
                      .kh = 3,
                      .kw = 3,
                      .sh = 2,
                      .sw = 2,
                      .ph = 1,
                      .pw = 1,
                      .ph_end = 1,
                      .pw_end = 1});
    }
}
END_TEST

static const layer layers[] = {
    {.h = 1, .w = 1, .ic = 70, .oc = 100},
    {.n = 3, .h = 9, .w = 11, .ic = 40, .oc = 36, .activation = 1},
    {.n = 2,
     .h = 23,
     .w = 19,
     .ic = 3,
     .oc = 32,
     .kh = 3,
     .kw = 3,
     .sh = 2,
     .sw = 2,
     .ph_end = 1,
     .pw_end = 1,
     .activation = 2},
    {.n = 2,
     .h = 20,
     .w = 17,
     .ic = 6,
     .oc = 10,
     .kh = 7,
     .kw = 7,
     .sh = 2,
     .sw = 2,
     .ph = 3,
     .pw = 3,
     .ph_end = 3,
     .pw_end = 3,
     .no_bias = true},
    /* atrous: all taps but one on padding at the edges, and rates beyond the image */
    {.h = 13,
     .w = 13,
     .ic = 33,
     .oc = 34,
     .kh = 3,
     .kw = 3,
     .ph = 6,
     .pw = 6,
     .ph_end = 6,
     .pw_end = 6,
     .dh = 6,
     .dw = 6},
    {.n = 2,
     .h = 9,
     .w = 8,
     .ic = 20,
     .oc = 33,
     .kh = 3,
     .kw = 3,
     .ph = 18,
     .pw = 18,
     .ph_end = 18,
     .pw_end = 18,
     .dh = 18,
     .dw = 18},
    /* stride that shares no factor, and one that shares some, with the dilation */
    {.h = 21,
     .w = 22,
     .ic = 4,
     .oc = 6,
     .kh = 3,
     .kw = 4,
     .sh = 3,
     .sw = 2,
     .ph = 2,
     .pw = 1,
     .ph_end = 1,
     .pw_end = 3,
     .dh = 2,
     .dw = 3},
    {.h = 30,
     .w = 31,
     .ic = 4,
     .oc = 6,
     .kh = 3,
     .kw = 3,
     .sh = 4,
     .sw = 6,
     .ph = 5,
     .pw = 7,
     .dh = 6,
     .dw = 4},
    /* pixels between the windows: stride beyond the kernel */
    {.h = 12, .w = 12, .ic = 5, .oc = 3, .kh = 1, .kw = 2, .sh = 5, .sw = 4},
    /* padding beyond the image (FCN pads its first layer by 100) */
    {.h = 5,
     .w = 6,
     .ic = 3,
     .oc = 8,
     .kh = 3,
     .kw = 3,
     .ph = 10,
     .pw = 11,
     .ph_end = 12,
     .pw_end = 9},
    /* deep enough that channels are cut into slices */
    {.h = 5,
     .w = 4,
     .ic = 700,
     .oc = 40,
     .kh = 3,
     .kw = 3,
     .ph = 1,
     .pw = 1,
     .ph_end = 1,
     .pw_end = 1,
     .activation = SEG_ACT_HARD_SWISH},
    {.h = 6,
     .w = 5,
     .ic = 40,
     .oc = 700,
     .kh = 3,
     .kw = 3,
     .ph = 2,
     .pw = 2,
     .ph_end = 2,
     .pw_end = 2,
     .dh = 2,
     .dw = 2},
    /* many pixels, few weights: sums in chunks */
    {.n = 2,
     .h = 60,
     .w = 61,
     .ic = 9,
     .oc = 7,
     .kh = 3,
     .kw = 3,
     .ph = 1,
     .pw = 1,
     .ph_end = 1,
     .pw_end = 1},
    {.n = 2,
     .h = 7,
     .w = 9,
     .ic = 12,
     .oc = 18,
     .kh = 3,
     .kw = 3,
     .sh = 2,
     .sw = 1,
     .ph = 1,
     .pw = 1,
     .groups = 3},
    {.h = 7, .w = 9, .ic = 70, .oc = 140, .kh = 2, .kw = 3, .pw = 1, .groups = 2},
    {.h = 6,
     .w = 6,
     .ic = 8,
     .oc = 8,
     .kh = 3,
     .kw = 3,
     .ph = 1,
     .pw = 1,
     .ph_end = 1,
     .pw_end = 1,
     .groups = 8},
    /* transposed */
    {.up = true,
     .n = 2,
     .h = 5,
     .w = 6,
     .ic = 21,
     .oc = 21,
     .kh = 4,
     .kw = 4,
     .sh = 2,
     .sw = 2,
     .ph = 1,
     .pw = 1,
     .ph_end = 1,
     .pw_end = 1},
    {.up = true,
     .h = 4,
     .w = 5,
     .ic = 5,
     .oc = 5,
     .kh = 16,
     .kw = 16,
     .sh = 8,
     .sw = 8,
     .ph = 4,
     .pw = 4,
     .ph_end = 4,
     .pw_end = 4,
     .no_bias = true},
    {.up = true,
     .h = 5,
     .w = 4,
     .ic = 17,
     .oc = 33,
     .kh = 3,
     .kw = 2,
     .sh = 3,
     .sw = 5,
     .ph = 1,
     .pw_end = 1,
     .dh = 2,
     .dw = 3,
     .out_pad_h = 2,
     .out_pad_w = 1,
     .activation = SEG_ACT_HARD_SIGMOID},
    {.up = true, .n = 2, .h = 40, .w = 41, .ic = 4, .oc = 6, .kh = 2, .kw = 2, .sh = 2, .sw = 2},
};

START_TEST(layers_of_all_kinds)
{
    check(layers[_i]);
}
END_TEST

START_TEST(nan_stays_nan_through_the_activation)
{
    setup s = setup_new((layer){.h = 3, .w = 3, .ic = 2, .oc = 3, .activation = _i});
    s.src[4 * 2] = NAN;
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        if (!supported)
            continue;
        result r = run(&s, seg_kernels_at(i, &supported), 1);
        for (int64_t at = 0; at < 27; at++)
            ck_assert_int_eq(isnan(r.dst[at]) != 0, at / 3 == 4);
        result_free(&r);
    }
    setup_free(&s);
}
END_TEST

Suite *suite_igemm(void)
{
    Suite *suite = suite_create("igemm");
    TCase *tcase = tcase_create("igemm");
    tcase_add_loop_test(tcase, channels_of_awkward_number, 0, AWKWARD);
    tcase_add_loop_test(tcase, pixels_of_awkward_number, 0, AWKWARD);
    tcase_add_loop_test(tcase, layers_of_all_kinds, 0, (int)(sizeof layers / sizeof *layers));
    tcase_add_loop_test(tcase, nan_stays_nan_through_the_activation, SEG_ACT_NONE,
                        SEG_ACT_HARD_SIGMOID + 1);
    suite_add_tcase(suite, tcase);
    return suite;
}
