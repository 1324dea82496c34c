/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * relabel.h: where axes of a lowered value lie after operators that only rename them, and other
 * things that lowering shares.
 */
#ifndef RUNTIME_RELABEL_H
#define RUNTIME_RELABEL_H

#include "runtime/lower.h"

/* A physical axis for channels: layers read along it. */
enum { SEG_AXIS_H = 1, SEG_AXIS_W = 2, SEG_AXIS_C = 3 };

/* The node as evaluators see it, to read its lists and shapes; sources have data where they are
 * fixed. */
seg_eval seg_lower_eval(const seg_lower *lower);

/* Whether sources from `first` on are known before the run, or left out. */
bool seg_lower_fixed_from(const seg_lower *lower, int first);

/*
 * The axes after a reshape that neither splits nor merges: extents that are not 1 are the same in
 * the same order, the others lie wherever there is room. False: not such a reshape.
 */
bool seg_axes_reshape(const seg_axes *axes, const seg_shape *from, const seg_shape *to,
                      seg_axes *out);
/* Logical axes with no place (-1) get the physical ones that are free, in order. */
void seg_axes_fill(seg_axes *axes);
/* With new axes of extent 1 in front, and without the first ones: how sources of fewer axes stand
 * among the others when they broadcast. */
seg_axes seg_axes_widen(const seg_axes *axes, int rank);
seg_axes seg_axes_narrow(const seg_axes *axes, int rank);
/* The logical axis at this physical one; the two change places. */
seg_axes seg_axes_with(const seg_axes *axes, int logical, int physical);

/* Result 0: source 0 with other axes. */
void seg_lower_rename(seg_lower *lower, const seg_axes *axes);
/* Result 0: source 0 as it is, for Identity and the like. */
seg_status seg_lower_same(seg_lower *lower, bool *done);
/* Result 0: a layer over source 0, in the layout that it has. */
void seg_lower_over(seg_lower *lower, const char *op, const void *params);

#endif
