/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * bf16.h: the tiles of igemm.h on pairs of bf16, summed in float32.
 *
 * A bf16 is the upper half of a float32. A pair takes the place of a float, the earlier number in
 * the low half, so an image of c channels is one of (c+1)/2 "floats", and all that igemm.h says of
 * strides and offsets holds of pairs. Numbers are rounded to nearest even, denormal ones become 0.
 */
#ifndef KERNELS_BF16_H
#define KERNELS_BF16_H

#include "kernels/igemm.h"

/*
 * Some channels of a rectangle of pixels, pairs of neighbouring columns: dst[(row*pairs + p)*span + j]
 * = {channel j of column 2p - lead, of the next}; outside 0..cols-1 stand zeros. What follows in the
 * last vector is 0; span is at least width rounded up to vectors.
 */
typedef struct seg_bf16_strip {
    const float *src;
    int64_t rows, cols, row_step, col_step, width; /* as of seg_igemm_kernels' strip */
    int64_t lead, pairs;                           /* lead: 0 or 1; pairs: of a row */
    float *dst;
    int64_t span;
} seg_bf16_strip;

typedef struct seg_bf16_kernels {
    bool fast; /* there is an instruction for it; else plain C does what the instruction does */
    /* As of seg_igemm_kernels, with pairs in src and weights. */
    void (*gather)(const seg_igemm_gather *job, int64_t pixels, const float *const *src,
                   float *const *dst);
    /* As of seg_igemm_kernels, with pairs of pixels in a and b; job->cols counts them. */
    void (*outer)(const seg_igemm_outer *job);
    void (*strip)(const seg_bf16_strip *job);
    /* Pixels' channels in pairs: dst[i*dst_step + k] = {src[i*src_step + 2k], [.. + 2k+1]}. After an
     * odd last channel there is a 0. */
    void (*pixels)(const float *src, int64_t src_step, int64_t count, int64_t channels, float *dst,
                   int64_t dst_step);
    /* Rows of nr floats in pairs of two rows: dst[r*nr + j] = {src[2r*nr + j], src[(2r+1)*nr + j]}.
     * After an odd last row there are zeros. */
    void (*rows)(const float *src, int64_t count, float *dst);
} seg_bf16_kernels;

#endif
