/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* reference_u8.c: quantised convolutions in plain loops. */
#include "ops/reference_u8.h"

#include <math.h>

#include "ops/params.h"

static float step_of(const op_run *run, int64_t channel)
{
    const seg_shape *w = &run->src[1].shape;
    float largest = 0;
    for (int64_t i = channel; i < seg_shape_count(w); i += w->oc)
        largest = fmaxf(largest, fabsf(seg_f32(&run->src[1])[i]));
    return largest / 127;
}

static int64_t sum_of(const op_run *run, int64_t n, int64_t oy, int64_t ox, int64_t channel,
                      float step)
{
    const seg_conv2d_u8_params *p = run->call.params;
    const seg_shape *s = &run->src[0].shape, *w = &run->src[1].shape;
    const uint8_t *src = run->src[0].data;
    int64_t sum = 0;
    if (run->call.src_count > 2)
        sum = (int64_t)rint((double)seg_f32(&run->src[2])[channel] /
                            ((double)step * p->src.scale));
    for (int64_t i = 0; i < w->kh * w->kw * w->ic; i++) {
        const int64_t c = i % w->ic, kx = i / w->ic % w->kw, ky = i / w->ic / w->kw;
        const int64_t y = oy * p->conv.sh - p->conv.ph + ky * p->conv.dh;
        const int64_t x = ox * p->conv.sw - p->conv.pw + kx * p->conv.dw;
        if (y < 0 || y >= s->h || x < 0 || x >= s->w)
            continue;
        const int64_t from = w->ic == s->c ? c : channel; /* else depthwise */
        const float weight = seg_f32(&run->src[1])[i * w->oc + channel];
        sum += (src[((n * s->h + y) * s->w + x) * s->c + from] - p->src.zero) *
               (int64_t)rintf(weight / step);
    }
    return sum;
}

void reference_conv_u8(const op_run *run, seg_tensor *dst)
{
    const seg_conv2d_u8_params *p = run->call.params;
    const seg_shape *d = &dst->shape;
    const bool bytes = d->dtype == SEG_U8;
    for (int64_t i = 0; i < seg_shape_count(d); i++) {
        const int64_t c = i % d->c, x = i / d->c % d->w, y = i / d->c / d->w % d->h;
        const float step = step_of(run, c);
        const int64_t sum = sum_of(run, i / d->c / d->w / d->h, y, x, c, step);
        const float scale = (float)((double)step * p->src.scale / (bytes ? p->dst.scale : 1));
        float value = (float)sum * scale;
        const double six = bytes ? rint(6 / p->dst.scale) : 6;
        if (p->conv.activation != SEG_ACT_NONE)
            value = fmaxf(0, value);
        if (p->conv.activation == SEG_ACT_RELU6)
            value = fminf((float)six, value);
        if (bytes)
            ((uint8_t *)dst->data)[i] =
                (uint8_t)fmaxf(0, fminf(255, rintf(value) + (float)p->dst.zero));
        else
            seg_f32(dst)[i] = value;
    }
}
