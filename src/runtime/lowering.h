/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lowering.h: how the operators of several families become layers; each a seg_runtime_op.lower. */
#ifndef RUNTIME_LOWERING_H
#define RUNTIME_LOWERING_H

#include "runtime/relabel.h"

/* ---- lower_unary.c ---- */
/* Abs Elu Erf Exp HardSigmoid HardSwish LeakyRelu Log Neg Relu Sigmoid Softplus Sqrt Tanh */
seg_status seg_lower_unary(seg_lower *lower, bool *done);
seg_status seg_lower_gate(seg_lower *lower, bool *done); /* Mish, Gelu by erf */
seg_status seg_lower_clip(seg_lower *lower, bool *done);    /* fixed bounds */
seg_status seg_lower_dropout(seg_lower *lower, bool *done); /* nobody reads the mask */
seg_status seg_lower_reciprocal(seg_lower *lower, bool *done);

/* ---- lower_binary.c ---- */
seg_status seg_lower_binary(seg_lower *lower, bool *done); /* Add Sub Mul Div Max Min Sum */
seg_status seg_lower_pow(seg_lower *lower, bool *done);    /* exponents 1/2, 1, 2, 3 */
seg_status seg_lower_prelu(seg_lower *lower, bool *done);  /* fixed slopes, all <= 1 or all >= 1 */

/* ---- lower_shape.c ---- */
seg_status seg_lower_transpose(seg_lower *lower, bool *done);
/* Of those that only rename axes: Flatten Reshape Squeeze Unsqueeze */
seg_status seg_lower_reshape(seg_lower *lower, bool *done);
seg_status seg_lower_concat(seg_lower *lower, bool *done);
seg_status seg_lower_slice(seg_lower *lower, bool *done); /* step 1 */
seg_status seg_lower_split(seg_lower *lower, bool *done);

/* ---- lower_lanes.c ---- */
seg_status seg_lower_softmax(seg_lower *lower, bool *done); /* over one axis longer than 1 */
seg_status seg_lower_mean(seg_lower *lower, bool *done);    /* ReduceMean ReduceSum, two axes */
seg_status seg_lower_matmul(seg_lower *lower, bool *done);  /* fixed weights */
seg_status seg_lower_gemm(seg_lower *lower, bool *done);

/* ---- lower_conv.c: two spatial axes, fixed weights and bias ---- */
seg_status seg_lower_conv(seg_lower *lower, bool *done);
seg_status seg_lower_conv_transpose(seg_lower *lower, bool *done);

/* ---- lower_pool.c: two spatial axes; of MaxPool nobody reads indices ---- */
seg_status seg_lower_max_pool(seg_lower *lower, bool *done);
seg_status seg_lower_average_pool(seg_lower *lower, bool *done);
seg_status seg_lower_global_average_pool(seg_lower *lower, bool *done);
seg_status seg_lower_global_max_pool(seg_lower *lower, bool *done);

/* ---- lower_image.c ---- */
seg_status seg_lower_batch_norm(seg_lower *lower, bool *done); /* fixed statistics */
seg_status seg_lower_resize(seg_lower *lower, bool *done); /* Resize Upsample: nearest, linear */
seg_status seg_lower_pad(seg_lower *lower, bool *done);    /* constants */

/* ---- in the operators' own files: shapes of results, from what is fixed ---- */
seg_status seg_reshape_result(seg_eval *call, seg_shape *shape); /* of seg_lower_reshape's */
seg_status seg_dropout_check(seg_eval *call);                    /* does it train? */
seg_status seg_transpose_order(seg_eval *call, int rank, int *order);

/* Axis by axis what Slice keeps: count elements from first on, step apart. */
typedef struct seg_slice_range {
    int64_t first, step, count;
} seg_slice_range;

seg_status seg_slice_ranges(seg_eval *call, seg_slice_range ranges[SEG_MAX_RANK]);
/* The parts of Split along its axis, one after the other. */
typedef struct seg_split {
    int axis;
    int64_t extent, first, count; /* of the source; the part at hand */
    const int64_t *listed;        /* NULL: parts of `equal`, the last ones shorter */
    int64_t equal;
} seg_split;

seg_status seg_split_begin(seg_eval *call, seg_split *split);
void seg_split_next(seg_split *split, int index); /* index 0, 1, ... in turn */

#endif
