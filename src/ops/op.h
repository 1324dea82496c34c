/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * op.h: the contract of a layer.
 *
 * An op is one file in ops/ that ends in one `const seg_op seg_op_<name>`, and one line in
 * ops.def. All checks live in shape(); forward() and backward() return void, never allocate and
 * never fail. Weights are sources like any other: conv2d has src {image, weights, bias}.
 *
 *   forward    dst       from src
 *   backward   diff_src  from diff_dst (and from src, dst, workspace where the op's flags say so)
 *
 * backward() overwrites: a value that feeds several ops has its gradients summed by the graph.
 */
#ifndef OPS_OP_H
#define OPS_OP_H

#include <stdbool.h>

#include "kernels/kernels.h"
#include "seg/status.h"
#include "tensor/tensor.h"

enum { SEG_OP_MAX_SRC = 8 };

/*
 * Applied to what an op stores; the first field of the parameters of ops that can fuse it. Which of
 * them it can, says the range of that parameter. In training only the first three are fused: their
 * gradient follows from what was stored.
 */
typedef enum seg_activation {
    SEG_ACT_NONE,
    SEG_ACT_RELU,
    SEG_ACT_RELU6,
    SEG_ACT_HARD_SWISH,   /* x * min(max(x/6 + 1/2, 0), 1) */
    SEG_ACT_HARD_SIGMOID, /* min(max(x/6 + 1/2, 0), 1) */
} seg_activation;

/* One line of an op's parameter table: ranges are checked before shape() is called. */
typedef struct seg_param {
    const char *name, *help;
    enum { SEG_PARAM_END, SEG_PARAM_INT, SEG_PARAM_FLOAT } type; /* int64_t or double fields */
    size_t offset;                                               /* in the op's struct */
    double min, max;
} seg_param;

/* All that one application of an op sees. Size functions get it with every data pointer NULL. */
typedef struct seg_op_call {
    const void *params; /* the op's own struct, NULL when it has none */
    const seg_kernels *kernels;
    int threads;
    bool train;    /* batch statistics, dropout; running statistics move */
    bool again;    /* forward once more, for backward: batch statistics are in workspace, and the
                    * running ones stay */
    bool bf16;     /* dense convolutions may round their operands to bf16 */
    uint64_t seed; /* of this step and node (dropout); backward sees the same */

    int src_count;
    const seg_tensor *src;      /* [src_count] */
    const seg_tensor *dst;      /* one */
    const seg_tensor *diff_dst; /* backward: one, shape of dst */
    const seg_tensor *diff_src; /* backward: [src_count], shapes of src; data NULL: not wanted */

    /* pack() of ops with SEG_OP_PACKS: elements from one index of src[1] to the next, for each
     * axis; NULL: it lies as its shape says. */
    const int64_t *weight_steps;
    /* Floats from one pixel of dst to the next, with SEG_OP_STEPS_DST; 0: its channels. What lies
     * between the pixels belongs to others. */
    int64_t dst_step;

    void *packed;    /* packed_size bytes: pack() fills it when weights changed; forward only */
    void *workspace; /* workspace_size bytes: kept from forward to backward */
    void *scratch;   /* scratch_size bytes: for one call only */
} seg_op_call;

/* What backward() reads besides diff_dst, what fusion may do, and what pack() can. */
enum {
    SEG_OP_READS_SRC = 1 << 0, /* backward reads the data of its sources */
    SEG_OP_READS_DST = 1 << 1, /* backward reads dst */
    /* `activation` may be set: in inference only, or in training as well (then reads dst) */
    SEG_OP_FUSES_INFER = 1 << 2,
    SEG_OP_FUSES_TRAIN = 1 << 3,
    /* in inference, forward reads no source after the first: pack() does, src[1] in any order of its
     * axes */
    SEG_OP_PACKS = 1 << 4,
    SEG_OP_STEPS_DST = 1 << 5, /* forward can write into some channels of a larger tensor */
};

typedef struct seg_op {
    const char *name;
    const seg_param *params; /* ended by a zero line; NULL when the op has none */
    size_t params_size;
    int src_min, src_max; /* how many sources */
    unsigned flags;

    /* Checks everything and gives dst's shape. err names the numbers; the graph adds the node. */
    seg_status (*shape)(const void *params, int src_count, const seg_shape *src, seg_shape *dst,
                        seg_error *err);
    /* Bytes; NULL means none. May depend on shapes, params, kernels, threads and train. */
    size_t (*packed_size)(const seg_op_call *call);
    size_t (*workspace_size)(const seg_op_call *call);
    size_t (*scratch_size)(const seg_op_call *call);
    void (*pack)(const seg_op_call *call); /* weights are in src; writes packed */
    void (*forward)(const seg_op_call *call);
    void (*backward)(const seg_op_call *call);         /* NULL: no gradient flows (argmax) */
    int64_t (*multiply_adds)(const seg_op_call *call); /* of one forward; NULL: not counted */
    /* How forward would go about this call, in a few words, for benchmarks. Looks at shapes and
     * at addresses, not at data. NULL: there is but one way. */
    const char *(*algorithm)(const seg_op_call *call);
} seg_op;

#define SEG_OP(name) extern const seg_op seg_op_##name;
#include "ops/ops.def"
#undef SEG_OP

/* The op called name, or NULL. */
const seg_op *seg_op_find(const char *name);
/* Line `index` of ops.def, or NULL past the last. */
const seg_op *seg_op_at(int index);

/* Ranges of params against the op's table, number of sources, then shape(). */
seg_status seg_op_check(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                        seg_shape *dst, seg_error *err);

#endif
