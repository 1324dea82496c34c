/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise2d_u8: depthwise2d over quantised images.
 *   sum = bias + sum over taps: (src - src_zero) * weights, all of them integers
 *   dst = clamp(round(sum * src_scale * step[c] / dst_scale)) + dst_zero
 * src u8 N,IH,IW,C   weights f32 KH,KW,1,C   bias f32 C (optional)   dst u8 N,OH,OW,C
 * Weights are rounded when they are packed; what follows: depthwise_u8.h.
 */
#include "base/error.h"
#include "ops/depthwise_u8.h"

typedef seg_conv2d_u8_params params;

#define FIELD(name) offsetof(params, name)
static const seg_param param_list[] = {
    SEG_CONV_U8_PARAMS(params),
    {"groups", "unused: 1", SEG_PARAM_INT, FIELD(conv.groups), 1, 1},
    SEG_QUANT_PARAMS(params, src, "src_scale", "src_zero", "src"),
    SEG_QUANT_PARAMS(params, dst, "dst_scale", "dst_zero", "dst"),
    {"to_float", "unused: 0", SEG_PARAM_INT, FIELD(to_float), 0, 0},
    {0},
};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = given;
    seg_status status = seg_shape_of_conv_u8(&seg_op_depthwise2d, "depthwise2d_u8", &p->conv,
                                             src_count, src, dst, err);
    if (status != SEG_OK)
        return status;
    dst->dtype = SEG_U8;
    return seg_depthwise_u8_check("depthwise2d_u8", &src[1], err);
}

static seg_depthwise_u8 depthwise(const seg_op_call *call)
{
    const params *p = call->params;
    seg_depthwise_u8 d = {.call = call,
                          .conv = &p->conv,
                          .src_zero = (int32_t)p->src.zero,
                          .dst_zero = (int32_t)p->dst.zero};
    seg_quant_range(p->conv.activation, &p->dst, &d.lowest, &d.highest);
    return d;
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
    const float bias = call->src_count > 2 ? seg_f32(&call->src[2])[c] : 0.0f;
    int8_t row[SEG_DEPTHWISE_TAPS_MAX];
    const float step = seg_quant_weights(seg_f32(&call->src[1]) + c, w->kh * w->kw, w->oc, bias,
                                         p->src.scale, row);
    for (int64_t t = 0; t < w->kh * w->kw; t++)
        out->weights[t] = row[t];
    out->bias = seg_quant_bias(bias, step, p->src.scale);
    out->scale = (float)((double)step * p->src.scale / p->dst.scale);
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
    (void)call;
    return "int8, four taps a product";
}

const seg_op seg_op_depthwise2d_u8 = {
    .name = "depthwise2d_u8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 2,
    .src_max = 3,
    .shape = shape,
    .packed_size = packed_size,
    .pack = pack,
    .forward = forward,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
};
