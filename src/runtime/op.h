/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * op.h: the contract of an operator of imported programs.
 *
 * An operator has two ways to run. `evaluate` is the meaning: any rank, every element type that
 * the format allows, plain loops, results made as it goes; it also folds constants when a program
 * is loaded. `lower` is the fast way: it adds layers of our own engine (ops/, float32 N,H,W,C) to
 * the graph under construction, or declines (a rank, type or attribute that the layers do not
 * have), and then evaluate runs. Tests run programs both ways.
 *
 * An operator is one `const seg_runtime_op seg_runtime_op_<Name>` in a file of its family and one
 * line in runtime/ops.def.
 */
#ifndef RUNTIME_OP_H
#define RUNTIME_OP_H

#include "program/program.h"

/* Results that may be made whatever the node asks for. */
enum { SEG_EVAL_RESULTS = 8 };

/* One application of an operator to tensors in the order of the file. */
typedef struct seg_eval {
    const seg_program *program;
    const seg_program_node *node;
    int opset;
    int threads;
    int src_count, dst_count;
    const seg_tensor *src; /* [src_count]; data NULL: left out. Empty tensors have data too */
    seg_tensor *dst; /* [dst_count, and SEG_EVAL_RESULTS at least]; seg_eval_result makes them */
    size_t *allowance;     /* bytes that results may still take */
    seg_error *err;
} seg_eval;

/*
 * Memory for result `index`, 64-byte aligned and not cleared; call->dst[index] is then valid. A
 * result that nobody wants may be made too. SEG_NOMEM, SEG_LIMIT, SEG_INVALID (shape; the node has
 * fewer results).
 */
seg_status seg_eval_result(seg_eval *call, int index, const seg_shape *shape);

/* SEG_INVALID (or `status`) with "<op> '<name>': " in front of the sentence. */
seg_status seg_eval_fail(seg_eval *call, seg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
/* The same of a sentence that was made without the node's name (checks that lowering shares). */
seg_status seg_eval_why(seg_eval *call, seg_status status, const seg_error *why);
/* SEG_UNSUPPORTED: the operator does not take this element type. */
seg_status seg_eval_bad_dtype(seg_eval *call, int src);

static inline bool seg_eval_has(const seg_eval *call, int src)
{
    return src < call->src_count && call->src[src].data != NULL;
}

/* Whether result `index` is asked for. */
static inline bool seg_eval_wants(const seg_eval *call, int index)
{
    return index < call->dst_count && call->node->dst[index] != SEG_NO_SLOT;
}

struct seg_lower; /* runtime/lower.h */

typedef struct seg_runtime_op {
    const char *domain, *name; /* "", "Conv" */
    int src_min, src_max;      /* sources; src_max -1: any number */
    seg_status (*evaluate)(seg_eval *call);
    /* *done false: declined, nothing was added. NULL: never lowered. */
    seg_status (*lower)(struct seg_lower *lower, bool *done);
    bool reads_shapes; /* only the shapes of its sources, never their data (Shape, Size) */
    bool varies;       /* its result is not a function of its sources (random numbers): never folded */
} seg_runtime_op;

#define SEG_RUNTIME_OP(name) extern const seg_runtime_op seg_runtime_op_##name;
#include "runtime/ops.def"
#undef SEG_RUNTIME_OP

const seg_runtime_op *seg_runtime_op_find(const char *domain, const char *name); /* NULL: none */
const seg_runtime_op *seg_runtime_op_at(int index);                              /* NULL: past the end */

#endif
