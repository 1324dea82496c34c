/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * add_u8: the sum of two quantised images, and an activation.
 *   dst = clamp(round((a - a_zero) * a_scale / dst_scale + (b - b_zero) * b_scale / dst_scale) + dst_zero)
 * a, b, dst u8 N,H,W,C
 * The two quotients are fixed-point numbers of one exponent, chosen so that int32 just holds the sum.
 */
#include <math.h>

#include "base/error.h"
#include "ops/elementwise.h"
#include "ops/quantised.h"

typedef seg_add_u8_params params;

static const seg_param param_list[] = {
    {"activation", "applied to the result", SEG_PARAM_INT, offsetof(params, activation), 0, 2},
    SEG_QUANT_PARAMS(params, a, "a_scale", "a_zero", "the first source"),
    SEG_QUANT_PARAMS(params, b, "b_scale", "b_zero", "the second source"),
    SEG_QUANT_PARAMS(params, dst, "dst_scale", "dst_zero", "dst"),
    {0}};

enum { SHIFT_MAX = 20 }; /* more bits than matter in bytes */

static const double SUM_MAX = 1 << 29; /* of a sum's parts together: rounding stays below 2^31 */

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = given;
    seg_status status = seg_shape_of_bytes(&seg_op_add, "add_u8", given, src_count, src, dst, err);
    if (status == SEG_OK && 256 * (p->a.scale + p->b.scale) / p->dst.scale > SUM_MAX)
        return seg_fail(err, SEG_INVALID, "add_u8: steps of %g and %g are too large for one of %g",
                        p->a.scale, p->b.scale, p->dst.scale);
    return status;
}

typedef struct add_job {
    const seg_op_call *call;
    seg_u8_sum sum;
} add_job;

static add_job job_of(const seg_op_call *call)
{
    const params *p = call->params;
    const double a = p->a.scale / p->dst.scale, b = p->b.scale / p->dst.scale;
    seg_u8_sum j = {.shift = SHIFT_MAX};
    while (j.shift > 1 && ldexp(256 * (a + b), j.shift) > SUM_MAX)
        j.shift--;
    j.fa = (int32_t)rint(ldexp(a, j.shift));
    j.fb = (int32_t)rint(ldexp(b, j.shift));
    j.offset = ((int32_t)p->dst.zero << j.shift) + (1 << (j.shift - 1)) -
               (int32_t)p->a.zero * j.fa - (int32_t)p->b.zero * j.fb;
    float lowest, highest;
    seg_quant_range(p->activation, &p->dst, &lowest, &highest);
    j.lowest = (int32_t)lowest + (int32_t)p->dst.zero;
    j.highest = (int32_t)highest + (int32_t)p->dst.zero;
    return (add_job){call, j};
}

static void forward_block(void *context, int64_t first, int64_t n)
{
    const add_job *j = context;
    j->call->kernels->u8.add(&j->sum, seg_u8(&j->call->src[0]) + first,
                             seg_u8(&j->call->src[1]) + first, n, seg_u8(j->call->dst) + first);
}

static void forward(const seg_op_call *call)
{
    add_job j = job_of(call);
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), forward_block, &j);
}

const seg_op seg_op_add_u8 = {
    .name = "add_u8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 2,
    .src_max = 2,
    .shape = shape,
    .forward = forward,
};
