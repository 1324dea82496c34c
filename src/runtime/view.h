/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * view.h: a tensor seen through other axes, without moving it.
 *
 * A view is a list of extents and of steps (elements of the tensor between neighbours along an
 * axis). A step of 0 repeats, a negative one goes backwards, so broadcasting, Expand, Transpose,
 * Slice and Tile are all a view that is read from its first element to its last. Elements of a view
 * are counted in that order; readers take any stretch of them, so a result can be made in blocks.
 */
#ifndef RUNTIME_VIEW_H
#define RUNTIME_VIEW_H

#include "runtime/number.h"

enum { SEG_VIEW_RANK = 2 * SEG_MAX_RANK };

typedef struct seg_view {
    const char *data; /* of the element whose every index is 0 */
    seg_dtype dtype;
    int rank; /* after seg_view_merge at least 1 */
    int64_t dim[SEG_VIEW_RANK], step[SEG_VIEW_RANK];
} seg_view;

/* The tensor as it is. */
seg_view seg_view_of(const seg_tensor *tensor);
/* As if it had the extents of `to`: axes are matched from the last one, those of extent 1 repeat.
 * The shapes must broadcast (seg_broadcast). */
seg_view seg_view_broadcast(const seg_tensor *tensor, const seg_shape *to);
/* Axis i of the view is axis order[i] of the tensor. */
seg_view seg_view_permute(const seg_tensor *tensor, const int *order);
/* The same elements in the same order over as few axes as possible. */
void seg_view_merge(seg_view *view);
int64_t seg_view_count(const seg_view *view); /* merged, or of a valid shape */

/* The element at `index`. */
const void *seg_view_at(const seg_view *view, int64_t index);

/*
 * Elements first..first+n-1 as numbers: in buffer (n numbers of room), or where they lie already.
 * The view must be merged.
 */
const void *seg_view_read(const seg_view *view, int64_t first, int64_t n, seg_number as,
                          void *buffer);
/* The same, in dst in any case. */
void seg_view_load(const seg_view *view, int64_t first, int64_t n, seg_number as, void *dst);
/* The same elements as they are stored. */
void seg_view_copy(const seg_view *view, int64_t first, int64_t n, void *dst);
/* All of them, over threads. Merges the view. */
void seg_view_copy_all(seg_view *view, int threads, void *dst);
/* All of them as elements of dst's type. Merges the view. */
void seg_view_store_all(seg_view *view, int threads, const seg_tensor *dst);

/* The shape that a and b broadcast to (dtype of a), into *out, which may be a or b; false when they
 * do not. */
bool seg_broadcast(const seg_shape *a, const seg_shape *b, seg_shape *out);
/* Whether `from` broadcasts to exactly `to`. */
bool seg_broadcasts_to(const seg_shape *from, const seg_shape *to);

#endif
