/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * argmax_u8: the class of each pixel of bytes: the channel with the largest, the lowest of equals.
 * src u8 N,H,W,C (C <= 255)   dst u8 N,H,W,1
 */
#include "base/error.h"
#include "base/parallel.h"
#include "ops/quantised.h"

enum { PIXELS = 4096, CLASSES_MAX = 255 };

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params;
    (void)src_count;
    *dst = src[0];
    dst->c = 1;
    seg_status status = seg_want_bytes("argmax_u8", &src[0], err);
    if (status == SEG_OK && src[0].c > CLASSES_MAX)
        return seg_fail(err, SEG_UNSUPPORTED, "argmax_u8: %lld classes, labels hold at most 255",
                        (long long)src[0].c);
    return status;
}

static void forward_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const int64_t first = index * PIXELS, left = seg_shape_count(&call->dst->shape) - first;
    const int64_t c = call->src[0].shape.c;
    call->kernels->u8.argmax(seg_u8(&call->src[0]) + first * c, left < PIXELS ? left : PIXELS, c,
                             seg_u8(call->dst) + first);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const int64_t pixels = seg_shape_count(&call->dst->shape);
    seg_parallel_for(call->threads, (pixels + PIXELS - 1) / PIXELS, forward_block, &copy);
}

const seg_op seg_op_argmax_u8 = {
    .name = "argmax_u8",
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .forward = forward,
};
