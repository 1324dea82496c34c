/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * col2im.c: Col2Im: columns of windows are added into an image where the windows lay.
 *
 * data N,C*block,L (block: elements of a window, L: windows)    dst N,C,image_shape...
 */
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/window.h"

enum { DATA, IMAGE_SHAPE, BLOCK_SHAPE };

typedef struct col2im {
    seg_window window;
    int64_t image[SEG_SPATIAL_MAX], windows[SEG_SPATIAL_MAX];
    int64_t block, count, pixels; /* elements of a window, windows, elements of a plane */
    const double *src;
    double *dst;
} col2im;

/* Where tap `tap` of window `window` lies; -1: in the padding. */
static int64_t place(const col2im *c, int64_t window, int64_t tap)
{
    const seg_window *w = &c->window;
    int64_t at = 0, step = 1;
    for (int i = w->rank - 1; i >= 0; i--) {
        int64_t here =
            window % c->windows[i] * w->stride[i] + tap % w->kernel[i] * w->dilation[i] - w->pad[i];
        if (here < 0 || here >= c->image[i])
            return -1;
        at += here * step;
        step *= c->image[i];
        window /= c->windows[i];
        tap /= w->kernel[i];
    }
    return at;
}

static void add_plane(void *context, int64_t plane, int thread)
{
    (void)thread;
    const col2im *c = context;
    const double *src = c->src + plane * c->block * c->count;
    double *dst = c->dst + plane * c->pixels;
    memset(dst, 0, (size_t)c->pixels * sizeof *dst);
    for (int64_t tap = 0; tap < c->block; tap++) {
        for (int64_t window = 0; window < c->count; window++) {
            int64_t at = place(c, window, tap);
            if (at >= 0)
                dst[at] += src[tap * c->count + window];
        }
    }
}

static seg_status read_node(seg_eval *call, col2im *c, seg_shape *dst)
{
    const seg_shape *data = &call->src[DATA].shape;
    int64_t kernel[SEG_SPATIAL_MAX];
    int rank, kernel_rank;
    seg_error why;
    char text[SEG_SHAPE_TEXT_SIZE];
    seg_status status = seg_eval_ints(call, IMAGE_SHAPE, c->image, SEG_SPATIAL_MAX, &rank);
    if (status == SEG_OK)
        status = seg_eval_ints(call, BLOCK_SHAPE, kernel, SEG_SPATIAL_MAX, &kernel_rank);
    if (status != SEG_OK)
        return status;
    if (data->rank != 3 || rank < 1 || rank != kernel_rank)
        return seg_eval_fail(call, SEG_INVALID, "%d axes of the image, %d of blocks, data of %s",
                             rank, kernel_rank, seg_shape_text(data, text));
    *dst = (seg_shape){.dtype = data->dtype, .rank = rank + 2, .dim = {data->dim[0]}};
    status = seg_window_read(call->node, dst, kernel, &c->window, &why);
    if (status == SEG_OK)
        status = seg_window_fit(&c->window, c->image, c->windows, &why);
    if (status != SEG_OK)
        return seg_eval_why(call, status, &why);
    c->block = c->count = 1;
    for (int i = 0; i < rank; i++) {
        dst->dim[i + 2] = c->image[i];
        if (c->image[i] < 1 || __builtin_mul_overflow(c->block, kernel[i], &c->block) ||
            __builtin_mul_overflow(c->count, c->windows[i], &c->count))
            return seg_eval_fail(call, SEG_LIMIT, "an image of %lld along axis %d",
                                 (long long)c->image[i], i);
    }
    if (data->dim[1] % c->block != 0 || data->dim[2] != c->count)
        return seg_eval_fail(call, SEG_INVALID, "%lld windows of %lld elements do not make %s",
                             (long long)c->count, (long long)c->block, seg_shape_text(data, text));
    dst->dim[1] = data->dim[1] / c->block;
    return SEG_OK;
}

static seg_status evaluate(seg_eval *call)
{
    col2im c = {.block = 0};
    seg_shape dst;
    double *owned = NULL;
    if (!seg_dtype_is_real(call->src[DATA].shape.dtype))
        return seg_eval_bad_dtype(call, DATA);
    seg_status status = read_node(call, &c, &dst);
    if (status == SEG_OK)
        status = seg_eval_result_f64(call, 0, &dst, &c.dst);
    if (status == SEG_OK)
        status = seg_eval_f64(call, DATA, &c.src, &owned);
    if (status == SEG_OK && seg_shape_count(&dst) > 0) {
        c.pixels = seg_shape_count(&dst) / (dst.dim[0] * dst.dim[1]);
        seg_parallel_for(call->threads, dst.dim[0] * dst.dim[1], add_plane, &c);
    }
    seg_block_free(owned);
    return seg_eval_finish_f64(call, 0, c.dst, status);
}

const seg_runtime_op seg_runtime_op_Col2Im = {
    .domain = "", .name = "Col2Im", .src_min = 3, .src_max = 3, .evaluate = evaluate};
