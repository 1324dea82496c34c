/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* quantised.c: what ops over bytes share. */
#include "ops/quantised.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

enum { WEIGHT_MAX = 127 };

static const double BIAS_MAX = 1 << 30; /* and SEG_U8_DEPTH_MAX products: below 2^31 */

seg_status seg_want_bytes(const char *op, const seg_shape *src, seg_error *err)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    bool fits = src->dtype == SEG_U8 && src->rank == 4 && seg_shape_valid(src);
    for (int i = 0; fits && i < 4; i++)
        fits = src->dim[i] >= 1;
    if (!fits)
        return seg_fail(err, SEG_INVALID, "%s: wants a source u8 NxHxWxC, got %s", op,
                        seg_shape_text(src, text));
    return SEG_OK;
}

seg_status seg_shape_of_bytes(const seg_op *op, const char *name, const void *params, int src_count,
                              const seg_shape *src, seg_shape *dst, seg_error *err)
{
    seg_shape as_float[SEG_OP_MAX_SRC];
    seg_error reason;
    for (int i = 0; i < src_count; i++) {
        seg_status status = seg_want_bytes(name, &src[i], err);
        if (status != SEG_OK)
            return status;
        as_float[i] = src[i];
        as_float[i].dtype = SEG_F32;
    }
    seg_status status = op->shape(params, src_count, as_float, dst, &reason);
    dst->dtype = SEG_U8;
    return status == SEG_OK ? SEG_OK : seg_fail(err, status, "%s: as %s", name, reason.text);
}

seg_status seg_shape_of_conv_u8(const seg_op *op, const char *name, const seg_conv2d_params *params,
                                int src_count, const seg_shape *src, seg_shape *dst, seg_error *err)
{
    seg_shape as_float[3];
    seg_error reason;
    seg_status status = seg_want_bytes(name, &src[0], err);
    if (status != SEG_OK)
        return status;
    memcpy(as_float, src, (size_t)src_count * sizeof *src);
    as_float[0].dtype = SEG_F32;
    status = seg_op_check(op, params, src_count, as_float, dst, &reason);
    return status == SEG_OK ? SEG_OK : seg_fail(err, status, "%s: as %s", name, reason.text);
}

seg_status seg_shape_of_conv_q8(const seg_op *op, const char *name, const seg_conv2d_params *params,
                                const seg_shape *src, seg_shape *dst, seg_error *err)
{
    seg_shape as_float[2] = {src[0], src[1]}, vector = seg_shape_vector(src[1].oc);
    char text[SEG_SHAPE_TEXT_SIZE];
    seg_error reason;
    seg_status status = seg_want_bytes(name, &src[0], err);
    if (status != SEG_OK)
        return status;
    if (src[1].rank != 4 || (src[1].dtype != SEG_U8 && src[1].dtype != SEG_I8))
        return seg_fail(err, SEG_INVALID, "%s: weights must be u8 or i8 of rank 4, are %s", name,
                        seg_shape_text(&src[1], text));
    if (!seg_shape_equal(&src[3], &vector))
        return seg_fail(err, SEG_INVALID, "%s: scales must be f32 %lld, are %s", name,
                        (long long)src[1].oc, seg_shape_text(&src[3], text));
    vector.dtype = SEG_I32;
    if (!seg_shape_equal(&src[2], &vector))
        return seg_fail(err, SEG_INVALID, "%s: the bias must be i32 %lld, is %s", name,
                        (long long)src[1].oc, seg_shape_text(&src[2], text));
    as_float[0].dtype = as_float[1].dtype = SEG_F32;
    status = seg_op_check(op, params, 2, as_float, dst, &reason);
    dst->dtype = SEG_U8;
    return status == SEG_OK ? SEG_OK : seg_fail(err, status, "%s: as %s", name, reason.text);
}

float seg_quant_weights(const float *weights, int64_t count, int64_t stride, float bias,
                        double src_scale, int8_t *out)
{
    float largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(weights[i * stride]));
    float step = largest / WEIGHT_MAX;
    step = fmaxf(step, (float)(fabs((double)bias) / src_scale / BIAS_MAX));
    step = fmaxf(step, 1e-30f); /* of zeros: anything above 0 */
    for (int64_t i = 0; i < count; i++)
        out[i] = (int8_t)fmaxf(-WEIGHT_MAX, fminf(WEIGHT_MAX, rintf(weights[i * stride] / step)));
    return step;
}

int32_t seg_quant_bias(float bias, float weight_step, double src_scale)
{
    double steps = rint((double)bias / ((double)weight_step * src_scale));
    return (int32_t)fmax(-BIAS_MAX, fmin(BIAS_MAX, steps));
}

void seg_quant_range(int64_t activation, const seg_quant *dst, float *lowest, float *highest)
{
    double low = (double)-dst->zero, high = (double)(255 - dst->zero);
    if (activation != SEG_ACT_NONE)
        low = 0;
    if (activation == SEG_ACT_RELU6)
        high = fmin(high, rint(6 / dst->scale));
    *lowest = (float)low;
    *highest = (float)high;
}
