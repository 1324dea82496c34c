/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tflite_pool.c: AVERAGE_POOL_2D and MAX_POOL_2D on bytes; MediaPipe's MaxPoolingWithArgmax2D and
 * MaxUnpooling2D on floats.
 *
 * An average is the sum of stored values, signed as they are, over their count, rounded to
 * nearest, ties away from zero; padding counts nothing. An index of MediaPipe's is y*filter_w + x
 * in the window, plus 0.1 so that it survives half precision.
 */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/params.h"
#include "runtime/relabel.h"
#include "runtime/tflite.h"

typedef struct pool {
    seg_eval *call;
    int64_t n, ih, iw, oh, ow, c;
    int64_t kh, kw, sh, sw, ph, pw;
    bool average;
    seg_q8 q;
    int32_t lowest, highest;
    int32_t *sums; /* [threads][c] */
} pool;

/* Taps of the window at `out` that lie in the image: first..last-1. */
static void live(int64_t out, int64_t stride, int64_t before, int64_t kernel, int64_t in,
                 int64_t *first, int64_t *last)
{
    const int64_t at = out * stride - before;
    *first = at < 0 ? -at : 0;
    *last = in - at < kernel ? in - at : kernel;
}

static seg_status read_window(pool *p)
{
    seg_eval *call = p->call;
    const seg_shape *x = &call->src[0].shape;
    p->kh = seg_program_int(call->node, "filter_h", 0);
    p->kw = seg_program_int(call->node, "filter_w", 0);
    p->sh = seg_program_int(call->node, "stride_h", 0);
    p->sw = seg_program_int(call->node, "stride_w", 0);
    const int64_t extents[] = {p->kh, p->kw, p->sh, p->sw};
    for (int i = 0; i < 4; i++) {
        if (extents[i] < 1 || extents[i] > 1 << 20)
            return seg_eval_fail(call, SEG_LIMIT, "a window or stride of %lld",
                                 (long long)extents[i]);
    }
    if (x->rank != 4 || seg_shape_count(x) == 0 || seg_shape_count(x) > INT64_MAX >> 24)
        return seg_eval_fail(call, SEG_INVALID, "an image of rank %d", x->rank);
    p->n = x->dim[0];
    p->ih = x->dim[1];
    p->iw = x->dim[2];
    p->c = x->dim[3];
    return SEG_OK;
}

static seg_status pad_window(pool *p)
{
    const bool same = seg_program_int(p->call->node, "padding", 0) == 0;
    seg_q8_window(same, p->ih, p->kh, 1, p->sh, &p->oh, &p->ph);
    seg_q8_window(same, p->iw, p->kw, 1, p->sw, &p->ow, &p->pw);
    if (p->oh < 1 || p->ow < 1)
        return seg_eval_fail(p->call, SEG_INVALID, "a window of %lldx%lld over %lldx%lld pixels",
                             (long long)p->kh, (long long)p->kw, (long long)p->ih,
                             (long long)p->iw);
    return SEG_OK;
}

/* ---- bytes ---- */

static void average_pixel(const pool *p, int32_t *sums, int64_t count, uint8_t *dst)
{
    const int32_t shift = p->q.flip != 0 ? 128 : 0; /* sums are of u8: back to signed values */
    for (int64_t c = 0; c < p->c; c++) {
        const int64_t sum = (int64_t)sums[c] - shift * count;
        const int64_t half = sum > 0 ? count / 2 : -(count / 2);
        const int32_t value = (int32_t)((sum + half) / count) + shift;
        dst[c] = (uint8_t)seg_q8_clamp(value, p->lowest, p->highest) ^ p->q.flip;
    }
}

static void max_pixel(const pool *p, const int32_t *most, uint8_t *dst)
{
    for (int64_t c = 0; c < p->c; c++)
        dst[c] = (uint8_t)seg_q8_clamp(most[c], p->lowest, p->highest) ^ p->q.flip;
}

static void gather_tap(const pool *p, const uint8_t *src, int32_t *sums)
{
    const uint8_t flip = p->q.flip;
    if (p->average) {
        for (int64_t c = 0; c < p->c; c++)
            sums[c] += src[c] ^ flip;
    } else {
        for (int64_t c = 0; c < p->c; c++)
            sums[c] = (src[c] ^ flip) > sums[c] ? (src[c] ^ flip) : sums[c];
    }
}

static void pool_row(void *context, int64_t row, int thread)
{
    const pool *p = context;
    int32_t *sums = p->sums + thread * p->c;
    const uint8_t *image =
        (const uint8_t *)p->call->src[0].data + row / p->oh * p->ih * p->iw * p->c;
    uint8_t *dst = (uint8_t *)p->call->dst[0].data + row * p->ow * p->c;
    const int64_t oy = row % p->oh;
    int64_t y0, y1, x0, x1;
    live(oy, p->sh, p->ph, p->kh, p->ih, &y0, &y1);
    for (int64_t ox = 0; ox < p->ow; ox++, dst += p->c) {
        live(ox, p->sw, p->pw, p->kw, p->iw, &x0, &x1);
        memset(sums, 0, (size_t)p->c * sizeof *sums);
        for (int64_t y = y0; y < y1; y++) {
            const int64_t at = (oy * p->sh - p->ph + y) * p->iw + ox * p->sw - p->pw;
            for (int64_t x = x0; x < x1; x++)
                gather_tap(p, image + (at + x) * p->c, sums);
        }
        if (p->average)
            average_pixel(p, sums, (y1 - y0) * (x1 - x0), dst);
        else
            max_pixel(p, sums, dst);
    }
}

static seg_status read_bytes(pool *p)
{
    seg_eval *call = p->call;
    seg_q8 dst;
    seg_status status = read_window(p);
    if (status == SEG_OK)
        status = pad_window(p);
    if (status == SEG_OK)
        status = seg_q8_src(call, 0, &p->q);
    if (status == SEG_OK)
        status = seg_q8_dst(call, 0, &dst);
    if (status == SEG_OK)
        status = seg_q8_range(call, &dst, seg_program_int(call->node, "activation", 0), &p->lowest,
                              &p->highest);
    if (status != SEG_OK)
        return status;
    if (dst.dtype != p->q.dtype || dst.zero != p->q.zero || dst.scale != p->q.scale)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "input and result are quantised differently");
    if ((p->kh < p->ih ? p->kh : p->ih) * (p->kw < p->iw ? p->kw : p->iw) > INT32_MAX / 255)
        return seg_eval_fail(call, SEG_LIMIT, "a window of %lldx%lld is too large",
                             (long long)p->kh, (long long)p->kw);
    return SEG_OK;
}

static seg_status evaluate_bytes(seg_eval *call, bool average)
{
    pool p = {.call = call, .average = average};
    seg_status status = read_bytes(&p);
    if (status != SEG_OK)
        return status;
    const seg_shape shape = {.rank = 4, .dim = {p.n, p.oh, p.ow, p.c}};
    status = seg_q8_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    p.sums = seg_block_new((size_t)call->threads * (size_t)p.c * sizeof *p.sums);
    if (p.sums == NULL)
        return seg_fail_nomem(call->err, (size_t)p.c * sizeof *p.sums, call->node->op);
    seg_parallel_for(call->threads, p.n * p.oh, pool_row, &p);
    seg_block_free(p.sums);
    return SEG_OK;
}

static seg_status evaluate_average(seg_eval *call)
{
    return evaluate_bytes(call, true);
}

static seg_status lower_average(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    pool p = {.call = &call, .average = true};
    if (!seg_lower_takes_bytes(lower, 0) || read_bytes(&p) != SEG_OK)
        return SEG_OK;
    const seg_avgpool2d_q8_params params = {.kh = p.kh,
                                            .kw = p.kw,
                                            .sh = p.sh,
                                            .sw = p.sw,
                                            .ph = p.ph,
                                            .pw = p.pw,
                                            .h = p.oh,
                                            .w = p.ow,
                                            .middle = p.q.flip,
                                            .lowest = p.lowest,
                                            .highest = p.highest};
    const seg_value src = seg_lower_bytes(lower, 0);
    seg_lower_bytes_result(lower, seg_lower_layer(lower, "avgpool2d_q8", &params, 1, &src));
    *done = true;
    return SEG_OK;
}

static seg_status evaluate_max(seg_eval *call)
{
    return evaluate_bytes(call, false);
}

/* ---- MediaPipe's, on floats ---- */

static void argmax_pixel(const pool *p, const float *image, int64_t oy, int64_t ox, float *value,
                         float *index)
{
    int64_t y0, y1, x0, x1;
    live(oy, p->sh, p->ph, p->kh, p->ih, &y0, &y1);
    live(ox, p->sw, p->pw, p->kw, p->iw, &x0, &x1);
    for (int64_t c = 0; c < p->c; c++) {
        float most = -FLT_MAX;
        int64_t at = 0;
        for (int64_t y = y0; y < y1; y++) {
            for (int64_t x = x0; x < x1; x++) {
                const int64_t pixel = (oy * p->sh - p->ph + y) * p->iw + ox * p->sw - p->pw + x;
                if (image[pixel * p->c + c] > most) {
                    most = image[pixel * p->c + c];
                    at = y * p->kw + x;
                }
            }
        }
        value[c] = most;
        index[c] = (float)at + 0.1f;
    }
}

static void argmax_row(void *context, int64_t row, int thread)
{
    (void)thread;
    const pool *p = context;
    const float *image = (const float *)p->call->src[0].data + row / p->oh * p->ih * p->iw * p->c;
    const int64_t first = row * p->ow * p->c;
    for (int64_t ox = 0; ox < p->ow; ox++)
        argmax_pixel(p, image, row % p->oh, ox, (float *)p->call->dst[0].data + first + ox * p->c,
                     (float *)p->call->dst[1].data + first + ox * p->c);
}

static seg_status evaluate_argmax_pool(seg_eval *call)
{
    pool p = {.call = call};
    if (call->src[0].shape.dtype != SEG_F32 || call->dst_count != 2)
        return seg_eval_bad_dtype(call, 0);
    seg_status status = read_window(&p);
    if (status == SEG_OK)
        status = pad_window(&p);
    const seg_shape shape = seg_shape_nhwc(p.n, p.oh, p.ow, p.c);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        status = seg_eval_result(call, 1, &shape);
    if (status == SEG_OK)
        seg_parallel_for(call->threads, p.n * p.oh, argmax_row, &p);
    return status;
}

/* Values go where their indices say; those that say a place outside the image are left out. */
static void unpool(const pool *p)
{
    const float *values = p->call->src[0].data, *indices = p->call->src[1].data;
    float *dst = p->call->dst[0].data;
    memset(dst, 0, seg_shape_size(&p->call->dst[0].shape));
    for (int64_t i = 0; i < p->n * p->ih * p->iw * p->c; i++) {
        const int64_t pixel = i / p->c, x = pixel % p->iw, y = pixel / p->iw % p->ih;
        if (!(indices[i] >= 0) || !(indices[i] < 0x1p31f))
            continue;
        const int64_t index = (int64_t)indices[i];
        const int64_t oy = y * p->sh - p->ph + index / p->kw;
        const int64_t ox = x * p->sw - p->pw + index % p->kw;
        if (oy >= 0 && oy < p->oh && ox >= 0 && ox < p->ow)
            dst[((pixel / (p->ih * p->iw) * p->oh + oy) * p->ow + ox) * p->c + i % p->c] =
                values[i];
    }
}

/* What a window lets overhang on both sides, when `out` pixels are covered by `in` windows. */
static int64_t overhang(int64_t in, int64_t out, int64_t kernel, int64_t stride)
{
    const int64_t total = (in - 1) * stride + kernel - out;
    return total > 0 ? total / 2 : 0;
}

static seg_status evaluate_unpool(seg_eval *call)
{
    pool p = {.call = call};
    const seg_shape *values = &call->src[0].shape, *indices = &call->src[1].shape;
    if (values->dtype != SEG_F32 || !seg_shape_equal(values, indices))
        return seg_eval_fail(call, SEG_MISMATCH, "values and indices of different shapes or types");
    seg_status status = read_window(&p);
    if (status != SEG_OK)
        return status;
    p.oh = p.ih * p.kh;
    p.ow = p.iw * p.kw;
    p.ph = overhang(p.ih, p.oh, p.kh, p.sh);
    p.pw = overhang(p.iw, p.ow, p.kw, p.sw);
    const seg_shape shape = seg_shape_nhwc(p.n, p.oh, p.ow, p.c);
    status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        unpool(&p);
    return status;
}

const seg_runtime_op seg_runtime_op_TfliteAveragePool2d = {.domain = "tflite",
                                                           .name = "AVERAGE_POOL_2D",
                                                           .src_min = 1,
                                                           .src_max = 1,
                                                           .evaluate = evaluate_average,
                                                           .lower = lower_average};
const seg_runtime_op seg_runtime_op_TfliteMaxPool2d = {.domain = "tflite",
                                                       .name = "MAX_POOL_2D",
                                                       .src_min = 1,
                                                       .src_max = 1,
                                                       .evaluate = evaluate_max};
const seg_runtime_op seg_runtime_op_TfliteMaxPoolingWithArgmax2d = {
    .domain = "tflite",
    .name = "MaxPoolingWithArgmax2D",
    .src_min = 1,
    .src_max = 1,
    .evaluate = evaluate_argmax_pool};
const seg_runtime_op seg_runtime_op_TfliteMaxUnpooling2d = {.domain = "tflite",
                                                            .name = "MaxUnpooling2D",
                                                            .src_min = 2,
                                                            .src_max = 2,
                                                            .evaluate = evaluate_unpool};
