/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* pool.h: what maxpool2d and avgpool2d share: parameters, shapes and windows. */
#ifndef OPS_POOL_H
#define OPS_POOL_H

#include "ops/op.h"

extern const seg_param seg_pool2d_param_list[];

/*
 * dst's shape after all checks. OH = (IH + 2*ph - kh)/sh + 1, rounded down, or up with ceil_mode;
 * then a last window that would start in the end padding is dropped (PyTorch's rule). Padding of
 * more than half a window is refused: a window could lie in it altogether.
 */
seg_status seg_pool2d_shape(const char *op, const void *params, const seg_shape *src,
                            seg_shape *dst, seg_error *err);

/* The source pixels *start .. *end-1 that window o covers on an axis of `in` pixels; never none. */
static inline void seg_pool_window(int64_t o, int64_t kernel, int64_t stride, int64_t pad,
                                   int64_t in, int64_t *start, int64_t *end)
{
    *start = o * stride - pad;
    *end = *start + kernel < in ? *start + kernel : in;
    *start = *start > 0 ? *start : 0;
}

#endif
