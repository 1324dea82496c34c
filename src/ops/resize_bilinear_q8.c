/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_bilinear_q8: bilinear resizing of bytes as TensorFlow Lite's quantised networks mean it.
 * src u8 N,IH,IW,C    dst u8 N,h,w,C
 * Positions are computed in float, shares are rounded to 1/2048, and the result is rounded once,
 * ties up. Rows are mixed first, exactly, into a line of int32.
 * scratch: where each column of dst lies, then a line for each thread.
 */
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/quantised.h"

typedef seg_resize_q8_params params;

enum {
    SHARES = 2048,
    SIDE_MAX = (1 << 24) - 1, /* floats hold every position up to here */
    VECTOR_MAX = 16,          /* int32 that the kernel may read past a line */
};

static const seg_param param_list[] = {
    {"h", "rows of dst", SEG_PARAM_INT, offsetof(params, h), 1, SIDE_MAX},
    {"w", "columns of dst", SEG_PARAM_INT, offsetof(params, w), 1, SIDE_MAX},
    {"align_corners", "1: corners stay corners", SEG_PARAM_INT, offsetof(params, align_corners), 0,
     1},
    {"half_pixel", "1: centres of pixels, 0: their corners", SEG_PARAM_INT,
     offsetof(params, half_pixel), 0, 1},
    {0}};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)src_count;
    const params *p = given;
    *dst = src[0];
    seg_status status = seg_want_bytes("resize_bilinear_q8", &src[0], err);
    if (status == SEG_OK && (src[0].h > SIDE_MAX || src[0].w > SIDE_MAX))
        return seg_fail(err, SEG_UNSUPPORTED, "resize_bilinear_q8: a source of %lldx%lld",
                        (long long)src[0].h, (long long)src[0].w);
    dst->h = p->h;
    dst->w = p->w;
    return status;
}

static seg_u8_place place_of(const params *p, int64_t in, int64_t out, int64_t index)
{
    const int64_t less = p->align_corners != 0 && out != 1 ? 1 : 0;
    const float scale = (float)(in - less) / (float)(out - less);
    float at = (float)index * scale;
    if (p->half_pixel != 0)
        at = at + (0.5f * scale - 0.5f);
    at = fminf(fmaxf(at, 0), (float)(in - 1));
    const int64_t low = (int64_t)at;
    return (seg_u8_place){low, low + 1 < in ? low + 1 : in - 1,
                          (int32_t)lrintf((at - (float)low) * SHARES)};
}

static size_t columns_size(const seg_op_call *call)
{
    return seg_align_up((size_t)call->dst->shape.w * sizeof(seg_u8_place));
}

static size_t line_size(const seg_op_call *call)
{
    const seg_shape *s = &call->src[0].shape;
    return seg_align_up((size_t)(s->w * s->c + VECTOR_MAX) * sizeof(int32_t));
}

static size_t scratch_size(const seg_op_call *call)
{
    return columns_size(call) + (size_t)call->threads * line_size(call);
}

/* One row of dst. */
static void forward_row(void *context, int64_t index, int thread)
{
    const seg_op_call *call = context;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    const int64_t row = s->w * s->c;
    const uint8_t *image = seg_u8(&call->src[0]) + index / d->h * s->h * row;
    const seg_u8_place *columns = call->scratch;
    int32_t *line =
        (int32_t *)(void *)((char *)call->scratch + columns_size(call) + thread * line_size(call));
    uint8_t *dst = seg_u8(call->dst) + index * d->w * d->c;
    const seg_u8_place y = place_of(call->params, s->h, d->h, index % d->h);
    call->kernels->u8.mix_fine(image + y.a * row, image + y.b * row, y.share, row, line);
    call->kernels->u8.mix_fine_row(line, columns, d->w, s->c, dst);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    for (int64_t x = 0; x < d->w; x++)
        ((seg_u8_place *)call->scratch)[x] = place_of(call->params, s->w, d->w, x);
    seg_parallel_for(call->threads, d->n * d->h, forward_row, &copy);
}

const seg_op seg_op_resize_bilinear_q8 = {
    .name = "resize_bilinear_q8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .scratch_size = scratch_size,
    .forward = forward,
};
