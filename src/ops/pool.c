/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* pool.c: parameters and shapes of the pooling ops. */
#include "ops/pool.h"

#include "base/error.h"
#include "ops/params.h"
#include "ops/shapes.h"

const seg_param seg_pool2d_param_list[] = {
    {"kh", "window height", SEG_PARAM_INT, offsetof(seg_pool2d_params, kh), 1, 1 << 20},
    {"kw", "window width", SEG_PARAM_INT, offsetof(seg_pool2d_params, kw), 1, 1 << 20},
    {"sh", "stride of rows", SEG_PARAM_INT, offsetof(seg_pool2d_params, sh), 1, 1 << 20},
    {"sw", "stride of columns", SEG_PARAM_INT, offsetof(seg_pool2d_params, sw), 1, 1 << 20},
    {"ph", "rows of padding", SEG_PARAM_INT, offsetof(seg_pool2d_params, ph), 0, 1 << 20},
    {"pw", "columns of padding", SEG_PARAM_INT, offsetof(seg_pool2d_params, pw), 0, 1 << 20},
    {"ceil_mode", "keep a last partial window", SEG_PARAM_INT,
     offsetof(seg_pool2d_params, ceil_mode), 0, 1},
    {"count_pad", "averages count padding", SEG_PARAM_INT, offsetof(seg_pool2d_params, count_pad),
     0, 1},
    {0},
};

static seg_status pool_extent(const char *op, const char *axis, int64_t in, int64_t kernel,
                              int64_t stride, int64_t pad, bool ceil_mode, int64_t *out,
                              seg_error *err)
{
    if (pad > kernel / 2)
        return seg_fail(err, SEG_INVALID,
                        "%s: padding %lld of the %s is more than half the window of %lld", op,
                        (long long)pad, axis, (long long)kernel);
    int64_t span = in + 2 * pad - kernel + (ceil_mode ? stride - 1 : 0);
    if (span < 0) /* fails, and says why */
        return seg_window_extent(op, axis, in, pad, pad, kernel, stride, out, err);
    *out = span / stride + 1;
    if ((*out - 1) * stride >= in + pad)
        *out -= 1;
    return SEG_OK;
}

seg_status seg_pool2d_shape(const char *op, const void *params, const seg_shape *src,
                            seg_shape *dst, seg_error *err)
{
    const seg_pool2d_params *p = params;
    int64_t oh = 0, ow = 0;
    bool ceil_mode = p->ceil_mode != 0;
    seg_status status = seg_want_image(op, src, err);
    if (status == SEG_OK)
        status = pool_extent(op, "height", src->h, p->kh, p->sh, p->ph, ceil_mode, &oh, err);
    if (status == SEG_OK)
        status = pool_extent(op, "width", src->w, p->kw, p->sw, p->pw, ceil_mode, &ow, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src->n, oh, ow, src->c);
    return status;
}
