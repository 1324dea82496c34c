/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * quantise: float32 to bytes.
 *   dst = clamp(round(src / scale) + zero, 0, 255), ties to even; a NaN becomes 0
 * src f32 N,H,W,C    dst u8 N,H,W,C
 */
#include "ops/elementwise.h"
#include "ops/quantised.h"
#include "ops/shapes.h"

static const seg_param param_list[] = {
    SEG_QUANT_PARAMS(seg_quant_params, quant, "scale", "zero", "dst"), {0}};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params, (void)src_count;
    *dst = src[0];
    dst->dtype = SEG_U8;
    return seg_want_image("quantise", src, err);
}

static void forward_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    const seg_quant *q = &((const seg_quant_params *)call->params)->quant;
    call->kernels->u8.quantise(seg_f32(&call->src[0]) + first, (float)(1 / q->scale),
                               (int32_t)q->zero, n, seg_u8(call->dst) + first);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), forward_block, &copy);
}

const seg_op seg_op_quantise = {
    .name = "quantise",
    .params = param_list,
    .params_size = sizeof(seg_quant_params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .forward = forward,
};
