/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* pads.h: what a Pad node says, in all its forms, for evaluating and for lowering it. */
#ifndef RUNTIME_PADS_H
#define RUNTIME_PADS_H

#include "runtime/op.h"

typedef enum seg_pad_mode {
    SEG_PAD_CONSTANT,
    SEG_PAD_REFLECT,
    SEG_PAD_EDGE,
    SEG_PAD_WRAP
} seg_pad_mode;

typedef struct seg_pads {
    seg_pad_mode mode;
    int64_t before[SEG_MAX_RANK], after[SEG_MAX_RANK]; /* negative: cropped */
    unsigned char fill[8]; /* an element of the type of the source, in the first bytes */
} seg_pads;

/*
 * src[src_count]: the sources, of which the lists (pads, constant_value, axes) must have data where
 * they are given; of src[0] only the shape is looked at. Attributes before opset 11. SEG_INVALID,
 * SEG_UNSUPPORTED, with a sentence that does not name the node.
 */
seg_status seg_pads_of(const seg_program_node *node, int opset, int src_count,
                       const seg_tensor *src, seg_pads *pads, seg_shape *dst, seg_error *why);

#endif
