/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * exec.h: a graph with its memory planned, ready to run forward and backward.
 *
 * All memory is taken in seg_exec_new; forward and backward cannot fail. One exec belongs to one
 * thread at a time (it runs its ops on `threads` threads itself).
 */
#ifndef GRAPH_EXEC_H
#define GRAPH_EXEC_H

#include "graph/graph.h"

/* Told of each node's result as it is made, forward. */
typedef struct seg_exec_watch {
    void (*see)(void *context, int node, const seg_tensor *dst);
    void *context;
} seg_exec_watch;

typedef struct seg_exec_opts {
    int threads; /* 0: one per processor */
    bool train;  /* keep what backward needs; batch statistics in use */
    /* Bytes of the activation arena; 0: none. Training makes results that are cheap to make once more
     * in its backward pass instead of keeping them, as many as that takes; the numbers stay the same. */
    size_t memory_limit;
    const bool
        *weight_grads; /* [seg_weights_count] which weights need gradients; NULL: all that train */
    bool no_reuse;     /* every value keeps a place of its own (for dumps and tests) */
    bool profile;      /* time every node: seg_exec_seconds */
    bool bf16;         /* dense convolutions round operands to bf16 where that is faster */
    const seg_exec_watch *watch; /* NULL: none */
} seg_exec_opts;

typedef struct seg_exec seg_exec;

/* SEG_UNSUPPORTED where bf16 is wanted and this processor has no instruction for it. */
seg_status seg_exec_check_bf16(bool wanted, seg_error *err);

/* graph is borrowed and must outlive the exec. Errors: SEG_NOMEM, SEG_LIMIT, and of bf16. */
seg_status seg_exec_new(seg_exec **out, seg_graph *graph, const seg_exec_opts *opts,
                        seg_error *err);
void seg_exec_free(seg_exec *exec);

/* Tensors to fill before, and read after, forward. Index as in graph->inputs / outputs. */
seg_tensor seg_exec_input(seg_exec *exec, int index);
seg_tensor seg_exec_output(seg_exec *exec, int index);
/* The gradient of output `index`: fill before backward (train only). */
seg_tensor seg_exec_output_grad(seg_exec *exec, int index);
/* The gradient of weight `index` after backward: data NULL when it has none. */
seg_tensor seg_exec_weight_grad(seg_exec *exec, int weight);
/* Any value after forward; only sound when opts.no_reuse was set. */
seg_tensor seg_exec_value(seg_exec *exec, seg_value value);

/* step seeds dropout together with seed: the same pair gives the same mask. */
void seg_exec_forward(seg_exec *exec, uint64_t seed, uint64_t step);
/* Weight gradients are overwritten. */
void seg_exec_backward(seg_exec *exec);

/* Weights changed outside: pack again at the next forward (train execs always do). */
void seg_exec_weights_changed(seg_exec *exec);

/*
 * Inference: make what the next forward would make first (folded and packed weights) now. Else the
 * first forward does it.
 */
void seg_exec_prepare(seg_exec *exec);

/* Seconds that node `index` took in the last forward, or backward, pass (opts.profile). */
double seg_exec_seconds(const seg_exec *exec, int index, bool backward);

/* What a layer is and takes: for `seg bench`. */
typedef struct seg_layer_cost {
    const char *name, *op, *algorithm; /* algorithm "": there is but one way */
    seg_shape shape;                   /* of its result */
    double seconds;                    /* of the last forward pass (opts.profile) */
    int64_t multiply_adds;             /* padding included */
    int64_t bytes;                     /* of its sources and its result, each once */
    const seg_op_call *call;           /* as it is run; NULL: not one of our layers */
    const seg_op *layer;               /* with `call` */
} seg_layer_cost;

/* Node `index` of the graph. Texts live as long as the graph. */
seg_layer_cost seg_exec_cost(const seg_exec *exec, int index);

size_t seg_exec_arena_bytes(const seg_exec *exec);
/* Layers that training runs once more in its backward pass. */
int seg_exec_recomputed(const seg_exec *exec);
/* Of packed, folded and decoded weights. */
size_t seg_exec_weight_bytes(const seg_exec *exec);
int64_t seg_exec_multiply_adds(const seg_exec *exec);

/*
 * Index of the first node (in run order) whose output holds a NaN or infinity after forward, or -1.
 * In plans that reuse memory only nodes whose output is still alive are seen; training keeps nearly
 * all.
 */
int seg_exec_first_nonfinite(const seg_exec *exec);

#endif
