/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* elementwise.c: flat arrays in fixed blocks over threads. */
#include "ops/elementwise.h"

#include "base/error.h"
#include "base/parallel.h"

typedef struct flat_job {
    int64_t count;
    seg_flat_body body;
    void *context;
} flat_job;

static void run_block(void *context, int64_t index, int thread)
{
    const flat_job *job = context;
    (void)thread;
    int64_t first = index * SEG_FLAT_BLOCK, rest = job->count - first;
    job->body(job->context, first, rest < SEG_FLAT_BLOCK ? rest : SEG_FLAT_BLOCK);
}

void seg_flat_for(int threads, int64_t count, seg_flat_body body, void *context)
{
    flat_job job = {count, body, context};
    seg_parallel_for(threads, (count + SEG_FLAT_BLOCK - 1) / SEG_FLAT_BLOCK, run_block, &job);
}

typedef struct axpy_job {
    const seg_kernels *kernels;
    float *dst;
    const float *src;
    float factor;
} axpy_job;

static void axpy_block(void *context, int64_t first, int64_t n)
{
    const axpy_job *job = context;
    job->kernels->rows.axpy(job->dst + first, job->src + first, job->factor, n);
}

void seg_flat_axpy(const seg_kernels *kernels, int threads, float *dst, const float *src,
                   float factor, int64_t n)
{
    axpy_job job = {kernels, dst, src, factor};
    seg_flat_for(threads, n, axpy_block, &job);
}

seg_ramp seg_activation_ramp(int64_t activation)
{
    seg_ramp ramp = {SEG_RAMP_NONE, -INFINITY, INFINITY, 1.0f, 0.0f};
    switch ((seg_activation)activation) {
    case SEG_ACT_NONE:
        break;
    case SEG_ACT_RELU:
    case SEG_ACT_RELU6:
        ramp.kind = SEG_RAMP_CLAMP;
        seg_activation_range(activation, &ramp.lo, &ramp.hi);
        break;
    case SEG_ACT_HARD_SWISH:
        ramp = (seg_ramp){SEG_RAMP_GATE, 0.0f, 1.0f, 1.0f / 6.0f, 0.5f};
        break;
    case SEG_ACT_HARD_SIGMOID:
        ramp = (seg_ramp){SEG_RAMP_LINE, 0.0f, 1.0f, 1.0f / 6.0f, 0.5f};
        break;
    }
    return ramp;
}

typedef struct activation_job {
    const seg_op_call *call;
    seg_ramp ramp;
} activation_job;

static void activation_forward_block(void *context, int64_t first, int64_t n)
{
    const activation_job *job = context;
    const seg_op_call *call = job->call;
    call->kernels->rows.ramp(seg_f32(call->dst) + first, seg_f32(&call->src[0]) + first, &job->ramp,
                             n);
}

void seg_activation_forward(const seg_op_call *call, int64_t activation)
{
    activation_job job = {call, seg_activation_ramp(activation)};
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), activation_forward_block, &job);
}

static void activation_backward_block(void *context, int64_t first, int64_t n)
{
    const activation_job *job = context;
    const seg_op_call *call = job->call;
    call->kernels->rows.clamp_backward(seg_f32(&call->diff_src[0]) + first,
                                       seg_f32(call->diff_dst) + first, seg_f32(call->dst) + first,
                                       job->ramp.lo, job->ramp.hi, n);
}

void seg_activation_backward(const seg_op_call *call, int64_t activation)
{
    activation_job job = {call, seg_activation_ramp(activation)};
    if (call->diff_src[0].data != NULL)
        seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), activation_backward_block,
                     &job);
}

seg_status seg_same_shape(const char *op, const seg_shape *src, seg_shape *dst, seg_error *err)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    if (src->dtype != SEG_F32)
        return seg_fail(err, SEG_INVALID, "%s: the source is %s, not f32", op,
                        seg_shape_text(src, text));
    *dst = *src;
    return SEG_OK;
}
