/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * binary.c: arithmetic of two broadcast sources, Add Sub Mul Div Mod Pow PRelu, of their bits,
 * BitShift BitwiseAnd BitwiseOr BitwiseXor, and of any number of sources, Sum Mean Min Max.
 *
 * Integers wrap around (modulo 2^width), as in the other implementations.
 */
#include <math.h>
#include <string.h>

#include "runtime/args.h"
#include "runtime/lowering.h"
#include "runtime/map.h"

#define BODY(name, type, expression)                                                               \
    static void name(const void *context, void *dst_, const void *const *src, int64_t n)           \
    {                                                                                              \
        const type *left = src[0], *right = src[1];                                                \
        type *dst = dst_;                                                                          \
        (void)context;                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type a = left[i], b = right[i];                                                        \
            (void)b;                                                                               \
            dst[i] = expression;                                                                   \
        }                                                                                          \
    }

/* ---- integer division: b is not 0 (checked before), a may be the lowest of all and b -1 ---- */

static inline int64_t divide(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

/* Sign of the dividend. */
static inline int64_t remainder_of(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

/* Sign of the divisor. */
static inline int64_t modulo(int64_t a, int64_t b)
{
    int64_t rest = remainder_of(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

BODY(add_f32, float, a + b)
BODY(add_f64, double, a + b)
BODY(add_int, uint64_t, a + b) /* of signed numbers too: the same bits, and no overflow */
BODY(sub_f32, float, a - b)
BODY(sub_f64, double, a - b)
BODY(sub_int, uint64_t, a - b)
BODY(mul_f32, float, a *b)
BODY(mul_f64, double, a *b)
BODY(mul_int, uint64_t, a *b)
BODY(div_f32, float, a / b)
BODY(div_f64, double, a / b)
BODY(div_i64, int64_t, divide(a, b))
BODY(div_u64, uint64_t, b == 0 ? 0 : a / b)
BODY(fmod_f32, float, fmodf(a, b))
BODY(fmod_f64, double, fmod(a, b))
BODY(fmod_i64, int64_t, remainder_of(a, b))
BODY(mod_i64, int64_t, modulo(a, b))
BODY(mod_u64, uint64_t, b == 0 ? 0 : a % b)
BODY(min_f32, float, a < b || a != a ? a : b) /* NaN wins */
BODY(min_f64, double, a < b || a != a ? a : b)
BODY(min_i64, int64_t, a < b ? a : b)
BODY(min_u64, uint64_t, a < b ? a : b)
BODY(max_f32, float, a > b || a != a ? a : b)
BODY(max_f64, double, a > b || a != a ? a : b)
BODY(max_i64, int64_t, a > b ? a : b)
BODY(max_u64, uint64_t, a > b ? a : b)
BODY(prelu_f32, float, a < 0 ? a * b : a)
BODY(prelu_f64, double, a < 0 ? a * b : a)
BODY(prelu_i64, int64_t, a < 0 ? (int64_t)((uint64_t)a * (uint64_t)b) : a)
BODY(prelu_u64, uint64_t, a)
BODY(and_int, uint64_t, a &b)
BODY(or_int, uint64_t, a | b)
BODY(xor_int, uint64_t, a ^ b)
BODY(shift_left, uint64_t, b < 64 ? a << b : 0)
BODY(shift_right, uint64_t, b < 64 ? a >> b : 0)

static const struct {
    const char *op;
    seg_bodies bodies;
} binaries[] = {
    {"Add", {{add_f32, add_f64, add_int, add_int}}},
    {"BitwiseAnd", {{NULL, NULL, and_int, and_int}}},
    {"BitwiseOr", {{NULL, NULL, or_int, or_int}}},
    {"BitwiseXor", {{NULL, NULL, xor_int, xor_int}}},
    {"Div", {{div_f32, div_f64, div_i64, div_u64}}},
    {"Max", {{max_f32, max_f64, max_i64, max_u64}}},
    {"Mean", {{add_f32, add_f64}}},
    {"Min", {{min_f32, min_f64, min_i64, min_u64}}},
    {"Mul", {{mul_f32, mul_f64, mul_int, mul_int}}},
    {"Sub", {{sub_f32, sub_f64, sub_int, sub_int}}},
    {"Sum", {{add_f32, add_f64, add_int, add_int}}},
};

static const seg_bodies *bodies_of(const seg_eval *call)
{
    int index = 0;
    while (strcmp(binaries[index].op, call->node->op) != 0)
        index++;
    return &binaries[index].bodies;
}

static seg_status evaluate_binary(seg_eval *call)
{
    return seg_eval_binary(call, bodies_of(call), NULL);
}

/* ---- Div, Mod ---- */

/* Integers cannot be divided by zero; numbers are 0 exactly when all their bytes are. */
static seg_status check_divisor(seg_eval *call)
{
    const seg_tensor *divisor = &call->src[1];
    if (divisor->data == NULL || seg_dtype_is_real(divisor->shape.dtype))
        return SEG_OK;
    static const char zero[SEG_NUMBER_SIZE_MAX];
    const size_t size = seg_dtype_size(divisor->shape.dtype);
    const int64_t count = seg_shape_count(&divisor->shape);
    for (int64_t i = 0; i < count; i++) {
        if (memcmp((const char *)divisor->data + i * (int64_t)size, zero, size) == 0)
            return seg_eval_fail(call, SEG_INVALID, "division by zero (element %lld of input 1)",
                                 (long long)i);
    }
    return SEG_OK;
}

static seg_status evaluate_div(seg_eval *call)
{
    seg_status status = check_divisor(call);
    return status == SEG_OK ? evaluate_binary(call) : status;
}

static seg_status evaluate_mod(seg_eval *call)
{
    static const seg_bodies of_divisor = {{NULL, NULL, mod_i64, mod_u64}};
    static const seg_bodies of_dividend = {{fmod_f32, fmod_f64, fmod_i64, mod_u64}};
    bool fmod_ = seg_program_int(call->node, "fmod", 0) != 0;
    if (!fmod_ && seg_dtype_is_real(call->src[0].shape.dtype))
        return seg_eval_fail(call, SEG_INVALID, "fmod must be 1 for type %s",
                             seg_dtype_name(call->src[0].shape.dtype));
    seg_status status = check_divisor(call);
    if (status != SEG_OK)
        return status;
    return seg_eval_binary(call, fmod_ ? &of_dividend : &of_divisor, NULL);
}

/* ---- BitShift ---- */

static seg_status evaluate_bit_shift(seg_eval *call)
{
    static const seg_bodies left = {{NULL, NULL, shift_left, shift_left}};
    static const seg_bodies right = {{NULL, NULL, shift_right, shift_right}};
    const char *direction = seg_program_get_text(call->node, "direction", "");
    bool to_left = strcmp(direction, "LEFT") == 0;
    if (!to_left && strcmp(direction, "RIGHT") != 0)
        return seg_eval_fail(call, SEG_INVALID, "direction '%s' is not LEFT or RIGHT", direction);
    switch (call->src[0].shape.dtype) {
    case SEG_U8:
    case SEG_U16:
    case SEG_U32:
    case SEG_U64:
        return seg_eval_binary(call, to_left ? &left : &right, NULL);
    default:
        return seg_eval_bad_dtype(call, 0);
    }
}

/* ---- Pow: the two types may differ, the result has that of the base ---- */

BODY(pow_f32, float, powf(a, b))
BODY(pow_f64, double, pow(a, b))

/* By squaring, modulo 2^64; 1/a^-b, rounded towards zero, for a negative exponent. */
static int64_t int_power(int64_t base, int64_t exponent)
{
    if (exponent < 0)
        return base == 1 ? 1 : base != -1 ? 0 : exponent % 2 == 0 ? 1 : -1;
    uint64_t factor = (uint64_t)base, power = 1;
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 != 0)
            power *= factor;
        factor *= factor;
    }
    return (int64_t)power;
}

BODY(pow_i64, int64_t, int_power(a, b))

static seg_status evaluate_pow(seg_eval *call)
{
    seg_shape shape;
    seg_status status = seg_eval_broadcast(call, 0, 2, &shape);
    if (status != SEG_OK)
        return status;
    seg_dtype base = call->src[0].shape.dtype, exponent = call->src[1].shape.dtype;
    if (base == SEG_BOOL || exponent == SEG_BOOL)
        return seg_eval_bad_dtype(call, base == SEG_BOOL ? 0 : 1);
    seg_number number = seg_number_of(base);
    seg_map map = {pow_f64, NULL, 2, {&call->src[0], &call->src[1]}};
    if (number == SEG_NUMBER_F32)
        map.body = pow_f32;
    else if (number == SEG_NUMBER_F64 || seg_dtype_is_real(exponent))
        number = SEG_NUMBER_F64;
    else {
        map.body = pow_i64; /* unsigned bases too: the bits are the same */
        number = SEG_NUMBER_I64;
    }
    map.as[0] = map.as[1] = map.result = number;
    status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        seg_map_run(&map, call->threads, &call->dst[0]);
    return status;
}

/* ---- PRelu: only the slope is broadcast ---- */

static seg_status evaluate_prelu(seg_eval *call)
{
    static const seg_bodies bodies = {{prelu_f32, prelu_f64, prelu_i64, prelu_u64}};
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    seg_status status = seg_eval_need(call, 1, "slope");
    if (status != SEG_OK)
        return status;
    if (!seg_broadcasts_to(&call->src[1].shape, &call->src[0].shape))
        return seg_eval_fail(call, SEG_INVALID, "slope %s does not broadcast to %s",
                             seg_shape_text(&call->src[1].shape, a),
                             seg_shape_text(&call->src[0].shape, b));
    return seg_eval_binary(call, &bodies, NULL);
}

/* ---- Sum, Mean, Min, Max ---- */

static void divide_by_count(const void *context, void *dst_, const void *const *src, int64_t n)
{
    const seg_eval *call = context;
    if (call->src[0].shape.dtype == SEG_F64) {
        for (int64_t i = 0; i < n; i++)
            ((double *)dst_)[i] = ((const double *)src[0])[i] / call->src_count;
        return;
    }
    for (int64_t i = 0; i < n; i++)
        ((float *)dst_)[i] = ((const float *)src[0])[i] / (float)call->src_count;
}

static seg_status evaluate_fold(seg_eval *call)
{
    seg_shape shape;
    seg_map_body body;
    seg_status status = seg_eval_broadcast(call, 0, call->src_count, &shape);
    if (status == SEG_OK)
        status = seg_eval_same_dtype(call, 1);
    if (status == SEG_OK)
        status = seg_eval_body(call, bodies_of(call), 0, &body);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    bool mean = strcmp(call->node->op, "Mean") == 0;
    return seg_map_fold(call, body, mean ? divide_by_count : NULL, call, &call->dst[0]);
}

#define BINARY(name_, evaluate_, lower_)                                                           \
    const seg_runtime_op seg_runtime_op_##name_ = {.domain = "",                                   \
                                                   .name = #name_,                                 \
                                                   .src_min = 2,                                   \
                                                   .src_max = 2,                                   \
                                                   .evaluate = evaluate_,                          \
                                                   .lower = lower_};
#define VARIADIC(name_, lower_)                                                                    \
    const seg_runtime_op seg_runtime_op_##name_ = {.domain = "",                                   \
                                                   .name = #name_,                                 \
                                                   .src_min = 1,                                   \
                                                   .src_max = -1,                                  \
                                                   .evaluate = evaluate_fold,                      \
                                                   .lower = lower_};

BINARY(Add, evaluate_binary, seg_lower_binary)
BINARY(BitShift, evaluate_bit_shift, NULL)
BINARY(BitwiseAnd, evaluate_binary, NULL)
BINARY(BitwiseOr, evaluate_binary, NULL)
BINARY(BitwiseXor, evaluate_binary, NULL)
BINARY(Div, evaluate_div, seg_lower_binary)
BINARY(Mod, evaluate_mod, NULL)
BINARY(Mul, evaluate_binary, seg_lower_binary)
BINARY(Pow, evaluate_pow, seg_lower_pow)
BINARY(PRelu, evaluate_prelu, seg_lower_prelu)
BINARY(Sub, evaluate_binary, seg_lower_binary)
VARIADIC(Max, seg_lower_binary)
VARIADIC(Mean, NULL)
VARIADIC(Min, seg_lower_binary)
VARIADIC(Sum, seg_lower_binary)
