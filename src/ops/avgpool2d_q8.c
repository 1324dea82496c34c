/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * avgpool2d_q8: means of windows of bytes, as quantised TFLite networks mean them.
 *   dst = clamp(round(sum of (src - middle) / count) + middle, lowest, highest)   ties away from 0
 * src u8 N,IH,IW,C    dst u8 N,h,w,C
 * scratch: sums of a pixel's channels, for each thread.
 */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/quantised.h"

typedef seg_avgpool2d_q8_params params;

enum { EXTENT_MAX = 1 << 20, WINDOW_MAX = INT32_MAX / 255 };

#define LINE(name, help, least, most)                                                              \
    {                                                                                              \
#name, help, SEG_PARAM_INT, offsetof(params, name), least, most                            \
    }
static const seg_param param_list[] = {
    LINE(kh, "window height", 1, EXTENT_MAX),
    LINE(kw, "window width", 1, EXTENT_MAX),
    LINE(sh, "stride, rows", 1, EXTENT_MAX),
    LINE(sw, "stride, columns", 1, EXTENT_MAX),
    LINE(ph, "rows of the first window above the image", 0, EXTENT_MAX),
    LINE(pw, "columns of the first window left of it", 0, EXTENT_MAX),
    LINE(h, "windows, rows", 1, INT32_MAX),
    LINE(w, "windows, columns", 1, INT32_MAX),
    LINE(middle, "byte that is 0 for rounding", 0, 255),
    LINE(lowest, "least byte of dst", 0, 255),
    LINE(highest, "largest byte of dst", 0, 255),
    {0}};

/* Taps of the window at `out` that lie in the image: first..last-1. */
static void live(int64_t out, int64_t stride, int64_t before, int64_t kernel, int64_t in,
                 int64_t *first, int64_t *last)
{
    const int64_t at = out * stride - before;
    *first = at < 0 ? -at : 0;
    *last = in - at < kernel ? in - at : kernel;
}

/* The first and the last window hold something of the image. */
static bool fits(int64_t windows, int64_t stride, int64_t before, int64_t kernel, int64_t in)
{
    return before < kernel && (windows - 1) * stride - before < in;
}

static seg_status shape(const void *given, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err)
{
    (void)src_count;
    const params *p = given;
    *dst = src[0];
    seg_status status = seg_want_bytes("avgpool2d_q8", &src[0], err);
    if (status != SEG_OK)
        return status;
    dst->h = p->h;
    dst->w = p->w;
    if (!fits(p->h, p->sh, p->ph, p->kh, src[0].h) || !fits(p->w, p->sw, p->pw, p->kw, src[0].w))
        return seg_fail(err, SEG_INVALID, "avgpool2d_q8: %lldx%lld windows leave %lldx%lld pixels",
                        (long long)p->h, (long long)p->w, (long long)src[0].h, (long long)src[0].w);
    if ((p->kh < src[0].h ? p->kh : src[0].h) * (p->kw < src[0].w ? p->kw : src[0].w) > WINDOW_MAX)
        return seg_fail(err, SEG_UNSUPPORTED, "avgpool2d_q8: windows of %lldx%lld",
                        (long long)p->kh, (long long)p->kw);
    return SEG_OK;
}

static size_t sums_size(const seg_op_call *call)
{
    return seg_align_up((size_t)call->src[0].shape.c * sizeof(int32_t));
}

static size_t scratch_size(const seg_op_call *call)
{
    return sums_size(call) * (size_t)call->threads;
}

static void store(const params *p, const int32_t *sums, int64_t channels, int64_t count,
                  uint8_t *dst)
{
    for (int64_t c = 0; c < channels; c++) {
        const int64_t sum = sums[c] - p->middle * count;
        const int64_t half = sum > 0 ? count / 2 : -(count / 2);
        const int64_t value = (sum + half) / count + p->middle;
        dst[c] = (uint8_t)(value < p->lowest ? p->lowest : value > p->highest ? p->highest : value);
    }
}

static void forward_row(void *context, int64_t index, int thread)
{
    const seg_op_call *call = context;
    const params *p = call->params;
    const seg_shape *s = &call->src[0].shape, *d = &call->dst->shape;
    const uint8_t *image = seg_u8(&call->src[0]) + index / d->h * s->h * s->w * s->c;
    int32_t *sums = (int32_t *)(void *)((char *)call->scratch + sums_size(call) * (size_t)thread);
    const int64_t row = index % d->h;
    int64_t y0, y1, x0, x1;
    live(row, p->sh, p->ph, p->kh, s->h, &y0, &y1);
    for (int64_t column = 0; column < d->w; column++) {
        live(column, p->sw, p->pw, p->kw, s->w, &x0, &x1);
        memset(sums, 0, (size_t)s->c * sizeof *sums);
        for (int64_t y = y0; y < y1; y++) {
            const int64_t at = (row * p->sh - p->ph + y) * s->w + column * p->sw - p->pw;
            for (int64_t x = x0; x < x1; x++)
                call->kernels->u8.sum(image + (at + x) * s->c, s->c, sums);
        }
        store(p, sums, s->c, (y1 - y0) * (x1 - x0),
              seg_u8(call->dst) + (index * d->w + column) * s->c);
    }
}

static void forward(const seg_op_call *call)
{
    seg_op_call copy = *call;
    seg_parallel_for(call->threads, call->dst->shape.n * call->dst->shape.h, forward_row, &copy);
}

const seg_op seg_op_avgpool2d_q8 = {
    .name = "avgpool2d_q8",
    .params = param_list,
    .params_size = sizeof(params),
    .src_min = 1,
    .src_max = 1,
    .shape = shape,
    .scratch_size = scratch_size,
    .forward = forward,
};
