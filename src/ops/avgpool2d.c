/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * avgpool2d: mean of each kh x kw window.
 * src N,IH,IW,C    dst N,OH,OW,C    (OH: pool.h)
 * The divisor is the number of pixels of the window that lie in the source; with count_pad of those
 * in source or padding (what hangs over beyond the padding, in ceil_mode, never counts). As it is a
 * number of rows times a number of columns, pooling is a resampling, axis by axis (resample.h).
 */
#include "base/error.h"
#include "ops/params.h"
#include "ops/pool.h"
#include "ops/resample.h"

static seg_status avgpool2d_shape(const void *params, int src_count, const seg_shape *src,
                                  seg_shape *dst, seg_error *err)
{
    (void)src_count;
    const seg_pool2d_params *p = params;
    if (p->dh > 1 || p->dw > 1)
        return seg_fail(err, SEG_INVALID, "avgpool2d: dilation %lldx%lld is for maxpool2d",
                        (long long)p->dh, (long long)p->dw);
    return seg_pool2d_shape("avgpool2d", params, src, dst, err);
}

static int64_t average_rule(const seg_axis *axis, int64_t o, int64_t *start, float *weights)
{
    int64_t taps = seg_pool_window(o, axis->kernel, axis->stride, axis->pad, 1, axis->in, start);
    int64_t counted = taps;
    if (axis->count_pad) {
        int64_t left = axis->in + axis->pad_end - (o * axis->stride - axis->pad);
        counted = left < axis->kernel ? left : axis->kernel;
    }
    for (int64_t k = 0; k < taps; k++)
        weights[k] = 1.0f / (float)counted;
    return taps;
}

static seg_axis axis_of(const seg_op_call *call, int a, int64_t kernel, int64_t stride, int64_t pad,
                        int64_t pad_end)
{
    const seg_pool2d_params *p = call->params;
    int64_t in = call->src[0].shape.dim[1 + a];
    return (seg_axis){.in = in,
                      .out = call->dst->shape.dim[1 + a],
                      .most = kernel < in ? kernel : in,
                      .rule = average_rule,
                      .kernel = kernel,
                      .stride = stride,
                      .pad = pad,
                      .pad_end = pad_end,
                      .count_pad = p->count_pad != 0};
}

static void axes_of(const seg_op_call *call, seg_axis axes[2])
{
    const seg_pool2d_params *p = call->params;
    axes[0] = axis_of(call, 0, p->kh, p->sh, p->ph, p->ph + p->ph_more);
    axes[1] = axis_of(call, 1, p->kw, p->sw, p->pw, p->pw + p->pw_more);
}

static size_t avgpool2d_scratch_size(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    return seg_resample_scratch(call, axes);
}

static void avgpool2d_forward(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    seg_resample_forward(call, axes);
}

static void avgpool2d_backward(const seg_op_call *call)
{
    seg_axis axes[2];
    axes_of(call, axes);
    seg_resample_backward(call, axes);
}

const seg_op seg_op_avgpool2d = {
    .name = "avgpool2d",
    .params = seg_pool2d_param_list,
    .params_size = sizeof(seg_pool2d_params),
    .src_min = 1,
    .src_max = 1,
    .shape = avgpool2d_shape,
    .scratch_size = avgpool2d_scratch_size,
    .forward = avgpool2d_forward,
    .backward = avgpool2d_backward,
};
