/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * igemm.h: the indirect GEMM, two register tiles that all dense convolutions are made of.
 *
 * gather  up to mr pixels x nr channels of the result stay in registers while the taps of the
 *         kernel and the channels of the source are walked. Each pixel has a pointer of its own,
 *         so stride, dilation and transposition cost nothing.
 * outer   up to mr x nr channels of a weight gradient stay in registers while pixels are walked.
 *
 * Weights of gather are packed in panels of nr output channels: [tap][source channel][nr].
 * All offsets and strides count floats.
 */
#ifndef KERNELS_IGEMM_H
#define KERNELS_IGEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/ramp.h"

enum { SEG_IGEMM_MR_MAX = 16 }; /* pixels of a tile, on any instruction set */

/* Where one tap of the kernel reads: the same place for every pixel of a tile. */
typedef struct seg_igemm_tap {
    int64_t src;     /* from the pixel's pointer */
    int64_t weights; /* from the panel's first tap */
} seg_igemm_tap;

/* dst[m][c] = ramp(start + sum over taps t, k < depth: src[m][t.src + k] * weights[t][k][c]) */
typedef struct seg_igemm_gather {
    const seg_igemm_tap *taps;
    int64_t tap_count; /* may be 0 */
    int64_t depth;     /* source channels per tap */
    const float *weights;
    const float *bias;              /* [nr] to start from; NULL: start from what dst holds */
    int64_t src_offset, dst_offset; /* added to every pointer of the tile */
    int64_t width;                  /* channels stored, 1..nr */
    seg_ramp ramp;
    int64_t fetch; /* not 0: memory so far ahead of what each pixel reads is asked for */
    bool stream;   /* the result is too large to wait in a cache: written past them. Needs dst at
                      vectors' addresses, and stream_end() before another thread reads it */
} seg_igemm_gather;

/* c[i][j] (+)= sum over rows, columns: a[row*a_row + col*a_col + i] * b[row*b_row + col*b_col + j]
 */
typedef struct seg_igemm_outer {
    const float *a, *b;
    int64_t a_row, a_col, b_row, b_col;
    int64_t rows, cols;
    int64_t height, width; /* 1..mr of a, 1..nr of b */
    float *c;
    int64_t c_stride;
    bool add;           /* to what c holds */
    const float *fetch; /* memory that is needed later: each column asks for the next */
    int64_t fetch_step; /* floats of it */
} seg_igemm_outer;

typedef struct seg_igemm_kernels {
    int64_t mr, nr;
    /* src, dst: pointers of the 1..mr pixels of a tile. */
    void (*gather)(const seg_igemm_gather *job, int64_t pixels, const float *const *src,
                   float *const *dst);
    void (*stream_end)(void);
    void (*outer)(const seg_igemm_outer *job);
    /* A strip of channels, copied together: dst[(row*cols + col)*span + j] =
     * src[row*row_step + col*col_step + j] for j < width. What follows in the last vector is 0;
     * span is at least width rounded up to vectors. */
    void (*strip)(const float *src, int64_t rows, int64_t cols, int64_t row_step, int64_t col_step,
                  int64_t width, float *dst, int64_t span);
    /* out[j] = sum over i < rows of src[i*stride + j], j < width */
    void (*sum_rows)(const float *src, int64_t rows, int64_t stride, int64_t width, float *out);
} seg_igemm_kernels;

#endif
