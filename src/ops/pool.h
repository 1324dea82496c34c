/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* pool.h: what maxpool2d and avgpool2d share: parameters, shapes and windows. */
#ifndef OPS_POOL_H
#define OPS_POOL_H

#include "ops/op.h"

extern const seg_param seg_pool2d_param_list[];

/*
 * dst's shape after all checks. OH = (IH + 2*ph + ph_more - dh*(kh-1) - 1)/sh + 1, rounded down, or
 * up with ceil_mode; then a last window that would start in the end padding is dropped (PyTorch's
 * rule). Padding of more than half a window is refused: a window could lie in it altogether.
 */
seg_status seg_pool2d_shape(const char *op, const void *params, const seg_shape *src,
                            seg_shape *dst, seg_error *err);

/* The source pixels *start, *start + dilation, ... that window o covers on an axis of `in` pixels;
 * returns how many: at least one, after seg_pool2d_shape. */
static inline int64_t seg_pool_window(int64_t o, int64_t kernel, int64_t stride, int64_t pad,
                                      int64_t dilation, int64_t in, int64_t *start)
{
    int64_t from = o * stride - pad, skipped = from < 0 ? (dilation - 1 - from) / dilation : 0;
    int64_t end = (in - from + dilation - 1) / dilation;
    *start = from + skipped * dilation;
    return (end < kernel ? end : kernel) - skipped;
}

#endif
