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

#include <limits.h>

#include "graph/exec.h"
#include "graph/memory_plan.h"
#include "graph/reach.h"

enum { SEG_NO_BUFFER = -1, SEG_NEVER = INT_MAX /* a moment */ };

typedef struct seg_exec_value_plan {
    int data, grad;   /* buffers, or SEG_NO_BUFFER */
    int again;        /* the buffer of data in the backward pass, if it is made once more */
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
    int again_packed, again_scratch; /* of forward once more (recompute.c) */
    /* bands.c: whether all of the result is held, and the buffer of some rows for each thread. */
    enum {
        SEG_BAND_NONE,   /* in no group */
        SEG_BAND_WITHIN, /* only its group reads it: some rows */
        SEG_BAND_LEAVES, /* others too: some rows, and all */
        SEG_BAND_RESULT  /* of the last node: all */
    } band;
    int band_buffer;
    size_t band_bytes; /* of a thread */
    bool runs_backward;
    double seconds[2]; /* of the last forward and backward, when profiling */
} seg_exec_node_plan;

/* Nodes first..last run a band of rows at a time (bands.c). */
typedef struct seg_band_group {
    int first, last;
    int64_t rows; /* of the last node's result, of a band */
    int strips;   /* one a thread */
    size_t scratch_bytes;
    int scratch; /* buffer of all its nodes, scratch_bytes for each thread */
} seg_band_group;

/* A node's rows in the strip of a thread: those held, and those asked for in the band at hand. */
typedef struct seg_band_state {
    seg_span have, need;
    bool begun;
} seg_band_state;

struct seg_exec {
    seg_graph *graph;
    seg_exec_opts opts;
    seg_exec_value_plan *values;
    seg_exec_node_plan *nodes;
    int *
        again; /* [nodes] when it runs forward once more, before that moment's backward; or SEG_NEVER */
    int recomputed; /* how many do */
    seg_buffer *buffers;
    size_t buffer_count, buffer_capacity;
    seg_band_group *groups; /* in run order */
    size_t group_count, group_capacity;
    seg_band_state *band_states; /* [threads][nodes] */
    size_t band_limit;           /* bytes of the rows that a group holds for a thread; 0: none */
    size_t band_most;            /* what the groups found take of it, at most */
    size_t arena_bytes;
    char *arena;
    seg_tensor *weight_grads; /* [weights]; data NULL where none */
    int weight_count;
    void **packed; /* [nodes] kept packed weights, inference only: in packed_block */
    char *packed_block;
    bool packed_valid;
    void **own; /* [values] weights and folded constants that forward reads, made here; or NULL */
    int pack_buffer; /* scratch of packing: alive with the inputs, before the first node */
};

/* Fill values, nodes and buffers (offsets too). */
seg_status seg_exec_plan(seg_exec *exec, seg_error *err);

/* One plan, by exec->again and exec->band_limit; what an earlier one found is dropped. Errors:
 * SEG_NOMEM, SEG_LIMIT. */
seg_status seg_exec_plan_anew(seg_exec *exec, seg_error *err);

/* ---- recompute.c ---- */

/* Training: choose what is made once more in the backward pass, so that the plan, made before, is
 * within opts.memory_limit. Errors: SEG_LIMIT (it cannot), SEG_NOMEM. */
seg_status seg_exec_fit(seg_exec *exec, seg_error *err);
/* Whether the backward pass of a node reads its result, or its sources. */
bool seg_exec_reads_dst(const seg_exec *exec, int index);
bool seg_exec_reads_src(const seg_exec *exec, int index);

/* ---- bands.c ---- */

/* Find the groups, and what they take. Errors: SEG_NOMEM. */
seg_status seg_bands_plan(seg_exec *exec, seg_error *err);
/* The group of a node, or NULL. */
const seg_band_group *seg_bands_of(const seg_exec *exec, int node);
/* Does one call of a node; timed: of one thread, for a profile. */
typedef void (*seg_bands_call)(seg_exec *exec, int node, seg_op_call *call, bool timed);
/* Run a group. */
void seg_bands_run(seg_exec *exec, const seg_band_group *group, seg_bands_call run);

/* ---- exec_pack.c: weights as forward reads them ---- */

/* Memory for them. Errors: SEG_NOMEM. */
seg_status seg_exec_pack_new(seg_exec *exec, seg_error *err);
void seg_exec_pack_free(seg_exec *exec);
/* Bytes of pack_buffer. */
size_t seg_exec_pack_scratch(const seg_exec *exec);
/* Fold and pack; scratch is pack_buffer's memory. */
void seg_exec_pack_run(seg_exec *exec, char *scratch);

#endif
