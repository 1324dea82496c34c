/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_convert.c: QUANTIZE, DEQUANTIZE, CONCATENATION and PAD of bytes.
 *   float to byte  round(x / scale) + zero, ties to even
 *   byte to byte   the same type: ((q - zero) * round(256 * ratio) + 128) >> 8 (XNNPACK);
 *                  u8 to i8 and back: fixed point of 31 bits, each rounding with ties up
 *                  (TensorFlow Lite's vector kernel)
 *   concatenation  sources of another quantisation: round(q * ratio - zero * ratio), ties away
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/relabel.h"
#include "runtime/tflite.h"

enum { BLOCK = 1 << 16 };

/* ---- QUANTIZE and DEQUANTIZE ---- */

typedef struct conversion {
    seg_q8 src, dst;
    uint8_t table[256]; /* stored byte to stored byte */
    float reals[256];   /* stored byte to its value */
    const void *from;
    void *to;
    int64_t count;
} conversion;

static int64_t block_end(const conversion *c, int64_t index)
{
    return (index + 1) * BLOCK < c->count ? (index + 1) * BLOCK : c->count;
}

static void quantise_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const conversion *c = context;
    const float *src = c->from;
    uint8_t *dst = c->to;
    const float inverse = 1.0f / c->dst.scale;
    const float lowest = (float)-c->dst.zero, highest = (float)(255 - c->dst.zero);
    for (int64_t i = index * BLOCK; i < block_end(c, index); i++) {
        float value = src[i] * inverse;
        value = value > lowest ? value : lowest; /* NaN too */
        value = value < highest ? value : highest;
        dst[i] = (uint8_t)(seg_q8_round(value) + c->dst.zero) ^ c->dst.flip;
    }
}

static void look_up_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const conversion *c = context;
    const uint8_t *src = c->from;
    uint8_t *dst = c->to;
    for (int64_t i = index * BLOCK; i < block_end(c, index); i++)
        dst[i] = c->table[src[i]];
}

static void dequantise_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const conversion *c = context;
    const uint8_t *src = c->from;
    float *dst = c->to;
    for (int64_t i = index * BLOCK; i < block_end(c, index); i++)
        dst[i] = c->reals[src[i]];
}

static int64_t requantise(const conversion *c, int32_t value)
{
    const float ratio = c->src.scale / c->dst.scale;
    if (c->src.dtype == c->dst.dtype && ratio >= 0x1p-8f && ratio <= 0x1p7f)
        return ((int64_t)c->dst.zero * 256 + 128 + value * (int64_t)lrintf(256.0f * ratio)) >> 8;
    const seg_q8_multiplier m = seg_q8_multiplier_of((double)c->src.scale / (double)c->dst.scale);
    if (m.shift > 20) /* more than 255 either way, and the product below must fit */
        return value > 0 ? 255 : value < 0 ? 0 : c->dst.zero;
    const int left = m.shift > 0 ? m.shift : 0, right = m.shift > 0 ? 0 : -m.shift;
    const int64_t high = (value * ((int64_t)1 << left) * m.multiplier + (1 << 30)) >> 31;
    return (right > 0 ? (high + ((int64_t)1 << (right - 1))) >> right : high) + c->dst.zero;
}

static seg_status evaluate_quantise(seg_eval *call)
{
    conversion c;
    const bool real = call->src[0].shape.dtype == SEG_F32;
    seg_status status = seg_q8_dst(call, 0, &c.dst);
    if (status == SEG_OK && !real)
        status = seg_q8_src(call, 0, &c.src);
    if (status == SEG_OK)
        status = seg_q8_result(call, 0, &call->src[0].shape);
    if (status != SEG_OK)
        return status;
    for (int32_t q = 0; q < 256 && !real; q++) {
        const int64_t value = requantise(&c, q - c.src.zero);
        const uint8_t stored = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        c.table[q ^ c.src.flip] = stored ^ c.dst.flip;
    }
    c.from = call->src[0].data;
    c.to = call->dst[0].data;
    c.count = seg_shape_count(&call->src[0].shape);
    seg_parallel_for(call->threads, (c.count + BLOCK - 1) / BLOCK,
                     real ? quantise_block : look_up_block, &c);
    return SEG_OK;
}

static seg_status evaluate_dequantise(seg_eval *call)
{
    conversion c;
    seg_shape shape = call->src[0].shape;
    shape.dtype = SEG_F32;
    seg_status status = seg_q8_src(call, 0, &c.src);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    for (int32_t q = 0; q < 256; q++)
        c.reals[q ^ c.src.flip] = c.src.scale * (float)(q - c.src.zero);
    c.from = call->src[0].data;
    c.to = call->dst[0].data;
    c.count = seg_shape_count(&shape);
    seg_parallel_for(call->threads, (c.count + BLOCK - 1) / BLOCK, dequantise_block, &c);
    return SEG_OK;
}

static seg_status lower_quantise(seg_lower *lower, bool *done)
{
    return seg_lower_table(lower, evaluate_quantise, done);
}

/* ---- CONCATENATION ---- */

static seg_status concat_shape(seg_eval *call, int64_t *axis, seg_shape *shape)
{
    *shape = call->src[0].shape;
    *axis = seg_program_int(call->node, "axis", 0);
    *axis += *axis < 0 ? shape->rank : 0;
    if (*axis < 0 || *axis >= shape->rank)
        return seg_eval_fail(call, SEG_INVALID, "axis %lld of %d", (long long)*axis, shape->rank);
    for (int i = 1; i < call->src_count; i++) {
        const seg_shape *src = &call->src[i].shape;
        bool fits = src->rank == shape->rank;
        for (int k = 0; fits && k < shape->rank; k++)
            fits = k == *axis || src->dim[k] == shape->dim[k];
        if (!fits || __builtin_add_overflow(shape->dim[*axis], src->dim[*axis], &shape->dim[*axis]))
            return seg_eval_fail(call, SEG_MISMATCH, "input %d has another shape", i);
    }
    return SEG_OK;
}

static void concat_table(const seg_q8 *src, const seg_q8 *dst, int32_t lowest, int32_t highest,
                         uint8_t table[256])
{
    const float ratio = src->scale * (1.0f / dst->scale);
    const bool same = src->zero == dst->zero && src->scale == dst->scale;
    /* On the values as stored, with their sign: the sum is rounded in float. */
    const int32_t shift_src = src->flip != 0 ? 128 : 0, shift_dst = dst->flip != 0 ? 128 : 0;
    const float bias = (float)-(src->zero - shift_src) * ratio;
    for (int32_t q = 0; q < 256; q++) {
        const float real = roundf((float)(q - shift_src) * ratio + bias);
        const float value = fminf(fmaxf(real, -1024), 1024);
        const int32_t stored = same ? q : (int32_t)value + (dst->zero - shift_dst) + shift_dst;
        table[q ^ src->flip] = (uint8_t)seg_q8_clamp(stored, lowest, highest) ^ dst->flip;
    }
}

static seg_status evaluate_concat(seg_eval *call)
{
    seg_shape shape;
    seg_q8 dst, src;
    int32_t lowest, highest;
    int64_t axis, at = 0, outer = 1;
    seg_status status = concat_shape(call, &axis, &shape);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &dst);
    if (status == SEG_OK)
        status = seg_q8_range(call, &dst, seg_program_int(call->node, "activation", 0), &lowest,
                              &highest);
    for (int i = 0; i < call->src_count && status == SEG_OK; i++)
        status = seg_q8_src(call, i, &src);
    if (status == SEG_OK)
        status = seg_q8_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < axis; i++)
        outer *= shape.dim[i];
    const int64_t row = outer > 0 ? seg_shape_count(&shape) / outer : 0;
    for (int i = 0; i < call->src_count; i++) {
        uint8_t table[256];
        const int64_t part = outer > 0 ? seg_shape_count(&call->src[i].shape) / outer : 0;
        status = seg_q8_src(call, i, &src);
        concat_table(&src, &dst, lowest, highest, table);
        for (int64_t k = 0; k < outer; k++) {
            const uint8_t *from = (const uint8_t *)call->src[i].data + k * part;
            uint8_t *to = (uint8_t *)call->dst[0].data + k * row + at;
            for (int64_t j = 0; j < part; j++)
                to[j] = table[from[j]];
        }
        at += part;
    }
    return status;
}

/* Source `index` on the result's scale. */
static seg_value lower_part(seg_lower *lower, seg_eval *call, int index, const seg_q8 *dst,
                            int32_t lowest, int32_t highest)
{
    uint8_t stored[256], table[256];
    bool changes = false;
    seg_q8 src;
    if (seg_q8_src(call, index, &src) != SEG_OK)
        return SEG_NO_VALUE;
    concat_table(&src, dst, lowest, highest, stored);
    for (int q = 0; q < 256; q++) {
        table[q] = stored[q ^ src.flip] ^ dst->flip;
        changes = changes || table[q] != q;
    }
    const seg_value value = seg_lower_bytes(lower, index);
    return changes ? seg_lower_map(lower, value, table) : value;
}

/* Along the channels. */
static seg_status lower_concat(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    seg_value src[SEG_OP_MAX_SRC];
    seg_shape shape;
    seg_q8 dst, part;
    int32_t lowest, highest;
    int64_t axis;
    if (lower->src_count > SEG_OP_MAX_SRC)
        return SEG_OK;
    for (int i = 0; i < lower->src_count; i++) {
        if (!seg_lower_takes_bytes(lower, i) || seg_q8_src(&call, i, &part) != SEG_OK)
            return SEG_OK;
    }
    if (concat_shape(&call, &axis, &shape) != SEG_OK || axis != 3 ||
        seg_q8_dst(&call, 0, &dst) != SEG_OK ||
        seg_q8_range(&call, &dst, seg_program_int(call.node, "activation", 0), &lowest, &highest) !=
            SEG_OK)
        return SEG_OK;
    for (int i = 0; i < lower->src_count; i++)
        src[i] = lower_part(lower, &call, i, &dst, lowest, highest);
    seg_lower_bytes_result(lower, seg_lower_layer(lower, "concat_u8", NULL, lower->src_count, src));
    *done = true;
    return SEG_OK;
}

/* ---- PAD, PADV2 ---- */

typedef struct padding {
    seg_shape in, out;
    int64_t before[SEG_MAX_RANK];
    const uint8_t *src;
    uint8_t *dst;
} padding;

/* Rows along the last axis, one by one. */
static void copy_rows(const padding *p)
{
    const int last = p->in.rank - 1;
    const int64_t width = p->in.dim[last], rows = seg_shape_count(&p->in) / width;
    for (int64_t row = 0; row < rows; row++) {
        int64_t rest = row, at = p->before[last], step = p->out.dim[last];
        for (int i = last - 1; i >= 0; i--) {
            at += (rest % p->in.dim[i] + p->before[i]) * step;
            step *= p->out.dim[i];
            rest /= p->in.dim[i];
        }
        memcpy(p->dst + at, p->src + row * width, (size_t)width);
    }
}

static seg_status read_padding(seg_eval *call, padding *p)
{
    int64_t pairs[2 * SEG_MAX_RANK];
    const seg_tensor *given = &call->src[1];
    p->in = p->out = call->src[0].shape;
    if ((given->shape.dtype != SEG_I32 && given->shape.dtype != SEG_I64) ||
        seg_shape_count(&given->shape) != 2 * p->in.rank || p->in.rank < 1)
        return seg_eval_fail(call, SEG_INVALID, "%lld numbers of padding for rank %d",
                             (long long)seg_shape_count(&given->shape), p->in.rank);
    seg_load_i64(given->shape.dtype, given->data, 0, 2 * p->in.rank, pairs);
    for (int i = 0; i < p->in.rank; i++) {
        const int64_t before = pairs[2 * i], after = pairs[2 * i + 1];
        if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX)
            return seg_eval_fail(call, SEG_INVALID, "padding of %lld and %lld", (long long)before,
                                 (long long)after);
        p->before[i] = before;
        if (__builtin_add_overflow(p->in.dim[i], before + after, &p->out.dim[i]))
            return seg_eval_fail(call, SEG_LIMIT, "padding of %lld", (long long)before);
    }
    return SEG_OK;
}

static seg_status evaluate_pad(seg_eval *call)
{
    padding p = {.src = call->src[0].data};
    seg_q8 src, dst, value;
    seg_status status = read_padding(call, &p);
    if (status == SEG_OK)
        status = seg_q8_src(call, 0, &src);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &dst);
    if (status == SEG_OK && seg_eval_has(call, 2))
        status = seg_q8_src(call, 2, &value);
    if (status != SEG_OK)
        return status;
    if (src.dtype != dst.dtype || src.zero != dst.zero || src.scale != dst.scale)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "input and result are quantised differently");
    uint8_t fill = (uint8_t)dst.zero ^ dst.flip;
    if (seg_eval_has(call, 2)) {
        if (seg_shape_count(&call->src[2].shape) != 1 || value.dtype != dst.dtype)
            return seg_eval_fail(call, SEG_INVALID, "a value of %lld elements",
                                 (long long)seg_shape_count(&call->src[2].shape));
        fill = *(const uint8_t *)call->src[2].data;
    }
    status = seg_q8_result(call, 0, &p.out);
    if (status != SEG_OK)
        return status;
    p.dst = call->dst[0].data;
    memset(p.dst, fill, seg_shape_size(&call->dst[0].shape));
    if (seg_shape_count(&p.in) > 0)
        copy_rows(&p);
    return SEG_OK;
}

const seg_runtime_op seg_runtime_op_TfliteQuantize = {.domain = "tflite",
                                                      .name = "QUANTIZE",
                                                      .src_min = 1,
                                                      .src_max = 1,
                                                      .evaluate = evaluate_quantise,
                                                      .lower = lower_quantise};
const seg_runtime_op seg_runtime_op_TfliteDequantize = {.domain = "tflite",
                                                        .name = "DEQUANTIZE",
                                                        .src_min = 1,
                                                        .src_max = 1,
                                                        .evaluate = evaluate_dequantise};
const seg_runtime_op seg_runtime_op_TfliteConcatenation = {.domain = "tflite",
                                                           .name = "CONCATENATION",
                                                           .src_min = 1,
                                                           .src_max = -1,
                                                           .evaluate = evaluate_concat,
                                                           .lower = lower_concat};
const seg_runtime_op seg_runtime_op_TflitePad = {
    .domain = "tflite", .name = "PAD", .src_min = 2, .src_max = 2, .evaluate = evaluate_pad};
const seg_runtime_op seg_runtime_op_TflitePadv2 = {
    .domain = "tflite", .name = "PADV2", .src_min = 3, .src_max = 3, .evaluate = evaluate_pad};
