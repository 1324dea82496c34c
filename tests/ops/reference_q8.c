/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* reference_q8.c: convolutions in a file's integers in plain loops; sums wrap as int32 do. */
#include "ops/reference_q8.h"

#include <math.h>

#include "ops/params.h"

static int32_t weight_at(const op_run *run, int64_t i)
{
    const uint8_t byte = ((const uint8_t *)run->src[1].data)[i];
    return run->src[1].shape.dtype == SEG_I8 ? (int8_t)byte : byte;
}

static int32_t sum_of(const op_run *run, int64_t n, int64_t oy, int64_t ox, int64_t channel)
{
    const seg_conv2d_q8_params *p = run->call.params;
    const seg_shape *s = &run->src[0].shape, *w = &run->src[1].shape;
    const uint8_t *src = run->src[0].data;
    int64_t sum = ((const int32_t *)run->src[2].data)[channel];
    for (int64_t i = 0; i < w->kh * w->kw * w->ic; i++) {
        const int64_t c = i % w->ic, kx = i / w->ic % w->kw, ky = i / w->ic / w->kw;
        const int64_t y = oy * p->conv.sh - p->conv.ph + ky * p->conv.dh;
        const int64_t x = ox * p->conv.sw - p->conv.pw + kx * p->conv.dw;
        if (y < 0 || y >= s->h || x < 0 || x >= s->w)
            continue;
        const int64_t from = w->ic == s->c ? c : channel; /* else depthwise */
        sum += (src[((n * s->h + y) * s->w + x) * s->c + from] - p->src_zero) *
               (weight_at(run, i * w->oc + channel) - p->weights_zero);
    }
    return (int32_t)(uint32_t)sum;
}

void reference_conv_q8(const op_run *run, seg_tensor *dst)
{
    const seg_conv2d_q8_params *p = run->call.params;
    const seg_shape *d = &dst->shape;
    for (int64_t i = 0; i < seg_shape_count(d); i++) {
        const int64_t c = i % d->c, x = i / d->c % d->w, y = i / d->c / d->w % d->h;
        const int32_t sum = sum_of(run, i / d->c / d->w / d->h, y, x, c);
        const double value = rint((double)((float)sum * seg_f32(&run->src[3])[c]));
        const double lowest = (double)(p->lowest - p->dst_zero);
        const double highest = (double)(p->highest - p->dst_zero);
        ((uint8_t *)dst->data)[i] =
            (uint8_t)(fmin(highest, fmax(lowest, value)) + (double)p->dst_zero);
    }
}
