/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * map_u8: any function of a byte, by its table.
 *   dst = table[src]
 * src u8 N,H,W,C   table u8 256   dst u8 N,H,W,C
 */
#include "base/error.h"
#include "ops/elementwise.h"
#include "ops/quantised.h"

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)params;
    (void)src_count;
    const seg_shape table = {.dtype = SEG_U8, .rank = 1, .dim = {256}};
    char text[SEG_SHAPE_TEXT_SIZE];
    *dst = src[0];
    if (!seg_shape_equal(&src[1], &table))
        return seg_fail(err, SEG_INVALID, "map_u8: the table must be u8 256, is %s",
                        seg_shape_text(&src[1], text));
    return seg_want_bytes("map_u8", &src[0], err);
}

/* A table that only turns some bits, as from i8 to u8: a loop that compilers make vectors of. */
static bool only_flips(const uint8_t *table)
{
    bool same = true;
    for (int i = 0; i < 256; i++)
        same = same && table[i] == (i ^ table[0]);
    return same;
}

static void flip_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    const uint8_t *src = seg_u8(&call->src[0]) + first, flip = seg_u8(&call->src[1])[0];
    uint8_t *dst = seg_u8(call->dst) + first;
    for (int64_t i = 0; i < n; i++)
        dst[i] = src[i] ^ flip;
}

static void forward_block(void *context, int64_t first, int64_t n)
{
    const seg_op_call *call = context;
    const uint8_t *src = seg_u8(&call->src[0]) + first, *table = call->src[1].data;
    uint8_t *dst = seg_u8(call->dst) + first;
    for (int64_t i = 0; i < n; i++)
        dst[i] = table[src[i]];
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_flat_for(call->threads, seg_shape_count(&call->dst->shape),
                 only_flips(call->src[1].data) ? flip_block : forward_block, &copy);
}

const seg_op seg_op_map_u8 = {
    .name = "map_u8",
    .src_min = 2,
    .src_max = 2,
    .shape = shape,
    .forward = forward,
};
