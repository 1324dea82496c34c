/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * graph.h: a network as nodes and values.
 *
 * build (this file) -> optimise (optimise.h) -> plan and run (exec.h). A graph is built for one
 * input shape; weights live in a seg_weights that outlives it.
 *
 * Building has a sticky error: once a call failed, later ones return SEG_NO_VALUE and do nothing,
 * so a network reads as a list of layers and is checked once, with seg_graph_status().
 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "base/memory.h"
#include "graph/weights.h"
#include "ops/op.h"
#include "ops/params.h"

typedef int seg_value; /* a tensor of the graph */
enum { SEG_NO_VALUE = -1 };

typedef struct seg_graph seg_graph;

/* weights is borrowed; it gains what the graph declares. */
seg_status seg_graph_new(seg_graph **out, seg_weights *weights, seg_error *err);
void seg_graph_free(seg_graph *graph);

/* SEG_OK, or what went wrong first, with its sentence in *err. */
seg_status seg_graph_status(const seg_graph *graph, seg_error *err);
/* Make the sticky error by hand (a network's own checks). Returns SEG_NO_VALUE. */
seg_value seg_graph_fail(seg_graph *graph, seg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

seg_value seg_graph_input(seg_graph *graph, const char *name, const seg_shape *shape);
/* A tensor of the weights, declared when it is new. */
seg_value seg_graph_weight(seg_graph *graph, const char *name, seg_weight_role role,
                           const seg_shape *shape);
/* A tensor that the graph owns, to be filled by whoever made it. */
seg_value seg_graph_constant(seg_graph *graph, const char *name, const seg_shape *shape);
/*
 * A constant that lies elsewhere, in any order of its axes (rank 4; steps[a]: elements from one index
 * of axis a to the next), and stays there until the graph was planned and prepared: ops that can
 * pack it as it is never have a copy made.
 */
seg_value seg_graph_view(seg_graph *graph, const char *name, const seg_shape *shape,
                         const void *data, const int64_t steps[4]);
/* The same without its memory: a fold makes it (optimise.h). */
seg_value seg_graph_constant_later(seg_graph *graph, const char *name, const seg_shape *shape);
/* One node. params is copied (op->params_size bytes; NULL for none). name labels errors and dumps.
 */
seg_value seg_graph_op(seg_graph *graph, const seg_op *op, const void *params, const char *name,
                       int src_count, const seg_value *src);
void seg_graph_output(seg_graph *graph, const char *name, seg_value value);

/* How many sources and outputs read it. */
int seg_graph_use_count(const seg_graph *graph, seg_value value);

/* Shape of a value; after an error an empty shape of rank 4 with extents 1. */
seg_shape seg_graph_shape(const seg_graph *graph, seg_value value);

/* ---- what optimise.c and exec.c read and rewrite ---- */

typedef struct seg_graph_value {
    enum { SEG_VALUE_INPUT, SEG_VALUE_WEIGHT, SEG_VALUE_CONSTANT, SEG_VALUE_NODE } kind;
    const char *name;
    seg_shape shape;
    int weight;     /* index in weights, for SEG_VALUE_WEIGHT */
    int node;       /* producer, for SEG_VALUE_NODE */
    void *constant; /* owned data, for SEG_VALUE_CONSTANT; NULL: only `view`, or see
                     * seg_graph_constant_later */
    const void *view;
    int64_t steps[4]; /* of view */
} seg_graph_value;

typedef struct seg_graph_node {
    const seg_op *op;
    void *params;
    const char *name;
    int src_count;
    seg_value src[SEG_OP_MAX_SRC];
    seg_value dst;
} seg_graph_node;

typedef struct seg_graph_binding {
    const char *name;
    seg_value value;
} seg_graph_binding;

/* A view's floats into dst, in the order of its shape. */
void seg_graph_view_copy(const seg_graph_value *view, int threads, float *dst);

/* A batch norm that went into the convolution before it: how to make its weights again. */
typedef struct seg_graph_fold {
    seg_value kernel, bias;            /* of the convolution as built; bias may be SEG_NO_VALUE */
    seg_value scale, shift, mean, var; /* of the batch norm */
    double epsilon;
    seg_value folded_kernel, folded_bias; /* constants */
} seg_graph_fold;

struct seg_graph {
    seg_weights *weights;
    seg_arena arena; /* names, params */
    seg_graph_value *values;
    seg_graph_node *nodes; /* in an order in which they can run */
    seg_graph_binding *inputs, *outputs;
    seg_graph_fold *folds;
    size_t value_count, node_count, input_count, output_count, fold_count;
    size_t value_capacity, node_capacity, input_capacity, output_capacity, fold_capacity;
    bool frozen_norms; /* set before building: batch norms keep their running statistics */
    seg_error error;   /* status SEG_OK: none */
};

#endif
