/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * unary: a function of each element; which, says the parameter (ops/params.h has the formulas).
 * src, dst  any shape
 * backward  diff_src = diff_dst * f'(src); at a corner the slope of the side towards zero's right
 *           (clamp: 0 at both ends, as relu)
 */
#include <float.h>
#include <math.h>

#include "ops/elementwise.h"
#include "ops/params.h"

static const seg_param unary_params[] = {
    {"function", "which function", SEG_PARAM_INT, offsetof(seg_unary_params, function), 0,
     SEG_UNARY_FUNCTIONS - 1},
    {"a", "its first number", SEG_PARAM_FLOAT, offsetof(seg_unary_params, a), -HUGE_VAL, HUGE_VAL},
    {"b", "its second number", SEG_PARAM_FLOAT, offsetof(seg_unary_params, b), -HUGE_VAL, HUGE_VAL},
    {0},
};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params, (void)src_count;
    return seg_same_shape("unary", &src[0], dst, err);
}

/* Those that ramp_of() does not have. NaN stays NaN in all. */
static inline float value(int64_t function, float x, float a)
{
    switch ((seg_unary_function)function) {
    case SEG_UNARY_LEAKY_RELU:
        return x < 0.0f ? a * x : x;
    case SEG_UNARY_ELU:
        return x < 0.0f ? a * expm1f(x) : x;
    case SEG_UNARY_SIGMOID:
        return 1.0f / (1.0f + expf(-x));
    case SEG_UNARY_TANH:
        return tanhf(x);
    case SEG_UNARY_EXP:
        return expf(x);
    case SEG_UNARY_LOG:
        return logf(x);
    case SEG_UNARY_SQRT:
        return sqrtf(x);
    case SEG_UNARY_ABS:
        return fabsf(x);
    case SEG_UNARY_SOFTPLUS: /* exp never overflows */
        return (x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));
    case SEG_UNARY_ERF:
        return erff(x);
    default: /* ramp_of() has it */
        return x;
    }
}

/* f'(x) */
static float slope(int64_t function, float x, float a, float b)
{
    switch ((seg_unary_function)function) {
    case SEG_UNARY_CLAMP:
        return x > a && x < b ? 1.0f : 0.0f;
    case SEG_UNARY_LEAKY_RELU:
        return x < 0.0f ? a : 1.0f;
    case SEG_UNARY_ELU:
        return x < 0.0f ? a * expf(x) : 1.0f;
    case SEG_UNARY_SIGMOID: {
        float y = 1.0f / (1.0f + expf(-x));
        return y * (1.0f - y);
    }
    case SEG_UNARY_HARD_SIGMOID:
        return a * x + b > 0.0f && a * x + b < 1.0f ? a : 0.0f;
    case SEG_UNARY_HARD_SWISH:
        return x <= -3.0f ? 0.0f : x >= 3.0f ? 1.0f : x / 3.0f + 0.5f;
    case SEG_UNARY_TANH: {
        float y = tanhf(x);
        return 1.0f - y * y;
    }
    case SEG_UNARY_EXP:
        return expf(x);
    case SEG_UNARY_LOG:
        return 1.0f / x;
    case SEG_UNARY_SQRT:
        return 0.5f / sqrtf(x);
    case SEG_UNARY_ABS:
        return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f;
    case SEG_UNARY_AFFINE:
        return a;
    case SEG_UNARY_SOFTPLUS:
        return 1.0f / (1.0f + expf(-x));
    case SEG_UNARY_ERF:
        return 1.12837917f * expf(-x * x);
    case SEG_UNARY_FUNCTIONS:
        break;
    }
    return 0.0f;
}

/* The functions that kernels have; others: SEG_RAMP_NONE. */
static seg_ramp ramp_of(const seg_unary_params *p)
{
    const float a = (float)p->a, b = (float)p->b;
    switch ((seg_unary_function)p->function) {
    case SEG_UNARY_CLAMP:
        return (seg_ramp){SEG_RAMP_CLAMP, a, b, 1.0f, 0.0f};
    case SEG_UNARY_AFFINE:
        return (seg_ramp){SEG_RAMP_LINE, -INFINITY, INFINITY, a, b};
    case SEG_UNARY_HARD_SIGMOID:
        return (seg_ramp){SEG_RAMP_LINE, 0.0f, 1.0f, a, b};
    case SEG_UNARY_HARD_SWISH:
        return seg_activation_ramp(SEG_ACT_HARD_SWISH);
    default:
        return seg_activation_ramp(SEG_ACT_NONE);
    }
}

/* Inlined with a constant function it is a loop without choices, which the compiler vectorises. */
static inline void values(int64_t function, float *dst, const float *src, float a, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = value(function, src[i], a);
}

static void forward_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    const seg_unary_params *p = call->params;
    const seg_ramp ramp = ramp_of(p);
    const float *src = seg_f32(&call->src[0]) + first, a = (float)p->a;
    float *dst = seg_f32(call->dst) + first;
    if (ramp.kind != SEG_RAMP_NONE)
        call->kernels->rows.ramp(dst, src, &ramp, n);
    else if (p->function == SEG_UNARY_ABS)
        values(SEG_UNARY_ABS, dst, src, a, n);
    else if (p->function == SEG_UNARY_LEAKY_RELU)
        values(SEG_UNARY_LEAKY_RELU, dst, src, a, n);
    else
        values(p->function, dst, src, a, n);
}

static void backward_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    const seg_unary_params *p = call->params;
    const float *src = seg_f32(&call->src[0]) + first, a = (float)p->a, b = (float)p->b;
    const float *diff_dst = seg_f32(call->diff_dst) + first;
    float *diff_src = seg_f32(&call->diff_src[0]) + first;
    for (int64_t i = 0; i < n; i++)
        diff_src[i] = diff_dst[i] * slope(p->function, src[i], a, b);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), forward_block, &copy);
}

static void backward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    if (call->diff_src[0].data != NULL)
        seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), backward_block, &copy);
}

const seg_op seg_op_unary = {
    .name = "unary",
    .params = unary_params,
    .params_size = sizeof(seg_unary_params),
    .src_min = 1,
    .src_max = 1,
    .flags = SEG_OP_READS_SRC,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
