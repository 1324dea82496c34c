/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * rows.c: every loop of rows.h on every instruction set, against plain loops in double precision,
 * at sizes around vector lengths, from unaligned addresses, between guard zones.
 */
#include <math.h>

#include "base/memory.h"
#include "kernels/guarded.h"
#include "kernels/kernels.h"
#include "ops/elementwise.h"

static const int64_t sizes[] = {1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 1027};
static const int64_t row_counts[] = {1, 2, 3, 4, 5, 31, SEG_ROWS_MOMENTS_MAX};
enum { SIZES = sizeof sizes / sizeof *sizes, ROW_COUNTS = sizeof row_counts / sizeof *row_counts };

/* Within a few roundings of float; `size` is the sum of magnitudes that went into wanted. */
static void check(double got, double wanted, double size, const char *what, int64_t i)
{
    if (!(fabs(got - wanted) <= 2e-6 * size + 1e-30)) /* a passed ck_assert is slow */
        ck_abort_msg("%s: element %d is %.9g, wanted %.9g", what, (int)i, got, wanted);
}

/* For each supported instruction set (loop index _i is its line in isa.def). */
static const seg_rows_kernels *rows_of(int index)
{
    int supported = 0;
    const seg_kernels *kernels = seg_kernels_at(index, &supported);
    return kernels != NULL && supported ? &kernels->rows : NULL;
}

/* Slope and range are numbers that floats hold, so that corners lie where double has them. */
static double ramp_of(int kind, double x)
{
    const double line = fmin(1.5, fmax(-0.5, 0.75 * x + 0.25));
    switch (kind) {
    case SEG_RAMP_CLAMP:
        return fmin(1.5, fmax(-0.5, x));
    case SEG_RAMP_LINE:
        return line;
    case SEG_RAMP_GATE:
        return x * line;
    default:
        return x;
    }
}

static void ramps(const seg_rows_kernels *rows, int64_t n)
{
    float *a = guarded_new(n, 4), *d = guarded_new(n, 5);
    for (int kind = SEG_RAMP_NONE; kind <= SEG_RAMP_GATE; kind++) {
        const seg_ramp ramp = {kind, -0.5f, 1.5f, 0.75f, 0.25f};
        rows->ramp(d, a, &ramp, n);
        for (int64_t i = 0; i < n; i++)
            check(d[i], ramp_of(kind, (double)a[i]), kind >= SEG_RAMP_LINE ? 4 : 0, "ramp", i);
    }
    guarded_free(a, n);
    guarded_free(d, n);
}

static void flat_loops(const seg_rows_kernels *rows, int64_t n)
{
    float *a = guarded_new(n, 1), *b = guarded_new(n, 2), *d = guarded_new(n, 3);
    rows->fill(d, 2.5f, n);
    for (int64_t i = 0; i < n; i++)
        check(d[i], 2.5, 0, "fill", i);
    rows->scale(d, a, -3.0f, n);
    for (int64_t i = 0; i < n; i++)
        check(d[i], -3.0 * (double)a[i], fabs((double)d[i]), "scale", i);
    memcpy(d, b, (size_t)n * sizeof *d);
    rows->axpy(d, a, 0.7f, n);
    for (int64_t i = 0; i < n; i++)
        check(d[i], (double)b[i] + (double)0.7f * (double)a[i], 3, "axpy", i);
    rows->clamp_backward(d, b, a, -0.5f, 1.5f, n);
    for (int64_t i = 0; i < n; i++)
        check(d[i], a[i] > -0.5f && a[i] < 1.5f ? (double)b[i] : 0.0, 0, "clamp_backward", i);
    rows->add(d, a, b, -INFINITY, 1.5f, n);
    for (int64_t i = 0; i < n; i++)
        check(d[i], fmin(1.5, (double)a[i] + (double)b[i]), 4, "add", i);
    rows->add(a, a, b, -INFINITY, 1.5f, n); /* in place: the same bytes */
    ck_assert(memcmp(a, d, (size_t)n * sizeof *d) == 0);
    guarded_free(a, n);
    guarded_free(b, n);
    guarded_free(d, n);
}

START_TEST(flat)
{
    const seg_rows_kernels *rows = rows_of(_i);
    for (int s = 0; rows != NULL && s < SIZES; s++)
        flat_loops(rows, sizes[s]), ramps(rows, sizes[s]);
}
END_TEST

START_TEST(corners)
{
    const seg_rows_kernels *rows = rows_of(_i);
    if (rows == NULL)
        return;
    float a[19], d[19];
    for (int i = 0; i < 19; i++)
        a[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
    for (int kind = SEG_RAMP_CLAMP; kind <= SEG_RAMP_LINE; kind++) {
        rows->ramp(d, a, &(seg_ramp){kind, 0.0f, 6.0f, 2.0f, 1.0f}, 19);
        for (int i = 0; i < 19; i++)
            ck_assert(i % 3 == 0 ? isnan(d[i]) : d[i] == (i % 3 == 1 ? 6.0f : 0.0f));
    }
    rows->ramp(d, a, &(seg_ramp){SEG_RAMP_GATE, 0.0f, 1.0f, 1.0f, 1.0f}, 19);
    for (int i = 0; i < 19; i++) /* -inf times 0 is no number either */
        ck_assert(i % 3 == 1 ? d[i] == INFINITY : isnan(d[i]));
    rows->fill(d, 7.0f, 0); /* nothing to do */
    ck_assert(isnan(d[0]));
}
END_TEST

/* More than two blocks, the last one short; on a second thread too. */
START_TEST(blocks)
{
    const int64_t n = 2 * SEG_FLAT_BLOCK + 1234;
    float *src = guarded_new(n, 5), *start = guarded_new(n, 6), *dst = guarded_new(n, 7);
    for (int threads = 1; threads <= 2; threads++) {
        memcpy(dst, start, (size_t)n * sizeof *dst);
        seg_flat_axpy(seg_kernels_get(), threads, dst, src, 0.5f, n);
        for (int64_t i = 0; i < n; i++)
            check(dst[i], (double)start[i] + 0.5 * (double)src[i], 3, "seg_flat_axpy", i);
    }
    guarded_free(src, n);
    guarded_free(start, n);
    guarded_free(dst, n);
}
END_TEST

/* Column c of [rows][channels]: its sum and the sum of its magnitudes. */
static double column_sum(const float *src, int64_t rows, int64_t channels, int64_t c, double *size)
{
    double sum = 0;
    *size = 0;
    for (int64_t r = 0; r < rows; r++) {
        sum += (double)src[r * channels + c];
        *size += fabs((double)src[r * channels + c]);
    }
    return sum;
}

static void column_loops(const seg_rows_kernels *kernels, int64_t rows, int64_t channels)
{
    int64_t count = rows * channels;
    float *src = guarded_new(count, 7), *a = guarded_new(channels, 8),
          *b = guarded_new(channels, 9);
    for (int64_t i = 0; i < count; i++)
        src[i] += 50.0f; /* far from zero: a naive sum of squares would lose three digits */
    kernels->channel_sums(a, src, rows, channels);
    for (int64_t c = 0; c < channels; c++) {
        double size, sum = column_sum(src, rows, channels, c, &size);
        check(a[c], sum, 4 * size, "channel_sums", c);
    }
    kernels->moments(a, b, src, rows, channels);
    for (int64_t c = 0; c < channels; c++) {
        double size, mean = column_sum(src, rows, channels, c, &size) / (double)rows, m2 = 0;
        for (int64_t r = 0; r < rows; r++)
            m2 += pow((double)src[r * channels + c] - mean, 2);
        check(a[c], mean, fabs(mean), "moments: mean", c);
        check(b[c], m2, 8 * m2 + 1e-6, "moments: m2", c);
    }
    guarded_free(src, count);
    guarded_free(a, channels);
    guarded_free(b, channels);
}

START_TEST(columns)
{
    const seg_rows_kernels *rows = rows_of(_i);
    for (int r = 0; rows != NULL && r < ROW_COUNTS; r++) {
        for (int s = 0; s < SIZES - 1; s++)
            column_loops(rows, row_counts[r], sizes[s]);
    }
}
END_TEST

/*
 * A first row a thousand deviations off is the worst origin that moments() can meet: its sums grow
 * to 512e6, where floats step by 32, and 512 roundings of at most 16 walk about sqrt(512) * 16 =
 * 362 away from a sum of 1e6. Three times that is allowed.
 */
START_TEST(moments_with_a_bad_origin)
{
    const seg_rows_kernels *kernels = rows_of(_i);
    if (kernels == NULL)
        return;
    const int64_t rows = SEG_ROWS_MOMENTS_MAX, channels = 17;
    float *src = guarded_new(rows * channels, 11), mean[17], m2[17];
    for (int64_t c = 0; c < channels; c++)
        src[c] = 1000.0f;
    kernels->moments(mean, m2, src, rows, channels);
    for (int64_t c = 0; c < channels; c++) {
        double size, true_mean = column_sum(src, rows, channels, c, &size) / (double)rows, sum = 0;
        for (int64_t r = 0; r < rows; r++)
            sum += pow((double)src[r * channels + c] - true_mean, 2);
        ck_assert_double_eq_tol((double)m2[c], sum, 1.1e-3 * sum);
    }
    guarded_free(src, rows * channels);
}
END_TEST

/* ---- normalisation ---- */

typedef struct norm_case {
    int64_t rows, channels;
    float *src, *diff, *mean, *scale, *shift, *slope, *offset;
    seg_rows_norm norm;
} norm_case;

static norm_case norm_new(int64_t rows, int64_t channels, float lo, float hi)
{
    norm_case k = {.rows = rows, .channels = channels};
    float **vectors[] = {&k.mean, &k.scale, &k.shift, &k.slope, &k.offset};
    for (int i = 0; i < 5; i++)
        *vectors[i] = guarded_new(channels, 20 + (uint64_t)i);
    k.src = guarded_new(rows * channels, 30);
    k.diff = guarded_new(rows * channels, 31);
    k.norm = (seg_rows_norm){k.mean, k.scale, k.shift, lo, hi};
    return k;
}

static void norm_free(norm_case *k)
{
    float *vectors[] = {k->mean, k->scale, k->shift, k->slope, k->offset};
    for (int i = 0; i < 5; i++)
        guarded_free(vectors[i], k->channels);
    guarded_free(k->src, k->rows * k->channels);
    guarded_free(k->diff, k->rows * k->channels);
}

static double normal_at(const norm_case *k, int64_t i)
{
    int64_t c = i % k->channels;
    return ((double)k->src[i] - (double)k->mean[c]) * (double)k->scale[c] + (double)k->shift[c];
}

/* The gradient that passes; near a corner either side may be right: *near. */
static double masked_at(const norm_case *k, int64_t i, int *near)
{
    double y = normal_at(k, i), lo = (double)k->norm.lo, hi = (double)k->norm.hi;
    *near = fabs(y - lo) < 1e-5 || fabs(y - hi) < 1e-5;
    return y > lo && y < hi ? (double)k->diff[i] : 0.0;
}

static void norm_forward(const seg_rows_kernels *kernels, const norm_case *k)
{
    int64_t count = k->rows * k->channels;
    float *dst = guarded_new(count, 40);
    kernels->normalise(dst, k->src, k->rows, k->channels, &k->norm);
    for (int64_t i = 0; i < count; i++) {
        double y = fmin((double)k->norm.hi, fmax((double)k->norm.lo, normal_at(k, i)));
        check(dst[i], y, 10, "normalise", i);
    }
    /* What forward clamped is what backward masks, to the last bit. */
    float *mask = guarded_new(count, 41), *from_dst = guarded_new(count, 42);
    float *zero = guarded_new(k->channels, 43);
    kernels->fill(zero, 0, k->channels);
    kernels->clamp_backward(from_dst, k->diff, dst, k->norm.lo, k->norm.hi, count);
    kernels->normalise_backward(mask, k->diff, k->src, k->rows, k->channels, &k->norm, zero, zero);
    for (int64_t i = 0; i < count; i++)
        check(mask[i], (double)from_dst[i] * (double)k->scale[i % k->channels], 4, "mask", i);
    guarded_free(zero, k->channels);
    guarded_free(mask, count);
    guarded_free(from_dst, count);
    guarded_free(dst, count);
}

static void norm_sums(const seg_rows_kernels *kernels, const norm_case *k)
{
    float *sum = guarded_new(k->channels, 44), *dot = guarded_new(k->channels, 45);
    kernels->normalise_sums(sum, dot, k->diff, k->src, k->rows, k->channels, &k->norm);
    for (int64_t c = 0; c < k->channels; c++) {
        double s = 0, d = 0, slack = 0;
        for (int64_t i = c; i < k->rows * k->channels; i += k->channels) {
            int near;
            double g = masked_at(k, i, &near);
            s += g;
            d += g * ((double)k->src[i] - (double)k->mean[c]);
            slack += near ? 8 : 0;
        }
        check(sum[c], s, 2.0 * (double)k->rows + 1e6 * slack, "normalise_sums: sum", c);
        check(dot[c], d, 8.0 * (double)k->rows + 1e6 * slack, "normalise_sums: dot", c);
    }
    guarded_free(sum, k->channels);
    guarded_free(dot, k->channels);
}

static void norm_backward(const seg_rows_kernels *kernels, const norm_case *k)
{
    int64_t count = k->rows * k->channels;
    float *diff = guarded_new(count, 46);
    kernels->normalise_backward(diff, k->diff, k->src, k->rows, k->channels, &k->norm, k->slope,
                                k->offset);
    for (int64_t i = 0; i < count; i++) {
        int near;
        int64_t c = i % k->channels;
        double g = masked_at(k, i, &near);
        double wanted = (double)k->scale[c] *
                        (g + (double)k->slope[c] * ((double)k->src[i] - (double)k->mean[c]) +
                         (double)k->offset[c]);
        check(diff[i], wanted, near ? 1e7 : 24, "normalise_backward", i);
    }
    guarded_free(diff, count);
}

START_TEST(normalisation)
{
    const seg_rows_kernels *kernels = rows_of(_i);
    const float ranges[][2] = {{-INFINITY, INFINITY}, {0, INFINITY}, {0, 2}};
    for (int r = 0; kernels != NULL && r < ROW_COUNTS - 1; r++) {
        for (int s = 0; s < SIZES - 1; s++) {
            norm_case k = norm_new(row_counts[r], sizes[s], ranges[s % 3][0], ranges[s % 3][1]);
            norm_forward(kernels, &k);
            norm_sums(kernels, &k);
            norm_backward(kernels, &k);
            norm_free(&k);
        }
    }
}
END_TEST

/* Written past the caches or not: the same bytes, and none beside them. */
START_TEST(streaming)
{
    const seg_rows_kernels *kernels = rows_of(_i);
    for (int s = 0; kernels != NULL && s < SIZES - 1; s++) {
        norm_case k = norm_new(5, sizes[s], 0, 2);
        int64_t count = k.rows * k.channels;
        float *wanted = guarded_new(count, 50);
        for (int from = 0; from < 2; from++) { /* aligned, and not */
            float *block = seg_block_new((size_t)(count + 2) * sizeof *block), *dst = block + from;
            ck_assert_ptr_nonnull(block);
            dst[count] = 7;
            k.norm.stream = false;
            kernels->normalise(wanted, k.src, k.rows, k.channels, &k.norm);
            k.norm.stream = true;
            kernels->normalise(dst, k.src, k.rows, k.channels, &k.norm);
            ck_assert_mem_eq(dst, wanted, (size_t)count * sizeof *dst);
            k.norm.stream = false;
            kernels->normalise_backward(wanted, k.diff, k.src, k.rows, k.channels, &k.norm, k.slope,
                                        k.offset);
            k.norm.stream = true;
            kernels->normalise_backward(dst, k.diff, k.src, k.rows, k.channels, &k.norm, k.slope,
                                        k.offset);
            ck_assert_mem_eq(dst, wanted, (size_t)count * sizeof *dst);
            ck_assert_float_eq(dst[count], 7);
            seg_block_free(block);
        }
        guarded_free(wanted, count);
        norm_free(&k);
    }
}
END_TEST

Suite *suite_rows(void)
{
    Suite *suite = suite_create("rows");
    TCase *test = tcase_create("isas");
    int count = 0, supported;
    while (seg_kernels_at(count, &supported) != NULL)
        count++;
    tcase_add_loop_test(test, flat, 0, count);
    tcase_add_loop_test(test, corners, 0, count);
    tcase_add_test(test, blocks);
    tcase_add_loop_test(test, columns, 0, count);
    tcase_add_loop_test(test, moments_with_a_bad_origin, 0, count);
    tcase_add_loop_test(test, normalisation, 0, count);
    tcase_add_loop_test(test, streaming, 0, count);
    suite_add_tcase(suite, test);
    return suite;
}
