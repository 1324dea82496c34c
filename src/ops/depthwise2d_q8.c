/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise2d_q8: depthwise2d in the integers of a file that is quantised already.
 *   sum = bias + sum over taps: (src - src_zero) * (weights - weights_zero), in int32
 *   dst = clamp(round(scale[c] * sum) + dst_zero, lowest, highest)
 * src u8 N,IH,IW,C   weights u8 or i8 KH,KW,1,C   bias i32 C   scale f32 C   dst u8 N,OH,OW,C
 *
 * Weights less their zero point that do not fit 8 bits are two numbers that do. See depthwise_u8.h.
 */
#include "ops/depthwise_u8.h"

typedef seg_conv2d_q8_params params;

static const seg_param param_list[] = {
    SEG_CONV_U8_PARAMS(params),
    {"groups", "unused: 1", SEG_PARAM_INT, offsetof(params, conv.groups), 1, 1},
    SEG_CONV_Q8_PARAMS,
    {0},
};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)src_count;
    const params *p = given;
    seg_status status =
        seg_shape_of_conv_q8(&seg_op_depthwise2d, "depthwise2d_q8", &p->conv, src, dst, err);
    return status == SEG_OK ? seg_depthwise_u8_check("depthwise2d_q8", &src[1], err) : status;
}

static seg_depthwise_u8 depthwise(const seg_op_call *call)
{
    const params *p = call->params;
    return (seg_depthwise_u8){.call = call,
                              .conv = &p->conv,
                              .src_zero = (int32_t)p->src_zero,
                              .dst_zero = (int32_t)p->dst_zero,
                              .lowest = (float)(p->lowest - p->dst_zero),
                              .highest = (float)(p->highest - p->dst_zero),
                              .wide = p->weights_fit == 0};
}

static size_t packed_size(const seg_op_call *call)
{
    seg_depthwise_u8 d = depthwise(call);
    return seg_depthwise_u8_packed_size(&d);
}

static void make_channel(const seg_op_call *call, int64_t c, seg_depthwise_u8_channel *out)
{
    const params *p = call->params;
    const seg_shape *w = &call->src[1].shape;
    const int64_t usual[4] = {w->kw * w->oc, w->oc, 0, 1};
    const int64_t *step = call->weight_steps != NULL ? call->weight_steps : usual;
    const uint8_t *data = (const uint8_t *)call->src[1].data + c * step[3];
    for (int64_t y = 0; y < w->kh; y++) {
        for (int64_t x = 0; x < w->kw; x++) {
            const uint8_t byte = data[y * step[0] + x * step[1]];
            const int32_t weight = w->dtype == SEG_I8 ? (int8_t)byte : byte;
            out->weights[y * w->kw + x] = (int16_t)(weight - (int32_t)p->weights_zero);
        }
    }
    out->bias = ((const int32_t *)call->src[2].data)[c];
    out->scale = seg_f32(&call->src[3])[c];
}

static void pack(const seg_op_call *call)
{
    seg_depthwise_u8 d = depthwise(call);
    seg_depthwise_u8_pack(&d, make_channel);
}

static void forward(const seg_op_call *call)
{
    seg_depthwise_u8 d = depthwise(call);
    seg_depthwise_u8_run(&d);
}

static int64_t multiply_adds(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    return seg_shape_count(&call->dst->shape) * w->kh * w->kw;
}

static const char *algorithm(const seg_op_call *call)
{
    return depthwise(call).wide ? "int8, four taps a product, two parts"
                                : "int8, four taps a product";
}

const seg_op seg_op_depthwise2d_q8 = {
    .name = "depthwise2d_q8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 4,
    .src_max = 4,
    .flags = SEG_OP_PACKS,
    .shape = shape,
    .packed_size = packed_size,
    .pack = pack,
    .forward = forward,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
};
