/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * argmax: the class of each pixel: the channel with the largest value, the lowest of equals.
 * src f32 N,H,W,C, C <= 255    dst u8 N,H,W,1
 * A pixel with NaNs gets some class below C. No gradient flows.
 */
#include "base/error.h"
#include "base/parallel.h"
#include "ops/op.h"
#include "ops/shapes.h"

enum { PIXELS = 4096 }; /* of one block */

static seg_status argmax_shape(const void *params, int src_count, const seg_shape *src,
                               seg_shape *dst, seg_error *err)
{
    (void)params, (void)src_count;
    seg_status status = seg_want_image("argmax", src, err);
    if (status != SEG_OK)
        return status;
    if (src->c > 255)
        return seg_fail(err, SEG_UNSUPPORTED, "argmax: %lld classes, labels hold at most 255",
                        (long long)src->c);
    *dst = seg_shape_nhwc(src->n, src->h, src->w, 1);
    dst->dtype = SEG_U8;
    return SEG_OK;
}

static void forward_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    int64_t c = call->src[0].shape.c, first = index * PIXELS;
    int64_t left = seg_shape_count(&call->dst->shape) - first;
    call->kernels->pixels.argmax(seg_f32(&call->src[0]) + first * c, left < PIXELS ? left : PIXELS,
                                 c, (uint8_t *)call->dst->data + first);
}

static void argmax_forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    int64_t pixels = seg_shape_count(&call->dst->shape);
    seg_parallel_for(call->threads, (pixels + PIXELS - 1) / PIXELS, forward_block, &copy);
}

const seg_op seg_op_argmax = {
    .name = "argmax",
    .src_min = 1,
    .src_max = 1,
    .shape = argmax_shape,
    .forward = argmax_forward,
};
