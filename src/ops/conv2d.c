/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * conv2d: dense convolution.
 *   dst[n,oh,ow,oc] = act(bias[oc] + sum over kh,kw,ic:
 *                         src[n, oh*sh + kh*dh - ph, ow*sw + kw*dw - pw, ic] *
 * weights[kh,kw,ic,oc]) src      N,IH,IW,IC   weights KH,KW,IC/G,OC   bias OC (optional) dst
 * N,OH,OW,OC   OH = (IH + ph + ph_end - dh*(KH-1) - 1)/sh + 1, rounded down packed   the weights in
 * panels, with the bias (convolution.h) Outside the image src is 0. Group g of the outputs sees
 * group g of the inputs only.
 */
#include "base/error.h"
#include "ops/convolution.h"
#include "ops/params.h"

typedef seg_conv2d_params params;

static const seg_param param_list[] = {
    {"activation", "applied to the result", SEG_PARAM_INT, offsetof(params, activation),
     SEG_ACT_NONE, SEG_ACT_HARD_SIGMOID},
    {"sh", "stride, rows", SEG_PARAM_INT, offsetof(params, sh), 1, 4096},
    {"sw", "stride, columns", SEG_PARAM_INT, offsetof(params, sw), 1, 4096},
    {"ph", "padding above", SEG_PARAM_INT, offsetof(params, ph), 0, 65536},
    {"pw", "padding on the left", SEG_PARAM_INT, offsetof(params, pw), 0, 65536},
    {"ph_end", "padding below", SEG_PARAM_INT, offsetof(params, ph_end), 0, 65536},
    {"pw_end", "padding on the right", SEG_PARAM_INT, offsetof(params, pw_end), 0, 65536},
    {"dh", "dilation, rows", SEG_PARAM_INT, offsetof(params, dh), 1, 65536},
    {"dw", "dilation, columns", SEG_PARAM_INT, offsetof(params, dw), 1, 65536},
    {"groups", "groups of channels", SEG_PARAM_INT, offsetof(params, groups), 1, 1 << 20},
    {0},
};

static seg_status check_groups(const params *p, const seg_shape *src, seg_error *err)
{
    const seg_shape *image = &src[0], *weights = &src[1];
    if (image->c % p->groups != 0 || weights->oc % p->groups != 0)
        return seg_fail(err, SEG_INVALID,
                        "conv2d: %lld groups do not divide %lld and %lld channels",
                        (long long)p->groups, (long long)image->c, (long long)weights->oc);
    if (weights->ic != image->c / p->groups)
        return seg_fail(err, SEG_INVALID, "conv2d: weights take %lld channels, a group has %lld",
                        (long long)weights->ic, (long long)(image->c / p->groups));
    return SEG_OK;
}

/* Extent of dst along one axis. */
static seg_status extent(int64_t in, int64_t pad, int64_t kernel, int64_t dilation, int64_t stride,
                         const char *what, int64_t *out, seg_error *err)
{
    int64_t window = dilation * (kernel - 1) + 1;
    if (in + pad < window)
        return seg_fail(err, SEG_INVALID,
                        "conv2d: a window of %lld does not fit a %s of %lld with %lld of padding",
                        (long long)window, what, (long long)in, (long long)pad);
    *out = (in + pad - window) / stride + 1;
    return SEG_OK;
}

static seg_status shape(const void *params_, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = params_;
    const seg_shape *w = &src[1];
    int64_t oh = 0, ow = 0;
    seg_status status = seg_conv_check("conv2d", src_count, src, err);
    if (status == SEG_OK)
        status = check_groups(p, src, err);
    if (status == SEG_OK)
        status = extent(src[0].h, p->ph + p->ph_end, w->kh, p->dh, p->sh, "height", &oh, err);
    if (status == SEG_OK)
        status = extent(src[0].w, p->pw + p->pw_end, w->kw, p->dw, p->sw, "width", &ow, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src[0].n, oh, ow, w->oc);
    return status;
}

static seg_convolution convolution(const seg_op_call *call)
{
    const params *p = call->params;
    const seg_shape *image = &call->src[0].shape, *w = &call->src[1].shape;
    const seg_shape *dst = &call->dst->shape;
    return (seg_convolution){
        .kernels = call->kernels,
        .threads = call->threads,
        .n = image->n,
        .groups = p->groups,
        .y = {image->h, dst->h, w->kh, p->sh, p->ph, p->dh},
        .x = {image->w, dst->w, w->kw, p->sw, p->pw, p->dw},
        .ic = image->c,
        .oc = dst->c,
        .up = false,
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
    return seg_shape_count(&call->dst->shape) * w->kh * w->kw * w->ic;
}

const seg_op seg_op_conv2d = {
    .name = "conv2d",
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
