/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * bf16.c: operands in bf16: the kernels on all awkward sizes, and whole convolutions and their
 * gradients, on every instruction set, against sums in double precision of rounded operands. Guard
 * zones surround all that is written. One and two threads must give the same bytes, and so must all
 * instruction sets where the order of sums does not depend on the width of vectors.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "guarded.h"
#include "ops/convolution.h"
#include "test.h"

static const int64_t awkward[] = {1, 7, 8, 15, 16, 17, 31, 33};
enum { AWKWARD = sizeof awkward / sizeof *awkward };

/* To 8 bits of mantissa, the nearest, to the even one of two. */
static double rounded(float x)
{
    int exponent;
    double mantissa = frexp((double)x, &exponent);
    return x == 0 ? (double)x : ldexp(nearbyint(mantissa * 256), exponent - 8);
}

static double low_of(float pair)
{
    uint32_t bits;
    float x;
    memcpy(&bits, &pair, sizeof bits);
    bits <<= 16;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

static double high_of(float pair)
{
    uint32_t bits;
    float x;
    memcpy(&bits, &pair, sizeof bits);
    bits &= 0xffff0000u;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

/* ---- kernels ---- */

static void check_pixels(const seg_kernels *k, int64_t channels)
{
    enum { PIXELS = 3, GAP = 5 };
    const int64_t step = channels + GAP, pairs = (channels + 1) / 2;
    float *src = guarded_new(PIXELS * step, 1), *dst = guarded_new(PIXELS * pairs, 2);
    k->bf16.pixels(src, step, PIXELS, channels, dst, pairs);
    for (int64_t i = 0; i < PIXELS; i++) {
        for (int64_t c = 0; c < 2 * pairs; c++) {
            float pair = dst[i * pairs + c / 2];
            double want = c < channels ? rounded(src[i * step + c]) : 0;
            ck_assert_msg((c % 2 ? high_of(pair) : low_of(pair)) == want, "%s: %d of %d channels",
                          k->isa, (int)c, (int)channels);
        }
    }
    guarded_free(src, PIXELS * step);
    guarded_free(dst, PIXELS * pairs);
}

static void check_rows(const seg_kernels *k, int64_t rows)
{
    const int64_t nr = k->igemm.nr, pairs = (rows + 1) / 2;
    float *src = guarded_new(rows * nr, 3), *dst = guarded_new(pairs * nr, 4);
    k->bf16.rows(src, rows, dst);
    for (int64_t i = 0; i < 2 * pairs * nr; i++) {
        float pair = dst[i / nr / 2 * nr + i % nr];
        double want = i < rows * nr ? rounded(src[i]) : 0;
        ck_assert_msg((i / nr % 2 ? high_of(pair) : low_of(pair)) == want, "%s: %d rows", k->isa,
                      (int)rows);
    }
    guarded_free(src, rows * nr);
    guarded_free(dst, pairs * nr);
}

/* Two taps of `depth` pairs, some pixels and channels. */
static void check_gather(const seg_kernels *k, int64_t pixels, int64_t depth, int64_t width)
{
    const int64_t nr = k->igemm.nr, channels = 4 * depth;
    const seg_igemm_tap taps[] = {{0, 0}, {depth, depth * nr}};
    float *image = guarded_new(pixels * channels, 5), *pairs = guarded_new(pixels * 2 * depth, 6);
    float *rows = guarded_new(channels * nr, 7), *weights = guarded_new(2 * depth * nr, 8);
    float *dst = guarded_new(pixels * width, 9), bias[64];
    const float *src[SEG_IGEMM_MR_MAX];
    float *to[SEG_IGEMM_MR_MAX];
    for (int64_t i = 0; i < pixels; i++) {
        src[i] = pairs + i * 2 * depth;
        to[i] = dst + i * width;
    }
    for (int i = 0; i < 64; i++)
        bias[i] = 0.25f * (float)i;
    k->bf16.pixels(image, channels, pixels, channels, pairs, 2 * depth);
    k->bf16.rows(rows, channels, weights);
    const seg_igemm_gather job = {
        .taps = taps, .tap_count = 2, .depth = depth, .weights = weights, .bias = bias, .width = width};
    k->bf16.gather(&job, pixels, src, to);
    for (int64_t i = 0; i < pixels * width; i++) {
        double sum = (double)bias[i % width], size = fabs(sum);
        for (int64_t c = 0; c < channels; c++) {
            double term =
                rounded(image[i / width * channels + c]) * rounded(rows[c * nr + i % width]);
            sum += term;
            size += fabs(term);
        }
        ck_assert_msg(fabs((double)dst[i] - sum) <= 2e-6 * size, "%s: %g, wanted %g", k->isa,
                      (double)dst[i], sum);
    }
    guarded_free(image, pixels * channels);
    guarded_free(pairs, pixels * 2 * depth);
    guarded_free(rows, channels * nr);
    guarded_free(weights, 2 * depth * nr);
    guarded_free(dst, pixels * width);
}

START_TEST(kernels_of_awkward_sizes)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        const seg_kernels *k = seg_kernels_at(i, &supported);
        for (int a = 0; supported && a < AWKWARD; a++) {
            check_pixels(k, awkward[a]);
            check_rows(k, awkward[a]);
            for (int64_t pixels = 1; pixels <= k->igemm.mr; pixels++) {
                for (int w = 0; w < AWKWARD; w++)
                    check_gather(k, pixels, awkward[a],
                                 awkward[w] < k->igemm.nr ? awkward[w] : k->igemm.nr);
            }
        }
    }
}
END_TEST

/* What rounding makes of numbers at the ends of the range. */
START_TEST(rounding)
{
    static const struct {
        uint32_t from;
        uint32_t to;
    } cases[] = {
        {0x3f808000, 0x3f80}, {0x3f818000, 0x3f82}, {0x3f808001, 0x3f81}, /* ties to even */
        {0x7f7fffff, 0x7f80}, {0xff800000, 0xff80}, {0x7f800001, 0x7fc0}, /* infinity; NaN */
        {0x00000000, 0x0000}, {0x80000000, 0x8000}, {0x007fffff, 0x0000}, {0x807fffff, 0x8000},
        {0x00800000, 0x0080}, /* denormal numbers are 0, the least normal one stays */
    };
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        const seg_kernels *k = seg_kernels_at(i, &supported);
        for (size_t c = 0; supported && c < sizeof cases / sizeof *cases; c++) {
            float src[2], dst;
            uint32_t bits;
            memcpy(&src[0], &cases[c].from, sizeof src[0]);
            src[1] = 1;
            k->bf16.pixels(src, 2, 1, 2, &dst, 1);
            memcpy(&bits, &dst, sizeof bits);
            ck_assert_msg(bits == (cases[c].to | 0x3f800000u), "%s: %08x gave %08x", k->isa,
                          (unsigned)cases[c].from, (unsigned)bits);
        }
    }
}
END_TEST

/* ---- convolutions ---- */

typedef struct layer {
    int64_t n, fine_h, fine_w, coarse_h, coarse_w;
    int64_t ic, oc, kernel, stride, pad, rate;
    bool up;
} layer;

static seg_convolution convolution(const layer *l, const seg_kernels *kernels, int threads)
{
    return (seg_convolution){
        .kernels = kernels,
        .threads = threads,
        .n = l->n,
        .groups = 1,
        .y = {l->fine_h, l->coarse_h, l->kernel, l->stride, l->pad, l->rate},
        .x = {l->fine_w, l->coarse_w, l->kernel, l->stride, l->pad, l->rate},
        .ic = l->ic,
        .oc = l->oc,
        .up = l->up,
        .bf16 = true,
    };
}

/* Sums of all pairs of pixels that meet; each image has its channels last. */
typedef struct sums {
    double *dst, *size;
    int64_t count;
} sums;

/* What one pair of pixels adds at one tap. */
typedef void meeting(const seg_convolution *c, int64_t coarse, int64_t fine, int64_t tap,
                     void *context);

static void meet(const seg_convolution *c, meeting *body, void *context)
{
    for (int64_t at = 0; at < c->n * c->y.coarse * c->x.coarse * c->y.kernel * c->x.kernel; at++) {
        int64_t tap = at % (c->y.kernel * c->x.kernel), pixel = at / (c->y.kernel * c->x.kernel);
        int64_t y = pixel / c->x.coarse % c->y.coarse, x = pixel % c->x.coarse;
        int64_t fy = y * c->y.stride + tap / c->x.kernel * c->y.dilation - c->y.pad;
        int64_t fx = x * c->x.stride + tap % c->x.kernel * c->x.dilation - c->x.pad;
        if (fy >= 0 && fx >= 0 && fy < c->y.fine && fx < c->x.fine)
            body(c, pixel,
                 (pixel / c->x.coarse / c->y.coarse * c->y.fine + fy) * c->x.fine + fx, tap,
                 context);
    }
}

typedef struct gathering {
    const float *src, *weights;
    bool backward;
    sums want;
} gathering;

static void add(sums *s, int64_t at, double x)
{
    s->dst[at] += x;
    s->size[at] += fabs(x);
}

static void gather_meeting(const seg_convolution *c, int64_t coarse, int64_t fine, int64_t tap,
                           void *context)
{
    gathering *g = context;
    const bool to_fine = c->up != g->backward;
    const int64_t src = to_fine ? coarse : fine, dst = to_fine ? fine : coarse;
    for (int64_t i = 0; i < c->ic; i++) {
        for (int64_t o = 0; o < c->oc; o++) {
            double w = rounded(g->weights[(tap * c->ic + i) * c->oc + o]);
            if (g->backward)
                add(&g->want, dst * c->ic + i, w * rounded(g->src[src * c->oc + o]));
            else
                add(&g->want, dst * c->oc + o, w * rounded(g->src[src * c->ic + i]));
        }
    }
}

static void check_sums(const seg_convolution *c, const char *what, const float *got,
                       const sums *want)
{
    for (int64_t i = 0; i < want->count; i++)
        ck_assert_msg(fabs((double)got[i] - want->dst[i]) <= 3e-6 * want->size[i] + 1e-30,
                      "%s, %s[%lld]: %.9g, wanted %.9g", c->kernels->isa, what, (long long)i,
                      (double)got[i], want->dst[i]);
}

static sums sums_new(int64_t count)
{
    sums s = {calloc((size_t)count, sizeof(double)), calloc((size_t)count, sizeof(double)), count};
    ck_assert(s.dst != NULL && s.size != NULL);
    return s;
}

static void sums_free(sums *s)
{
    free(s->dst);
    free(s->size);
}

/* Memory as the graph gives it, with a guard behind it. */
static void *block_new(size_t size)
{
    char *block = seg_block_new(size + GUARD);
    ck_assert_ptr_nonnull(block);
    memset(block, 0xff, size);
    memset(block + size, 0x5a, GUARD);
    return block;
}

static void block_free(void *block, size_t size)
{
    for (size_t i = 0; i < GUARD; i++)
        ck_assert_int_eq(((char *)block)[size + i], 0x5a);
    seg_block_free(block);
}

static float *gather(const seg_convolution *c, const gathering *g)
{
    const size_t packed_size = seg_conv_pack_count(c, g->backward) * sizeof(float);
    const size_t scratch_size = seg_conv_gather_scratch(c, g->backward);
    float *packed = block_new(packed_size), *scratch = block_new(scratch_size);
    float *dst = guarded_new(g->want.count, 9);
    const seg_conv_gather job = {
        .src = g->src, .dst = dst, .backward = g->backward, .packed = packed};
    const seg_conv_kernel kernel = seg_conv_kernel_at(c, g->weights, NULL, NULL);
    seg_conv_pack_run(c, g->backward, &kernel, packed);
    seg_conv_gather_run(c, &job, scratch);
    block_free(packed, packed_size);
    block_free(scratch, scratch_size);
    return dst;
}

static void check_gathers(const layer *l, bool backward)
{
    seg_convolution c = convolution(l, seg_kernels_get(), 1);
    const bool to_fine = l->up != backward;
    const int64_t fine = l->n * l->fine_h * l->fine_w, coarse = l->n * l->coarse_h * l->coarse_w;
    const int64_t src_count = (to_fine ? coarse : fine) * (backward ? l->oc : l->ic);
    const int64_t dst_count = (to_fine ? fine : coarse) * (backward ? l->ic : l->oc);
    const int64_t weight_count = l->kernel * l->kernel * l->ic * l->oc;
    float *src = guarded_new(src_count, 1), *weights = guarded_new(weight_count, 2);
    float *first = NULL;
    gathering g = {src, weights, backward, sums_new(dst_count)};
    meet(&c, gather_meeting, &g);
    ck_assert(seg_conv_bf16_fits(&c, backward));
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        if (!supported)
            continue;
        c = convolution(l, seg_kernels_at(i, &supported), 1);
        float *one = gather(&c, &g);
        c.threads = 2;
        float *two = gather(&c, &g);
        check_sums(&c, backward ? "diff_src" : "dst", one, &g.want);
        ck_assert_mem_eq(one, two, (size_t)dst_count * sizeof(float));
        if (first != NULL) /* depth in one slice: the same order of sums everywhere */
            ck_assert_mem_eq(one, first, (size_t)dst_count * sizeof(float));
        guarded_free(two, dst_count);
        if (first == NULL)
            first = one;
        else
            guarded_free(one, dst_count);
    }
    guarded_free(first, dst_count);
    guarded_free(src, src_count);
    guarded_free(weights, weight_count);
    sums_free(&g.want);
}

static void weights_meeting(const seg_convolution *c, int64_t coarse, int64_t fine, int64_t tap,
                            void *context)
{
    gathering *g = context; /* src: the layer's source; weights: its result's gradient; rounded */
    const int64_t in = c->up ? coarse : fine, out = c->up ? fine : coarse;
    for (int64_t i = 0; i < c->ic; i++) {
        for (int64_t o = 0; o < c->oc; o++)
            add(&g->want, (tap * c->ic + i) * c->oc + o,
                (double)g->src[in * c->ic + i] * (double)g->weights[out * c->oc + o]);
    }
}

static float *rounded_new(const float *data, int64_t count)
{
    float *copy = malloc((size_t)count * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    for (int64_t i = 0; i < count; i++)
        copy[i] = (float)rounded(data[i]);
    return copy;
}

static float *weights_gradient(const seg_convolution *c, const float *in, const float *out,
                               int64_t count)
{
    const size_t scratch_size = seg_conv_weights_scratch(c);
    float *scratch = block_new(scratch_size), *got = guarded_new(count, 9);
    seg_conv_weights_run(c, in, out, got, scratch);
    block_free(scratch, scratch_size);
    return got;
}

/* Where strips would be used too seldom operands stay in float32: not everywhere. */
static void check_weights(const layer *l)
{
    seg_convolution c = convolution(l, seg_kernels_get(), 1);
    const int64_t in_count = l->n * l->fine_h * l->fine_w * l->ic;
    const int64_t out_count = l->n * l->coarse_h * l->coarse_w * l->oc;
    float *in = guarded_new(in_count, 1), *out = guarded_new(out_count, 2);
    float *round_in = rounded_new(in, in_count), *round_out = rounded_new(out, out_count);
    gathering g = {round_in, round_out, false, sums_new(l->kernel * l->kernel * l->ic * l->oc)};
    meet(&c, weights_meeting, &g);
    int supported, checked = 0;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        if (!supported)
            continue;
        c = convolution(l, seg_kernels_at(i, &supported), 1);
        if (!seg_conv_weights_bf16(&c))
            continue;
        checked++;
        float *one = weights_gradient(&c, in, out, g.want.count);
        c.threads = 2;
        float *two = weights_gradient(&c, in, out, g.want.count);
        check_sums(&c, "diff_weights", one, &g.want);
        ck_assert_mem_eq(one, two, (size_t)g.want.count * sizeof(float));
        guarded_free(one, g.want.count);
        guarded_free(two, g.want.count);
    }
    ck_assert_int_gt(checked, 0);
    free(round_in);
    free(round_out);
    guarded_free(in, in_count);
    guarded_free(out, out_count);
    sums_free(&g.want);
}

static const layer weight_layers[] = {
    {1, 9, 7, 9, 7, 505, 401, 1, 1, 0, 1, false},
    {2, 5, 8, 5, 8, 170, 369, 3, 1, 1, 1, false}, /* columns from 1 on, and up to the last but 1 */
    {1, 16, 17, 8, 9, 200, 367, 3, 2, 1, 1, false},
    {1, 9, 15, 9, 15, 171, 361, 3, 1, 5, 5, false}, /* taps that meet some columns only */
    {1, 7, 8, 2, 3, 120, 545, 7, 1, 1, 1, false},
};

START_TEST(gradients_of_weights)
{
    check_weights(&weight_layers[_i]);
}
END_TEST

static const layer layers[] = {
    {2, 9, 11, 9, 11, 33, 31, 1, 1, 0, 1, false},
    {1, 31, 33, 31, 33, 24, 70, 1, 1, 0, 1, false},
    {1, 17, 15, 9, 8, 40, 33, 1, 2, 0, 1, false},
    {1, 8, 7, 10, 9, 31, 24, 1, 1, 1, 1, false}, /* a 1x1 kernel with padding */
    {2, 8, 7, 8, 7, 33, 24, 3, 1, 1, 1, false},
    {1, 16, 17, 8, 9, 31, 33, 3, 2, 1, 1, false},
    {1, 15, 16, 15, 16, 25, 27, 3, 1, 6, 6, false},
    {1, 7, 7, 1, 1, 26, 24, 7, 1, 0, 1, false},
    {1, 16, 16, 8, 8, 31, 33, 4, 2, 1, 1, true},
    {1, 7, 8, 7, 8, 24, 25, 3, 1, 1, 1, true},
};

START_TEST(convolutions)
{
    check_gathers(&layers[_i], false);
    check_gathers(&layers[_i], true);
}
END_TEST

/* Thin layers and groups stay in float32; Winograd's filtering where it saves more. */
START_TEST(chosen_where_it_saves)
{
    const layer thin = {1, 64, 64, 64, 64, 3, 32, 3, 1, 1, 1, false};
    seg_convolution c = convolution(&thin, seg_kernels_get(), 2);
    ck_assert(!seg_conv_bf16_fits(&c, false));
    const layer wide = {1, 33, 33, 33, 33, 256, 256, 1, 1, 0, 1, false};
    c = convolution(&wide, seg_kernels_get(), 2);
    ck_assert(seg_conv_bf16_fits(&c, false) && seg_conv_bf16_fits(&c, true));
    c.groups = 2;
    ck_assert(!seg_conv_bf16_fits(&c, false));
    c.groups = 1;
    c.bf16 = false;
    ck_assert(!seg_conv_bf16_fits(&c, false));
    const layer vgg = {1, 128, 128, 128, 128, 256, 256, 3, 1, 1, 1, false};
    c = convolution(&vgg, seg_kernels_get(), 2);
    ck_assert_int_eq(seg_conv_winograd_edge(&c, false), 6);
    /* F(3x3, 3x3) saves less than half there */
    const layer aspp = {1, 65, 65, 65, 65, 2048, 256, 3, 1, 24, 24, false};
    c = convolution(&aspp, seg_kernels_get(), 2);
    ck_assert_int_eq(seg_conv_winograd_edge(&c, false), 0);
    c.bf16 = false;
    ck_assert_int_eq(seg_conv_winograd_edge(&c, false), 3);
}
END_TEST

Suite *suite_bf16(void)
{
    Suite *suite = suite_create("bf16");
    TCase *tcase = tcase_create("bf16");
    tcase_add_test(tcase, kernels_of_awkward_sizes);
    tcase_add_test(tcase, rounding);
    tcase_add_loop_test(tcase, convolutions, 0, (int)(sizeof layers / sizeof *layers));
    tcase_add_loop_test(tcase, gradients_of_weights, 0,
                        (int)(sizeof weight_layers / sizeof *weight_layers));
    tcase_add_test(tcase, chosen_where_it_saves);
    suite_add_tcase(suite, tcase);
    return suite;
}
