/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize_of.h: what a Resize or Upsample node says, in all its forms, and where its outputs lie in
 * the source: for evaluating and for lowering it.
 */
#ifndef RUNTIME_RESIZE_OF_H
#define RUNTIME_RESIZE_OF_H

#include "runtime/op.h"

typedef enum seg_resize_mode {
    SEG_RESIZE_NEAREST,
    SEG_RESIZE_LINEAR,
    SEG_RESIZE_CUBIC
} seg_resize_mode;

/* Position of output o in the source; s: out / in; o and result count from the first pixel. */
typedef enum seg_coordinates {
    SEG_AT_HALF_PIXEL,           /* (o + 1/2) / s - 1/2 */
    SEG_AT_PYTORCH_HALF_PIXEL,   /* the same; -1/2 when there is one output */
    SEG_AT_HALF_PIXEL_SYMMETRIC, /* the same, moved so that the middles meet */
    SEG_AT_ALIGN_CORNERS,        /* o * (in - 1) / (out - 1); 0 when there is one output */
    SEG_AT_ASYMMETRIC,           /* o / s */
    SEG_AT_TF_CROP_AND_RESIZE,   /* align_corners within roi */
    SEG_AT_TF_HALF_PIXEL_FOR_NN  /* (o + 1/2) / s */
} seg_coordinates;

typedef enum seg_nearest {
    SEG_NEAREST_PREFER_FLOOR,
    SEG_NEAREST_PREFER_CEIL,
    SEG_NEAREST_FLOOR,
    SEG_NEAREST_CEIL
} seg_nearest;

typedef struct seg_resize_axis {
    int64_t in, out;
    double scale; /* out / in, or as the file gives it: then in * scale need not be whole */
    bool exact;   /* scale is out / in */
    double roi_start, roi_end;
} seg_resize_axis;

typedef struct seg_resize {
    seg_resize_mode mode;
    seg_coordinates coordinates;
    seg_nearest nearest;
    bool antialias, exclude_outside;
    double cubic_a, extrapolation;
    int rank;
    seg_resize_axis axis[SEG_MAX_RANK];
} seg_resize;

/*
 * src[src_count]: the sources of the node, of which those with lists (scales, sizes, roi) must have
 * data where they are given; of src[0] only the shape is looked at. SEG_INVALID, SEG_LIMIT, with a
 * sentence that does not name the node.
 */
seg_status seg_resize_of(const seg_program_node *node, int opset, int src_count,
                         const seg_tensor *src, seg_resize *resize, seg_shape *dst, seg_error *why);

/* Nothing happens along this axis. */
bool seg_resize_keeps(const seg_resize *resize, int axis);
/* The position of output o along an axis. */
double seg_resize_position(const seg_resize *resize, int axis, int64_t o);
/* The source element of output o, for SEG_RESIZE_NEAREST; -1: outside of a roi. */
int64_t seg_resize_pick(const seg_resize *resize, int axis, int64_t o);

#endif
