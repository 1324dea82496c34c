/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * maxpool2d: largest value of each kh x kw window, channel by channel.
 *   dst[n,oy,ox,c] = max over (y,x) in the window of src[n, oy*sh - ph + y*dh, ox*sw - pw + x*dw, c]
 * src N,IH,IW,C    dst N,OH,OW,C    (OH: pool.h)
 * workspace (training): int32 for each element of dst, y*IW + x of the winner; the first of equals.
 * Padding never wins. A NaN in a window wins, as in PyTorch. Backward asks, for every source pixel,
 * the windows that hold it, so that no two threads add to one place.
 */
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/params.h"
#include "ops/pool.h"

static seg_status maxpool2d_shape(const void *params, int src_count, const seg_shape *src,
                                  seg_shape *dst, seg_error *err)
{
    (void)src_count;
    const seg_pool2d_params *p = params;
    if (p->count_pad != 0)
        return seg_fail(err, SEG_INVALID, "maxpool2d: count_pad is %lld, but padding never wins",
                        (long long)p->count_pad);
    seg_status status = seg_pool2d_shape("maxpool2d", params, src, dst, err);
    if (status == SEG_OK && src->h > INT32_MAX / src->w)
        return seg_fail(err, SEG_LIMIT, "maxpool2d: %lldx%lld pixels are more than %d",
                        (long long)src->h, (long long)src->w, INT32_MAX);
    return status;
}

static size_t maxpool2d_workspace_size(const seg_op_call *call)
{
    return call->train ? (size_t)seg_shape_count(&call->dst->shape) * sizeof(int32_t) : 0;
}

/* One row of dst. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_pool2d_params *p = call->params;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    const float *map = seg_f32(&call->src[0]) + index / d->h * s->h * s->w * s->c;
    const int64_t dh = p->dh > 1 ? p->dh : 1, dw = p->dw > 1 ? p->dw : 1;
    int64_t at = index * d->w * d->c, y, x;
    int64_t rows = seg_pool_window(index % d->h, p->kh, p->sh, p->ph, dh, s->h, &y);
    for (int64_t ox = 0; ox < d->w; ox++, at += d->c) {
        int64_t columns = seg_pool_window(ox, p->kw, p->sw, p->pw, dw, s->w, &x);
        int64_t base = y * s->w + x;
        int32_t *winners = call->train ? (int32_t *)call->workspace + at : NULL;
        call->kernels->pixels.max_window(map + base * s->c, dh * s->w, dw, rows, columns, s->c,
                                         (int32_t)base, seg_f32(call->dst) + at, winners);
    }
}

/* The windows *first .. *end-1 whose reach (dilation*(kernel-1) + 1) holds source pixel i of an
 * axis. */
static void windows_of(int64_t i, int64_t reach, int64_t stride, int64_t pad, int64_t out,
                       int64_t *first, int64_t *end)
{
    int64_t before = i + pad - reach + stride; /* (i + pad - reach) / stride + 1, rounded down */
    *first = before > 0 ? before / stride : 0;
    *end = (i + pad) / stride + 1;
    *end = *end < out ? *end : out;
}

/* One row of diff_src. */
static void backward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_pool2d_params *p = call->params;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    const int64_t n = index / s->h, iy = index % s->h;
    float *diff_src = seg_f32(&call->diff_src[0]) + index * s->w * s->c;
    const int64_t reach_h = (p->dh > 1 ? p->dh : 1) * (p->kh - 1) + 1;
    const int64_t reach_w = (p->dw > 1 ? p->dw : 1) * (p->kw - 1) + 1;
    int64_t y0, y1, x0, x1;
    memset(diff_src, 0, (size_t)(s->w * s->c) * sizeof *diff_src);
    windows_of(iy, reach_h, p->sh, p->ph, d->h, &y0, &y1);
    for (int64_t ix = 0; ix < s->w; ix++, diff_src += s->c) {
        windows_of(ix, reach_w, p->sw, p->pw, d->w, &x0, &x1);
        for (int64_t oy = y0; oy < y1; oy++) {
            for (int64_t ox = x0; ox < x1; ox++) {
                int64_t at = ((n * d->h + oy) * d->w + ox) * d->c;
                call->kernels->pixels.add_where(seg_f32(call->diff_dst) + at,
                                                (const int32_t *)call->workspace + at,
                                                (int32_t)(iy * s->w + ix), s->c, diff_src);
            }
        }
    }
}

static void maxpool2d_forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

static void maxpool2d_backward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const seg_shape *s = &call->src[0].shape;
    if (call->diff_src[0].data != NULL)
        seg_parallel_for(call->threads, s->n * s->h, backward_row, &copy);
}

const seg_op seg_op_maxpool2d = {
    .name = "maxpool2d",
    .params = seg_pool2d_param_list,
    .params_size = sizeof(seg_pool2d_params),
    .src_min = 1,
    .src_max = 1,
    .shape = maxpool2d_shape,
    .workspace_size = maxpool2d_workspace_size,
    .forward = maxpool2d_forward,
    .backward = maxpool2d_backward,
};
