/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * softmax over the channels of each pixel.
 *   dst[p,c] = e^(src[p,c] - m) / sum over k of e^(src[p,k] - m),  m the pixel's largest
 *   diff_src[p,c] = dst[p,c] * (diff_dst[p,c] - sum over k of dst[p,k] * diff_dst[p,k])
 * src, dst: N,H,W,C. A pixel with a NaN or +infinity becomes NaN.
 */
#include "base/parallel.h"
#include "ops/op.h"
#include "ops/shapes.h"

enum { PIXELS = 256 }; /* of one block */

static seg_status softmax_shape(const void *params, int src_count, const seg_shape *src,
                                seg_shape *dst, seg_error *err)
{
    (void)params, (void)src_count;
    *dst = *src;
    return seg_want_image("softmax", src, err);
}

static int64_t pixels_of(const seg_shape *shape)
{
    return shape->n * shape->h * shape->w;
}

/* Pixels of block `index`. */
static int64_t block_pixels(const seg_op_call *call, int64_t index)
{
    int64_t left = pixels_of(&call->dst->shape) - index * PIXELS;
    return left < PIXELS ? left : PIXELS;
}

static void forward_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    int64_t c = call->dst->shape.c, at = index * PIXELS * c;
    call->kernels->train.softmax(seg_f32(&call->src[0]) + at, block_pixels(call, index), c,
                                 seg_f32(call->dst) + at);
}

static void backward_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    int64_t c = call->dst->shape.c, at = index * PIXELS * c, pixels = block_pixels(call, index);
    call->kernels->train.softmax_grad(seg_f32(call->dst) + at, seg_f32(call->diff_dst) + at, pixels,
                                      c, seg_f32(&call->diff_src[0]) + at);
}

static void run(const seg_op_call *call, seg_parallel_body body)
{
    seg_op_call copy = *call;
    int64_t blocks = (pixels_of(&call->dst->shape) + PIXELS - 1) / PIXELS;
    seg_parallel_for(call->threads, blocks, body, &copy);
}

static void softmax_forward(const seg_op_call *call)
{
    run(call, forward_block);
}

static void softmax_backward(const seg_op_call *call)
{
    if (call->diff_src[0].data != NULL)
        run(call, backward_block);
}

const seg_op seg_op_softmax = {
    .name = "softmax",
    .src_min = 1,
    .src_max = 1,
    .flags = SEG_OP_READS_DST,
    .shape = softmax_shape,
    .forward = softmax_forward,
    .backward = softmax_backward,
};
