/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* move.h: floats of a tensor in another order of its axes, such as N,C,H,W as N,H,W,C. */
#ifndef OPS_MOVE_H
#define OPS_MOVE_H

#include "kernels/kernels.h"

enum { SEG_MOVE_AXES = 4 };

/* Both sides hold the same extents without gaps; from, to: floats from one index to the next. */
typedef struct seg_move {
    int64_t extent[SEG_MOVE_AXES], from[SEG_MOVE_AXES], to[SEG_MOVE_AXES];
} seg_move;

/* src and dst do not overlap. Every extent is at least 1. */
void seg_move_run(const seg_kernels *kernels, int threads, const seg_move *move, const float *src,
                  float *dst);

#endif
