/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * global_avgpool: mean of the whole map, channel by channel.
 * src N,H,W,C    dst N,1,1,C
 * Summed within each row, then over rows, so that float sums of large maps stay exact enough.
 */
#include <string.h>

#include "base/parallel.h"
#include "ops/op.h"
#include "ops/shapes.h"

enum { CHANNELS = 64 }; /* of one block */

static seg_status global_avgpool_shape(const void *params, int src_count, const seg_shape *src,
                                       seg_shape *dst, seg_error *err)
{
    (void)params, (void)src_count;
    seg_status status = seg_want_image("global_avgpool", src, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src->n, 1, 1, src->c);
    return status;
}

static int64_t blocks_of(const seg_shape *src)
{
    return (src->c + CHANNELS - 1) / CHANNELS;
}

/* Some channels of one map. */
static void forward_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_shape *s = &call->src[0].shape;
    int64_t n = index / blocks_of(s), first = index % blocks_of(s) * CHANNELS;
    int64_t c = s->c - first < CHANNELS ? s->c - first : CHANNELS;
    float scale = (float)(1.0 / ((double)s->h * (double)s->w));
    call->kernels->pixels.sum_window(seg_f32(&call->src[0]) + n * s->h * s->w * s->c + first,
                                     s->w * s->c, s->c, s->h, s->w, c, scale,
                                     seg_f32(call->dst) + n * s->c + first);
}

/* One row of diff_src: its first pixel is scaled, and the others are copies of it. */
static void backward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_shape *s = &call->src[0].shape;
    float *diff_src = seg_f32(&call->diff_src[0]) + index * s->w * s->c;
    float scale = (float)(1.0 / ((double)s->h * (double)s->w));
    call->kernels->pixels.sum_window(seg_f32(call->diff_dst) + index / s->h * s->c, 0, 0, 1, 1,
                                     s->c, scale, diff_src);
    call->kernels->pixels.copy_runs(diff_src, 0, diff_src + s->c, s->c, s->w - 1, s->c);
}

static void global_avgpool_forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const seg_shape *s = &call->src[0].shape;
    seg_parallel_for(call->threads, s->n * blocks_of(s), forward_block, &copy);
}

static void global_avgpool_backward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const seg_shape *s = &call->src[0].shape;
    if (call->diff_src[0].data != NULL)
        seg_parallel_for(call->threads, s->n * s->h, backward_row, &copy);
}

const seg_op seg_op_global_avgpool = {
    .name = "global_avgpool",
    .src_min = 1,
    .src_max = 1,
    .shape = global_avgpool_shape,
    .forward = global_avgpool_forward,
    .backward = global_avgpool_backward,
};
