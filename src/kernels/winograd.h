/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * winograd.h: the transforms of Winograd's minimal filtering F(m x m, 3 x 3), m of 3, 4 and 6.
 *
 *   Y = A^T ((G g G^T) * (B^T d B)) A
 * where d are n x n pixels (n = m + 2), g the 3 x 3 taps, Y m x m pixels and * is element by element.
 * Summed over input channels, each of the n*n elements is a matrix product of its own, so m*m pixels
 * cost n*n multiply-adds a channel pair instead of 9*m*m. Points 0, 1, -1, 2; from m 4 on -2; for m 6
 * also 1/2 and -1/2.
 * (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.) Its gradient by g
 * is G^T ((A dY A^T) * (B^T d B)) G, dY the gradient of Y, summed over tiles.
 *
 * Vectors run along channels. `stride` is the distance in floats from one element to the next.
 */
#ifndef KERNELS_WINOGRAD_H
#define KERNELS_WINOGRAD_H

#include <stdint.h>

#include "kernels/ramp.h"

enum {
    SEG_WINOGRAD_EDGE_MAX = 6,                         /* m */
    SEG_WINOGRAD_SPAN_MAX = SEG_WINOGRAD_EDGE_MAX + 2, /* n */
};

typedef struct seg_winograd_kernels {
    /* values = B^T d B of the pixels that n*n pointers show, row by row. Writes whole vectors: what
     * follows the last channel is 0. */
    void (*split)(int m, const float *const *pixels, int64_t channels, float *values,
                  int64_t stride);
    /* pixels = ramp(bias + A^T products A): m*m pointers, row by row. */
    void (*join)(int m, const float *products, int64_t stride, const float *bias, int64_t channels,
                 const seg_ramp *ramp, float *const *pixels);
    /* values = A pixels A^T: m*m pointers, else as split. */
    void (*spread)(int m, const float *const *pixels, int64_t channels, float *values,
                   int64_t stride);
    /* values = G g G^T for `count` pairs of channels (whole vectors); taps: 9 of them, row by row,
     * tap_stride floats apart. */
    void (*weights)(int m, const float *taps, int64_t tap_stride, int64_t count, float *values,
                    int64_t stride);
    /* taps = G^T values G for `count` pairs of channels, of any number. */
    void (*taps)(int m, const float *values, int64_t stride, int64_t count, float *taps,
                 int64_t tap_stride);
} seg_winograd_kernels;

#endif
