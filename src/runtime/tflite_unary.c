/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_unary.c: functions of one byte: a table of 256 results, made by what each function does.
 *
 * Where the function is a curve (LOGISTIC, TANH, ELU, GELU) the table is the curve in float,
 * rounded. Where it is made of lines, the tables are those of the fixed-point kernels.
 */
#include <math.h>

#include "base/error.h"
#include "base/parallel.h"
#include "runtime/lower.h"
#include "runtime/tflite.h"

typedef struct table {
    uint8_t entry[256]; /* stored byte to stored byte */
    const uint8_t *src;
    uint8_t *dst;
    int64_t count;
} table;

enum { BLOCK = 1 << 16 };

static void look_up(void *context, int64_t index, int thread)
{
    (void)thread;
    const table *t = context;
    const int64_t end = (index + 1) * BLOCK < t->count ? (index + 1) * BLOCK : t->count;
    for (int64_t i = index * BLOCK; i < end; i++)
        t->dst[i] = t->entry[t->src[i]];
}

/* What a function needs to make an entry: value is q - zero of the source. */
typedef struct unary {
    seg_q8 src, dst;
    float alpha;
    float least, most; /* RELU and kin, in real numbers */
} unary;

/* value to the result's stored u8, before it is clamped to 0..255 */
typedef int64_t (*entry_body)(const unary *op, int32_t value);

static seg_status run(seg_eval *call, unary *op, entry_body body)
{
    table t;
    seg_status status = seg_q8_result(call, 0, &call->src[0].shape);
    if (status != SEG_OK)
        return status;
    for (int32_t q = 0; q < 256; q++) {
        const int64_t value = body(op, q - op->src.zero);
        const uint8_t stored = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        t.entry[q ^ op->src.flip] = stored ^ op->dst.flip;
    }
    t.src = call->src[0].data;
    t.dst = call->dst[0].data;
    t.count = seg_shape_count(&call->src[0].shape);
    seg_parallel_for(call->threads, (t.count + BLOCK - 1) / BLOCK, look_up, &t);
    return SEG_OK;
}

static seg_status read_quantisation(seg_eval *call, unary *op)
{
    seg_status status = seg_q8_src(call, 0, &op->src);
    return status == SEG_OK ? seg_q8_dst(call, 0, &op->dst) : status;
}

/* ---- curves, in float ---- */

/* Ties to even, once the zero point was added in float (XNNPACK): that of the type as it is, since
 * i8 rounds elsewhere than u8. */
static int64_t nearest(const unary *op, float real)
{
    const int32_t shift = op->dst.flip != 0 ? 128 : 0;
    const float value = real * (1.0f / op->dst.scale) + (float)(op->dst.zero - shift);
    return value > 255 ? 255 : value < -128 ? 0 : lrintf(value) + shift;
}

static float real_of(const unary *op, int32_t value)
{
    return op->src.scale * (float)value;
}

static int64_t logistic(const unary *op, int32_t value)
{
    return nearest(op, 1.0f / (1.0f + expf(-real_of(op, value))));
}

static int64_t hyperbolic(const unary *op, int32_t value)
{
    return nearest(op, tanhf(real_of(op, value)));
}

static int64_t elu(const unary *op, int32_t value)
{
    const float x = real_of(op, value);
    return nearest(op, x < 0 ? expm1f(x) : x);
}

/* Ties away from zero (TensorFlow Lite's tables). */
static int64_t away(const unary *op, float real)
{
    const float value = roundf(real * (1.0f / op->dst.scale)) + (float)op->dst.zero;
    return value > 255 ? 255 : value < 0 ? 0 : (int64_t)value;
}

static int64_t gelu(const unary *op, int32_t value)
{
    const float x = real_of(op, value);
    return away(op, x * 0.5f * (1.0f + erff(x * 0.70710678f)));
}

static int64_t gelu_approximate(const unary *op, int32_t value)
{
    const float x = real_of(op, value);
    return away(op, 0.5f * x * (1.0f + tanhf(0.79788456f * (x + 0.044715f * x * x * x))));
}

static seg_status evaluate_curve(seg_eval *call, entry_body body)
{
    unary op = {.alpha = 0};
    seg_status status = read_quantisation(call, &op);
    return status == SEG_OK ? run(call, &op, body) : status;
}

static seg_status evaluate_logistic(seg_eval *call)
{
    return evaluate_curve(call, logistic);
}

static seg_status evaluate_tanh(seg_eval *call)
{
    return evaluate_curve(call, hyperbolic);
}

static seg_status evaluate_elu(seg_eval *call)
{
    return evaluate_curve(call, elu);
}

static seg_status evaluate_gelu(seg_eval *call)
{
    return evaluate_curve(call,
                          seg_program_int(call->node, "approximate", 0) ? gelu_approximate : gelu);
}

/* ---- lines ---- */

/* A real number on the result's scale; far outside of 0..255 all are alike. */
static int64_t stored_of(const unary *op, float real)
{
    const float steps = roundf(real / op->dst.scale);
    return op->dst.zero + (int64_t)fminf(fmaxf(steps, -512), 512);
}

/* RELU and kin: rescaled, then clamped to what the bounds are on the result's scale. */
static int64_t rectify(const unary *op, int32_t value)
{
    const seg_q8_multiplier m = seg_q8_multiplier_of((double)(op->src.scale / op->dst.scale));
    const int64_t y = (int64_t)seg_q8_multiply(value, m) + op->dst.zero;
    const int64_t least = stored_of(op, op->least);
    const int64_t most = op->most > 0 ? stored_of(op, op->most) : 255;
    return y < least ? least : y > most ? most : y;
}

/* most 0: none */
static seg_status evaluate_rectify(seg_eval *call, float least, float most)
{
    unary op = {.least = least, .most = most};
    seg_status status = read_quantisation(call, &op);
    return status == SEG_OK ? run(call, &op, rectify) : status;
}

static seg_status evaluate_relu(seg_eval *call)
{
    return evaluate_rectify(call, 0, 0);
}

static seg_status evaluate_relu6(seg_eval *call)
{
    return evaluate_rectify(call, 0, 6);
}

static seg_status evaluate_relu_n1_to_1(seg_eval *call)
{
    return evaluate_rectify(call, -1, 1);
}

static seg_status evaluate_relu_0_to_1(seg_eval *call)
{
    return evaluate_rectify(call, 0, 1);
}

/* Multipliers of 8 fractional bits (XNNPACK). */
static int64_t leak(const unary *op, int32_t value)
{
    const float positive = op->src.scale / op->dst.scale;
    const float scale = value >= 0 ? positive : positive * op->alpha;
    const int64_t multiplier = lrintf(256.0f * scale);
    return (((int64_t)op->dst.zero * 256 + 128 + value * multiplier) >> 8);
}

static seg_status evaluate_leaky_relu(seg_eval *call)
{
    unary op = {.alpha = seg_program_float(call->node, "alpha", 0)};
    seg_status status = read_quantisation(call, &op);
    if (status != SEG_OK)
        return status;
    const float positive = op.src.scale / op.dst.scale;
    if (!(positive < 0x1p20f) || !(fabsf(positive * op.alpha) < 0x1p20f))
        return seg_eval_fail(call, SEG_UNSUPPORTED, "slopes %g and %g of stored values",
                             (double)positive, (double)(positive * op.alpha));
    return run(call, &op, leak);
}

/* ---- hard swish: x * relu6(x + 3) / 6 in 16-bit fixed point ---- */

static int32_t saturate16(int64_t value)
{
    return (int32_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

/* The high half of twice the product, rounded to nearest, ties away. */
static int32_t high_rounded(int32_t a, int32_t b)
{
    const int32_t product = a * b;
    const int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
    return saturate16((product + nudge) / (1 << 15));
}

/* A multiplier of 31 bits cut to 15. */
static int32_t multiplier16(seg_q8_multiplier m)
{
    return m.multiplier >= INT32_MAX - (1 << 15) ? INT16_MAX : (m.multiplier + (1 << 15)) >> 16;
}

static int64_t swish(const unary *op, int32_t value)
{
    const float fine = op->src.scale / 128;
    const seg_q8_multiplier out = seg_q8_multiplier_of((double)(fine / op->dst.scale));
    const seg_q8_multiplier in = seg_q8_multiplier_of((double)(fine / (3.0f / 32768.0f)));
    const int32_t hires = saturate16((int64_t)value * 128);
    const int32_t scaled = high_rounded(hires, multiplier16(out));
    int64_t gate = hires;
    if (in.shift > 0)
        gate = saturate16(gate * ((int64_t)1 << (in.shift - 1)));
    gate = high_rounded((int32_t)gate, multiplier16(in));
    if (in.shift > 0)
        gate = saturate16(gate * 2);
    if (in.shift < 0)
        gate = seg_q8_shift((int32_t)gate, -in.shift);
    gate = (gate + (1 << 15)) >> 1; /* -1..1 to 0..1 */
    const int32_t product = (int32_t)gate * scaled / (1 << 15);
    return (int64_t)seg_q8_shift(product, -out.shift) + op->dst.zero;
}

static seg_status evaluate_hard_swish(seg_eval *call)
{
    unary op = {.alpha = 0};
    seg_status status = read_quantisation(call, &op);
    if (status != SEG_OK)
        return status;
    const float out = op.src.scale / 128 / op.dst.scale, in = op.src.scale / 128 * 32768 / 3;
    if (!(out < 1) || out < 0x1p-30f || !(in < 0x1p30f) || in < 0x1p-30f)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "scales %g and %g", (double)op.src.scale,
                             (double)op.dst.scale);
    return run(call, &op, swish);
}

#define UNARY(variable, text, function)                                                            \
    static seg_status variable##_lower(seg_lower *lower, bool *done)                               \
    {                                                                                              \
        return seg_lower_table(lower, function, done);                                             \
    }                                                                                              \
    const seg_runtime_op seg_runtime_op_##variable = {.domain = "tflite",                          \
                                                      .name = text,                                \
                                                      .src_min = 1,                                \
                                                      .src_max = 1,                                \
                                                      .evaluate = function,                        \
                                                      .lower = variable##_lower}
UNARY(TfliteLogistic, "LOGISTIC", evaluate_logistic);
UNARY(TfliteTanh, "TANH", evaluate_tanh);
UNARY(TfliteElu, "ELU", evaluate_elu);
UNARY(TfliteGelu, "GELU", evaluate_gelu);
UNARY(TfliteRelu, "RELU", evaluate_relu);
UNARY(TfliteRelu6, "RELU6", evaluate_relu6);
UNARY(TfliteReluN1To1, "RELU_N1_TO_1", evaluate_relu_n1_to_1);
UNARY(TfliteRelu0To1, "RELU_0_TO_1", evaluate_relu_0_to_1);
UNARY(TfliteLeakyRelu, "LEAKY_RELU", evaluate_leaky_relu);
UNARY(TfliteHardSwish, "HARD_SWISH", evaluate_hard_swish);
