/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * maxpool2d_u8: maxpool2d over bytes, which keep their quant: a larger byte is a larger number.
 * src u8 N,IH,IW,C    dst u8 N,OH,OW,C    (OH: pool.h)
 */
#include <string.h>

#include "base/parallel.h"
#include "ops/pool.h"
#include "ops/quantised.h"

static seg_status shape(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    return seg_shape_of_bytes(&seg_op_maxpool2d, "maxpool2d_u8", params, src_count, src, dst, err);
}

/* One row of dst. */
static void forward_row(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_op_call *call = context;
    const seg_pool2d_params *p = call->params;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    const uint8_t *map = seg_u8(&call->src[0]) + index / d->h * s->h * s->w * s->c;
    const int64_t dh = p->dh > 1 ? p->dh : 1, dw = p->dw > 1 ? p->dw : 1;
    int64_t y, x;
    const int64_t rows = seg_pool_window(index % d->h, p->kh, p->sh, p->ph, dh, s->h, &y);
    uint8_t *dst = seg_u8(call->dst) + index * d->w * d->c;
    for (int64_t ox = 0; ox < d->w; ox++, dst += d->c) {
        const int64_t columns = seg_pool_window(ox, p->kw, p->sw, p->pw, dw, s->w, &x);
        memcpy(dst, map + (y * s->w + x) * s->c, (size_t)s->c);
        for (int64_t i = 1; i < rows * columns; i++) {
            const int64_t row = y + i / columns * dh, column = x + i % columns * dw;
            call->kernels->u8.max(dst, map + (row * s->w + column) * s->c, s->c, dst);
        }
    }
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

const seg_op seg_op_maxpool2d_u8 = {
    .name = "maxpool2d_u8",
    .params = seg_pool2d_param_list,
    .params_size = sizeof(seg_pool2d_params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .forward = forward,
};
