/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_bilinear: each output pixel blends the four source pixels around its position.
 * src N,IH,IW,C    dst N,h,w,C
 * Position of output o among `in` source pixels:
 *   half-pixel centres   (o + 1/2) * in/out - 1/2, at least 0      (the default)
 *   align_corners        o * (in - 1)/(out - 1), 0 when out is 1   (corner pixels meet)
 * PyTorch's interpolate(mode="bilinear") in both. Positions are computed as fractions of integers,
 * so they are exact. There is no low-pass filter: shrinking by more than 2 skips pixels.
 */
#include "ops/params.h"
#include "ops/resample.h"
#include "ops/shapes.h"

static const seg_param resize_bilinear_params[] = {
    {"h", "target height", SEG_PARAM_INT, offsetof(seg_resize_params, h), 1, 1 << 24},
    {"w", "target width", SEG_PARAM_INT, offsetof(seg_resize_params, w), 1, 1 << 24},
    {"align_corners", "corner pixels meet", SEG_PARAM_INT,
     offsetof(seg_resize_params, align_corners), 0, 1},
    {0},
};

static seg_status resize_bilinear_shape(const void *params, int src_count, const seg_shape *src,
                                        seg_shape *dst, seg_error *err)
{
    (void)src_count;
    const seg_resize_params *p = params;
    seg_status status = seg_want_image("resize_bilinear", src, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src->n, p->h, p->w, src->c);
    return status;
}

/* A second tap of weight zero is left out: it could lie outside, and NaN * 0 is NaN. */
static int64_t bilinear_rule(const seg_axis *axis, int64_t o, int64_t *start, float *weights)
{
    int64_t above = (2 * o + 1) * axis->in - axis->out, below = 2 * axis->out;
    if (axis->align_corners) {
        above = o * (axis->in - 1);
        below = axis->out > 1 ? axis->out - 1 : 1;
    }
    if (above < 0)
        above = 0;
    *start = above / below;
    int64_t rest = above % below;
    if (*start >= axis->in - 1 || rest == 0) {
        weights[0] = 1.0f;
        return 1;
    }
    double share = (double)rest / (double)below;
    weights[0] = (float)(1.0 - share);
    weights[1] = (float)share;
    return 2;
}

static void axes_of(const seg_op_call *call, seg_axis axes[2])
{
    const seg_resize_params *p = call->params;
    for (int a = 0; a < 2; a++)
        axes[a] = (seg_axis){.in = call->src[0].shape.dim[1 + a],
                             .out = call->dst->shape.dim[1 + a],
                             .most = 2,
                             .rule = bilinear_rule,
                             .align_corners = p->align_corners != 0};
}

static size_t resize_bilinear_scratch_size(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    return seg_resample_scratch(call, axes);
}

static void resize_bilinear_forward(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    seg_resample_forward(call, axes);
}

static void resize_bilinear_backward(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    seg_resample_backward(call, axes);
}

const seg_op seg_op_resize_bilinear = {
    .name = "resize_bilinear",
    .params = resize_bilinear_params,
    .params_size = sizeof(seg_resize_params),
    .src_min = 1,
    .src_max = 1,
    .shape = resize_bilinear_shape,
    .scratch_size = resize_bilinear_scratch_size,
    .forward = resize_bilinear_forward,
    .backward = resize_bilinear_backward,
};
