/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tile_grid.h: how an image is cut into tiles, and the windows that the network sees of them. */
#ifndef MODEL_TILE_GRID_H
#define MODEL_TILE_GRID_H

#include "model/tile_plan.h"

/* Rows or columns. */
typedef struct seg_tile_axis {
    int length; /* of the image */
    int align;
    int inner; /* pixels that a tile labels, a multiple of align; the last one fewer */
    int halo;  /* pixels around them in its window, a multiple of align */
    int count; /* tiles */
} seg_tile_axis;

typedef struct seg_tile_grid {
    seg_tile_axis y, x;
} seg_tile_grid;

/* What tile `index` labels, and its window. Windows are of one size, but where the image ends. */
seg_span seg_tile_inner(const seg_tile_axis *axis, int index);
seg_span seg_tile_outer(const seg_tile_axis *axis, int index);

/* What is to be decided for. */
typedef struct seg_tile_wish {
    int side;            /* pixels of a tile, or 0: as large as memory allows */
    size_t memory_limit; /* bytes; 0: none */
    int threads;
    bool bf16;
} seg_tile_wish;

/* Errors: SEG_LIMIT (no tile is small enough), SEG_NOMEM. */
seg_status seg_tile_grid_choose(seg_tile_grid *grid, const seg_whole_net *net,
                                const seg_tile_wish *wish, seg_error *err);

#endif
