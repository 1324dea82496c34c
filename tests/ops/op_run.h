/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* op_run.h: one op with all its memory, every buffer between guard zones. */
#ifndef TESTS_OPS_OP_RUN_H
#define TESTS_OPS_OP_RUN_H

#include "ops/op.h"

enum { OP_RUN_MAX_BLOCKS = 2 * SEG_OP_MAX_SRC + 8 };

typedef struct op_run {
    const seg_op *op;
    seg_op_call call; /* set train, seed, threads, kernels between init and prepare */
    seg_tensor src[SEG_OP_MAX_SRC], diff_src[SEG_OP_MAX_SRC], dst, diff_dst;
    void *blocks[OP_RUN_MAX_BLOCKS]; /* data of every guarded buffer */
    size_t sizes[OP_RUN_MAX_BLOCKS];
    int block_count;
    size_t packed_size, workspace_size, scratch_size;
} op_run;

/*
 * Checks the shapes (the test fails if the op refuses) and makes sources and diff_dst (zero), dst
 * and diff_src (all wanted: set .data NULL for those that are not). threads 1, this processor's
 * kernels, train true. run must stay where it is (call points into it), params must outlive it.
 */
void op_run_init(op_run *run, const seg_op *op, const void *params, int src_count,
                 const seg_shape *src);
/* Makes packed, workspace and scratch for call.kernels, threads and train as they now are. */
void op_run_prepare(op_run *run);
/* Pack (if the op does) and forward. What they write holds NaN (bytes 0xff) before; the guard
 * zones are checked after. `label` names the case in failures. */
void op_run_forward(op_run *run, const char *label);
/* Backward. What the op did not declare as read (see its flags) holds NaN meanwhile: src, dst,
 * packed and scratch lose their data. */
void op_run_backward(op_run *run, const char *label);
void op_run_release(op_run *run);

#endif
