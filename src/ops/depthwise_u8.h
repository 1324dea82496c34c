/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise_u8.h: depthwise convolutions over bytes, once their weights are integers.
 *   sum = bias + sum over taps: (src - src_zero) * w, all of them integers
 *   dst = clamp(round(scale[c] * sum)) + dst_zero
 * packed: start and scale of each channel, then weights, in the kernel's order of channels; and a
 * row of zero points, which taps outside the image read: so no border is special.
 * Taps are taken four at a time, down the columns of the kernel. With stride 1, pixels `dilation`
 * apart share all but one of these columns, so rows are walked in such steps.
 */
#ifndef OPS_DEPTHWISE_U8_H
#define OPS_DEPTHWISE_U8_H

#include "ops/quantised.h"

enum { SEG_DEPTHWISE_TAPS_MAX = 256 }; /* of a kernel: pointers to them stand on the stack */

typedef struct seg_depthwise_u8 {
    const seg_op_call *call; /* src: {image, weights KH,KW,1,C, ..} */
    const seg_conv2d_params *conv;
    int32_t src_zero, dst_zero;
    float lowest, highest; /* of scale * sum */
    bool wide;             /* weights are -255..254, else -128..127 */
} seg_depthwise_u8;

/* What makes a channel. */
typedef struct seg_depthwise_u8_channel {
    int16_t weights[SEG_DEPTHWISE_TAPS_MAX]; /* [kh][kw] */
    int64_t bias;                            /* wraps as int32 */
    float scale;
} seg_depthwise_u8_channel;

typedef void (*seg_depthwise_u8_source)(const seg_op_call *call, int64_t channel,
                                        seg_depthwise_u8_channel *out);

/* Kernels of too many taps are SEG_UNSUPPORTED. */
seg_status seg_depthwise_u8_check(const char *name, const seg_shape *weights, seg_error *err);
size_t seg_depthwise_u8_packed_size(const seg_depthwise_u8 *d);
void seg_depthwise_u8_pack(const seg_depthwise_u8 *d, seg_depthwise_u8_source source);
void seg_depthwise_u8_run(const seg_depthwise_u8 *d);

#endif
