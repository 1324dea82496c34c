/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_nearest: each output pixel copies one source pixel.
 *   dst[n,y,x,c] = src[n, floor(y * IH/h), floor(x * IW/w), c]
 * src N,IH,IW,C    dst N,h,w,C
 * PyTorch's interpolate(mode="nearest") (not "nearest-exact", which has half-pixel centres), with
 * the fraction in integers: PyTorch's float scale falls one pixel short at 2 % of size pairs, such
 * as 2 to 82, never at ratios 2, 4, 8.
 * Backward adds what was copied from a pixel into it.
 */
#include "ops/params.h"
#include "ops/resample.h"
#include "ops/shapes.h"

static const seg_param resize_nearest_params[] = {
    {"h", "target height", SEG_PARAM_INT, offsetof(seg_resize_params, h), 1, 1 << 24},
    {"w", "target width", SEG_PARAM_INT, offsetof(seg_resize_params, w), 1, 1 << 24},
    {"align_corners", "not for this op: 0", SEG_PARAM_INT,
     offsetof(seg_resize_params, align_corners), 0, 0},
    {0},
};

static seg_status resize_nearest_shape(const void *params, int src_count, const seg_shape *src,
                                       seg_shape *dst, seg_error *err)
{
    (void)src_count;
    const seg_resize_params *p = params;
    seg_status status = seg_want_image("resize_nearest", src, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src->n, p->h, p->w, src->c);
    return status;
}

static int64_t nearest_rule(const seg_axis *axis, int64_t o, int64_t *start, float *weights)
{
    *start = o * axis->in / axis->out;
    weights[0] = 1.0f;
    return 1;
}

static void axes_of(const seg_op_call *call, seg_axis axes[2])
{
    for (int a = 0; a < 2; a++)
        axes[a] = (seg_axis){.in = call->src[0].shape.dim[1 + a],
                             .out = call->dst->shape.dim[1 + a],
                             .most = 1,
                             .rule = nearest_rule};
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
