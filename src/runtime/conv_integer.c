/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv_integer.c: ConvInteger and QLinearConv: sums in int32_t; what is padded is the zero point. */
#include "base/error.h"
#include "runtime/convert.h"
#include "runtime/convolve.h"
#include "runtime/integers.h"

/* Sources of the image and the weights, with their zero points. */
typedef struct conv_sources {
    int image, image_zero, weights, weights_zero;
} conv_sources;

/* bias and dst: int32_t. */
static seg_status convolve(seg_eval *call, const conv_sources *at, seg_convolve *c,
                           const uint32_t *bias, uint32_t *dst)
{
    uint32_t *image = NULL, *weights = NULL;
    seg_status status = SEG_OK;
    if (seg_eval_has(call, at->image_zero) &&
        seg_shape_count(&call->src[at->image_zero].shape) != 1)
        status = seg_eval_fail(call, SEG_INVALID, "the image must have one zero point");
    if (status == SEG_OK)
        status = seg_integers_load(call, at->image, at->image_zero, 0, &image);
    if (status == SEG_OK)
        status = seg_integers_load(call, at->weights, at->weights_zero, 0, &weights);
    c->threads = call->threads;
    if (status == SEG_OK)
        seg_convolve_u32(c, image, weights, bias, dst);
    seg_block_free(image);
    seg_block_free(weights);
    return status;
}

static seg_status shape_of(seg_eval *call, const conv_sources *at, seg_convolve *c, seg_shape *dst)
{
    seg_error why;
    seg_status status = seg_convolve_of(call->node, &call->src[at->image].shape,
                                        &call->src[at->weights].shape, false, c, dst, &why);
    return seg_eval_why(call, status, &why);
}

static seg_status conv_integer(seg_eval *call)
{
    static const conv_sources at = {.image = 0, .weights = 1, .image_zero = 2, .weights_zero = 3};
    seg_convolve c;
    seg_shape dst;
    seg_status status = shape_of(call, &at, &c, &dst);
    dst.dtype = SEG_I32;
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &dst);
    return status == SEG_OK ? convolve(call, &at, &c, NULL, call->dst[0].data) : status;
}

const seg_runtime_op seg_runtime_op_ConvInteger = {
    .domain = "", .name = "ConvInteger", .src_min = 2, .src_max = 4, .evaluate = conv_integer};

/* ---- QLinearConv ---- */

enum { X, X_SCALE, X_ZERO, W, W_SCALE, W_ZERO, Y_SCALE, Y_ZERO, BIAS };

static seg_status requantise(seg_eval *call, const conv_sources *at, seg_convolve *c,
                             uint32_t *sums, int64_t count)
{
    const uint32_t *bias = seg_eval_has(call, BIAS) ? call->src[BIAS].data : NULL;
    float *factors = NULL;
    seg_status status = seg_integers_factors(call, X_SCALE, W_SCALE, Y_SCALE, c->oc, &factors);
    if (status == SEG_OK)
        status = convolve(call, at, c, bias, sums);
    if (status == SEG_OK && count > 0) {
        int64_t inner = count / (c->n * c->oc);
        seg_integers_store(call, Y_ZERO, &(seg_requantise){sums, inner, c->oc, factors});
    }
    seg_block_free(factors);
    return status;
}

static seg_status check_result(seg_eval *call, int64_t channels)
{
    const seg_shape *zero = &call->src[Y_ZERO].shape, *bias = &call->src[BIAS].shape;
    char text[SEG_SHAPE_TEXT_SIZE];
    if ((zero->dtype != SEG_U8 && zero->dtype != SEG_I8) || seg_shape_count(zero) != 1)
        return seg_eval_bad_dtype(call, Y_ZERO);
    if (seg_eval_has(call, BIAS) && (bias->dtype != SEG_I32 || seg_shape_count(bias) != channels))
        return seg_eval_fail(call, SEG_INVALID, "the bias must be i32 %lld, is %s",
                             (long long)channels, seg_shape_text(bias, text));
    return SEG_OK;
}

static seg_status qlinear_conv(seg_eval *call)
{
    static const conv_sources at = {
        .image = X, .image_zero = X_ZERO, .weights = W, .weights_zero = W_ZERO};
    seg_convolve c;
    seg_shape dst;
    seg_status status = shape_of(call, &at, &c, &dst);
    if (status == SEG_OK)
        status = check_result(call, c.oc);
    dst.dtype = call->src[Y_ZERO].shape.dtype;
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK)
        return status;
    int64_t count = seg_shape_count(&dst);
    size_t size = 0;
    uint32_t *sums = seg_size_mul((size_t)count, sizeof *sums, &size) ? seg_block_new(size) : NULL;
    if (sums == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    status = requantise(call, &at, &c, sums, count);
    seg_block_free(sums);
    return status;
}

const seg_runtime_op seg_runtime_op_QLinearConv = {
    .domain = "", .name = "QLinearConv", .src_min = 8, .src_max = 9, .evaluate = qlinear_conv};
