/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise.h: depthwise convolutions forward and backward, vectors over channels.
 *
 * The unit of work is a span: pixels of one row, evenly spaced, that all see the same taps. So
 * nothing inside has bounds to check, and stride, dilation, borders and the phases of a strided
 * gradient are only different distances:
 *
 *   dst[p][c] = clamp(bias[c] + sum over taps (i,j) of src[p, i, j][c] * weights[i, j][c], lo, hi)
 *
 * Which spans make up a layer is the op's business (ops/depthwise2d.c).
 */
#ifndef KERNELS_DEPTHWISE_H
#define KERNELS_DEPTHWISE_H

#include <stddef.h>
#include <stdint.h>

/* Distances are in floats and may be negative; pixels and taps may be 0. */
typedef struct seg_depthwise_span {
    int64_t pixels, channels;
    int64_t taps_h, taps_w;
    int64_t src_pixel, src_tap_h, src_tap_w;
    int64_t weights_tap_h, weights_tap_w;
    int64_t dst_pixel;
    float lo, hi;
} seg_depthwise_span;

typedef struct seg_depthwise_kernels {
    /* src and weights point at the first tap of the first pixel; bias may be NULL (zeros).
     * Forward, and backward-data with src = diff_dst, dst = diff_src. */
    void (*span)(const seg_depthwise_span *span, float *dst, const float *src, const float *weights,
                 const float *bias);
    /* diff_weights[i, j][c] += sum over pixels of src[p, i, j][c] * diff_dst[p][c]
     * (diff_dst moves by dst_pixel; lo and hi are not used). */
    void (*span_weights)(const seg_depthwise_span *span, float *diff_weights, const float *src,
                         const float *diff_dst);
} seg_depthwise_kernels;

#endif
