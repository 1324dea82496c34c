/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* optimise.h: rewrites that keep a graph's results and save its time. */
#ifndef GRAPH_OPTIMISE_H
#define GRAPH_OPTIMISE_H

#include "graph/graph.h"

/*
 * In place. train false: dropout vanishes, batch norms fold into the convolution before them
 * (constants "<conv>.folded", owned by the graph), ReLU/ReLU6 fuse into ops that can, and a
 * permutation to planes with the resize before it (resize_planes).
 * train true: only the fusions whose backward exists. Nodes that no output needs are dropped.
 * Folded constants are not filled yet: seg_exec_new does, and again after
 * seg_exec_weights_changed.
 */
seg_status seg_graph_optimise(seg_graph *graph, bool train, seg_error *err);

/*
 * After it, in inference: a depthwise convolution whose large result only a 1x1 convolution reads
 * becomes one op with it (separable2d).
 */
seg_status seg_graph_join_pairs(seg_graph *graph, seg_error *err);

/* Fill the folded constants from the weights as they are now. */
void seg_graph_refold(seg_graph *graph);

#endif
