/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * add: dst = act(a + b), element by element: the end of a residual block.
 * src       a, b of one shape
 * backward  both get diff_dst, masked by dst when there is an activation
 */
#include <string.h>

#include "base/error.h"
#include "ops/elementwise.h"
#include "ops/params.h"

static const seg_param add_param_list[] = {
    {"activation", "applied to the sum", SEG_PARAM_INT, offsetof(seg_add_params, activation),
     SEG_ACT_NONE, SEG_ACT_RELU6},
    {0},
};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    (void)params, (void)src_count;
    if (!seg_shape_equal(&src[0], &src[1]))
        return seg_fail(err, SEG_INVALID, "add: the sources differ: %s and %s",
                        seg_shape_text(&src[0], a), seg_shape_text(&src[1], b));
    return seg_same_shape("add", &src[0], dst, err);
}

typedef struct add_job {
    const seg_op_call *call;
    int64_t activation;
    float lo, hi;
} add_job;

static add_job job_of(const seg_op_call *call)
{
    const seg_add_params *params = call->params;
    add_job job = {.call = call, .activation = params->activation};
    seg_activation_range(params->activation, &job.lo, &job.hi);
    return job;
}

static void forward_block(void *context, int64_t first, int64_t n)
{
    const add_job *job = context;
    const seg_op_call *call = job->call;
    call->kernels->rows.add(seg_f32(call->dst) + first, seg_f32(&call->src[0]) + first,
                            seg_f32(&call->src[1]) + first, job->lo, job->hi, n);
}

static void forward(const seg_op_call *call)
{
    add_job job = job_of(call);
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), forward_block, &job);
}

/* The second copy is made while the block is still in the cache. */
static void backward_block(void *context, int64_t first, int64_t n)
{
    const add_job *job = context;
    const seg_op_call *call = job->call;
    const float *from = seg_f32(call->diff_dst) + first;
    bool masked = job->activation == SEG_ACT_NONE;
    for (int s = 0; s < call->src_count; s++) {
        if (call->diff_src[s].data == NULL)
            continue;
        float *to = seg_f32(&call->diff_src[s]) + first;
        if (!masked)
            call->kernels->rows.clamp_backward(to, from, seg_f32(call->dst) + first, job->lo,
                                               job->hi, n);
        else if (to != from)
            memcpy(to, from, (size_t)n * sizeof *to);
        from = to;
        masked = true;
    }
}

static void backward(const seg_op_call *call)
{
    add_job job = job_of(call);
    seg_flat_for(call->threads, seg_shape_count(&call->diff_dst->shape), backward_block, &job);
}

const seg_op seg_op_add = {
    .name = "add",
    .params = add_param_list,
    .params_size = sizeof(seg_add_params),
    .src_min = 2,
    .src_max = 2,
    .flags = SEG_OP_FUSES_INFER | SEG_OP_FUSES_TRAIN,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
