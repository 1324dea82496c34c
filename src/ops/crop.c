/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * crop: a window of the source.
 *   dst[n,y,x,c] = src[n, top + y, left + x, c]
 * src N,IH,IW,C    dst N,h,w,C
 * Backward writes diff_dst into the window and zeros around it.
 */
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/params.h"
#include "ops/shapes.h"

static const seg_param crop_params[] = {
    {"top", "first row kept", SEG_PARAM_INT, offsetof(seg_crop_params, top), 0, 1 << 24},
    {"left", "first column kept", SEG_PARAM_INT, offsetof(seg_crop_params, left), 0, 1 << 24},
    {"h", "rows kept", SEG_PARAM_INT, offsetof(seg_crop_params, h), 1, 1 << 24},
    {"w", "columns kept", SEG_PARAM_INT, offsetof(seg_crop_params, w), 1, 1 << 24},
    {0},
};

static seg_status crop_shape(const void *params, int src_count, const seg_shape *src,
                             seg_shape *dst, seg_error *err)
{
    (void)src_count;
    const seg_crop_params *p = params;
    seg_status status = seg_want_image("crop", src, err);
    if (status != SEG_OK)
        return status;
    if (p->top + p->h > src->h || p->left + p->w > src->w)
        return seg_fail(err, SEG_INVALID,
                        "crop: rows %lld..%lld, columns %lld..%lld reach outside a source of "
                        "%lldx%lld",
                        (long long)p->top, (long long)(p->top + p->h - 1), (long long)p->left,
                        (long long)(p->left + p->w - 1), (long long)src->h, (long long)src->w);
    *dst = seg_shape_nhwc(src->n, p->h, p->w, src->c);
    return SEG_OK;
}

/* One image row of dst. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_crop_params *p = call->params;
    const seg_shape *s = &call->src[0].shape;
    int64_t n = index / p->h, y = index % p->h, row = p->w * s->c;
    const float *src = seg_f32(&call->src[0]) + ((n * s->h + p->top + y) * s->w + p->left) * s->c;
    memcpy(seg_f32(call->dst) + index * row, src, (size_t)row * sizeof *src);
}

/* One image row of diff_src. */
static void backward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_crop_params *p = call->params;
    const seg_shape *s = &call->src[0].shape;
    int64_t n = index / s->h, y = index % s->h - p->top;
    float *diff_src = seg_f32(&call->diff_src[0]) + index * s->w * s->c;
    if (y < 0 || y >= p->h) {
        memset(diff_src, 0, (size_t)(s->w * s->c) * sizeof *diff_src);
        return;
    }
    int64_t before = p->left * s->c, row = p->w * s->c, after = s->w * s->c - before - row;
    const float *diff_dst = seg_f32(call->diff_dst) + (n * p->h + y) * row;
    memset(diff_src, 0, (size_t)before * sizeof *diff_src);
    memcpy(diff_src + before, diff_dst, (size_t)row * sizeof *diff_src);
    memset(diff_src + before + row, 0, (size_t)after * sizeof *diff_src);
}

static void crop_forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

static void crop_backward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const seg_shape *s = &call->src[0].shape;
    if (call->diff_src[0].data != NULL)
        seg_parallel_for(call->threads, s->n * s->h, backward_row, &copy);
}

const seg_op seg_op_crop = {
    .name = "crop",
    .params = crop_params,
    .params_size = sizeof(seg_crop_params),
    .src_min = 1,
    .src_max = 1,
    .shape = crop_shape,
    .forward = crop_forward,
    .backward = crop_backward,
};
