/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_binary.c: ADD, SUB, MUL, PRELU on bytes, with NumPy's broadcasting.
 *   ADD, SUB  (a_mul * (a - za) +- b_mul * (b - zb) + half) >> shift, plus zero: multipliers of 21
 *             bits for the larger of the two scales (XNNPACK)
 *   MUL       round(scale * (a - za) * (b - zb)) + zero in float (XNNPACK)
 *   PRELU     fixed point, one multiplier for x >= 0 and one for x * slope (TensorFlow Lite)
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/params.h"
#include "runtime/relabel.h"
#include "runtime/tflite.h"

typedef struct binary binary;
typedef void (*row_body)(const binary *op, const uint8_t *a, int64_t step_a, const uint8_t *b,
                         int64_t step_b, int64_t count, uint8_t *dst);

struct binary {
    seg_q8 a, b, dst;
    int32_t lowest, highest;
    int32_t a_multiplier, b_multiplier, shift; /* ADD, SUB */
    float scale;                               /* MUL */
    seg_q8_multiplier positive, negative;      /* PRELU */
    /* rows along the last axis */
    row_body body;
    seg_shape shape; /* of the result */
    int64_t stride_a[SEG_MAX_RANK], stride_b[SEG_MAX_RANK];
    const uint8_t *src_a, *src_b;
    uint8_t *out;
};

static int32_t sum_bias(const binary *op)
{
    return (1 << (op->shift - 1)) - op->a_multiplier * op->a.zero - op->b_multiplier * op->b.zero;
}

static void add_row(const binary *op, const uint8_t *a, int64_t step_a, const uint8_t *b,
                    int64_t step_b, int64_t count, uint8_t *dst)
{
    const int32_t ma = op->a_multiplier, mb = op->b_multiplier, shift = op->shift;
    const int32_t bias = sum_bias(op);
    const uint8_t fa = op->a.flip, fb = op->b.flip, fd = op->dst.flip;
    const int32_t zero = op->dst.zero, lowest = op->lowest, highest = op->highest;
    for (int64_t i = 0; i < count; i++) {
        const int32_t sum = bias + (a[i * step_a] ^ fa) * ma + (b[i * step_b] ^ fb) * mb;
        dst[i] = (uint8_t)seg_q8_clamp((sum >> shift) + zero, lowest, highest) ^ fd;
    }
}

static void mul_row(const binary *op, const uint8_t *a, int64_t step_a, const uint8_t *b,
                    int64_t step_b, int64_t count, uint8_t *dst)
{
    const uint8_t fa = op->a.flip, fb = op->b.flip, fd = op->dst.flip;
    const int32_t za = op->a.zero, zb = op->b.zero, zero = op->dst.zero;
    const float lowest = (float)(op->lowest - zero), highest = (float)(op->highest - zero);
    for (int64_t i = 0; i < count; i++) {
        const int32_t product = ((a[i * step_a] ^ fa) - za) * ((b[i * step_b] ^ fb) - zb);
        float value = (float)product * op->scale;
        value = value > lowest ? value : lowest;
        value = value < highest ? value : highest;
        dst[i] = (uint8_t)(seg_q8_round(value) + zero) ^ fd;
    }
}

static void prelu_row(const binary *op, const uint8_t *a, int64_t step_a, const uint8_t *b,
                      int64_t step_b, int64_t count, uint8_t *dst)
{
    for (int64_t i = 0; i < count; i++) {
        const int32_t x = (a[i * step_a] ^ op->a.flip) - op->a.zero;
        const int32_t slope = (b[i * step_b] ^ op->b.flip) - op->b.zero;
        const int32_t y = x >= 0 ? seg_q8_multiply(x, op->positive)
                                 : seg_q8_multiply((int64_t)x * slope, op->negative);
        const int64_t stored = (int64_t)y + op->dst.zero;
        dst[i] = (uint8_t)(stored < 0 ? 0 : stored > 255 ? 255 : stored) ^ op->dst.flip;
    }
}

static void run_row(void *context, int64_t row, int thread)
{
    (void)thread;
    const binary *op = context;
    const int last = op->shape.rank - 1;
    const int64_t width = op->shape.dim[last];
    int64_t at = row, a = 0, b = 0;
    for (int i = last - 1; i >= 0; i--) {
        const int64_t index = at % op->shape.dim[i];
        at /= op->shape.dim[i];
        a += index * op->stride_a[i];
        b += index * op->stride_b[i];
    }
    op->body(op, op->src_a + a, op->stride_a[last], op->src_b + b, op->stride_b[last], width,
             op->out + row * width);
}

/* ---- shapes ---- */

/* Strides of `src` seen as `shape`: 0 where it is repeated. */
static void strides_of(const seg_shape *src, const seg_shape *shape, int64_t *stride)
{
    int64_t step = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        const int own = i - (shape->rank - src->rank);
        stride[i] = own >= 0 && src->dim[own] != 1 ? step : 0;
        step *= own >= 0 ? src->dim[own] : 1;
    }
}

static bool broadcast(const seg_shape *a, const seg_shape *b, seg_shape *out)
{
    *out = a->rank >= b->rank ? *a : *b;
    const seg_shape *other = a->rank >= b->rank ? b : a;
    for (int i = 0; i < other->rank; i++) {
        int64_t *extent = &out->dim[i + out->rank - other->rank];
        if (*extent != other->dim[i] && *extent != 1 && other->dim[i] != 1)
            return false;
        *extent = *extent == 1 ? other->dim[i] : *extent;
    }
    return true;
}

/* Two axes that both sources walk without a gap are one: equal shapes become a few long rows. */
static void merge_axes(binary *op)
{
    enum { ROW = 4096 };
    seg_shape *s = &op->shape;
    while (s->rank > 1) {
        const int last = s->rank - 1;
        if (s->dim[last] >= ROW || op->stride_a[last - 1] != op->stride_a[last] * s->dim[last] ||
            op->stride_b[last - 1] != op->stride_b[last] * s->dim[last])
            return;
        s->dim[last - 1] *= s->dim[last];
        op->stride_a[last - 1] = op->stride_a[last];
        op->stride_b[last - 1] = op->stride_b[last];
        s->rank--;
    }
}

static seg_status run(seg_eval *call, binary *op, row_body body)
{
    const seg_shape *a = &call->src[0].shape, *b = &call->src[1].shape;
    char text[2][SEG_SHAPE_TEXT_SIZE];
    if (!broadcast(a, b, &op->shape))
        return seg_eval_fail(call, SEG_MISMATCH, "shapes %s and %s do not broadcast",
                             seg_shape_text(a, text[0]), seg_shape_text(b, text[1]));
    seg_status status = seg_q8_result(call, 0, &op->shape);
    if (status != SEG_OK || seg_shape_count(&op->shape) == 0)
        return status;
    if (op->shape.rank == 0)
        op->shape = (seg_shape){.rank = 1, .dim = {1}};
    strides_of(a, &op->shape, op->stride_a);
    strides_of(b, &op->shape, op->stride_b);
    op->body = body;
    op->src_a = call->src[0].data;
    op->src_b = call->src[1].data;
    op->out = call->dst[0].data;
    merge_axes(op);
    int64_t rows = 1;
    for (int i = 0; i < op->shape.rank - 1; i++)
        rows *= op->shape.dim[i];
    seg_parallel_for(call->threads, rows, run_row, op);
    return SEG_OK;
}

/* ---- operators ---- */

static seg_status read_quantisation(seg_eval *call, binary *op)
{
    seg_status status = seg_q8_src(call, 0, &op->a);
    if (status == SEG_OK)
        status = seg_q8_src(call, 1, &op->b);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &op->dst);
    if (status == SEG_OK)
        status = seg_q8_range(call, &op->dst, seg_program_int(call->node, "activation", 0),
                              &op->lowest, &op->highest);
    return status;
}

static seg_status read_sum(seg_eval *call, bool subtract, binary *op)
{
    seg_status status = read_quantisation(call, op);
    if (status != SEG_OK)
        return status;
    const float a = op->a.scale / op->dst.scale, b = op->b.scale / op->dst.scale;
    const float most = a > b ? a : b;
    if (!(most >= 0x1p-10f) || !(most < 0x1p8f))
        return seg_eval_fail(call, SEG_UNSUPPORTED, "inputs of %g and %g times the result's scale",
                             (double)a, (double)b);
    int exponent;
    frexpf(most, &exponent); /* most = m * 2^exponent, m in 0.5..1 */
    op->shift = 20 - (exponent - 1);
    op->a_multiplier = (int32_t)lrintf(ldexpf(a, op->shift));
    op->b_multiplier = (int32_t)lrintf(ldexpf(b, op->shift));
    if (subtract)
        op->b_multiplier = -op->b_multiplier;
    return SEG_OK;
}

static seg_status evaluate_sum(seg_eval *call, bool subtract)
{
    binary op = {.lowest = 0};
    seg_status status = read_sum(call, subtract, &op);
    return status == SEG_OK ? run(call, &op, add_row) : status;
}

/* Of two images of one shape. */
static seg_status lower_sum(seg_lower *lower, bool subtract, bool *done)
{
    binary op = {.lowest = 0};
    seg_eval call = seg_lower_eval(lower);
    if (!seg_lower_takes_bytes(lower, 0) || !seg_lower_takes_bytes(lower, 1) ||
        memcmp(lower->src[0].dim, lower->src[1].dim, 4 * sizeof *lower->src[0].dim) != 0 ||
        read_sum(&call, subtract, &op) != SEG_OK)
        return SEG_OK;
    const seg_add_q8_params params = {.a_factor = op.a_multiplier,
                                      .b_factor = op.b_multiplier,
                                      .offset = sum_bias(&op),
                                      .shift = op.shift,
                                      .zero = op.dst.zero,
                                      .lowest = op.lowest,
                                      .highest = op.highest};
    const seg_value src[2] = {seg_lower_bytes(lower, 0), seg_lower_bytes(lower, 1)};
    seg_lower_bytes_result(lower, seg_lower_layer(lower, "add_q8", &params, 2, src));
    *done = true;
    return SEG_OK;
}

static seg_status lower_add(seg_lower *lower, bool *done)
{
    return lower_sum(lower, false, done);
}

static seg_status lower_sub(seg_lower *lower, bool *done)
{
    return lower_sum(lower, true, done);
}

static seg_status evaluate_add(seg_eval *call)
{
    return evaluate_sum(call, false);
}

static seg_status evaluate_sub(seg_eval *call)
{
    return evaluate_sum(call, true);
}

static seg_status evaluate_mul(seg_eval *call)
{
    binary op = {.lowest = 0};
    seg_status status = read_quantisation(call, &op);
    if (status != SEG_OK)
        return status;
    op.scale = op.a.scale * op.b.scale / op.dst.scale;
    return run(call, &op, mul_row);
}

static seg_status evaluate_prelu(seg_eval *call)
{
    binary op = {.lowest = 0};
    seg_status status = read_quantisation(call, &op);
    if (status != SEG_OK)
        return status;
    op.positive = seg_q8_multiplier_of((double)op.a.scale / (double)op.dst.scale);
    op.negative =
        seg_q8_multiplier_of((double)op.a.scale * (double)op.b.scale / (double)op.dst.scale);
    return run(call, &op, prelu_row);
}

const seg_runtime_op seg_runtime_op_TfliteAdd = {.domain = "tflite",
                                                 .name = "ADD",
                                                 .src_min = 2,
                                                 .src_max = 2,
                                                 .evaluate = evaluate_add,
                                                 .lower = lower_add};
const seg_runtime_op seg_runtime_op_TfliteSub = {.domain = "tflite",
                                                 .name = "SUB",
                                                 .src_min = 2,
                                                 .src_max = 2,
                                                 .evaluate = evaluate_sub,
                                                 .lower = lower_sub};
const seg_runtime_op seg_runtime_op_TfliteMul = {
    .domain = "tflite", .name = "MUL", .src_min = 2, .src_max = 2, .evaluate = evaluate_mul};
const seg_runtime_op seg_runtime_op_TflitePrelu = {
    .domain = "tflite", .name = "PRELU", .src_min = 2, .src_max = 2, .evaluate = evaluate_prelu};
