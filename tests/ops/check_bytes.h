/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* check_bytes.h: ops over quantised images against plain integer loops. */
#ifndef TESTS_OPS_CHECK_BYTES_H
#define TESTS_OPS_CHECK_BYTES_H

#include "ops/check_op.h"

/* dst of run from its sources. */
typedef void (*bytes_reference)(const op_run *run, seg_tensor *dst);

/*
 * Random bytes and floats in the sources (vectors in [-1, 1) too): the op gives the bytes of the
 * reference at every instruction set of this processor, with 1 and 2 threads.
 */
void check_bytes(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                 bytes_reference reference);

/* The same with floats in [-range, range). Sources of i32 are any numbers. */
void check_bytes_within(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                        double range, bytes_reference reference);

seg_shape bytes_shape(int64_t n, int64_t h, int64_t w, int64_t c); /* u8 */
void bytes_fill(seg_tensor *tensor, uint64_t seed);

/* The op's result for these sources, one thread, best instruction set: for hand-worked cases.
 * Tensors of src hold the data; dst's data is given. */
void bytes_run(const seg_op *op, const void *params, int src_count, const seg_tensor *src,
               void *dst);

#endif
