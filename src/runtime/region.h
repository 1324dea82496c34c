/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * region.h: a run of lowered nodes: one graph of the engine, what it reads and what it makes.
 *
 * Open while nodes are added; closed by optimising and planning it once, then run as often as the
 * program runs. Where its sources lie it learns from a seg_region_source of the runtime.
 */
#ifndef RUNTIME_REGION_H
#define RUNTIME_REGION_H

#include "graph/exec.h"
#include "runtime/lower.h"

/* A slot as it stands outside of a region. */
typedef struct seg_outside {
    seg_shape shape;   /* logical */
    seg_axes axes;     /* how its data lie: the identity for tensors in the file's order */
    const void *fixed; /* data known before the run, in the file's order; NULL: not known */
} seg_outside;

typedef struct seg_region_input {
    seg_slot slot;
    seg_axes axes; /* wanted by the region */
    seg_value value;
} seg_region_input;

typedef struct seg_region_output {
    seg_slot slot;
    seg_lowered lowered;
} seg_region_output;

typedef struct seg_region {
    seg_weights *weights; /* empty: what is fixed are constants of the graph */
    seg_graph *graph;
    seg_exec *exec;
    seg_region_input *inputs, *fixed; /* fixed: slots that became constants */
    seg_region_output *outputs;
    size_t input_count, input_capacity, fixed_count, fixed_capacity, output_count, output_capacity;
    size_t layers;
    seg_lowered *lowered;       /* [slots of the program]: while open */
    const seg_outside *outside; /* [slots of the program]: of the runtime, while open */
} seg_region;

seg_status seg_region_open(seg_region **out, size_t slot_count, const seg_outside *outside,
                           seg_error *err);
void seg_region_free(seg_region *region); /* NULL is allowed */

/* Whether a source may be read: f32, rank 0..4, at least one element, lowered here or outside. */
bool seg_region_takes(const seg_region *region, seg_slot slot);
/* Shape of a slot that was lowered here. */
seg_shape seg_region_shape(const seg_region *region, seg_slot slot);
/* Add an output, to be read after runs as seg_exec_output of its index in outputs; in_order: in the
 * file's order of axes, which may take a layer. */
seg_status seg_region_export(seg_region *region, seg_slot slot, bool in_order, seg_error *err);
/* Optimise, plan, allocate, pack weights. */
seg_status seg_region_close(seg_region *region, const seg_exec_opts *opts, seg_error *err);

/* Labels as numbers of 64 bits. */
void seg_labels_widen(int threads, const uint8_t *src, int64_t count, int64_t *dst);
/* Copy bytes, each ^ flip. */
void seg_bytes_copy(int threads, const uint8_t *src, int64_t count, uint8_t flip, uint8_t *dst);

/*
 * Copy a tensor between layouts: both hold the logical tensor `shape` of f32, src as `from` says
 * and dst as `to` says.
 */
void seg_axes_copy(int threads, const seg_shape *shape, const float *src, const seg_axes *from,
                   float *dst, const seg_axes *to);

#endif
