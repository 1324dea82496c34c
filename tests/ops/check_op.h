/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * check_op.h: what proves an op right. A file tests/ops/<op>.c defines test_op_<op>(TCase *) and
 * calls these, and whatever hand-worked cases the op deserves:
 *
 *   check_golden(&seg_op_x)              PyTorch's numbers, every instruction set, 1 and 2 threads
 *   check_gradient(&(op_gradient){...})  backward against differences of forward, any shape
 *   check_isas(&seg_op_x, ...)           the same numbers at every instruction set, for sweeps
 *   check_refused(&seg_op_x, ...)        shape() says no, in a sentence that names the numbers
 *
 * All of them run the op through op_run.h: guard zones, NaN where nothing was promised.
 */
#ifndef TESTS_OPS_CHECK_OP_H
#define TESTS_OPS_CHECK_OP_H

#include "ops/op.h"
#include "ops/op_run.h"
#include "ops/params.h"
#include "test.h"

/* In tests/ops/<op>.c, one for each line of ops.def: add its tests to the case. */
#define SEG_OP(name) void test_op_##name(TCase *test);
#include "ops/ops.def"
#undef SEG_OP

/* Uniform in [low, high), the same for the same seed. */
void op_fill(seg_tensor *tensor, uint64_t seed, double low, double high);
/* Shuffled, evenly spaced in (-1, 1), all different, none 0 (even counts): for max and relu. */
void op_fill_distinct(seg_tensor *tensor, uint64_t seed);

/*
 * Shapes equal; every float of got within tolerance * (largest magnitude of wanted) of wanted (a
 * wanted tensor of zeros must be met exactly); integers equal.
 */
void check_close(const seg_tensor *got, const seg_tensor *wanted, double tolerance,
                 const char *label);

/*
 * Replays tests/ops/golden/<op>.safetensors at every instruction set of this processor, with 1 and
 * 2 threads: dst, diff_src and sources that the op changes within 1e-5 of the reference
 * (check_golden_within: another tolerance), relative to its largest magnitude; other sources
 * untouched; the same bytes for 1 and 2 threads; each diff_src wanted alone gives the same bytes as
 * all together. Gradients of a case with a fused activation are left out for ops that fuse only in
 * inference.
 */
void check_golden(const seg_op *op);
void check_golden_within(const seg_op *op, double tolerance);

typedef struct op_gradient {
    const seg_op *op;
    const void *params;
    int src_count;
    seg_shape src[SEG_OP_MAX_SRC];
    unsigned skip;    /* bit i: source i has no gradient (running statistics) */
    bool distinct;    /* fill with op_fill_distinct: for ops with corners (max, relu) */
    double tolerance; /* relative to the gradient's norm; 0: 2e-3 */
    uint64_t seed;    /* of the op (dropout) and of all random numbers here */
} op_gradient;

/*
 * L = sum(diff_dst * dst), summed in double, for random diff_dst. The analytic <diff_src, d>
 * against (L(src + e*d) - L(src - e*d)) / 2e, for vectors d of random signs over each source and
 * for single elements; training mode, every instruction set of this processor. Sources start
 * uniform in [-1, 1) (rank 1: in [0.5, 1.5), so that variances stay positive).
 */
void check_gradient(const op_gradient *gradient);

/*
 * Forward and backward on random numbers give the same, within 1e-5 of the largest, at every
 * instruction set: for sweeps over sizes that golden files do not hold.
 */
void check_isas(const seg_op *op, const void *params, int src_count, const seg_shape *src);

/* Channel counts around the lengths of vectors. */
#define CHANNEL_COUNTS                                                                             \
    {                                                                                              \
        1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 100                                          \
    }

/* seg_op_check fails and its sentence starts with the op's name and holds `part`: the number, or
 * the parameter, that is wrong. */
void check_refused(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                   const char *part);

#endif
