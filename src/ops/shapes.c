/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* shapes.c: checks that many ops share. */
#include "ops/shapes.h"

#include "base/error.h"

seg_status seg_want_image(const char *op, const seg_shape *src, seg_error *err)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    bool fits = src->dtype == SEG_F32 && src->rank == 4 && seg_shape_valid(src);
    for (int i = 0; fits && i < 4; i++)
        fits = src->dim[i] >= 1;
    if (!fits)
        return seg_fail(err, SEG_INVALID, "%s: wants a source f32 NxHxWxC, got %s", op,
                        seg_shape_text(src, text));
    return SEG_OK;
}

seg_status seg_want_vector(const char *op, const char *what, const seg_shape *src, int64_t length,
                           seg_error *err)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    if (src->dtype != SEG_F32 || src->rank != 1 || src->dim[0] != length)
        return seg_fail(err, SEG_MISMATCH, "%s: %s must be f32 %lld, is %s", op, what,
                        (long long)length, seg_shape_text(src, text));
    return SEG_OK;
}

seg_status seg_window_extent(const char *op, const char *axis, int64_t in, int64_t pad,
                             int64_t pad_end, int64_t reach, int64_t stride, int64_t *out,
                             seg_error *err)
{
    if (in + pad + pad_end < reach)
        return seg_fail(
            err, SEG_INVALID,
            "%s: the window of %lld does not fit a %s of %lld with padding %lld and %lld", op,
            (long long)reach, axis, (long long)in, (long long)pad, (long long)pad_end);
    *out = (in + pad + pad_end - reach) / stride + 1;
    return SEG_OK;
}
