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
    {"activation", "0 none, 1 ReLU, 2 ReLU6", SEG_PARAM_INT, offsetof(params, activation), 0, 2},
    {"sh", "rows from one window to the next", SEG_PARAM_INT, offsetof(params, sh), 1, 4096},
    {"sw", "columns from one window to the next", SEG_PARAM_INT, offsetof(params, sw), 1, 4096},
    {"ph", "rows of padding above", SEG_PARAM_INT, offsetof(params, ph), 0, 65536},
    {"pw", "columns of padding on the left", SEG_PARAM_INT, offsetof(params, pw), 0, 65536},
    {"ph_end", "rows of padding below", SEG_PARAM_INT, offsetof(params, ph_end), 0, 65536},
    {"pw_end", "columns of padding on the right", SEG_PARAM_INT, offsetof(params, pw_end), 0,
     65536},
    {"dh", "row dilation, 1 is dense", SEG_PARAM_INT, offsetof(params, dh), 1, 65536},
    {"dw", "column dilation, 1 is dense", SEG_PARAM_INT, offsetof(params, dw), 1, 65536},
    {"groups", "groups of channels", SEG_PARAM_INT, offsetof(params, groups), 1, 1 << 20},
    {0},
};

static seg_status check_channels(const params *p, int src_count, const seg_shape *src,
                                 seg_error *err)
{
    const seg_shape *image = &src[0], *weights = &src[1];
    if (image->rank != 4 || weights->rank != 4 || image->dtype != SEG_F32 ||
        weights->dtype != SEG_F32)
        return seg_fail(err, SEG_INVALID, "conv2d: image and weights must be f32 of rank 4");
    if (image->c % p->groups != 0 || weights->oc % p->groups != 0)
        return seg_fail(err, SEG_INVALID,
                        "conv2d: %lld input and %lld output channels are not divisible by %lld "
                        "groups",
                        (long long)image->c, (long long)weights->oc, (long long)p->groups);
    if (weights->ic != image->c / p->groups)
        return seg_fail(err, SEG_INVALID,
                        "conv2d: weights take %lld channels, the image gives %lld per group",
                        (long long)weights->ic, (long long)(image->c / p->groups));
    if (src_count == 3 &&
        (src[2].rank != 1 || src[2].dtype != SEG_F32 || src[2].dim[0] != weights->oc))
        return seg_fail(err, SEG_INVALID, "conv2d: bias must be f32 with %lld elements",
                        (long long)weights->oc);
    return SEG_OK;
}

/* Extent of dst along one axis; 0 when the window does not fit. */
static int64_t extent(int64_t in, int64_t pad, int64_t kernel, int64_t dilation, int64_t stride)
{
    int64_t window = dilation * (kernel - 1) + 1;
    return in + pad < window ? 0 : (in + pad - window) / stride + 1;
}

static seg_status shape(const void *params_, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const params *p = params_;
    seg_status status = check_channels(p, src_count, src, err);
    if (status != SEG_OK)
        return status;
    const seg_shape *w = &src[1];
    int64_t oh = extent(src[0].h, p->ph + p->ph_end, w->kh, p->dh, p->sh);
    int64_t ow = extent(src[0].w, p->pw + p->pw_end, w->kw, p->dw, p->sw);
    if (oh < 1 || ow < 1)
        return seg_fail(err, SEG_INVALID,
                        "conv2d: a window of %lldx%lld, dilated %lldx%lld, does not fit an image "
                        "of %lldx%lld with %lld,%lld rows and %lld,%lld columns of padding",
                        (long long)w->kh, (long long)w->kw, (long long)p->dh, (long long)p->dw,
                        (long long)src[0].h, (long long)src[0].w, (long long)p->ph,
                        (long long)p->ph_end, (long long)p->pw, (long long)p->pw_end);
    *dst = seg_shape_nhwc(src[0].n, oh, ow, w->oc);
    return SEG_OK;
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
    .flags = SEG_OP_READS_SRC | SEG_OP_FUSES_INFER,
    .shape = shape,
    .packed_size = packed_size,
    .scratch_size = scratch_size,
    .pack = pack,
    .forward = forward,
    .backward = backward,
    .multiply_adds = multiply_adds,
};
