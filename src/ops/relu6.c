/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * relu6: dst = min(max(src, 0), 6), element by element.
 * src, dst  any shape
 * backward  diff_src = diff_dst where 0 < dst < 6, else 0
 */
#include "ops/elementwise.h"

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params, (void)src_count;
    return seg_same_shape("relu6", &src[0], dst, err);
}

static void forward(const seg_op_call *call)
{
    seg_activation_forward(call, SEG_ACT_RELU6);
}

static void backward(const seg_op_call *call)
{
    seg_activation_backward(call, SEG_ACT_RELU6);
}

const seg_op seg_op_relu6 = {
    .name = "relu6",
    .src_min = 1,
    .src_max = 1,
    .flags = SEG_OP_READS_DST,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
