/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * runtime.h: run a program.
 *
 * The first run for the shapes of its inputs traces: nodes go one by one; those whose sources are
 * all known are evaluated once and for all; those that the engine has layers for are gathered in
 * regions (seg_graph, optimised and planned like any network of ours); the rest are evaluated as
 * the file means them. What was done is kept as a list of steps, so the next run with the same
 * shapes only repeats it. A step whose result has another shape than before (it depends on the
 * data) makes the runtime trace anew.
 */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include "graph/exec.h"
#include "program/program.h"

typedef struct seg_runtime_opts {
    int threads;         /* 0: one per processor */
    size_t memory_limit; /* bytes of all results together; 0: SEG_RUNTIME_MEMORY */
    bool reference;      /* evaluate every node, lower none */
    bool keep_all;       /* every slot can be read after a run (--dump) */
    bool profile;        /* time every step and layer: seg_runtime_layers */
    bool bf16;           /* as in seg_exec_opts */
} seg_runtime_opts;

#define SEG_RUNTIME_MEMORY ((size_t)8 << 30)

/* The operators of a program that cannot be run, each once, as "Loop, RNN (ai.foo)"; "" when there
 * is none. SEG_NOMEM. The text is malloc'ed. */
seg_status seg_runtime_unsupported(const seg_program *program, char **names, seg_error *err);

/* SEG_UNSUPPORTED, with all of them, when there is one. */
seg_status seg_runtime_check(const seg_program *program, seg_error *err);

/*
 * Evaluate once what depends on constants alone: the results become constants of the program, and
 * the nodes are gone. Errors: SEG_UNSUPPORTED, and those of the nodes (as seg_runtime_run).
 */
seg_status seg_runtime_fold(seg_program *program, seg_error *err);

typedef struct seg_runtime seg_runtime;

/*
 * program is borrowed, and only read: runtimes of several threads may share it. opts may be NULL.
 * Errors: SEG_UNSUPPORTED, with all operators it lacks.
 */
seg_status seg_runtime_new(seg_runtime **out, const seg_program *program,
                           const seg_runtime_opts *opts, seg_error *err);
void seg_runtime_free(seg_runtime *runtime);

/*
 * Run on inputs[program->input_count], in the file's own order of axes. Errors: SEG_MISMATCH
 * (dtype or shape of an input: named, with what is wanted), SEG_INVALID and SEG_UNSUPPORTED (a
 * node: named), SEG_LIMIT, SEG_NOMEM. After an error the runtime can be used again.
 */
seg_status seg_runtime_run(seg_runtime *runtime, const seg_tensor *inputs, seg_error *err);

/* A result of the last run, in the file's order of axes; valid until the next run. Errors:
 * SEG_INVALID (no such slot, or it was not kept), SEG_NOMEM. */
seg_status seg_runtime_read(seg_runtime *runtime, seg_slot slot, seg_tensor *out, seg_error *err);

/* Whether reading this result of the last run had to copy it into the file's order. */
bool seg_runtime_copied(const seg_runtime *runtime, seg_slot slot);

/* What the last run did: for `seg info` and bench. */
typedef struct seg_runtime_facts {
    int regions, layers, evaluated; /* layers within regions, and nodes outside */
    int64_t multiply_adds;          /* of the regions */
    size_t bytes;                   /* of activations, planned and made */
} seg_runtime_facts;

seg_runtime_facts seg_runtime_describe(const seg_runtime *runtime);

/*
 * Seconds that the steps of the last trace took. The rest of the run that traced was planning:
 * folding, packing weights, and steps that were tried in vain.
 */
double seg_runtime_traced_seconds(const seg_runtime *runtime);

/*
 * The last run's steps, layer by layer: those of a region after one line for what brings its
 * sources into its layout, and each node outside of regions. *count is how many lines there are;
 * the first `capacity` are filled. Times (opts.profile) are of the last run that did not trace.
 * Texts live until the next trace.
 */
void seg_runtime_layers(const seg_runtime *runtime, seg_layer_cost *layers, size_t capacity,
                        size_t *count);

/* Of all convolutions and matrix products of the last run, evaluated ones too, by the shapes of
 * their values: right only with keep_all. */
int64_t seg_runtime_multiply_adds(const seg_runtime *runtime);

#endif
