/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * dropout (Srivastava et al. 2014): in training each element becomes zero with probability `rate`,
 * and the others grow by 1/(1 - rate); otherwise the source as it is.
 * src, dst: any image N,H,W,C
 * The mask is drawn from call->seed, block by block, and drawn again in backward (the seed is the
 * same), so it costs no memory and does not depend on threads.
 */
#include <string.h>

#include "base/parallel.h"
#include "base/rng.h"
#include "ops/params.h"
#include "ops/shapes.h"

enum { BLOCK = 2048 }; /* elements with a generator of their own; even */

static const seg_param dropout_params[] = {
    {"rate", "share of elements dropped", SEG_PARAM_FLOAT, offsetof(seg_dropout_params, rate), 0,
     1},
    {0},
};

static seg_status dropout_shape(const void *params, int src_count, const seg_shape *src,
                                seg_shape *dst, seg_error *err)
{
    (void)params, (void)src_count;
    *dst = *src;
    return seg_want_image("dropout", src, err);
}

typedef struct dropout_job {
    const seg_kernels *kernels;
    const float *from;
    float *to;
    int64_t count;
    uint64_t seed;
    uint32_t dropped; /* of 2^32 values, how many drop an element */
    float scale;
} dropout_job;

/* Two elements share one draw of 64 bits. */
static void dropout_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const dropout_job *job = context;
    uint32_t bits[BLOCK];
    int64_t first = index * BLOCK;
    int64_t count = job->count - first < BLOCK ? job->count - first : BLOCK;
    seg_rng rng = seg_rng_make(job->seed, SEG_RNG_DROPOUT, (uint64_t)index);
    for (int64_t i = 0; i < count; i += 2) {
        uint64_t draw = seg_rng_next(&rng);
        bits[i] = (uint32_t)draw;
        bits[i + 1] = (uint32_t)(draw >> 32);
    }
    job->kernels->pixels.drop(job->from + first, bits, job->dropped, job->scale, job->to + first,
                              count);
}

static void apply(const seg_op_call *call, const float *from, float *to)
{
    const seg_dropout_params *p = call->params;
    int64_t count = seg_shape_count(&call->dst->shape);
    if (!call->train) {
        memcpy(to, from, (size_t)count * sizeof *to);
        return;
    }
    dropout_job job = {.kernels = call->kernels,
                       .from = from,
                       .to = to,
                       .count = count,
                       .seed = call->seed,
                       /* at rate 1 scale is 0, for the one value of 2^32 that does not drop */
                       .dropped = p->rate < 1.0 ? (uint32_t)(p->rate * 0x1p32) : UINT32_MAX,
                       .scale = p->rate < 1.0 ? (float)(1.0 / (1.0 - p->rate)) : 0.0f};
    seg_parallel_for(call->threads, (count + BLOCK - 1) / BLOCK, dropout_block, &job);
}

static void dropout_forward(const seg_op_call *call)
{
    apply(call, seg_f32(&call->src[0]), seg_f32(call->dst));
}

static void dropout_backward(const seg_op_call *call)
{
    if (call->diff_src[0].data != NULL)
        apply(call, seg_f32(call->diff_dst), seg_f32(&call->diff_src[0]));
}

const seg_op seg_op_dropout = {
    .name = "dropout",
    .params = dropout_params,
    .params_size = sizeof(seg_dropout_params),
    .src_min = 1,
    .src_max = 1,
    .shape = dropout_shape,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
