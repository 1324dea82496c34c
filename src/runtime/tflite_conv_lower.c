/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_conv_lower.c: quantised convolutions as layers: conv2d_q8, depthwise2d_q8. Those of known
 * weights and bias, in one group, whose weights have one zero point; others are evaluated.
 */
#include "ops/params.h"
#include "runtime/lower.h"
#include "runtime/tflite_conv.h"

enum { WEIGHTS = 1, BIAS = 2 };

static bool one_zero(const seg_quantisation *q)
{
    for (int64_t i = 1; i < q->count; i++) {
        if (q->zero_point[i] != q->zero_point[0])
            return false;
    }
    return true;
}

/* The least and the largest of all weights less their zero point. */
static void weight_range(const seg_q8_conv *c, int32_t *least, int32_t *most)
{
    const uint8_t *data = c->weights->data;
    const uint8_t flip = c->weights->shape.dtype == SEG_I8 ? 0x80 : 0;
    const int64_t count = seg_shape_count(&c->weights->shape);
    uint8_t low = 255, high = 0;
    for (int64_t i = 0; i < count; i++) {
        const uint8_t w = data[i] ^ flip;
        low = w < low ? w : low;
        high = w > high ? w : high;
    }
    const int32_t zero = c->weights_q->zero_point[0] + flip;
    *least = low - zero;
    *most = high - zero;
}

static bool can_lower(const seg_lower *lower, const seg_q8_conv *c)
{
    const bool bias_known =
        lower->src_count <= BIAS || lower->node->src[BIAS] == SEG_NO_SLOT || c->bias != NULL;
    return c->weights->data != NULL && bias_known && one_zero(c->weights_q) &&
           (c->depthwise ? c->oc == c->ic : c->groups == 1);
}

static seg_value kernel(seg_lower *lower, const seg_q8_conv *c)
{
    const int64_t tap = c->depthwise ? c->oc : c->depth, row = c->kw * tap;
    const int64_t steps[4] = {row, tap, 1, c->depthwise ? 1 : c->kh * row};
    seg_shape shape = seg_shape_nhwc(c->kh, c->kw, c->depth, c->oc);
    shape.dtype = c->weights->shape.dtype;
    return seg_lower_view(lower, WEIGHTS, &shape, steps);
}

static seg_value bias(seg_lower *lower, const seg_q8_conv *c)
{
    seg_shape shape = seg_shape_vector(c->oc);
    void *data;
    shape.dtype = SEG_I32;
    seg_value value = seg_lower_constant_of(lower, "bias", &shape, &data);
    for (int64_t o = 0; data != NULL && o < c->oc; o++)
        ((int32_t *)data)[o] = c->bias != NULL ? c->bias[o] : 0;
    return value;
}

static seg_value scales(seg_lower *lower, const seg_q8_conv *c)
{
    const seg_shape shape = seg_shape_vector(c->oc);
    float *data;
    seg_value value = seg_lower_constant(lower, "scales", &shape, &data);
    for (int64_t o = 0; data != NULL && o < c->oc; o++)
        data[o] = seg_q8_conv_scale(c, o);
    return value;
}

seg_status seg_q8_conv_lower(seg_lower *lower, const seg_q8_conv *c, bool *done)
{
    int32_t least, most;
    if (!can_lower(lower, c))
        return SEG_OK;
    weight_range(c, &least, &most);
    if (c->depthwise && most > 254) /* not the sum of two bytes */
        return SEG_OK;
    const seg_conv2d_q8_params params = {
        .conv = {.sh = c->sh,
                 .sw = c->sw,
                 .ph = c->ph,
                 .pw = c->pw,
                 .ph_end = c->ph_end,
                 .pw_end = c->pw_end,
                 .dh = c->dh,
                 .dw = c->dw,
                 .groups = 1},
        .src_zero = c->src.zero,
        .dst_zero = c->dst.zero,
        .lowest = c->lowest,
        .highest = c->highest,
        .weights_zero = c->weights_q->zero_point[0],
        .weights_fit = least >= -128 && most <= 127,
    };
    const seg_value src[4] = {seg_lower_bytes(lower, 0), kernel(lower, c), bias(lower, c),
                              scales(lower, c)};
    seg_lower_bytes_result(
        lower,
        seg_lower_layer(lower, c->depthwise ? "depthwise2d_q8" : "conv2d_q8", &params, 4, src));
    *done = true;
    return SEG_OK;
}
