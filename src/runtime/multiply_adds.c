/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * multiply_adds.c: what convolutions and matrix products of a run took, by the usual count: every
 * tap of every output, padding included.
 */
#include <string.h>

#include "runtime/state.h"

typedef enum count_rule {
    CONVOLUTION,  /* weights O,I/g,taps or O,taps,I: outputs * I/g * taps */
    DEPTHWISE,    /* weights 1,taps,O: outputs * taps */
    TRANSPOSED,   /* weights I,O/g,taps: inputs * O/g * taps */
    TRANSPOSED_O, /* weights O,taps,I: inputs * O * taps */
    PRODUCT       /* outputs * last extent of the first source */
} count_rule;

static const struct {
    const char *domain, *op;
    count_rule rule;
    int data, weights; /* sources */
} rules[] = {
    {"", "Conv", CONVOLUTION, 0, 1},
    {"", "ConvInteger", CONVOLUTION, 0, 1},
    {"", "QLinearConv", CONVOLUTION, 0, 3},
    {"", "ConvTranspose", TRANSPOSED, 0, 1},
    {"", "MatMul", PRODUCT, 0, 1},
    {"", "MatMulInteger", PRODUCT, 0, 1},
    {"", "QLinearMatMul", PRODUCT, 0, 3},
    {"", "Gemm", PRODUCT, 0, 1},
    {"tflite", "CONV_2D", CONVOLUTION, 0, 1},
    {"tflite", "FULLY_CONNECTED", CONVOLUTION, 0, 1},
    {"tflite", "DEPTHWISE_CONV_2D", DEPTHWISE, 0, 1},
    {"tflite", "TRANSPOSE_CONV", TRANSPOSED_O, 2, 1},
};

/* Product of extents first..end-1 of a shape, times start; INT64_MAX when it does not fit. */
static int64_t extents(const seg_shape *shape, int first, int end, int64_t start)
{
    for (int i = first; i < end; i++) {
        if (__builtin_mul_overflow(start, shape->dim[i], &start))
            return INT64_MAX;
    }
    return start;
}

static const seg_shape *shape_of(const seg_runtime *runtime, int count, const seg_slot *slots,
                                 int index)
{
    if (index >= count || slots[index] == SEG_NO_SLOT ||
        runtime->outside[slots[index]].shape.rank == SEG_UNKNOWN_RANK)
        return NULL;
    return &runtime->outside[slots[index]].shape;
}

static int64_t count_by(count_rule rule, const seg_program_node *node, const seg_shape *src,
                        const seg_shape *weights, const seg_shape *dst)
{
    const int rank = weights->rank;
    bool turned;
    switch (rule) {
    case CONVOLUTION:
        return extents(dst, 0, dst->rank, extents(weights, 1, rank, 1));
    case DEPTHWISE:
        return extents(dst, 0, dst->rank, extents(weights, 1, rank - 1, 1));
    case TRANSPOSED:
        return extents(src, 0, src->rank, extents(weights, 1, rank, 1));
    case TRANSPOSED_O:
        return extents(src, 0, src->rank, extents(weights, 0, rank - 1, 1));
    case PRODUCT:
        turned = strcmp(node->op, "Gemm") == 0 && seg_program_int(node, "transA", 0) != 0;
        return extents(dst, 0, dst->rank, src->dim[turned ? 0 : src->rank - 1]);
    }
    return 0;
}

int64_t seg_runtime_node_multiply_adds(const seg_runtime *runtime, const seg_program_node *node)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (strcmp(rules[i].domain, node->domain) != 0 || strcmp(rules[i].op, node->op) != 0)
            continue;
        const seg_shape *src = shape_of(runtime, node->src_count, node->src, rules[i].data);
        const seg_shape *weights = shape_of(runtime, node->src_count, node->src, rules[i].weights);
        const seg_shape *dst = shape_of(runtime, node->dst_count, node->dst, 0);
        if (src == NULL || weights == NULL || dst == NULL || src->rank < 1)
            return 0;
        return count_by(rules[i].rule, node, src, weights, dst);
    }
    return 0;
}

int64_t seg_runtime_multiply_adds(const seg_runtime *runtime)
{
    int64_t sum = 0;
    for (size_t i = 0; i < runtime->program->node_count; i++) {
        int64_t count = seg_runtime_node_multiply_adds(runtime, &runtime->program->nodes[i]);
        if (__builtin_add_overflow(sum, count, &sum))
            return INT64_MAX;
    }
    return sum;
}
