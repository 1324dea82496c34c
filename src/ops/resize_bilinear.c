/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_bilinear: each output pixel blends the four source pixels around its position.
 * src N,IH,IW,C    dst N,h,w,C
 * Position of output o among `in` source pixels:
 *   half-pixel centres   (o + 1/2) * in/out - 1/2                  (the default)
 *   align_corners        o * (in - 1)/(out - 1), 0 when out is 1   (corner pixels meet)
 *   asymmetric           o * in/out
 * then moved to the edge where it is outside. PyTorch's interpolate(mode="bilinear") in the first
 * two. Positions are computed as fractions of integers, so they are exact, unless a scale is given
 * in the place of out/in. There is no low-pass filter: shrinking by more than 2 skips pixels.
 */
#include "ops/resize.h"

static const seg_param resize_bilinear_params[] = {SEG_RESIZE_PARAMS(1, 0)};

static seg_status resize_bilinear_shape(const void *params, int src_count, const seg_shape *src,
                                        seg_shape *dst, seg_error *err)
{
    (void)src_count;
    return seg_resize_shape("resize_bilinear", params, src, dst, err);
}

/* A second tap of weight zero is left out: it could lie outside, and NaN * 0 is NaN. */
static int64_t bilinear_rule(const seg_axis *axis, int64_t o, int64_t *start, float *weights)
{
    double share;
    seg_pixel_position(axis, o, start, &share);
    if (*start < 0) {
        *start = 0;
        share = 0.0;
    }
    if (*start >= axis->in - 1 || share == 0.0) {
        *start = *start < axis->in ? *start : axis->in - 1;
        weights[0] = 1.0f;
        return 1;
    }
    weights[0] = (float)(1.0 - share);
    weights[1] = (float)share;
    return 2;
}

void seg_bilinear_axes(const seg_op_call *call, seg_axis axes[2])
{
    const seg_resize_params *p = call->params;
    seg_resize_axes(
        call, p->align_corners != 0 ? SEG_COORDINATES_ALIGN_CORNERS : SEG_COORDINATES_HALF_PIXEL, 2,
        bilinear_rule, axes);
}

static size_t resize_bilinear_scratch_size(const seg_op_call *call)
{
    seg_axis axes[2];
    seg_bilinear_axes(call, axes);
    return seg_resample_scratch(call, axes);
}

static void resize_bilinear_forward(const seg_op_call *call)
{
    seg_axis axes[2];
    seg_bilinear_axes(call, axes);
    seg_resample_forward(call, axes);
}

static void resize_bilinear_backward(const seg_op_call *call)
{
    seg_axis axes[2];
    seg_bilinear_axes(call, axes);
    seg_resample_backward(call, axes);
}

const seg_op seg_op_resize_bilinear = {
    .name = "resize_bilinear",
    .params = resize_bilinear_params,
    .params_size = sizeof(seg_resize_params),
    .src_min = 1,
    .src_max = 1,
    .flags = SEG_OP_STEPS_DST,
    .shape = resize_bilinear_shape,
    .scratch_size = resize_bilinear_scratch_size,
    .forward = resize_bilinear_forward,
    .backward = resize_bilinear_backward,
};
