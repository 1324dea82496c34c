/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/program.h: imported networks (ONNX, TFLite) on raw numbers, in the file's own layout.
 *
 * A seg_program is the network as its file says it, read-only once loaded: many threads may share
 * one, each with its own seg_runner. To label photos with an imported network, see seg/model.h.
 */
#ifndef SEG_PROGRAM_H
#define SEG_PROGRAM_H

#include <stdbool.h>

#include "seg/array.h"
#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct seg_program seg_program;

/* Zero means the default. */
typedef struct seg_program_opts {
    bool dequantise; /* TFLite: the float network instead of the quantised one */
} seg_program_opts;

/* Whether the file looks like ONNX or TFLite, by content; false when it cannot be read. */
SEG_API bool seg_program_is_file(const char *path);

/*
 * Load an ONNX or TFLite file. Operators that nothing here runs are no error yet.
 * On SEG_OK *out goes to seg_program_free; otherwise it is NULL. opts may be NULL.
 * Errors: SEG_IO, SEG_FORMAT, SEG_UNSUPPORTED (another format, or a part of these), SEG_LIMIT,
 * SEG_NOMEM.
 */
SEG_API seg_status seg_program_load(seg_program **out, const char *path,
                                    const seg_program_opts *opts, seg_error *err);
SEG_API void seg_program_free(seg_program *program); /* NULL is allowed */

/* ---- what is in it; all texts live as long as the program ---- */

typedef struct seg_program_info {
    const char *format;   /* "onnx", "tflite" */
    const char *producer; /* "pytorch 2.1"; "" when the file does not say */
    int opset;            /* version of ONNX's operators; 0 when another format */
    int inputs, outputs, nodes, texts;
    int64_t parameters; /* numbers in weights */
} seg_program_info;

SEG_API seg_program_info seg_program_describe(const seg_program *program);

/* A named value; what is known of it before a run. */
typedef struct seg_program_value {
    const char *name;
    seg_array array; /* data NULL */
} seg_program_value;

/* index from 0 to info.inputs - 1, or info.outputs - 1. */
SEG_API seg_program_value seg_program_input_at(const seg_program *program, int index);
SEG_API seg_program_value seg_program_output_at(const seg_program *program, int index);

/* Metadata, index from 0 to info.texts - 1. */
SEG_API const char *seg_program_text_at(const seg_program *program, int index, const char **key);

/* One kind of operator. */
typedef struct seg_program_op {
    const char *domain, *name; /* domain "": ONNX's own */
    int count;                 /* nodes */
    bool supported;
} seg_program_op;

/* Fill ops with up to `capacity` kinds, those with the most nodes first. Returns how many. */
SEG_API int seg_program_ops(const seg_program *program, seg_program_op *ops, int capacity);

/*
 * Name of the value that is result `index` of the node called `node`: "" when the file leaves it
 * out, NULL past the last. Names of values are understood too: they are their own result 0.
 */
SEG_API const char *seg_program_result(const seg_program *program, const char *node, int index);

/* ---- running it ---- */

typedef struct seg_runner seg_runner; /* one thread's plan and values */

/* Zero means the default. */
typedef struct seg_runner_opts {
    int threads;         /* 0: one per processor */
    size_t memory_limit; /* bytes of values and activations; 0: 8 GB. Beyond it is SEG_LIMIT */
    bool reference;      /* evaluate every node as the format means it, without the fast layers */
    bool keep_all;       /* every value can be read after a run, not only the outputs */
} seg_runner_opts;

/* program is borrowed and must outlive the runner. opts may be NULL.
 * Errors: SEG_UNSUPPORTED (operators: all are named), SEG_FORMAT (a node: named), SEG_NOMEM. */
SEG_API seg_status seg_runner_new(seg_runner **out, const seg_program *program,
                                  const seg_runner_opts *opts, seg_error *err);
SEG_API void seg_runner_free(seg_runner *runner); /* NULL is allowed */

/*
 * Run on arrays for all inputs in the program's order; they are only read. The plan is kept for
 * the next run with the same shapes. After an error the runner can be used again.
 * Errors: SEG_MISMATCH (type or shape of an input: named, with what is wanted), SEG_INVALID and
 * SEG_UNSUPPORTED (a node: named), SEG_LIMIT, SEG_NOMEM.
 */
SEG_API seg_status seg_runner_run(seg_runner *runner, const seg_array *inputs, seg_error *err);

/*
 * A value of the last run, by name, in the file's layout. out->data is the runner's: valid until
 * its next run. Errors: SEG_INVALID (no such value, or not kept), SEG_LIMIT, SEG_NOMEM.
 */
SEG_API seg_status seg_runner_read(seg_runner *runner, const char *name, seg_array *out,
                                   seg_error *err);

/* What the last run took. */
typedef struct seg_runner_cost {
    int64_t multiply_adds; /* of convolutions and matrix products; with keep_all only, else 0 */
    int64_t bytes;         /* of values and activations */
    int layers, evaluated; /* nodes as fast layers, and as the format means them */
} seg_runner_cost;

SEG_API seg_runner_cost seg_runner_measure(const seg_runner *runner);

#ifdef __cplusplus
}
#endif
#endif
