/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * rows.h: elementwise, per-channel and per-pixel loops.
 *
 * These loops are bound by memory, so each does all it can in one pass. They are serial: callers
 * cut the work into fixed blocks (ops/elementwise.h). Any count >= 0 and any alignment are fine;
 * a destination may be the very array of a source, but must not overlap one otherwise.
 * Where backward follows, an activation is a range: none is (-inf, inf), ReLU (0, inf), ReLU6
 * (0, 6). NaN stays NaN.
 */
#ifndef KERNELS_ROWS_H
#define KERNELS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/ramp.h"

/* Rows that moments() takes at most: bounds how much its single pass may cancel. */
enum { SEG_ROWS_MOMENTS_MAX = 512 };

/* y = clamp((x - mean[c]) * scale[c] + shift[c], lo, hi), over [rows][channels]. */
typedef struct seg_rows_norm {
    const float *mean, *scale, *shift; /* [channels] */
    float lo, hi;
    bool stream; /* the result is too large to wait in a cache for its reader: write past them */
} seg_rows_norm;

typedef struct seg_rows_kernels {
    /* ---- flat arrays of n floats ---- */
    void (*fill)(float *dst, float value, int64_t n);
    void (*scale)(float *dst, const float *src, float factor, int64_t n); /* src * factor */
    void (*axpy)(float *dst, const float *src, float factor, int64_t n);  /* dst += ... */
    void (*ramp)(float *dst, const float *src, const seg_ramp *ramp, int64_t n);
    /* clamp(a + b): the sum of two arrays when the range is infinite */
    void (*add)(float *dst, const float *a, const float *b, float lo, float hi, int64_t n);
    /* diff_dst where lo < dst < hi, else 0: backward of whatever was clamped into dst */
    void (*clamp_backward)(float *diff_src, const float *diff_dst, const float *dst, float lo,
                           float hi, int64_t n);

    /* ---- per channel, over [rows][channels] ---- */
    void (*channel_sums)(float *sum, const float *src, int64_t rows, int64_t channels);
    /* mean and sum of squared distances from it; 1 <= rows <= SEG_ROWS_MOMENTS_MAX */
    void (*moments)(float *mean, float *m2, const float *src, int64_t rows, int64_t channels);
    void (*normalise)(float *dst, const float *src, int64_t rows, int64_t channels,
                      const seg_rows_norm *norm);
    /* With g = diff_dst where lo < y < hi, else 0 (y is computed anew from src, bit by bit):
     * sum[c] = sum of g, dot[c] = sum of g * (src - mean[c]). */
    void (*normalise_sums)(float *sum, float *dot, const float *diff_dst, const float *src,
                           int64_t rows, int64_t channels, const seg_rows_norm *norm);
    /* diff_src = scale[c] * (g + slope[c] * (src - mean[c]) + offset[c]) */
    void (*normalise_backward)(float *diff_src, const float *diff_dst, const float *src,
                               int64_t rows, int64_t channels, const seg_rows_norm *norm,
                               const float *slope, const float *offset);
} seg_rows_kernels;

#endif
