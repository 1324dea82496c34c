/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * conv2d_q8: conv2d in the integers of a file that is quantised already.
 *   sum = bias + sum over taps, ic: (src - src_zero) * (weights - weights_zero), in int32
 *   dst = clamp(round(scale[oc] * sum) + dst_zero, lowest, highest)
 * src u8 N,IH,IW,IC   weights u8 or i8 KH,KW,IC,OC   bias i32 OC   scale f32 OC   dst u8 N,OH,OW,OC
 *
 * The kernels take weights of -128..127: those less their zero point where that fits, else those of
 * a u8 less 128, and what is left of the zero point is taken off the sums. See convolution_u8.h.
 */
#include "base/error.h"
#include "ops/convolution_u8.h"
#include "ops/quantised.h"

typedef seg_conv2d_q8_params params;

static const seg_param param_list[] = {
    SEG_CONV_U8_PARAMS(params),
    {"groups", "1: no groups of channels", SEG_PARAM_INT, offsetof(params, conv.groups), 1, 1},
    SEG_CONV_Q8_PARAMS,
    {0},
};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)src_count;
    const params *p = given;
    seg_status status = seg_shape_of_conv_q8(&seg_op_conv2d, "conv2d_q8", &p->conv, src, dst, err);
    const int64_t depth = status == SEG_OK ? src[1].kh * src[1].kw * src[1].ic : 0;
    if (depth > SEG_U8_DEPTH_MAX)
        return seg_fail(err, SEG_UNSUPPORTED, "conv2d_q8: sums of %lld products, at most %d",
                        (long long)depth, SEG_U8_DEPTH_MAX);
    return status;
}

/* What is taken off each weight when it is packed. */
static int32_t packed_less(const seg_op_call *call)
{
    const params *p = call->params;
    if (p->weights_fit != 0)
        return (int32_t)p->weights_zero;
    return call->src[1].shape.dtype == SEG_U8 ? 128 : 0;
}

static seg_conv_u8 convolution(const seg_op_call *call)
{
    const params *p = call->params;
    seg_conv_u8 c = seg_conv_u8_of(call, &p->conv);
    c.src_zero = (int32_t)p->src_zero;
    c.weights_zero = (int32_t)p->weights_zero - packed_less(call);
    c.dst_zero = (int32_t)p->dst_zero;
    c.lowest = (float)(p->lowest - p->dst_zero);
    c.highest = (float)(p->highest - p->dst_zero);
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

static void make_channel(const seg_op_call *call, int64_t channel, seg_conv_u8_channel *out)
{
    const seg_shape *w = &call->src[1].shape;
    const int64_t usual[4] = {w->kw * w->ic * w->oc, w->ic * w->oc, w->oc, 1};
    const int64_t *step = call->weight_steps != NULL ? call->weight_steps : usual;
    const uint8_t *data = (const uint8_t *)call->src[1].data + channel * step[3];
    const uint8_t less = (uint8_t)packed_less(call); /* modulo 256: the result fits */
    int8_t *to = out->weights;
    for (int64_t y = 0; y < w->kh; y++) {
        for (int64_t x = 0; x < w->kw; x++, to += w->ic) {
            const uint8_t *from = data + y * step[0] + x * step[1];
            for (int64_t i = 0; i < w->ic; i++)
                to[i] = (int8_t)(uint8_t)(from[i * step[2]] - less);
        }
    }
    out->bias = ((const int32_t *)call->src[2].data)[channel];
    out->scale = seg_f32(&call->src[3])[channel];
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
    return convolution(call).weights_zero != 0 ? "int8 indirect GEMM, zero points"
                                               : "int8 indirect GEMM";
}

const seg_op seg_op_conv2d_q8 = {
    .name = "conv2d_q8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 4,
    .src_max = 4,
    .flags = SEG_OP_PACKS,
    .shape = shape,
    .packed_size = packed_size,
    .scratch_size = scratch_size,
    .pack = pack,
    .forward = forward,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
};
