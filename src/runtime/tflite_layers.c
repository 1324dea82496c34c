/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_layers.c: what the nodes of quantised convolutions say: shapes, padding, checks. */
#include <string.h>

#include "base/error.h"
#include "runtime/convert.h"
#include "runtime/relabel.h"
#include "runtime/tflite_conv.h"

enum { EXTENT_MAX = 4096, WINDOW_MAX = 65536 }; /* strides and the like; dilated windows */

static int64_t option(const seg_eval *call, const char *name, int64_t missing)
{
    return seg_program_int(call->node, name, missing);
}

/* Weights, bias and quantisation; sources at these indices. */
static seg_status read_weights(seg_q8_conv *c, int image, int weights, int bias)
{
    seg_eval *call = c->call;
    const seg_program_slot *slot = &call->program->slots[call->node->src[weights]];
    c->image = &call->src[image];
    c->weights = &call->src[weights];
    c->weights_q = &slot->quantisation;
    seg_status status = seg_q8_src(call, image, &c->src);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &c->dst);
    if (status == SEG_OK)
        status =
            seg_q8_range(call, &c->dst, option(call, "activation", 0), &c->lowest, &c->highest);
    if (status != SEG_OK)
        return status;
    if (c->weights->shape.dtype != SEG_U8 && c->weights->shape.dtype != SEG_I8)
        return seg_eval_bad_dtype(call, weights);
    if (c->weights_q->count != 1 && c->weights_q->count != c->oc)
        return seg_eval_fail(call, SEG_FORMAT, "%lld scales of weights for %lld channels",
                             (long long)c->weights_q->count, (long long)c->oc);
    if (!seg_eval_has(call, bias))
        return SEG_OK;
    const seg_shape *shape = &call->src[bias].shape;
    if (shape->dtype != SEG_I32)
        return seg_eval_bad_dtype(call, bias);
    if (seg_shape_count(shape) != c->oc)
        return seg_eval_fail(call, SEG_MISMATCH, "a bias of %lld for %lld channels",
                             (long long)seg_shape_count(shape), (long long)c->oc);
    c->bias = call->src[bias].data;
    return SEG_OK;
}

/* Image and weights of rank 4, their extents, strides and dilations. */
static seg_status read_extents(seg_q8_conv *c, int image, int weights)
{
    seg_eval *call = c->call;
    const seg_shape *x = &call->src[image].shape, *w = &call->src[weights].shape;
    if (x->rank != 4 || w->rank != 4 || seg_shape_count(x) == 0 || seg_shape_count(w) == 0)
        return seg_eval_fail(call, SEG_INVALID, "an image of rank %d, weights of rank %d", x->rank,
                             w->rank);
    c->n = x->dim[0];
    c->ih = x->dim[1];
    c->iw = x->dim[2];
    c->ic = x->dim[3];
    c->kh = w->dim[1];
    c->kw = w->dim[2];
    c->oc = c->depthwise ? w->dim[3] : w->dim[0];
    c->depth = c->depthwise ? 1 : w->dim[3];
    c->sh = option(call, "stride_h", 1);
    c->sw = option(call, "stride_w", 1);
    c->dh = option(call, "dilation_h", 1);
    c->dw = option(call, "dilation_w", 1);
    const int64_t small[] = {c->sh, c->sw, c->dh, c->dw, c->kh, c->kw};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        if (small[i] < 1 || small[i] > EXTENT_MAX)
            return seg_eval_fail(call, SEG_LIMIT, "a stride, dilation or window of %lld",
                                 (long long)small[i]);
    }
    if (c->dh * (c->kh - 1) >= WINDOW_MAX || c->dw * (c->kw - 1) >= WINDOW_MAX)
        return seg_eval_fail(call, SEG_LIMIT, "a window of %lldx%lld, dilated by %lldx%lld",
                             (long long)c->kh, (long long)c->kw, (long long)c->dh,
                             (long long)c->dw);
    return SEG_OK;
}

static int64_t padding_end(int64_t in, int64_t before, int64_t kernel, int64_t dilation,
                           int64_t stride, int64_t out)
{
    const int64_t end = (out - 1) * stride + dilation * (kernel - 1) + 1 - in - before;
    return end > 0 ? end : 0;
}

static seg_status read_padding(seg_q8_conv *c)
{
    const bool same = option(c->call, "padding", 0) == 0;
    seg_q8_window(same, c->ih, c->kh, c->dh, c->sh, &c->oh, &c->ph);
    seg_q8_window(same, c->iw, c->kw, c->dw, c->sw, &c->ow, &c->pw);
    if (c->oh < 1 || c->ow < 1)
        return seg_eval_fail(c->call, SEG_INVALID, "a window of %lldx%lld over %lldx%lld pixels",
                             (long long)c->kh, (long long)c->kw, (long long)c->ih,
                             (long long)c->iw);
    c->ph_end = padding_end(c->ih, c->ph, c->kh, c->dh, c->sh, c->oh);
    c->pw_end = padding_end(c->iw, c->pw, c->kw, c->dw, c->sw, c->ow);
    return SEG_OK;
}

static seg_status check_dense(seg_q8_conv *c)
{
    if (c->ic % c->depth != 0 || c->oc % (c->ic / c->depth) != 0)
        return seg_eval_fail(c->call, SEG_MISMATCH, "weights of %lld channels, an image of %lld",
                             (long long)c->depth, (long long)c->ic);
    c->groups = c->ic / c->depth;
    return SEG_OK;
}

static seg_status check_depthwise(seg_q8_conv *c)
{
    if (c->oc % c->ic != 0 || c->call->src[1].shape.dim[0] != 1)
        return seg_eval_fail(c->call, SEG_MISMATCH, "weights of %lld channels, an image of %lld",
                             (long long)c->oc, (long long)c->ic);
    if (c->kh * c->kw > (1 << 24) / (255 * 255))
        return seg_eval_fail(c->call, SEG_LIMIT, "a window of %lldx%lld is too large",
                             (long long)c->kh, (long long)c->kw);
    return SEG_OK;
}

seg_status seg_q8_conv_read(seg_q8_conv *c)
{
    c->groups = 1;
    seg_status status = read_extents(c, 0, 1);
    if (status == SEG_OK)
        status = read_weights(c, 0, 1, 2);
    if (status == SEG_OK)
        status = c->depthwise ? check_depthwise(c) : check_dense(c);
    return status == SEG_OK ? read_padding(c) : status;
}

static seg_status evaluate_image(seg_eval *call, bool depthwise)
{
    seg_q8_conv c = {.call = call, .depthwise = depthwise};
    seg_status status = seg_q8_conv_read(&c);
    const seg_shape shape = {.rank = 4, .dim = {c.n, c.oh, c.ow, c.oc}};
    if (status == SEG_OK)
        status = seg_q8_result(call, 0, &shape);
    return status == SEG_OK ? seg_q8_conv_run(&c) : status;
}

static seg_status evaluate_conv(seg_eval *call)
{
    return evaluate_image(call, false);
}

static seg_status evaluate_depthwise(seg_eval *call)
{
    return evaluate_image(call, true);
}

static seg_status lower_image(seg_lower *lower, bool depthwise, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    seg_q8_conv c = {.call = &call, .depthwise = depthwise};
    if (!seg_lower_takes_bytes(lower, 0) || seg_q8_conv_read(&c) != SEG_OK)
        return SEG_OK;
    return seg_q8_conv_lower(lower, &c, done);
}

static seg_status lower_conv(seg_lower *lower, bool *done)
{
    return lower_image(lower, false, done);
}

static seg_status lower_depthwise(seg_lower *lower, bool *done)
{
    return lower_image(lower, true, done);
}

/* Along one axis: what is cut off in front; -1 when the extents cannot belong together. */
static int64_t transposed_padding(bool same, int64_t in, int64_t out, int64_t kernel,
                                  int64_t stride)
{
    int64_t windows, before;
    seg_q8_window(same, out, kernel, 1, stride, &windows, &before);
    const int64_t whole = (in - 1) * stride + kernel;
    return windows == in && out < whole + stride ? before : -1;
}

/* Sources: shape of the result, weights, image, optional bias. */
static seg_status evaluate_transposed(seg_eval *call)
{
    seg_q8_conv c = {.call = call, .up = true, .groups = 1};
    int64_t shape[4];
    int count;
    seg_status status = seg_eval_ints(call, 0, shape, 4, &count);
    if (status == SEG_OK)
        status = read_extents(&c, 2, 1);
    if (status == SEG_OK)
        status = read_weights(&c, 2, 1, 3);
    if (status != SEG_OK)
        return status;
    const bool same = option(call, "padding", 0) == 0;
    if (count != 4 || shape[0] != c.n || shape[3] != c.oc || c.depth != c.ic || shape[1] < 1 ||
        shape[2] < 1 || shape[1] > INT32_MAX || shape[2] > INT32_MAX)
        return seg_eval_fail(call, SEG_MISMATCH, "a result of rank %d and %lld channels", count,
                             (long long)(count == 4 ? shape[3] : 0));
    c.oh = shape[1];
    c.ow = shape[2];
    c.ph = transposed_padding(same, c.ih, c.oh, c.kh, c.sh);
    c.pw = transposed_padding(same, c.iw, c.ow, c.kw, c.sw);
    if (c.ph < 0 || c.pw < 0)
        return seg_eval_fail(call, SEG_MISMATCH, "%lldx%lld pixels cannot come from %lldx%lld",
                             (long long)c.oh, (long long)c.ow, (long long)c.ih, (long long)c.iw);
    const seg_shape result = {.rank = 4, .dim = {c.n, c.oh, c.ow, c.oc}};
    status = seg_q8_result(call, 0, &result);
    return status == SEG_OK ? seg_q8_conv_run(&c) : status;
}

/* y[.., o] from x[.., k], weights O,K: a convolution over a row of pixels. */
static seg_status evaluate_dense(seg_eval *call)
{
    const seg_shape *x = &call->src[0].shape, *w = &call->src[1].shape;
    seg_q8_conv c = {.call = call, .groups = 1};
    if (w->rank != 2 || seg_shape_count(w) == 0 || x->rank < 1 || seg_shape_count(x) == 0 ||
        seg_shape_count(x) % w->dim[1] != 0 || option(call, "weights_format", 0) != 0)
        return seg_eval_fail(call, SEG_INVALID, "%lld elements, weights of rank %d",
                             (long long)seg_shape_count(x), w->rank);
    c.oc = w->dim[0];
    c.ic = c.depth = w->dim[1];
    c.n = c.ih = c.oh = 1;
    c.iw = c.ow = seg_shape_count(x) / c.ic;
    c.kh = c.kw = c.sh = c.sw = c.dh = c.dw = 1;
    seg_status status = read_weights(&c, 0, 1, 2);
    if (status != SEG_OK)
        return status;
    seg_shape shape = {.rank = 2, .dim = {c.iw, c.oc}};
    if (option(call, "keep_num_dims", 0) != 0) {
        if (x->dim[x->rank - 1] != c.ic)
            return seg_eval_fail(call, SEG_MISMATCH, "rows of %lld, weights of %lld",
                                 (long long)x->dim[x->rank - 1], (long long)c.ic);
        shape = *x;
        shape.dim[shape.rank - 1] = c.oc;
    }
    status = seg_q8_result(call, 0, &shape);
    return status == SEG_OK ? seg_q8_conv_run(&c) : status;
}

const seg_runtime_op seg_runtime_op_TfliteConv2d = {.domain = "tflite",
                                                    .name = "CONV_2D",
                                                    .src_min = 2,
                                                    .src_max = 3,
                                                    .evaluate = evaluate_conv,
                                                    .lower = lower_conv};
const seg_runtime_op seg_runtime_op_TfliteDepthwiseConv2d = {.domain = "tflite",
                                                             .name = "DEPTHWISE_CONV_2D",
                                                             .src_min = 2,
                                                             .src_max = 3,
                                                             .evaluate = evaluate_depthwise,
                                                             .lower = lower_depthwise};
const seg_runtime_op seg_runtime_op_TfliteTransposeConv = {.domain = "tflite",
                                                           .name = "TRANSPOSE_CONV",
                                                           .src_min = 3,
                                                           .src_max = 4,
                                                           .evaluate = evaluate_transposed};
const seg_runtime_op seg_runtime_op_TfliteFullyConnected = {.domain = "tflite",
                                                            .name = "FULLY_CONNECTED",
                                                            .src_min = 2,
                                                            .src_max = 3,
                                                            .evaluate = evaluate_dense};
