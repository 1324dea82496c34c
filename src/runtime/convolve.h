/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolve.h: convolutions of any rank as a file means them, in float, double and integers.
 *
 *   dst[n,o,p] = bias[o] + sum over i, k of src[n, g*IC/G + i, p*stride + k*dilation - pad]
 *                                           * weights[o,i,k]                g: the group of o
 * transposed: src pixel q and tap k meet dst pixel q*stride + k*dilation - pad.
 * src N,IC,in...    weights OC,IC/G,kernel... (transposed: IC,OC/G,kernel...)    dst N,OC,out...
 */
#ifndef RUNTIME_CONVOLVE_H
#define RUNTIME_CONVOLVE_H

#include "runtime/window.h"

typedef struct seg_convolve {
    seg_window window;
    int threads;
    bool transposed;
    int64_t n, groups, ic, oc; /* channels of all groups together */
    int64_t in[SEG_SPATIAL_MAX], out[SEG_SPATIAL_MAX];
} seg_convolve;

/* From a node and the shapes of its image and weights; dst gets the shape of the result, of src's
 * type. SEG_INVALID, SEG_LIMIT, with a sentence that does not name the node. */
seg_status seg_convolve_of(const seg_program_node *node, const seg_shape *src,
                           const seg_shape *weights, bool transposed, seg_convolve *convolve,
                           seg_shape *dst, seg_error *why);

/* bias NULL: none. Integers wrap, as int32_t in two's complement does. */
void seg_convolve_f32(const seg_convolve *c, const float *src, const float *weights,
                      const float *bias, float *dst);
void seg_convolve_f64(const seg_convolve *c, const double *src, const double *weights,
                      const double *bias, double *dst);
void seg_convolve_u32(const seg_convolve *c, const uint32_t *src, const uint32_t *weights,
                      const uint32_t *bias, uint32_t *dst);

#endif
