/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * state.h: what a runtime is made of, shared by runtime.c (runs), trace.c (the first run) and
 * slots.c (the tensors in between).
 */
#ifndef RUNTIME_STATE_H
#define RUNTIME_STATE_H

#include "runtime/region.h"
#include "runtime/runtime.h"

/* What a slot holds during a run; its shape, layout and whether it is fixed: seg_outside. */
typedef struct seg_holder {
    enum { SEG_HOLDS_NOTHING, SEG_HOLDS_TENSOR, SEG_HOLDS_LOWERED } kind;
    void *data;  /* as outside->axes say; in a region's arena, of the program, or owned */
    void *moved; /* owned: the same in the file's order, made when somebody asks */
    size_t owned_bytes, moved_bytes;
    bool owned;
    bool lasting; /* does not depend on any input: kept from one trace to the next */
    int uses;     /* readers to come, in a trace */
    seg_shape traced; /* shape of an evaluated result in the trace */
} seg_holder;

typedef struct seg_step {
    seg_region *region; /* NULL: evaluate `node` */
    int node;
    size_t first_free, free_count; /* in `frees`: slots nobody reads after this step */
    seg_layer_cost cost;           /* of its last repetition (opts.profile) */
} seg_step;

struct seg_runtime {
    const seg_program *program;
    seg_runtime_opts opts;
    const seg_runtime_op **ops; /* [nodes] */
    bool *evaluate_only;        /* [nodes]: the engine refused it */
    seg_outside *outside;       /* [slots] */
    seg_holder *holders;        /* [slots] */
    seg_shape *input_shapes;    /* [inputs] of the plan */
    bool planned;
    seg_step *steps;
    size_t step_count, step_capacity;
    seg_slot *frees;
    size_t free_count, free_capacity;
    seg_region *open;  /* while tracing */
    size_t allowance;  /* bytes that may still be made */
    double run_seconds; /* of the last trace: steps alone, without what made them */
    int sources_most, results_most;
    seg_tensor *src, *dst; /* [sources_most], [results_most]: of the node at hand */
    seg_shape *src_shapes; /* [sources_most] */
    seg_lowered *lowered;  /* [results_most] */
};

/* ---- slots.c ---- */
/* Forget what a slot holds and give its memory back. */
void seg_slot_clear(seg_runtime *runtime, seg_slot slot);
/* data in the file's order; owned: of seg_block_new, counted already. */
void seg_slot_put(seg_runtime *runtime, seg_slot slot, const seg_tensor *tensor, bool owned);
/* A result of a region, lying as axes say in the region's own memory. */
void seg_slot_put_region(seg_runtime *runtime, seg_slot slot, const seg_shape *shape,
                         const seg_axes *axes, void *data);
/* In the file's order. data NULL for SEG_NO_SLOT. */
seg_status seg_slot_get(seg_runtime *runtime, seg_slot slot, seg_tensor *out, seg_error *err);

/* ---- runtime.c ---- */
/* Evaluate node `index` on what its sources hold; results are in runtime->dst, owned by it. */
seg_status seg_runtime_evaluate(seg_runtime *runtime, int index, seg_error *err);
/* Fill the region's inputs, run it, put its results into their slots. */
seg_status seg_runtime_run_region(seg_runtime *runtime, seg_region *region, seg_error *err);

/* ---- multiply_adds.c ---- */
/* Of one node, by the shapes that its values have now; 0 for what is not known or not counted. */
int64_t seg_runtime_node_multiply_adds(const seg_runtime *runtime, const seg_program_node *node);

/* ---- profile.c ---- */
/* Right after a step ran, before anything is freed: what it took. */
void seg_step_profile(const seg_runtime *runtime, seg_step *step, double seconds);

/* ---- trace.c ---- */
/* Run node by node, making a new list of steps; inputs are in their slots. *refused: the engine
 * refused a node, which is now marked evaluate_only; trace again. */
seg_status seg_runtime_trace(seg_runtime *runtime, bool *refused, seg_error *err);

#endif
