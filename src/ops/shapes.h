/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* shapes.h: the checks of shape() that many ops share. `op` is the op's name, for the sentence. */
#ifndef OPS_SHAPES_H
#define OPS_SHAPES_H

#include "seg/status.h"
#include "tensor/tensor.h"

/* src is an image: f32, rank 4, every extent at least 1. SEG_INVALID otherwise. */
seg_status seg_want_image(const char *op, const seg_shape *src, seg_error *err);

/* src is f32, rank 1, with that length. `what` names it: "bias". SEG_MISMATCH otherwise. */
seg_status seg_want_vector(const char *op, const char *what, const seg_shape *src, int64_t length,
                           seg_error *err);

/*
 * Output extent of a window of `reach` pixels (dilation * (kernel - 1) + 1) over `in` pixels plus
 * padding, moved by stride: (in + pad + pad_end - reach) / stride + 1. `axis` is "height" or
 * "width". SEG_INVALID when the window does not fit.
 */
seg_status seg_window_extent(const char *op, const char *axis, int64_t in, int64_t pad,
                             int64_t pad_end, int64_t reach, int64_t stride, int64_t *out,
                             seg_error *err);

#endif
