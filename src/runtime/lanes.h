/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * lanes.h: functions of whole rows ("lanes") of a tensor: the elements along some axes, for each
 * index along the others.
 *
 * Lanes are seen through a view whose first axes are the others and whose last ones form the lane:
 * lane i is elements i*length .. (i+1)*length-1 of the view. They are spread over threads in fixed
 * blocks.
 */
#ifndef RUNTIME_LANES_H
#define RUNTIME_LANES_H

#include "runtime/op.h"
#include "runtime/view.h"

typedef struct seg_lanes {
    seg_view view;
    int64_t count, length;   /* lanes, and elements of one */
    int order[SEG_MAX_RANK]; /* axes of the tensor in the order of the view, before it was merged */
} seg_lanes;

/* Along the axes in `in`. */
seg_lanes seg_lanes_of(const seg_tensor *tensor, const bool in[SEG_MAX_RANK]);
seg_lanes seg_lanes_along(const seg_tensor *tensor, int axis);

/* Lanes first..first+n-1. */
typedef void (*seg_lane_body)(void *context, int64_t first, int64_t n);

/* body for all lanes. */
void seg_lanes_for(int threads, const seg_lanes *lanes, seg_lane_body body, void *context);

/* Changes a lane of n numbers in place. */
typedef void (*seg_lane_function)(const void *context, void *lane, int64_t n);

/* Result 0 with the shape and type of source 0: each lane along `in` as numbers of that kind,
 * changed by the function. */
seg_status seg_eval_lanes(seg_eval *call, const bool in[SEG_MAX_RANK], seg_number number,
                          seg_lane_function function, const void *context);

#endif
