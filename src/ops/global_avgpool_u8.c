/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * global_avgpool_u8: mean of the whole quantised map, channel by channel, in steps of its own.
 *   dst = clamp(round((sum(src) - H*W*src_zero) * src_scale / (H*W * dst_scale)) + dst_zero, 0, 255)
 * src u8 N,H,W,C    dst u8 N,1,1,C
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/quantised.h"

static const seg_param param_list[] = {
    SEG_QUANT_PARAMS(seg_quants_params, src, "src_scale", "src_zero", "src"),
    SEG_QUANT_PARAMS(seg_quants_params, dst, "dst_scale", "dst_zero", "dst"),
    {0}};

enum { CHANNELS = 64 }; /* of one block */

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    seg_status status = seg_shape_of_bytes(&seg_op_global_avgpool, "global_avgpool_u8", params,
                                           src_count, src, dst, err);
    if (status == SEG_OK && src[0].h > UINT32_MAX / 255 / src[0].w)
        return seg_fail(err, SEG_LIMIT, "global_avgpool_u8: a map of %lldx%lld pixels",
                        (long long)src[0].h, (long long)src[0].w);
    return status;
}

static int64_t blocks_of(const seg_shape *src)
{
    return (src->c + CHANNELS - 1) / CHANNELS;
}

/* Some channels of one map. */
static void forward_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_quants_params *p = call->params;
    const seg_shape *s = &call->src[0].shape;
    const int64_t n = index / blocks_of(s), first = index % blocks_of(s) * CHANNELS;
    const int64_t c = s->c - first < CHANNELS ? s->c - first : CHANNELS, pixels = s->h * s->w;
    const uint8_t *src = seg_u8(&call->src[0]) + n * pixels * s->c + first;
    uint32_t sums[CHANNELS] = {0};
    for (int64_t i = 0; i < pixels; i++, src += s->c) {
        for (int64_t k = 0; k < c; k++)
            sums[k] += src[k];
    }
    const double factor = p->src.scale / p->dst.scale / (double)pixels;
    for (int64_t k = 0; k < c; k++) {
        double y = rint((double)((int64_t)sums[k] - pixels * p->src.zero) * factor);
        y = fmax(0, fmin(255, y + (double)p->dst.zero));
        seg_u8(call->dst)[n * s->c + first + k] = (uint8_t)y;
    }
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    const seg_shape *s = &call->src[0].shape;
    seg_parallel_for(call->threads, s->n * blocks_of(s), forward_block, &copy);
}

const seg_op seg_op_global_avgpool_u8 = {
    .name = "global_avgpool_u8",
    .params = param_list,
    .params_size = sizeof(seg_quants_params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .forward = forward,
};
