/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * scale: dst = src * factor, element by element.
 * src, dst  any shape
 * backward  diff_src = diff_dst * factor
 */
#include <float.h>

#include "ops/elementwise.h"
#include "ops/params.h"

static const seg_param scale_param_list[] = {
    {"factor", "what to multiply by", SEG_PARAM_FLOAT, offsetof(seg_scale_params, factor),
     -(double)FLT_MAX, (double)FLT_MAX},
    {0},
};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params, (void)src_count;
    return seg_same_shape("scale", &src[0], dst, err);
}

typedef struct scale_job {
    const seg_op_call *call;
    float *to;
    const float *from;
} scale_job;

static void scale_block(void *context, int64_t first, int64_t n)
{
    const scale_job *job = context;
    const seg_scale_params *params = job->call->params;
    job->call->kernels->rows.scale(job->to + first, job->from + first, (float)params->factor, n);
}

static void forward(const seg_op_call *call)
{
    scale_job job = {call, seg_f32(call->dst), seg_f32(&call->src[0])};
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), scale_block, &job);
}

static void backward(const seg_op_call *call)
{
    scale_job job = {call, seg_f32(&call->diff_src[0]), seg_f32(call->diff_dst)};
    if (job.to != NULL)
        seg_flat_for(call->threads, seg_shape_count(&call->diff_dst->shape), scale_block, &job);
}

const seg_op seg_op_scale = {
    .name = "scale",
    .params = scale_param_list,
    .params_size = sizeof(seg_scale_params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
