/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * conv_transpose2d: the gradient of conv2d as a layer ("deconvolution"), for learned upsampling.
 *   dst[n, ih*sh + kh*dh - ph, iw*sw + kw*dw - pw, oc] += src[n,ih,iw,ic] * weights[kh,kw,ic,oc]
 *   over all ih,iw,kh,kw,ic, starting from bias[oc]; then the activation
 * src      N,IH,IW,IC   weights KH,KW,IC/G,OC   bias OC (optional)
 * dst      N,OH,OW,OC   OH = (IH-1)*sh - ph - ph_end + dh*(KH-1) + 1 + out_pad_h
 * packed   the weights in panels, with the bias (convolution.h)
 * Padding crops dst. A dst pixel that no tap reaches holds the bias.
 */
#include "base/error.h"
#include "ops/convolution.h"
#include "ops/params.h"

typedef seg_conv_transpose2d_params params;

static const seg_param param_list[] = {
    {"activation", "applied to the result", SEG_PARAM_INT, offsetof(params, activation),
     SEG_ACT_NONE, SEG_ACT_HARD_SIGMOID},
    {"sh", "stride, rows", SEG_PARAM_INT, offsetof(params, sh), 1, 4096},
    {"sw", "stride, columns", SEG_PARAM_INT, offsetof(params, sw), 1, 4096},
    {"ph", "rows cropped above", SEG_PARAM_INT, offsetof(params, ph), 0, 65536},
    {"pw", "columns cropped on the left", SEG_PARAM_INT, offsetof(params, pw), 0, 65536},
    {"ph_end", "rows cropped below", SEG_PARAM_INT, offsetof(params, ph_end), 0, 65536},
    {"pw_end", "columns cropped on the right", SEG_PARAM_INT, offsetof(params, pw_end), 0, 65536},
    {"dh", "dilation, rows", SEG_PARAM_INT, offsetof(params, dh), 1, 65536},
    {"dw", "dilation, columns", SEG_PARAM_INT, offsetof(params, dw), 1, 65536},
    {"out_pad_h", "rows added below", SEG_PARAM_INT, offsetof(params, out_pad_h), 0, 65536},
    {"out_pad_w", "columns added on the right", SEG_PARAM_INT, offsetof(params, out_pad_w), 0,
     65536},
    {"groups", "groups of channels (0: one)", SEG_PARAM_INT, offsetof(params, groups), 0, 1 << 20},
    {0},
};

static int64_t extent(int64_t in, int64_t kernel, int64_t dilation, int64_t stride, int64_t crop,
                      int64_t out_pad)
{
    return (in - 1) * stride + dilation * (kernel - 1) + 1 - crop + out_pad;
}

static seg_status shape(const void *params_, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = params_;
    const seg_shape *w = &src[1];
    seg_status status = seg_conv_check("conv_transpose2d", src_count, src, err);
    if (status != SEG_OK)
        return status;
    const int64_t groups = p->groups > 0 ? p->groups : 1;
    if (src[0].c % groups != 0 || w->oc % groups != 0)
        return seg_fail(err, SEG_INVALID,
                        "conv_transpose2d: %lld groups do not divide %lld and %lld channels",
                        (long long)groups, (long long)src[0].c, (long long)w->oc);
    if (w->ic != src[0].c / groups)
        return seg_fail(err, SEG_INVALID,
                        "conv_transpose2d: weights take %lld channels, src has %lld",
                        (long long)w->ic, (long long)(src[0].c / groups));
    int64_t oh = extent(src[0].h, w->kh, p->dh, p->sh, p->ph + p->ph_end, p->out_pad_h);
    int64_t ow = extent(src[0].w, w->kw, p->dw, p->sw, p->pw + p->pw_end, p->out_pad_w);
    if (oh < 1 || ow < 1)
        return seg_fail(err, SEG_INVALID,
                        "conv_transpose2d: cropping %lld rows and %lld columns leaves %lldx%lld "
                        "pixels",
                        (long long)(p->ph + p->ph_end), (long long)(p->pw + p->pw_end),
                        (long long)oh, (long long)ow);
    *dst = seg_shape_nhwc(src[0].n, oh, ow, w->oc);
    return SEG_OK;
}

/* The fine image is dst. */
static seg_convolution convolution(const seg_op_call *call)
{
    const params *p = call->params;
    const seg_shape *image = &call->src[0].shape, *w = &call->src[1].shape;
    const seg_shape *dst = &call->dst->shape;
    return (seg_convolution){
        .kernels = call->kernels,
        .threads = call->threads,
        .n = image->n,
        .groups = p->groups > 0 ? p->groups : 1,
        .y = {dst->h, image->h, w->kh, p->sh, p->ph, p->dh},
        .x = {dst->w, image->w, w->kw, p->sw, p->pw, p->dw},
        .ic = image->c,
        .oc = dst->c,
        .up = true,
        .bf16 = call->bf16,
    };
}

static size_t packed_size(const seg_op_call *call)
{
    seg_convolution conv = convolution(call);
    return seg_conv_packed_size(&conv);
}

static size_t scratch_size(const seg_op_call *call)
{
    seg_convolution conv = convolution(call);
    return seg_conv_scratch_size(&conv, call->train);
}

static void pack(const seg_op_call *call)
{
    seg_convolution conv = convolution(call);
    seg_conv_pack(&conv, call);
}

static void forward(const seg_op_call *call)
{
    seg_convolution conv = convolution(call);
    seg_conv_forward(&conv, call, (seg_activation)((const params *)call->params)->activation);
}

static void backward(const seg_op_call *call)
{
    seg_convolution conv = convolution(call);
    seg_conv_backward(&conv, call);
}

static const char *algorithm(const seg_op_call *call)
{
    seg_convolution conv = convolution(call);
    return seg_conv_algorithm(&conv, call);
}

static int64_t multiply_adds(const seg_op_call *call)
{
    const seg_shape *w = &call->src[1].shape;
    const int64_t groups = ((const params *)call->params)->groups;
    return seg_shape_count(&call->src[0].shape) * w->kh * w->kw * w->oc / (groups > 0 ? groups : 1);
}

const seg_op seg_op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 2,
    .src_max = 3,
    .flags = SEG_OP_READS_SRC | SEG_OP_FUSES_INFER | SEG_OP_PACKS | SEG_OP_STEPS_DST,
    .shape = shape,
    .packed_size = packed_size,
    .scratch_size = scratch_size,
    .pack = pack,
    .forward = forward,
    .backward = backward,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
};
