/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * unary.c: functions of one number without parameters: Exp Log Sqrt Reciprocal Abs Neg Sign Floor
 * Ceil Round Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh BitwiseNot.
 */
#include <math.h>
#include <string.h>

#include "runtime/lowering.h"
#include "runtime/map.h"

/* ---- functions of the C library ---- */

typedef struct libm_function {
    const char *op;
    float (*f32)(float);
    double (*f64)(double);
} libm_function;

static const libm_function libm_functions[] = {
    {"Acos", acosf, acos},    {"Acosh", acoshf, acosh}, {"Asin", asinf, asin},
    {"Asinh", asinhf, asinh}, {"Atan", atanf, atan},    {"Atanh", atanhf, atanh},
    {"Ceil", ceilf, ceil},    {"Cos", cosf, cos},       {"Cosh", coshf, cosh},
    {"Erf", erff, erf},       {"Exp", expf, exp},       {"Floor", floorf, floor},
    {"Log", logf, log},       {"Round", rintf, rint},   {"Sin", sinf, sin},
    {"Sinh", sinhf, sinh},    {"Tan", tanf, tan},       {"Tanh", tanhf, tanh},
};

static void libm_f32(const void *context, void *dst_, const void *const *src_, int64_t n)
{
    const libm_function *function = context;
    const float *src = src_[0];
    float *dst = dst_;
    for (int64_t i = 0; i < n; i++)
        dst[i] = function->f32(src[i]);
}

static void libm_f64(const void *context, void *dst_, const void *const *src_, int64_t n)
{
    const libm_function *function = context;
    const double *src = src_[0];
    double *dst = dst_;
    for (int64_t i = 0; i < n; i++)
        dst[i] = function->f64(src[i]);
}

static seg_status evaluate_libm(seg_eval *call)
{
    static const seg_bodies bodies = {{libm_f32, libm_f64}};
    const libm_function *function = libm_functions;
    while (strcmp(function->op, call->node->op) != 0)
        function++;
    return seg_eval_unary(call, &bodies, function);
}

/* ---- loops of our own ---- */

#define BODY(name, type, expression)                                                               \
    static void name(const void *context, void *dst_, const void *const *src_, int64_t n)          \
    {                                                                                              \
        const type *src = src_[0];                                                                 \
        type *dst = dst_;                                                                          \
        (void)context;                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type x = src[i];                                                                       \
            dst[i] = expression;                                                                   \
        }                                                                                          \
    }

BODY(sqrt_f32, float, sqrtf(x))
BODY(sqrt_f64, double, sqrt(x))
BODY(reciprocal_f32, float, 1.0f / x)
BODY(reciprocal_f64, double, 1.0 / x)
BODY(abs_f32, float, fabsf(x))
BODY(abs_f64, double, fabs(x))
BODY(abs_i64, int64_t, x < 0 ? (int64_t)(0 - (uint64_t)x) : x)
BODY(abs_u64, uint64_t, x)
BODY(neg_f32, float, -x)
BODY(neg_f64, double, -x)
BODY(neg_i64, int64_t, (int64_t)(0 - (uint64_t)x))      /* the lowest stays what it is */
BODY(sign_f32, float, x > 0 ? 1.0f : x < 0 ? -1.0f : x) /* 0 and NaN stay */
BODY(sign_f64, double, x > 0 ? 1.0 : x < 0 ? -1.0 : x)
BODY(sign_i64, int64_t, (x > 0) - (x < 0))
BODY(sign_u64, uint64_t, x > 0)
BODY(not_i64, int64_t, ~x)
BODY(not_u64, uint64_t, ~x)

static const struct {
    const char *op;
    seg_bodies bodies;
} loops[] = {
    {"Abs", {{abs_f32, abs_f64, abs_i64, abs_u64}}},
    {"BitwiseNot", {{NULL, NULL, not_i64, not_u64}}},
    {"Neg", {{neg_f32, neg_f64, neg_i64, NULL}}},
    {"Reciprocal", {{reciprocal_f32, reciprocal_f64}}},
    {"Sign", {{sign_f32, sign_f64, sign_i64, sign_u64}}},
    {"Sqrt", {{sqrt_f32, sqrt_f64}}},
};

static seg_status evaluate_loop(seg_eval *call)
{
    int index = 0;
    while (strcmp(loops[index].op, call->node->op) != 0)
        index++;
    return seg_eval_unary(call, &loops[index].bodies, NULL);
}

#define UNARY(name_, evaluate_, lower_)                                                            \
    const seg_runtime_op seg_runtime_op_##name_ = {.domain = "",                                   \
                                                   .name = #name_,                                 \
                                                   .src_min = 1,                                   \
                                                   .src_max = 1,                                   \
                                                   .evaluate = evaluate_,                          \
                                                   .lower = lower_};

UNARY(Abs, evaluate_loop, seg_lower_unary)
UNARY(Acos, evaluate_libm, NULL)
UNARY(Acosh, evaluate_libm, NULL)
UNARY(Asin, evaluate_libm, NULL)
UNARY(Asinh, evaluate_libm, NULL)
UNARY(Atan, evaluate_libm, NULL)
UNARY(Atanh, evaluate_libm, NULL)
UNARY(BitwiseNot, evaluate_loop, NULL)
UNARY(Ceil, evaluate_libm, NULL)
UNARY(Cos, evaluate_libm, NULL)
UNARY(Cosh, evaluate_libm, NULL)
UNARY(Erf, evaluate_libm, seg_lower_unary)
UNARY(Exp, evaluate_libm, seg_lower_unary)
UNARY(Floor, evaluate_libm, NULL)
UNARY(Log, evaluate_libm, seg_lower_unary)
UNARY(Neg, evaluate_loop, seg_lower_unary)
UNARY(Reciprocal, evaluate_loop, seg_lower_reciprocal)
UNARY(Round, evaluate_libm, NULL)
UNARY(Sign, evaluate_loop, NULL)
UNARY(Sin, evaluate_libm, NULL)
UNARY(Sinh, evaluate_libm, NULL)
UNARY(Sqrt, evaluate_loop, seg_lower_unary)
UNARY(Tan, evaluate_libm, NULL)
UNARY(Tanh, evaluate_libm, seg_lower_unary)
