/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_nearest: each output pixel copies one source pixel.
 *   dst[n,y,x,c] = src[n, floor(y * IH/h), floor(x * IW/w), c]
 * src N,IH,IW,C    dst N,h,w,C
 * PyTorch's interpolate(mode="nearest") (not "nearest-exact", which has half-pixel centres), with
 * the fraction in integers: PyTorch's float scale falls one pixel short at 2 % of size pairs, such
 * as 2 to 82, never at ratios 2, 4, 8. Other positions and roundings are params.h's; where they
 * lead outside, the edge is copied.
 * Backward adds what was copied from a pixel into it.
 */
#include "ops/resize.h"

static const seg_param resize_nearest_params[] = {SEG_RESIZE_PARAMS(0, SEG_ROUNDING_COUNT - 1)};

static seg_status resize_nearest_shape(const void *params, int src_count, const seg_shape *src,
                                       seg_shape *dst, seg_error *err)
{
    (void)src_count;
    return seg_resize_shape("resize_nearest", params, src, dst, err);
}

static int64_t nearest_rule(const seg_axis *axis, int64_t o, int64_t *start, float *weights)
{
    *start = seg_pixel_nearest(axis, o);
    weights[0] = 1.0f;
    return 1;
}

static void axes_of(const seg_op_call *call, seg_axis axes[2])
{
    seg_resize_axes(call, SEG_COORDINATES_ASYMMETRIC, 1, nearest_rule, axes);
}

static size_t resize_nearest_scratch_size(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    return seg_resample_scratch(call, axes);
}

static void resize_nearest_forward(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    seg_resample_forward(call, axes);
}

static void resize_nearest_backward(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    seg_resample_backward(call, axes);
}

const seg_op seg_op_resize_nearest = {
    .name = "resize_nearest",
    .params = resize_nearest_params,
    .params_size = sizeof(seg_resize_params),
    .src_min = 1,
    .src_max = 1,
    .shape = resize_nearest_shape,
    .scratch_size = resize_nearest_scratch_size,
    .forward = resize_nearest_forward,
    .backward = resize_nearest_backward,
};
