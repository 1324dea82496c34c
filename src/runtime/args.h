/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * args.h: what many operators read of their node: axes, lists of integers that are an attribute in
 * one opset and a source in another, and the checks that come with them.
 */
#ifndef RUNTIME_ARGS_H
#define RUNTIME_ARGS_H

#include "runtime/convert.h"

/* axis from -rank..rank-1 to 0..rank-1. SEG_INVALID. */
seg_status seg_eval_axis(seg_eval *call, int64_t axis, int rank, int *out);
/* Attribute `name` as an axis. */
seg_status seg_eval_axis_of(seg_eval *call, const char *name, int64_t missing, int rank, int *out);

/* A list of at most `room` integers: source `src` where there is one (seg_eval_ints), else the
 * attribute `name`; *count -1: neither. */
seg_status seg_eval_list(seg_eval *call, int src, const char *name, int room, int64_t *ints,
                         int *count);
/* Such a list as a set of axes: in[axis]. SEG_INVALID when one is named twice. */
seg_status seg_eval_axes(seg_eval *call, int src, const char *name, int rank, bool in[SEG_MAX_RANK],
                         int *count);

/* A source that must be there (`what` names it in the error). */
seg_status seg_eval_need(seg_eval *call, int src, const char *what);
/* All sources from `first` on that are there must have the element type of source 0. */
seg_status seg_eval_same_dtype(seg_eval *call, int first);
/* The shape that all sources from..to-1 broadcast to, dtype of the first. */
seg_status seg_eval_broadcast(seg_eval *call, int from, int to, seg_shape *shape);
/* A source of exactly one element; data points to it. */
seg_status seg_eval_scalar(seg_eval *call, int src, const char *what);

/* The tensor around one axis, as tensor[outer][extent][inner]; outer and inner are 0 when it has no
 * elements. */
typedef struct seg_around {
    int64_t outer, extent, inner;
} seg_around;

seg_around seg_around_of(const seg_shape *shape, int axis);

/* ONNX's number of an element type (attributes `to`, `dtype`). SEG_UNSUPPORTED. */
seg_status seg_eval_dtype_of(seg_eval *call, int64_t number, seg_dtype *dtype);

/* A result with the shape and type of source `src`, and its bytes. */
seg_status seg_eval_copy(seg_eval *call, int index, int src);

#endif
