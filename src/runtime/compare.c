/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * compare.c: what is true or false, and choices made by it: Equal Less Greater LessOrEqual
 * GreaterOrEqual And Or Xor Not IsNaN IsInf Where. A comparison with NaN is false.
 */
#include <math.h>
#include <string.h>

#include "runtime/args.h"
#include "runtime/map.h"

#define RELATION(name, type, expression)                                                           \
    static void name(const void *context, void *dst_, const void *const *src, int64_t n)           \
    {                                                                                              \
        const type *left = src[0], *right = src[1];                                                \
        int64_t *dst = dst_;                                                                       \
        (void)context;                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type a = left[i], b = right[i];                                                        \
            dst[i] = expression;                                                                   \
        }                                                                                          \
    }
#define RELATIONS(name, expression)                                                                \
    RELATION(name##_f32, float, expression)                                                        \
    RELATION(name##_f64, double, expression)                                                       \
    RELATION(name##_i64, int64_t, expression)                                                      \
    RELATION(name##_u64, uint64_t, expression)

RELATIONS(equal, a == b)
RELATIONS(less, a < b)
RELATIONS(less_equal, a <= b)
RELATIONS(greater, a > b)
RELATIONS(greater_equal, a >= b)
RELATION(and_i64, int64_t, a &b)
RELATION(or_i64, int64_t, a | b)
RELATION(xor_i64, int64_t, a ^ b)

static const struct {
    const char *op;
    seg_bodies bodies;
} relations[] = {
    {"And", {{NULL, NULL, and_i64, NULL}, true}},
    {"Equal", {{equal_f32, equal_f64, equal_i64, equal_u64}, true}},
    {"Greater", {{greater_f32, greater_f64, greater_i64, greater_u64}}},
    {"GreaterOrEqual",
     {{greater_equal_f32, greater_equal_f64, greater_equal_i64, greater_equal_u64}}},
    {"Less", {{less_f32, less_f64, less_i64, less_u64}}},
    {"LessOrEqual", {{less_equal_f32, less_equal_f64, less_equal_i64, less_equal_u64}}},
    {"Or", {{NULL, NULL, or_i64, NULL}, true}},
    {"Xor", {{NULL, NULL, xor_i64, NULL}, true}},
};

static seg_status evaluate_relation(seg_eval *call)
{
    int index = 0;
    while (strcmp(relations[index].op, call->node->op) != 0)
        index++;
    return seg_eval_relation(call, &relations[index].bodies);
}

static seg_status evaluate_logic(seg_eval *call)
{
    if (call->src[0].data != NULL && call->src[0].shape.dtype != SEG_BOOL)
        return seg_eval_bad_dtype(call, 0);
    return evaluate_relation(call);
}

/* ---- Not, IsNaN, IsInf ---- */

static void not_bool(const void *context, void *dst, const void *const *src, int64_t n)
{
    (void)context;
    for (int64_t i = 0; i < n; i++)
        ((int64_t *)dst)[i] = ((const int64_t *)src[0])[i] == 0;
}

static seg_status evaluate_not(seg_eval *call)
{
    static const seg_bodies bodies = {{NULL, NULL, not_bool, NULL}, true};
    if (call->src[0].shape.dtype != SEG_BOOL)
        return seg_eval_bad_dtype(call, 0);
    return seg_eval_unary(call, &bodies, NULL);
}

/* Result 0: bool, what `body` says of source 0 as double. */
static seg_status test(seg_eval *call, seg_map_body body, const void *context)
{
    seg_map map = {body, context, 1, {&call->src[0]}, {SEG_NUMBER_F64}, SEG_NUMBER_I64};
    seg_shape shape = call->src[0].shape;
    if (!seg_dtype_is_real(shape.dtype))
        return seg_eval_bad_dtype(call, 0);
    shape.dtype = SEG_BOOL;
    seg_status status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        seg_map_run(&map, call->threads, &call->dst[0]);
    return status;
}

static void is_nan(const void *context, void *dst, const void *const *src_, int64_t n)
{
    const double *src = src_[0];
    (void)context;
    for (int64_t i = 0; i < n; i++)
        ((int64_t *)dst)[i] = src[i] != src[i];
}

/* context: which signs of infinity count, negative and positive. */
static void is_inf(const void *context, void *dst, const void *const *src_, int64_t n)
{
    const bool *counts = context;
    const double *src = src_[0];
    for (int64_t i = 0; i < n; i++)
        ((int64_t *)dst)[i] = isinf(src[i]) && counts[src[i] > 0.0];
}

static seg_status evaluate_is_nan(seg_eval *call)
{
    return test(call, is_nan, NULL);
}

static seg_status evaluate_is_inf(seg_eval *call)
{
    bool counts[2] = {seg_program_int(call->node, "detect_negative", 1) != 0,
                      seg_program_int(call->node, "detect_positive", 1) != 0};
    return test(call, is_inf, counts);
}

/* ---- Where ---- */

#define WHERE(name, type)                                                                          \
    static void name(const void *context, void *dst_, const void *const *src, int64_t n)           \
    {                                                                                              \
        const int64_t *condition = src[0];                                                         \
        const type *a = src[1], *b = src[2];                                                       \
        type *dst = dst_;                                                                          \
        (void)context;                                                                             \
        for (int64_t i = 0; i < n; i++)                                                            \
            dst[i] = condition[i] != 0 ? a[i] : b[i];                                              \
    }

WHERE(where_f32, float)
WHERE(where_f64, double)
WHERE(where_i64, int64_t)
WHERE(where_u64, uint64_t)

static seg_status evaluate_where(seg_eval *call)
{
    static const seg_bodies bodies = {{where_f32, where_f64, where_i64, where_u64}, true};
    seg_map map = {.src_count = 3};
    seg_shape shape;
    seg_status status = seg_eval_broadcast(call, 0, 3, &shape);
    if (status != SEG_OK)
        return status;
    if (call->src[0].shape.dtype != SEG_BOOL)
        return seg_eval_bad_dtype(call, 0);
    shape.dtype = call->src[1].shape.dtype;
    if (call->src[2].shape.dtype != shape.dtype)
        return seg_eval_fail(call, SEG_INVALID, "input 1 is %s, input 2 is %s",
                             seg_dtype_name(shape.dtype), seg_dtype_name(call->src[2].shape.dtype));
    status = seg_eval_body(call, &bodies, 1, &map.body);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    map.result = seg_number_of(shape.dtype);
    for (int i = 0; i < 3; i++) {
        map.src[i] = &call->src[i];
        map.as[i] = i == 0 ? SEG_NUMBER_I64 : map.result;
    }
    seg_map_run(&map, call->threads, &call->dst[0]);
    return SEG_OK;
}

#define COMPARE(name_, count, evaluate_)                                                           \
    const seg_runtime_op seg_runtime_op_##name_ = {                                                \
        .domain = "", .name = #name_, .src_min = count, .src_max = count, .evaluate = evaluate_};

COMPARE(And, 2, evaluate_logic)
COMPARE(Equal, 2, evaluate_relation)
COMPARE(Greater, 2, evaluate_relation)
COMPARE(GreaterOrEqual, 2, evaluate_relation)
COMPARE(IsInf, 1, evaluate_is_inf)
COMPARE(IsNaN, 1, evaluate_is_nan)
COMPARE(Less, 2, evaluate_relation)
COMPARE(LessOrEqual, 2, evaluate_relation)
COMPARE(Not, 1, evaluate_not)
COMPARE(Or, 2, evaluate_logic)
COMPARE(Where, 3, evaluate_where)
COMPARE(Xor, 2, evaluate_logic)
