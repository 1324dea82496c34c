/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * elementwise.h: flat arrays in fixed blocks over threads, and what the ops over them share.
 */
#ifndef OPS_ELEMENTWISE_H
#define OPS_ELEMENTWISE_H

#include <math.h>

#include "ops/op.h"

/* Floats of a block: several arrays of it fit the second-level cache. */
enum { SEG_FLAT_BLOCK = 32768 };

/*
 * Floats between what two blocks write again and again (partial sums): a page, or the prefetcher
 * of one processor keeps taking lines that another is writing.
 */
enum { SEG_BLOCK_GAP = 1024 };

/* A result of so many floats is gone from the last cache before it is read: written past it. */
enum { SEG_STREAM_FLOATS = 6 << 20 };

/* Elements first .. first+n-1. */
typedef void (*seg_flat_body)(void *context, int64_t first, int64_t n);

/* body for every block of 0..count-1. */
void seg_flat_for(int threads, int64_t count, seg_flat_body body, void *context);

/* dst += factor * src, n floats. */
void seg_flat_axpy(const seg_kernels *kernels, int threads, float *dst, const float *src,
                   float factor, int64_t n);

/* An activation as what kernels store. */
seg_ramp seg_activation_ramp(int64_t activation);

/* An activation up to ReLU6 as the range that it clamps to. */
static inline void seg_activation_range(int64_t activation, float *lo, float *hi)
{
    *lo = activation == SEG_ACT_NONE ? -INFINITY : 0.0f;
    *hi = activation == SEG_ACT_RELU6 ? 6.0f : INFINITY;
}

/* dst = clamp(src) as an activation, and its backward, which masks by dst. */
void seg_activation_forward(const seg_op_call *call, int64_t activation);
void seg_activation_backward(const seg_op_call *call, int64_t activation);

/* shape() of ops whose result has the shape of their one f32 source. */
seg_status seg_same_shape(const char *op, const seg_shape *src, seg_shape *dst, seg_error *err);

#endif
