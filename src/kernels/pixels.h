/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * pixels.h: loops over the pixels of N,H,W,C maps: resampling, pooling, copying, argmax.
 *
 * Distances are floats. Pixels of one row follow each other: c floats each.
 */
#ifndef KERNELS_PIXELS_H
#define KERNELS_PIXELS_H

#include <stdint.h>

/* How one axis is resampled, a sparse matrix: output o is the sum over k = first[o]..first[o+1]-1
 * of weights[k] * source[start[o] + k - first[o]]. An output may have no taps (it is then 0). */
typedef struct seg_taps {
    int64_t count;  /* outputs */
    int64_t *start; /* [count] */
    int64_t *first; /* [count + 1] */
    float *weights; /* [first[count]] */
} seg_taps;

/* Floats that resample_row may read (and ignore) behind a source row. */
enum { SEG_PIXELS_SLACK = 16 };

typedef struct seg_pixels_kernels {
    /* dst[i] = sum over k < count of weights[k] * src[k*stride + i], for i < length, in that order.
     */
    void (*weighted_sum)(const float *src, int64_t stride, const float *weights, int64_t count,
                         float *dst, int64_t length);
    /* One row through taps: dst[o*dst_step + j] from src[..*c + j]. SEG_PIXELS_SLACK floats behind
     * what the taps reach must be readable. */
    void (*resample_row)(const seg_taps *taps, const float *src, int64_t c, float *dst,
                         int64_t dst_step);
    /* count runs of c floats, from distance src_step to distance dst_step. */
    void (*copy_runs)(const float *src, int64_t src_step, float *dst, int64_t dst_step,
                      int64_t count, int64_t c);
    /*
     * dst[j] = the largest of channel j in rows x cols pixels, row_pixels from one row to the next
     * and col_pixels from one column to the next. winners (or NULL) receives its pixel number,
     * base + y*row_pixels + x*col_pixels: the first of equals. A NaN wins over numbers (and the
     * last NaN over others), as in PyTorch.
     */
    void (*max_window)(const float *src, int64_t row_pixels, int64_t col_pixels, int64_t rows,
                       int64_t cols, int64_t c, int32_t base, float *dst, int32_t *winners);
    /* dst[j] += src[j] where winners[j] == pixel. */
    void (*add_where)(const float *src, const int32_t *winners, int32_t pixel, int64_t c,
                      float *dst);
    /* dst[j] = scale * sum of channel j over rows x cols pixels: within a row, then over rows. */
    void (*sum_window)(const float *src, int64_t row_step, int64_t col_step, int64_t rows,
                       int64_t cols, int64_t c, float scale, float *dst);
    /* dst[i] = bits[i] < dropped ? 0 : scale * src[i] */
    void (*drop)(const float *src, const uint32_t *bits, uint32_t dropped, float scale, float *dst,
                 int64_t count);
    /* dst[p] = number of the largest of pixel p's c <= 255 floats: the first of equals; some number
     * below c when there are NaNs. */
    void (*argmax)(const float *src, int64_t pixels, int64_t c, uint8_t *dst);
} seg_pixels_kernels;

#endif
