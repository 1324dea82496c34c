/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * crop: a window of the source, of all its channels or some that follow each other.
 *   dst[n,y,x,c] = src[n, top + y, left + x, channel + c]
 * src N,IH,IW,IC    dst N,h,w,c
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
    {"channel", "first channel kept", SEG_PARAM_INT, offsetof(seg_crop_params, channel), 0,
     1 << 24},
    {"c", "channels kept, 0 for all", SEG_PARAM_INT, offsetof(seg_crop_params, c), 0, 1 << 24},
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
    if (p->channel >= src->c || p->c > src->c - p->channel)
        return seg_fail(err, SEG_INVALID,
                        "crop: %lld channels from %lld on reach outside a source of %lld",
                        (long long)p->c, (long long)p->channel, (long long)src->c);
    *dst = seg_shape_nhwc(src->n, p->h, p->w, p->c > 0 ? p->c : src->c - p->channel);
    return SEG_OK;
}

/* One image row of dst. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_crop_params *p = call->params;
    const seg_shape *s = &call->src[0].shape;
    int64_t n = index / p->h, y = index % p->h, c = call->dst->shape.c;
    const float *src = seg_f32(&call->src[0]) + ((n * s->h + p->top + y) * s->w + p->left) * s->c;
    call->kernels->pixels.copy_runs(src + p->channel, s->c, seg_f32(call->dst) + index * p->w * c,
                                    c, p->w, c);
}

/* One image row of diff_src. */
static void backward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_crop_params *p = call->params;
    const seg_shape *s = &call->src[0].shape;
    int64_t n = index / s->h, y = index % s->h - p->top, c = call->diff_dst->shape.c;
    float *diff_src = seg_f32(&call->diff_src[0]) + index * s->w * s->c;
    memset(diff_src, 0, (size_t)(s->w * s->c) * sizeof *diff_src);
    if (y >= 0 && y < p->h)
        call->kernels->pixels.copy_runs(seg_f32(call->diff_dst) + (n * p->h + y) * p->w * c, c,
                                        diff_src + p->left * s->c + p->channel, s->c, p->w, c);
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
