/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* optimise.h: rewrites that keep a graph's results and save its time. */
#ifndef GRAPH_OPTIMISE_H
#define GRAPH_OPTIMISE_H

#include "graph/graph.h"

/*
 * In place. train false: dropout vanishes, batch norms fold into the convolution before them
 * (into weights of their own, named "<conv>.folded", which the graph owns), and ReLU/ReLU6 fuse
 * into ops that can. train true: only the fusions that backward knows.
 * Nodes that no output needs are dropped.
 */
seg_status seg_graph_optimise(seg_graph *graph, bool train, seg_error *err);

#endif
