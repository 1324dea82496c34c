/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_quant.c: quantisation of tensors, fixed-point multipliers, padding. */
#include <math.h>

#include "base/error.h"
#include "runtime/tflite.h"

static seg_status read_slot(seg_eval *call, seg_slot slot, const char *what, int index, seg_q8 *q)
{
    const seg_program_slot *at = &call->program->slots[slot];
    const seg_dtype dtype = at->shape.dtype;
    if (dtype != SEG_U8 && dtype != SEG_I8)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "%s %d of type %s is not supported", what,
                             index, seg_dtype_name(dtype));
    if (at->quantisation.count != 1)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "%s %d has %lld scales, not one", what, index,
                             (long long)at->quantisation.count);
    *q = (seg_q8){.scale = at->quantisation.scale[0],
                  .zero = at->quantisation.zero_point[0] + (dtype == SEG_I8 ? 128 : 0),
                  .flip = dtype == SEG_I8 ? 0x80 : 0,
                  .dtype = dtype};
    if (!isnormal(q->scale) || q->zero < 0 || q->zero > 255)
        return seg_eval_fail(call, SEG_FORMAT, "%s %d has scale %g and zero point %d", what, index,
                             (double)q->scale, (int)at->quantisation.zero_point[0]);
    return SEG_OK;
}

seg_status seg_q8_src(seg_eval *call, int index, seg_q8 *q)
{
    seg_status status = read_slot(call, call->node->src[index], "input", index, q);
    if (status == SEG_OK && call->src[index].shape.dtype != q->dtype)
        status =
            seg_eval_fail(call, SEG_MISMATCH, "input %d is %s, not %s", index,
                          seg_dtype_name(call->src[index].shape.dtype), seg_dtype_name(q->dtype));
    return status;
}

seg_status seg_q8_dst(seg_eval *call, int index, seg_q8 *q)
{
    return read_slot(call, call->node->dst[index], "result", index, q);
}

seg_status seg_q8_range(seg_eval *call, const seg_q8 *dst, int64_t activation, int32_t *lowest,
                        int32_t *highest)
{
    float least = -INFINITY, most = INFINITY;
    switch (activation) {
    case SEG_Q8_NONE:
        break;
    case SEG_Q8_RELU:
        least = 0;
        break;
    case SEG_Q8_RELU6:
        least = 0;
        most = 6;
        break;
    case SEG_Q8_RELU_N1_TO_1:
        least = -1;
        most = 1;
        break;
    default:
        return seg_eval_fail(call, SEG_UNSUPPORTED, "fused activation %lld is not supported",
                             (long long)activation);
    }
    const float a = least / dst->scale + (float)dst->zero, b = most / dst->scale + (float)dst->zero;
    *lowest = seg_q8_round(fminf(fmaxf(a, 0), 255));
    *highest = seg_q8_round(fminf(fmaxf(b, 0), 255));
    return SEG_OK;
}

seg_q8_multiplier seg_q8_multiplier_of(double real)
{
    seg_q8_multiplier m = {0, 0};
    if (!(real > 0) || !isfinite(real))
        return m;
    int64_t fixed = (int64_t)round(frexp(real, &m.shift) * 0x1p31);
    if (fixed == (int64_t)1 << 31) {
        fixed /= 2;
        m.shift++;
    }
    if (m.shift < -31)
        return (seg_q8_multiplier){0, 0};
    if (m.shift > 30)
        return (seg_q8_multiplier){INT32_MAX, 30};
    m.multiplier = (int32_t)fixed;
    return m;
}

static int32_t saturate(int64_t value)
{
    return (int32_t)(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
}

int32_t seg_q8_multiply(int64_t x, seg_q8_multiplier m)
{
    const int left = m.shift > 0 ? m.shift : 0, right = m.shift > 0 ? 0 : -m.shift;
    const int64_t product = (int64_t)saturate(x * ((int64_t)1 << left)) * m.multiplier;
    const int64_t half = (int64_t)1 << 30;
    const int32_t high =
        saturate((product + (product >= 0 ? half : 1 - half)) / ((int64_t)1 << 31));
    return seg_q8_shift(high, right);
}

int32_t seg_q8_shift(int32_t value, int bits)
{
    const int64_t mask = ((int64_t)1 << bits) - 1, rest = value & mask;
    return (int32_t)(((int64_t)value >> bits) + (rest > (mask >> 1) + (value < 0)));
}

void seg_q8_to_float(const seg_q8 *q, const uint8_t *src, int64_t count, float *dst)
{
    const int32_t zero = q->zero;
    const uint8_t flip = q->flip;
    for (int64_t i = 0; i < count; i++)
        dst[i] = (float)((int32_t)(src[i] ^ flip) - zero);
}

seg_status seg_q8_result(seg_eval *call, int index, const seg_shape *shape)
{
    seg_shape made = *shape;
    made.dtype = call->program->slots[call->node->dst[index]].shape.dtype;
    return seg_eval_result(call, index, &made);
}

void seg_q8_window(bool same, int64_t in, int64_t kernel, int64_t dilation, int64_t stride,
                   int64_t *out, int64_t *before)
{
    const int64_t window = dilation * (kernel - 1) + 1;
    *before = 0;
    if (!same) {
        *out = in < window ? 0 : (in - window) / stride + 1;
        return;
    }
    *out = (in + stride - 1) / stride;
    const int64_t total = (*out - 1) * stride + window - in;
    *before = total > 0 ? total / 2 : 0;
}
