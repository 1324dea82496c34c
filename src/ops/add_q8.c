/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * add_q8: the sum of two images of bytes, in the fixed point of a file that is quantised already.
 *   dst = clamp(((a * a_factor + b * b_factor + offset) >> shift) + zero, lowest, highest)
 * a, b, dst u8 N,H,W,C
 */
#include "base/error.h"
#include "ops/elementwise.h"
#include "ops/quantised.h"

typedef seg_add_q8_params params;

enum { FACTOR_MAX = 1 << 21, OFFSET_MAX = 1 << 30 }; /* so no sum reaches 2^31 */

#define LINE(name, help, least, most)                                                              \
    {                                                                                              \
#name, help, SEG_PARAM_INT, offsetof(params, name), least, most                            \
    }
static const seg_param param_list[] = {
    LINE(a_factor, "multiplier of the first source", -FACTOR_MAX, FACTOR_MAX),
    LINE(b_factor, "multiplier of the second source", -FACTOR_MAX, FACTOR_MAX),
    LINE(offset, "added to the products", -2.0 * OFFSET_MAX, 2.0 * OFFSET_MAX - 1),
    LINE(shift, "bits that are cut off", 0, 31),
    LINE(zero, "byte that means 0 in dst", 0, 255),
    LINE(lowest, "least byte of dst", 0, 255),
    LINE(highest, "largest byte of dst", 0, 255),
    {0}};

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    const seg_add_params plain = {SEG_ACT_NONE};
    const params *p = given;
    seg_status status = seg_shape_of_bytes(&seg_op_add, "add_q8", &plain, src_count, src, dst, err);
    /* The least and the most that the sum can be. */
    const int64_t a = 255 * p->a_factor, b = 255 * p->b_factor;
    const int64_t least = p->offset + (a < 0 ? a : 0) + (b < 0 ? b : 0);
    const int64_t most = p->offset + (a > 0 ? a : 0) + (b > 0 ? b : 0);
    if (status == SEG_OK && (least < INT32_MIN || most > INT32_MAX))
        return seg_fail(err, SEG_INVALID, "add_q8: sums of %lld to %lld", (long long)least,
                        (long long)most);
    return status;
}

static void forward_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    const params *p = call->params;
    const seg_u8_sum sum = {(int32_t)p->a_factor, (int32_t)p->b_factor, (int32_t)p->offset,
                            (int)p->shift,        (int32_t)p->zero,     (int32_t)p->lowest,
                            (int32_t)p->highest};
    call->kernels->u8.add(&sum, seg_u8(&call->src[0]) + first, seg_u8(&call->src[1]) + first, n,
                          seg_u8(call->dst) + first);
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape), forward_block, &copy);
}

const seg_op seg_op_add_q8 = {
    .name = "add_q8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 2,
    .src_max = 2,
    .shape = shape,
    .forward = forward,
};
