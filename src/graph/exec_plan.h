/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * exec_plan.h: what exec_plan.c works out before a graph runs and exec.c then uses.
 *
 * Moments: node i of n runs forward at i and backward at 2n-1-i. A value's data lives from its
 * producer to its last reader, in training also up to the backward passes that read it. A
 * gradient lives from its last reader's backward to its producer's.
 */
#ifndef GRAPH_EXEC_PLAN_H
#define GRAPH_EXEC_PLAN_H

#include "graph/exec.h"
#include "graph/memory_plan.h"

enum { SEG_NO_BUFFER = -1 };

typedef struct seg_exec_value_plan {
    int data, grad;   /* buffers, or SEG_NO_BUFFER */
    seg_value whole;  /* the concat's result that this is a part of, or SEG_NO_VALUE */
    size_t offset;    /* bytes of data before it */
    bool wants_grad;  /* a weight that trains lies upstream (or it is one) */
    int grad_readers; /* backward passes that contribute to grad, the loss included */
} seg_exec_value_plan;

typedef struct seg_exec_node_plan {
    seg_op_call call;
    seg_tensor src[SEG_OP_MAX_SRC], dst, diff_src[SEG_OP_MAX_SRC], diff_dst;
    /* Where diff_src[k] is a temporary that must be added to another gradient: that one. */
    float *add_to[SEG_OP_MAX_SRC];
    int grad_buffer[SEG_OP_MAX_SRC];  /* the buffer that diff_src[k] is written to */
    int total_buffer[SEG_OP_MAX_SRC]; /* the buffer it is then added to, or SEG_NO_BUFFER */
    int packed, workspace, scratch, back_scratch;
    bool runs_backward;
    double seconds[2]; /* of the last forward and backward, when profiling */
} seg_exec_node_plan;

struct seg_exec {
    seg_graph *graph;
    seg_exec_opts opts;
    seg_exec_value_plan *values;
    seg_exec_node_plan *nodes;
    seg_buffer *buffers;
    size_t buffer_count, buffer_capacity;
    size_t arena_bytes;
    char *arena;
    seg_tensor *weight_grads; /* [weights]; data NULL where none */
    int weight_count;
    void **packed; /* [nodes] kept packed weights, inference only */
    bool packed_valid;
};

/* Fill values, nodes and buffers (offsets too). */
seg_status seg_exec_plan(seg_exec *exec, seg_error *err);

#endif
