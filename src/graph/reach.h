/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * reach.h: which rows, or columns, of its sources a node reads for some of its result.
 *
 * For who runs a graph piece by piece: bands of rows (bands.c), tiles of an image (model/tiles.c).
 */
#ifndef GRAPH_REACH_H
#define GRAPH_REACH_H

#include "graph/graph.h"

typedef struct seg_span {
    int64_t first, end; /* rows first..end-1; outside the value where a layer pads */
} seg_span;

/* Whether a node reads source k, an image, by windows that move with the result. False of a mean over
 * the whole image and the like. */
bool seg_reach_is_local(const seg_graph *graph, const seg_graph_node *node, int k);

/* What rows (axis 0) or columns (axis 1) `of` the result read of source k, which is local. */
seg_span seg_reach(const seg_graph *graph, const seg_graph_node *node, int k, int axis,
                   seg_span of);

#endif
