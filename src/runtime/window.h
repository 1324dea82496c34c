/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * window.h: what convolutions and pooling share: a window that moves over the spatial axes of
 * N,C,D1,D2,..., with stride, dilation and padding (explicit, or the forms of auto_pad).
 *
 * Window position o and tap k meet source position o*stride + k*dilation - pad.
 */
#ifndef RUNTIME_WINDOW_H
#define RUNTIME_WINDOW_H

#include "runtime/op.h"

enum { SEG_SPATIAL_MAX = SEG_MAX_RANK - 2 };

typedef enum seg_auto_pad {
    SEG_PAD_EXPLICIT, /* NOTSET */
    SEG_PAD_SAME_UPPER,
    SEG_PAD_SAME_LOWER,
    SEG_PAD_VALID
} seg_auto_pad;

typedef struct seg_window {
    int rank; /* spatial axes, 1.. */
    seg_auto_pad auto_pad;
    bool ceil_mode;
    int64_t kernel[SEG_SPATIAL_MAX], stride[SEG_SPATIAL_MAX], dilation[SEG_SPATIAL_MAX];
    int64_t pad[SEG_SPATIAL_MAX], pad_end[SEG_SPATIAL_MAX];
} seg_window;

/*
 * The attributes of a node: kernel_shape, strides, dilations, pads, auto_pad, ceil_mode. src: shape
 * of the image. kernel: of the weights (kernel_shape must say the same, or nothing); NULL: the
 * attribute must be there. SEG_INVALID with a sentence that does not name the node.
 */
seg_status seg_window_read(const seg_program_node *node, const seg_shape *src,
                           const int64_t *kernel, seg_window *window, seg_error *why);

/*
 * Padding where auto_pad asks for it, and the number of windows along each spatial axis:
 * (in + pad + pad_end - (dilation*(kernel-1) + 1)) / stride + 1, rounded down, or up with
 * ceil_mode; then a last window that would start in the end padding is dropped.
 */
seg_status seg_window_fit(seg_window *window, const int64_t *in, int64_t *out, seg_error *why);

/* The image that a transposed convolution makes (attributes output_padding and output_shape): sets
 * pad and pad_end; pads may be negative then, where output_shape asks for more than is reached. */
seg_status seg_window_fit_transposed(const seg_program_node *node, seg_window *window,
                                     const int64_t *in, int64_t *out, seg_error *why);

#endif
