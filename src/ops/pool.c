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
    {"ph_more", "rows of padding below, beyond ph", SEG_PARAM_INT,
     offsetof(seg_pool2d_params, ph_more), -(1 << 20), 1 << 20},
    {"pw_more", "columns of padding on the right, beyond pw", SEG_PARAM_INT,
     offsetof(seg_pool2d_params, pw_more), -(1 << 20), 1 << 20},
    {"dh", "dilation, rows (0: dense)", SEG_PARAM_INT, offsetof(seg_pool2d_params, dh), 0, 1 << 20},
    {"dw", "dilation, columns (0: dense)", SEG_PARAM_INT, offsetof(seg_pool2d_params, dw), 0,
     1 << 20},
    {0},
};

/* One axis of the layer. */
typedef struct pool_axis {
    const char *name;
    int64_t in, kernel, stride, pad, pad_end, dilation;
} pool_axis;

/* Some window of a dilated kernel may have all its taps outside. */
static seg_status check_taps(const char *op, const pool_axis *a, int64_t out, seg_error *err)
{
    int64_t start;
    for (int64_t o = 0; o < out && a->dilation > 1; o++) {
        if (seg_pool_window(o, a->kernel, a->stride, a->pad, a->dilation, a->in, &start) < 1)
            return seg_fail(err, SEG_INVALID,
                            "%s: window %lld meets none of the %lld pixels of the %s", op,
                            (long long)o, (long long)a->in, a->name);
    }
    return SEG_OK;
}

static seg_status pool_extent(const char *op, const pool_axis *a, bool ceil_mode, int64_t *out,
                              seg_error *err)
{
    const int64_t reach = a->dilation * (a->kernel - 1) + 1;
    int64_t worst = a->pad > a->pad_end ? a->pad : a->pad_end;
    if (worst > a->kernel / 2)
        return seg_fail(err, SEG_INVALID,
                        "%s: padding %lld of the %s is more than half the window of %lld", op,
                        (long long)worst, a->name, (long long)a->kernel);
    if (a->pad_end < 0)
        return seg_fail(err, SEG_INVALID, "%s: padding %lld behind the %s", op,
                        (long long)a->pad_end, a->name);
    int64_t span = a->in + a->pad + a->pad_end - reach + (ceil_mode ? a->stride - 1 : 0);
    if (span < 0) /* fails, and says why */
        return seg_window_extent(op, a->name, a->in, a->pad, a->pad_end, reach, a->stride, out,
                                 err);
    *out = span / a->stride + 1;
    if ((*out - 1) * a->stride >= a->in + a->pad)
        *out -= 1;
    return check_taps(op, a, *out, err);
}

seg_status seg_pool2d_shape(const char *op, const void *params, const seg_shape *src,
                            seg_shape *dst, seg_error *err)
{
    const seg_pool2d_params *p = params;
    int64_t oh = 0, ow = 0;
    bool ceil_mode = p->ceil_mode != 0;
    seg_status status = seg_want_image(op, src, err);
    if (status != SEG_OK)
        return status;
    const pool_axis rows = {
        "height", src->h, p->kh, p->sh, p->ph, p->ph + p->ph_more, p->dh > 1 ? p->dh : 1};
    const pool_axis columns = {
        "width", src->w, p->kw, p->sw, p->pw, p->pw + p->pw_more, p->dw > 1 ? p->dw : 1};
    status = pool_extent(op, &rows, ceil_mode, &oh, err);
    if (status == SEG_OK)
        status = pool_extent(op, &columns, ceil_mode, &ow, err);
    if (status == SEG_OK)
        *dst = seg_shape_nhwc(src->n, oh, ow, src->c);
    return status;
}
