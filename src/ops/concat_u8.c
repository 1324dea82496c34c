/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * concat_u8: images of bytes side by side along C. All have one quant, and keep it.
 * src u8 N,H,W,C_i    dst u8 N,H,W,sum of C_i
 */
#include <string.h>

#include "base/parallel.h"
#include "ops/quantised.h"

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    return seg_shape_of_bytes(&seg_op_concat, "concat_u8", params, src_count, src, dst, err);
}

/* One image row of all sources. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const int64_t w = call->dst->shape.w, c = call->dst->shape.c;
    uint8_t *dst = seg_u8(call->dst) + index * w * c;
    for (int i = 0; i < call->src_count; i++) {
        const int64_t part = call->src[i].shape.c;
        const uint8_t *src = seg_u8(&call->src[i]) + index * w * part;
        for (int64_t x = 0; x < w; x++)
            memcpy(dst + x * c, src + x * part, (size_t)part);
        dst += part;
    }
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

const seg_op seg_op_concat_u8 = {
    .name = "concat_u8",
    .src_min = 1,
    .src_max = SEG_OP_MAX_SRC,
    .shape = shape,
    .forward = forward,
};
