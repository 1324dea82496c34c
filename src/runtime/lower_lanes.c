/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * lower_lanes.c: Softmax over channels, means over two axes as a global average pool, and products
 * with fixed matrices as 1x1 convolutions. Axes that lie elsewhere are brought there first.
 */
#include <string.h>

#include "ops/params.h"
#include "runtime/args.h"
#include "runtime/lowering.h"

/* ---- Softmax ---- */

/* The one axis longer than 1 among those that are taken together; -1: more than one. */
static int softmax_axis(const seg_lower *lower, int first)
{
    const seg_shape *shape = &lower->src[0];
    int axis = first;
    if (lower->opset >= 13)
        return first;
    for (int i = first, found = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 1)
            continue;
        if (found++ > 0)
            return -1;
        axis = i;
    }
    return axis;
}

seg_status seg_lower_softmax(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    int axis = 0;
    if (!seg_lower_takes(lower, 0) ||
        seg_eval_axis_of(&call, "axis", lower->opset >= 13 ? -1 : 1, lower->src[0].rank, &axis) !=
            SEG_OK ||
        (axis = softmax_axis(lower, axis)) < 0)
        return SEG_OK;
    seg_axes axes = seg_lower_axes(lower, 0);
    axes = seg_axes_with(&axes, axis, SEG_AXIS_C);
    seg_value src = seg_lower_src_as(lower, 0, &axes);
    seg_lower_result(lower, 0, seg_lower_layer(lower, "softmax", NULL, 1, &src), &axes);
    *done = true;
    return SEG_OK;
}

/* ---- ReduceMean, ReduceSum ---- */

/* Whether the long axes to be reduced are H and W, and no other long one is. */
static bool pool_fits(const seg_shape *shape, const bool in[SEG_MAX_RANK], const seg_axes *axes)
{
    for (int i = 0; i < axes->rank; i++) {
        bool spatial = axes->axis[i] == SEG_AXIS_H || axes->axis[i] == SEG_AXIS_W;
        if (shape->dim[i] != 1 && spatial != in[i])
            return false;
    }
    return true;
}

/* A layout of which that is true; false when there are more than two of either kind. */
static bool pool_layout(const seg_shape *shape, const bool in[SEG_MAX_RANK], seg_axes *axes)
{
    static const int places[2][2] = {{0, SEG_AXIS_C}, {SEG_AXIS_H, SEG_AXIS_W}};
    int placed[2] = {0, 0};
    if (pool_fits(shape, in, axes))
        return true;
    for (int i = 0; i < axes->rank; i++) {
        axes->axis[i] = -1;
        if (shape->dim[i] == 1)
            continue;
        if (placed[in[i]] == 2)
            return false;
        axes->axis[i] = places[in[i]][placed[in[i]]++];
    }
    seg_axes_fill(axes);
    return true;
}

/* The axes of the result: those kept, or all. */
static seg_axes kept_axes(const seg_axes *axes, const bool in[SEG_MAX_RANK], bool keep)
{
    seg_axes kept = {.rank = 0};
    for (int i = 0; i < axes->rank; i++) {
        if (keep || !in[i])
            kept.axis[kept.rank++] = axes->axis[i];
    }
    return kept;
}

static double reduced_count(const seg_shape *shape, const bool in[SEG_MAX_RANK])
{
    double count = 1.0;
    for (int i = 0; i < shape->rank; i++)
        count *= in[i] ? (double)shape->dim[i] : 1.0;
    return count;
}

seg_status seg_lower_mean(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    bool in[SEG_MAX_RANK];
    int count = 0;
    if (!seg_lower_takes(lower, 0) || !seg_lower_fixed_from(lower, 1) ||
        seg_eval_axes(&call, 1, "axes", lower->src[0].rank, in, &count) != SEG_OK ||
        (count <= 0 && seg_program_int(lower->node, "noop_with_empty_axes", 0) != 0))
        return SEG_OK;
    for (int i = 0; count <= 0 && i < lower->src[0].rank; i++)
        in[i] = true;
    seg_axes layout = seg_lower_axes(lower, 0);
    if (!pool_layout(&lower->src[0], in, &layout))
        return SEG_OK;
    seg_value value = seg_lower_src_as(lower, 0, &layout);
    value = seg_lower_layer(lower, "global_avgpool", NULL, 1, &value);
    if (strcmp(lower->node->op, "ReduceSum") == 0) {
        const seg_unary_params params = {SEG_UNARY_AFFINE, reduced_count(&lower->src[0], in), 0.0};
        value = seg_lower_layer(lower, "unary", &params, 1, &value);
    }
    seg_axes kept = kept_axes(&layout, in, seg_program_int(lower->node, "keepdims", 1) != 0);
    seg_lower_result(lower, 0, value, &kept);
    *done = true;
    return SEG_OK;
}

/* ---- MatMul, Gemm ---- */

/* How a product is a convolution. */
typedef struct product {
    int64_t depth, cols;
    bool swapped; /* the matrix lies as cols x depth */
    float factor; /* of the matrix */
    int bias;     /* source, or -1 */
    float bias_factor;
} product;

static seg_value product_kernel(seg_lower *lower, const product *p)
{
    const seg_shape shape = seg_shape_nhwc(1, 1, p->depth, p->cols);
    const float *matrix = seg_f32(&lower->fixed[1]);
    const int64_t steps[4] = {0, 0, p->swapped ? 1 : p->cols, p->swapped ? p->depth : 1};
    float *kernel;
    if (p->factor == 1.0f)
        return seg_graph_view(lower->graph, "matrix", &shape, matrix, steps);
    seg_value value = seg_lower_constant(lower, "matrix", &shape, &kernel);
    for (int64_t k = 0; kernel != NULL && k < p->depth; k++) {
        for (int64_t j = 0; j < p->cols; j++)
            kernel[k * p->cols + j] =
                p->factor * matrix[p->swapped ? j * p->depth + k : k * p->cols + j];
    }
    return value;
}

static seg_value product_bias(seg_lower *lower, const product *p)
{
    const seg_shape shape = seg_shape_vector(p->cols);
    const seg_tensor *fixed = &lower->fixed[p->bias];
    const int64_t count = seg_shape_count(&fixed->shape);
    float *bias;
    seg_value value = seg_lower_constant(lower, "bias", &shape, &bias);
    for (int64_t j = 0; bias != NULL && j < p->cols; j++)
        bias[j] = p->bias_factor * seg_f32(fixed)[count == 1 ? 0 : j];
    return value;
}

/* The last axis of source 0 becomes the channels. */
static void add_product(seg_lower *lower, const product *p)
{
    const seg_conv2d_params params = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1};
    seg_axes axes = seg_lower_axes(lower, 0);
    axes = seg_axes_with(&axes, axes.rank - 1, SEG_AXIS_C);
    seg_value src[3] = {seg_lower_src_as(lower, 0, &axes), product_kernel(lower, p)};
    if (p->bias >= 0)
        src[2] = product_bias(lower, p);
    seg_lower_result(lower, 0, seg_lower_layer(lower, "conv2d", &params, p->bias >= 0 ? 3 : 2, src),
                     &axes);
}

static bool is_matrix(const seg_lower *lower, int src)
{
    return lower->fixed[src].data != NULL && seg_lower_takes(lower, src) &&
           lower->src[src].rank == 2;
}

seg_status seg_lower_matmul(seg_lower *lower, bool *done)
{
    const seg_shape *a = &lower->src[0], *b = &lower->src[1];
    if (!seg_lower_takes(lower, 0) || a->rank < 2 || !is_matrix(lower, 1) ||
        a->dim[a->rank - 1] != b->dim[0])
        return SEG_OK;
    const product p = {b->dim[0], b->dim[1], false, 1.0f, -1, 0.0f};
    add_product(lower, &p);
    *done = true;
    return SEG_OK;
}

/* C must be one number, or one for each column. */
static bool gemm_bias_fits(const seg_lower *lower, int64_t cols)
{
    const seg_shape *c = &lower->src[2];
    if (!seg_lower_takes(lower, 2) || lower->fixed[2].data == NULL || c->rank > 2 ||
        (c->rank == 2 && c->dim[0] != 1))
        return false;
    int64_t count = seg_shape_count(c);
    return count == 1 || count == cols;
}

seg_status seg_lower_gemm(seg_lower *lower, bool *done)
{
    const seg_shape *a = &lower->src[0], *b = &lower->src[1];
    if (!seg_lower_takes(lower, 0) || a->rank != 2 || !is_matrix(lower, 1) ||
        seg_program_int(lower->node, "transA", 0) != 0)
        return SEG_OK;
    product p = {.swapped = seg_program_int(lower->node, "transB", 0) != 0, .bias = -1};
    p.factor = seg_program_float(lower->node, "alpha", 1.0f);
    p.bias_factor = seg_program_float(lower->node, "beta", 1.0f);
    p.depth = b->dim[p.swapped];
    p.cols = b->dim[!p.swapped];
    if (a->dim[1] != p.depth)
        return SEG_OK;
    if (lower->src_count > 2 && lower->node->src[2] != SEG_NO_SLOT) {
        if (!gemm_bias_fits(lower, p.cols))
            return SEG_OK;
        p.bias = 2;
    }
    add_product(lower, &p);
    *done = true;
    return SEG_OK;
}
