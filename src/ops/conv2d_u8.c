/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * conv2d_u8: conv2d over quantised images.
 *   sum      = bias + sum over taps, ic: (src - src_zero) * weights, all of them integers
 *   dst      = clamp(round(sum * src_scale * step[oc] / dst_scale)) + dst_zero   (or f32: sum * ..)
 * src u8 N,IH,IW,IC   weights f32 KH,KW,IC,OC   bias f32 OC (optional)   dst u8 or f32 N,OH,OW,OC
 * Weights are rounded when they are packed; what follows: convolution_u8.h.
 */
#include <math.h>

#include "base/error.h"
#include "ops/convolution_u8.h"
#include "ops/quantised.h"

typedef seg_conv2d_u8_params params;

#define FIELD(name) offsetof(params, name)
static const seg_param param_list[] = {
    SEG_CONV_U8_PARAMS(params),
    {"groups", "1: no groups of channels", SEG_PARAM_INT, FIELD(conv.groups), 1, 1},
    SEG_QUANT_PARAMS(params, src, "src_scale", "src_zero", "src"),
    SEG_QUANT_PARAMS(params, dst, "dst_scale", "dst_zero", "dst"),
    {"to_float", "1: dst is f32", SEG_PARAM_INT, FIELD(to_float), 0, 1},
    {0},
};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = given;
    seg_status status =
        seg_shape_of_conv_u8(&seg_op_conv2d, "conv2d_u8", &p->conv, src_count, src, dst, err);
    if (status != SEG_OK)
        return status;
    const int64_t depth = src[1].kh * src[1].kw * src[1].ic;
    if (depth > SEG_U8_DEPTH_MAX)
        return seg_fail(err, SEG_UNSUPPORTED, "conv2d_u8: sums of %lld products, at most %d",
                        (long long)depth, SEG_U8_DEPTH_MAX);
    dst->dtype = p->to_float != 0 ? SEG_F32 : SEG_U8;
    return SEG_OK;
}

static seg_conv_u8 convolution(const seg_op_call *call)
{
    const params *p = call->params;
    seg_conv_u8 c = seg_conv_u8_of(call, &p->conv);
    c.src_zero = (int32_t)p->src.zero;
    c.dst_zero = (int32_t)p->dst.zero;
    c.to_float = p->to_float != 0;
    seg_quant_range(p->conv.activation, &p->dst, &c.lowest, &c.highest);
    if (c.to_float) {
        c.lowest = p->conv.activation != SEG_ACT_NONE ? 0 : -INFINITY;
        c.highest = p->conv.activation == SEG_ACT_RELU6 ? 6 : INFINITY;
    }
    return c;
}

static size_t packed_size(const seg_op_call *call)
{
    seg_conv_u8 c = convolution(call);
    return seg_conv_u8_packed_size(&c);
}

static size_t scratch_size(const seg_op_call *call)
{
    seg_conv_u8 c = convolution(call);
    return seg_conv_u8_scratch_size(&c);
}

/* Starts are at most 2^30 + 255 * 127 * SEG_U8_DEPTH_MAX: below 2^31. */
static void make_channel(const seg_op_call *call, int64_t channel, seg_conv_u8_channel *out)
{
    const params *p = call->params;
    const seg_shape *w = &call->src[1].shape;
    const float bias = call->src_count > 2 ? seg_f32(&call->src[2])[channel] : 0.0f;
    const float step = seg_quant_weights(seg_f32(&call->src[1]) + channel, w->kh * w->kw * w->ic,
                                         w->oc, bias, p->src.scale, out->weights);
    out->bias = seg_quant_bias(bias, step, p->src.scale);
    out->scale = (float)((double)step * p->src.scale / (p->to_float != 0 ? 1 : p->dst.scale));
}

static void pack(const seg_op_call *call)
{
    seg_conv_u8 c = convolution(call);
    seg_conv_u8_pack(&c, call, make_channel);
}

static void forward(const seg_op_call *call)
{
    seg_conv_u8 c = convolution(call);
    seg_conv_u8_run(&c, call->scratch);
}

static int64_t multiply_adds(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    return seg_shape_count(&call->dst->shape) * w->kh * w->kw * w->ic;
}

static const char *algorithm(const seg_op_call *call)
{
    const params *p = call->params;
    return p->to_float != 0 ? "int8 indirect GEMM, to float" : "int8 indirect GEMM";
}

const seg_op seg_op_conv2d_u8 = {
    .name = "conv2d_u8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 2,
    .src_max = 3,
    .shape = shape,
    .packed_size = packed_size,
    .scratch_size = scratch_size,
    .pack = pack,
    .forward = forward,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
};
