/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * dequantise: bytes to float32.
 *   dst = (src - zero) * scale
 * src u8 N,H,W,C    dst f32 N,H,W,C
 */
#include "ops/elementwise.h"
#include "ops/quantised.h"

static const seg_param param_list[] = {
    SEG_QUANT_PARAMS(seg_quant_params, quant, "scale", "zero", "src"), {0}};

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params, (void)src_count;
    *dst = src[0];
    dst->dtype = SEG_F32;
    return seg_want_bytes("dequantise", src, err);
}

static void forward_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    const seg_quant *q = &((const seg_quant_params *)call->params)->quant;
    call->kernels->u8.dequantise(seg_u8(&call->src[0]) + first, (float)q->scale, (int32_t)q->zero,
                                 n, seg_f32(call->dst) + first);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), forward_block, &copy);
}

const seg_op seg_op_dequantise = {
    .name = "dequantise",
    .params = param_list,
    .params_size = sizeof(seg_quant_params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .forward = forward,
};
