/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_bilinear_u8: resize_bilinear over bytes, which keep their quant.
 * src u8 N,IH,IW,C    dst u8 N,h,w,C
 * Shares are rounded to 1/128; rows are mixed first, exactly, into a line of 16-bit numbers.
 * scratch: where each column of dst lies, then a line for each thread.
 */
#include <math.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "ops/quantised.h"
#include "ops/resize.h"

enum { SHARES = 128 };

static const seg_param param_list[] = {SEG_RESIZE_PARAMS(1, 0)};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    return seg_shape_of_bytes(&seg_op_resize_bilinear, "resize_bilinear_u8", params, src_count, src,
                              dst, err);
}

/* An output: `share`/128 of pixel b, the rest of a. */
typedef struct place {
    int64_t a, b;
    int32_t share;
} place;

static place place_of(const seg_axis *axis, int64_t o)
{
    double share;
    int64_t whole;
    seg_pixel_position(axis, o, &whole, &share);
    if (whole < 0)
        return (place){0, 0, 0};
    if (whole >= axis->in - 1)
        return (place){axis->in - 1, axis->in - 1, 0};
    return (place){whole, whole + 1, (int32_t)rint(share * SHARES)};
}

static void axes_of(const seg_op_call *call, seg_axis axes[2])
{
    const seg_resize_params *p = call->params;
    seg_resize_axes(
        call, p->align_corners != 0 ? SEG_COORDINATES_ALIGN_CORNERS : SEG_COORDINATES_HALF_PIXEL, 2,
        NULL, axes);
}

static size_t columns_size(const seg_op_call *call)
{
    return seg_align_up((size_t)call->dst->shape.w * sizeof(place));
}

static size_t line_size(const seg_op_call *call)
{
    const seg_shape *s = &call->src[0].shape;
    return seg_align_up((size_t)(s->w * s->c) * sizeof(int16_t));
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
    const place *columns = call->scratch;
    int16_t *line =
        (int16_t *)(void *)((char *)call->scratch + columns_size(call) + thread * line_size(call));
    uint8_t *dst = seg_u8(call->dst) + index * d->w * d->c;
    seg_axis axes[2];
    axes_of(call, axes);
    const place y = place_of(&axes[0], index % d->h);
    call->kernels->u8.mix(image + y.a * row, image + y.b * row, y.share, row, line);
    for (int64_t x = 0; x < d->w; x++, dst += d->c)
        call->kernels->u8.mix_bytes(line + columns[x].a * s->c, line + columns[x].b * s->c,
                                    columns[x].share, s->c, dst);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_axis axes[2];
    axes_of(call, axes);
    for (int64_t x = 0; x < call->dst->shape.w; x++)
        ((place *)call->scratch)[x] = place_of(&axes[1], x);
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

const seg_op seg_op_resize_bilinear_u8 = {
    .name = "resize_bilinear_u8",
    .params = param_list,
    .params_size = sizeof(seg_resize_params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .scratch_size = scratch_size,
    .forward = forward,
};
