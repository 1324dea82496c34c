/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * quantise.h: a network's layers in integers, where ranges of their values are known.
 *
 * Ranges belong to values, which are called by their producer's name (the input's by its own). A
 * value without a range, or whose producer is on the list of float layers, stays float; between
 * the two kinds quantise and dequantise are put in.
 */
#ifndef GRAPH_QUANTISE_H
#define GRAPH_QUANTISE_H

#include "graph/graph.h"

typedef struct seg_range {
    const char *name;
    double low, high; /* low <= 0 <= high */
    bool stays_float; /* the layer of this name is not quantised */
} seg_range;

typedef struct seg_ranges {
    const seg_range *items; /* in the order of their names (strcmp) */
    size_t count;
} seg_ranges;

/* The range called name, or NULL. */
const seg_range *seg_ranges_find(const seg_ranges *ranges, const char *name);

/* Whether a layer of this op can be in integers. */
bool seg_graph_quantises(const seg_op *op);

/* After seg_graph_optimise, for inference. Errors: SEG_NOMEM, SEG_INVALID. */
seg_status seg_graph_quantise(seg_graph *graph, const seg_ranges *ranges, seg_error *err);

/* The bytes for numbers of low..high, 0 among them exactly. */
seg_quant seg_quant_of(double low, double high);

#endif
