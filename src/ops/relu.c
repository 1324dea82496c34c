/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * relu: dst = max(src, 0), element by element.
 * src, dst  any shape
 * backward  diff_src = diff_dst where dst > 0, else 0
 */
#include "ops/elementwise.h"

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params, (void)src_count;
    return seg_same_shape("relu", &src[0], dst, err);
}

static void forward(const seg_op_call *call)
{
    seg_activation_forward(call, SEG_ACT_RELU);
}

static void backward(const seg_op_call *call)
{
    seg_activation_backward(call, SEG_ACT_RELU);
}

const seg_op seg_op_relu = {
    .name = "relu",
    .src_min = 1,
    .src_max = 1,
    .flags = SEG_OP_READS_DST,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
