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
 * Folded constants have no memory yet: an exec makes them where it needs them, or seg_graph_refold.
 */
seg_status seg_graph_optimise(seg_graph *graph, bool train, seg_error *err);

/* Fill the folded constants from the weights as they are now. Errors: SEG_NOMEM. */
seg_status seg_graph_refold(seg_graph *graph, seg_error *err);

/* The fold that makes a value, or NULL. */
const seg_graph_fold *seg_graph_fold_of(const seg_graph *graph, seg_value value);
/* Its kernel and bias from the weights as they are now, with so many bytes of scratch. */
size_t seg_graph_fold_scratch(const seg_graph *graph, const seg_graph_fold *fold);
void seg_graph_fold_fill(const seg_graph *graph, const seg_graph_fold *fold, float *kernel,
                         float *bias, float *scratch);

#endif
