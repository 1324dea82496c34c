/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * pad: rows and columns of one value around the source.
 *   dst[n,y,x,c] = src[n, y - top, x - left, c], or value where that lies outside
 * src N,H,W,C    dst N, top+H+bottom, left+W+right, C
 * Backward keeps the part of diff_dst that came from the source.
 */
#include <float.h>
#include <string.h>

#include "base/parallel.h"
#include "ops/params.h"
#include "ops/shapes.h"

static const seg_param pad_params[] = {
    {"top", "rows above", SEG_PARAM_INT, offsetof(seg_pad_params, top), 0, 1 << 24},
    {"bottom", "rows below", SEG_PARAM_INT, offsetof(seg_pad_params, bottom), 0, 1 << 24},
    {"left", "columns to the left", SEG_PARAM_INT, offsetof(seg_pad_params, left), 0, 1 << 24},
    {"right", "columns to the right", SEG_PARAM_INT, offsetof(seg_pad_params, right), 0, 1 << 24},
    {"value", "what the padding holds", SEG_PARAM_FLOAT, offsetof(seg_pad_params, value),
     -(double)FLT_MAX, (double)FLT_MAX},
    {0},
};

static seg_status pad_shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                            seg_error *err)
{
    (void)src_count;
    const seg_pad_params *p = params;
    seg_status status = seg_want_image("pad", src, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src->n, p->top + src->h + p->bottom, p->left + src->w + p->right,
                              src->c);
    return status;
}

static void fill(float *dst, float value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i] = value;
}

/* One image row of dst. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_pad_params *p = call->params;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    const float value = (float)p->value;
    int64_t n = index / d->h, y = index % d->h - p->top;
    int64_t before = p->left * s->c, row = s->w * s->c;
    float *dst = seg_f32(call->dst) + index * d->w * d->c;
    if (y < 0 || y >= s->h) {
        fill(dst, value, d->w * d->c);
        return;
    }
    fill(dst, value, before);
    memcpy(dst + before, seg_f32(&call->src[0]) + (n * s->h + y) * row, (size_t)row * sizeof *dst);
    fill(dst + before + row, value, p->right * s->c);
}

/* One image row of diff_src. */
static void backward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_pad_params *p = call->params;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    int64_t n = index / s->h, y = index % s->h, row = s->w * s->c;
    const float *diff_dst =
        seg_f32(call->diff_dst) + ((n * d->h + p->top + y) * d->w + p->left) * d->c;
    memcpy(seg_f32(&call->diff_src[0]) + index * row, diff_dst, (size_t)row * sizeof *diff_dst);
}

static void pad_forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

static void pad_backward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const seg_shape *s = &call->src[0].shape;
    if (call->diff_src[0].data != NULL)
        seg_parallel_for(call->threads, s->n * s->h, backward_row, &copy);
}

const seg_op seg_op_pad = {
    .name = "pad",
    .params = pad_params,
    .params_size = sizeof(seg_pad_params),
    .src_min = 1,
    .src_max = 1,
    .shape = pad_shape,
    .forward = pad_forward,
    .backward = pad_backward,
};
