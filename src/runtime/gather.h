/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* gather.h: indices of the gathering and scattering operators: source 1 points into source 0. */
#ifndef RUNTIME_GATHER_H
#define RUNTIME_GATHER_H

#include "runtime/op.h"
#include "runtime/view.h"

/* Source `src` must be there and hold i32 or i64. */
seg_status seg_eval_indices(seg_eval *call, int src);
/* Element `at` of those indices, as 0..extent-1. SEG_INVALID. */
seg_status seg_eval_index(seg_eval *call, int src, int64_t at, int64_t extent, int64_t *index);

/*
 * One index for each element (GatherElements, ScatterElements): an element of the indices at
 * (i, j, k) means source 0 at the same place, except along one axis, where it says the place.
 */
typedef struct seg_along {
    seg_view view;
    int64_t at[SEG_MAX_RANK];
    int64_t offset;    /* in source 0, of the element with index 0 */
    int64_t axis_step; /* added to it for each index more */
} seg_along;

/* Indices must have the rank of source 0 and fit into it along all axes but this one. */
seg_status seg_eval_along(seg_eval *call, int axis);
void seg_along_start(seg_along *walk, const seg_shape *src, const seg_shape *indices, int axis);
void seg_along_next(seg_along *walk);

/*
 * Tuples of indices (GatherND, ScatterND): the last axis of the indices names a block of source 0,
 * within a batch of which the first axes are the same in both.
 */
typedef struct seg_tuples {
    int batch;              /* axes */
    int length;             /* of a tuple */
    int64_t batches, count; /* tuples of each batch */
    int64_t block;          /* elements */
} seg_tuples;

seg_status seg_eval_tuples(seg_eval *call, int batch, seg_tuples *tuples);
/* The block that tuple `at` (over all batches) names, counted in blocks. */
seg_status seg_eval_tuple(seg_eval *call, const seg_tuples *tuples, int64_t at, int64_t *block);

#endif
