/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_u8.h: dense convolutions over bytes, once their weights are integers.
 *   sum = bias + sum over taps, ic: (src - src_zero) * (w - weights_zero), all of them integers
 *   dst = clamp(round(scale[oc] * sum)) + dst_zero   (or f32: scale[oc] * sum clamped)
 * packed: panels of nr output channels: start and scale of each, the sum of w - weights_zero of each
 * tap, then the weights [tap][IC / 4][nr][4].
 *
 * The source's zero point is part of a panel's start: what absent taps would have taken from it is
 * given back where a region lacks some. The weights' takes the sum of what a pixel reads, which is
 * made for a block of pixels before its panels.
 */
#ifndef OPS_CONVOLUTION_U8_H
#define OPS_CONVOLUTION_U8_H

#include "ops/convolution.h"
#include "ops/params.h"

typedef struct seg_conv_u8 {
    seg_convolution conv; /* of one group, downwards */
    int32_t src_zero, weights_zero;
    float lowest, highest; /* of scale * sum */
    int32_t dst_zero;
    bool to_float;
    const uint8_t *src;
    void *dst;
    const void *packed;
} seg_conv_u8;

/* From an op's call whose src are {image, weights KH,KW,IC,OC, ..}: all but zero points and range. */
seg_conv_u8 seg_conv_u8_of(const seg_op_call *call, const seg_conv2d_params *params);

/* What makes an output channel: its weights w [tap][ic], its bias and its scale. */
typedef struct seg_conv_u8_channel {
    int8_t *weights; /* to be filled */
    int64_t bias;    /* wraps as int32 */
    float scale;
} seg_conv_u8_channel;

typedef void (*seg_conv_u8_source)(const seg_op_call *call, int64_t channel,
                                   seg_conv_u8_channel *out);

size_t seg_conv_u8_packed_size(const seg_conv_u8 *c);
void seg_conv_u8_pack(const seg_conv_u8 *c, const seg_op_call *call, seg_conv_u8_source source);
size_t seg_conv_u8_scratch_size(const seg_conv_u8 *c);
void seg_conv_u8_run(const seg_conv_u8 *c, void *scratch);

#endif
