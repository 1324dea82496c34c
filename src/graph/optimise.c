/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * optimise.c: drop what does nothing, fold batch norms, fuse activations.
 *
 *   BN(conv(x, W) + b) = conv(x, W * s) + (b - mean) * s + shift,   s = scale / sqrt(var + epsilon)
 * where s multiplies the output channels, the last axis of W in every convolution we have.
 */
#include "graph/optimise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static bool is(const seg_graph_node *node, const char *op)
{
    return strcmp(node->op->name, op) == 0;
}

static bool is_convolution(const seg_graph_node *node)
{
    return is(node, "conv2d") || is(node, "depthwise2d") || is(node, "conv_transpose2d");
}

static seg_graph_node *producer(seg_graph *graph, seg_value value)
{
    const seg_graph_value *v = &graph->values[value];
    return v->kind == SEG_VALUE_NODE ? &graph->nodes[v->node] : NULL;
}

/* Everyone who read `old` reads `now`. */
static void replace_value(seg_graph *graph, seg_value old, seg_value now)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        for (int k = 0; k < graph->nodes[i].src_count; k++) {
            if (graph->nodes[i].src[k] == old)
                graph->nodes[i].src[k] = now;
        }
    }
    for (size_t i = 0; i < graph->output_count; i++) {
        if (graph->outputs[i].value == old)
            graph->outputs[i].value = now;
    }
}

/* `node` computes nothing any more: who read it reads `now`, and it reads nobody. */
static void bypass(seg_graph *graph, seg_graph_node *node, seg_value now)
{
    replace_value(graph, node->dst, now);
    node->src_count = 0;
}

static bool is_unary(const seg_graph_node *node, seg_unary_function function)
{
    return is(node, "unary") && ((const seg_unary_params *)node->params)->function == function;
}

/* With the slope of the hard swish; files hold it in a float's precision. */
static bool is_hard_sigmoid(const seg_graph_node *node)
{
    const seg_unary_params *p = node->params;
    return is_unary(node, SEG_UNARY_HARD_SIGMOID) && (float)p->a == 1.0f / 6.0f && p->b == 0.5;
}

/* What the node does, as an activation of the node before it; SEG_ACT_NONE: none. */
static seg_activation activation_of(const seg_graph_node *node)
{
    if (is(node, "relu"))
        return SEG_ACT_RELU;
    if (is(node, "relu6"))
        return SEG_ACT_RELU6;
    if (is_unary(node, SEG_UNARY_HARD_SWISH))
        return SEG_ACT_HARD_SWISH;
    return is_hard_sigmoid(node) ? SEG_ACT_HARD_SIGMOID : SEG_ACT_NONE;
}

static bool fuses(const seg_op *op, seg_activation activation, bool train)
{
    if (train && activation > SEG_ACT_RELU6)
        return false;
    /* The first parameter of those that fuse is the activation, by the op contract. */
    return (op->flags & (train ? SEG_OP_FUSES_TRAIN : SEG_OP_FUSES_INFER)) != 0 &&
           activation <= (seg_activation)op->params[0].max;
}

static void fuse_activation(seg_graph *graph, seg_graph_node *node, bool train)
{
    const seg_activation wanted = activation_of(node);
    if (wanted == SEG_ACT_NONE)
        return;
    seg_graph_node *before = producer(graph, node->src[0]);
    if (before == NULL || !fuses(before->op, wanted, train) ||
        seg_graph_use_count(graph, before->dst) != 1)
        return;
    int64_t *activation = before->params;
    if (*activation != SEG_ACT_NONE)
        return;
    *activation = wanted;
    bypass(graph, node, before->dst);
}

/* x times the hard sigmoid of x, as a product becomes the hard swish of x as one layer. */
static seg_status join_hard_swish(seg_graph *graph, seg_graph_node *node, seg_error *err)
{
    const seg_binary_params *product = node->params;
    if (product->function != SEG_BINARY_MUL || product->activation != SEG_ACT_NONE)
        return SEG_OK;
    for (int k = 0; k < 2; k++) {
        seg_graph_node *gate = producer(graph, node->src[k]);
        const seg_value x = node->src[1 - k];
        if (gate == NULL || !is_hard_sigmoid(gate) || gate->src[0] != x)
            continue;
        seg_unary_params *swish = seg_arena_alloc(&graph->arena, sizeof *swish);
        if (swish == NULL)
            return seg_fail_nomem(err, sizeof *swish, "a hard swish");
        *swish = (seg_unary_params){.function = SEG_UNARY_HARD_SWISH};
        node->op = &seg_op_unary;
        node->params = swish;
        node->src[0] = x;
        node->src_count = 1;
        if (seg_graph_use_count(graph, gate->dst) == 0)
            gate->src_count = 0; /* it reads x no more */
        break;
    }
    return SEG_OK;
}

static seg_status fold_add(seg_graph *graph, const seg_graph_fold *fold, seg_error *err)
{
    void *folds = graph->folds;
    if (!seg_array_reserve(&folds, &graph->fold_capacity, graph->fold_count + 1,
                           sizeof *graph->folds))
        return seg_fail_nomem(err, (graph->fold_count + 1) * sizeof *graph->folds, "folding");
    graph->folds = folds;
    graph->folds[graph->fold_count++] = *fold;
    return SEG_OK;
}

static seg_status fold_batchnorm(seg_graph *graph, seg_graph_node *norm, seg_error *err)
{
    const seg_batchnorm_params *params = norm->params;
    seg_graph_node *conv = producer(graph, norm->src[0]);
    if (conv == NULL || !is_convolution(conv) || seg_graph_use_count(graph, conv->dst) != 1)
        return SEG_OK;
    int64_t *activation = conv->params;
    if (*activation != SEG_ACT_NONE)
        return SEG_OK;
    char name[256];
    seg_graph_fold fold = {.kernel = conv->src[1],
                           .bias = conv->src_count > 2 ? conv->src[2] : SEG_NO_VALUE,
                           .scale = norm->src[1],
                           .shift = norm->src[2],
                           .mean = norm->src[3],
                           .var = norm->src[4],
                           .epsilon = params->epsilon};
    seg_shape kernel = graph->values[fold.kernel].shape, bias = graph->values[fold.scale].shape;
    snprintf(name, sizeof name, "%s.folded", conv->name);
    fold.folded_kernel = seg_graph_constant_later(graph, name, &kernel);
    fold.folded_bias = seg_graph_constant_later(graph, name, &bias);
    if (seg_graph_status(graph, err) != SEG_OK)
        return graph->error.status;
    conv->src[1] = fold.folded_kernel;
    conv->src[2] = fold.folded_bias;
    conv->src_count = 3;
    *activation = params->activation;
    bypass(graph, norm, conv->dst);
    return fold_add(graph, &fold, err);
}

const seg_graph_fold *seg_graph_fold_of(const seg_graph *graph, seg_value value)
{
    for (size_t i = 0; i < graph->fold_count; i++) {
        if (graph->folds[i].folded_kernel == value || graph->folds[i].folded_bias == value)
            return &graph->folds[i];
    }
    return NULL;
}

static int64_t channels_of(const seg_graph *graph, const seg_graph_fold *fold)
{
    return graph->values[fold->scale].shape.dim[0];
}

size_t seg_graph_fold_scratch(const seg_graph *graph, const seg_graph_fold *fold)
{
    return 5 * (size_t)channels_of(graph, fold) * sizeof(float);
}

static const float *read_value(const seg_graph *graph, seg_value value, float *out)
{
    const seg_graph_value *v = &graph->values[value];
    if (v->kind == SEG_VALUE_WEIGHT)
        seg_weight_read(seg_weights_at(graph->weights, v->weight), out);
    else if (v->constant != NULL)
        memcpy(out, v->constant, seg_shape_size(&v->shape));
    else
        seg_graph_view_copy(v, 1, out);
    return out;
}

void seg_graph_fold_fill(const seg_graph *graph, const seg_graph_fold *fold, float *kernel,
                         float *out_bias, float *scratch)
{
    const int64_t oc = channels_of(graph, fold);
    const int64_t count = seg_shape_count(&graph->values[fold->kernel].shape);
    const float *bias = NULL;
    const float *scale = read_value(graph, fold->scale, scratch);
    const float *shift = read_value(graph, fold->shift, scratch + oc);
    const float *mean = read_value(graph, fold->mean, scratch + 2 * oc);
    const float *var = read_value(graph, fold->var, scratch + 3 * oc);
    if (fold->bias != SEG_NO_VALUE)
        bias = read_value(graph, fold->bias, scratch + 4 * oc);
    read_value(graph, fold->kernel, kernel);
    /* The factors live in the bias's place until the kernel is done. */
    for (int64_t c = 0; c < oc; c++)
        out_bias[c] = (float)((double)scale[c] / sqrt((double)var[c] + fold->epsilon));
    for (int64_t i = 0; i < count; i += oc) {
        for (int64_t c = 0; c < oc; c++)
            kernel[i + c] *= out_bias[c];
    }
    for (int64_t c = 0; c < oc; c++)
        out_bias[c] = ((bias != NULL ? bias[c] : 0.0f) - mean[c]) * out_bias[c] + shift[c];
}

static bool constant_room(seg_graph_value *value)
{
    if (value->constant == NULL)
        value->constant = seg_block_new(seg_shape_size(&value->shape));
    return value->constant != NULL;
}

seg_status seg_graph_refold(seg_graph *graph, seg_error *err)
{
    seg_status status = SEG_OK;
    for (size_t i = 0; status == SEG_OK && i < graph->fold_count; i++) {
        const seg_graph_fold *fold = &graph->folds[i];
        seg_graph_value *kernel = &graph->values[fold->folded_kernel];
        seg_graph_value *bias = &graph->values[fold->folded_bias];
        float *scratch = seg_block_new(seg_graph_fold_scratch(graph, fold));
        if (scratch == NULL || !constant_room(kernel) || !constant_room(bias))
            status = seg_fail_nomem(err, seg_shape_size(&kernel->shape), kernel->name);
        else
            seg_graph_fold_fill(graph, fold, kernel->constant, bias->constant, scratch);
        seg_block_free(scratch);
    }
    return status;
}

/* Resizing and then turning pixels into planes is one op: the large result is written once. */
static void fuse_planes(seg_graph *graph, seg_graph_node *permute)
{
    static const seg_permute_params planes = {{0, 3, 1, 2}};
    seg_graph_node *before = producer(graph, permute->src[0]);
    if (before == NULL || !is(before, "resize_bilinear") ||
        seg_graph_use_count(graph, before->dst) != 1 ||
        memcmp(permute->params, &planes, sizeof planes) != 0)
        return;
    permute->op = &seg_op_resize_planes;
    permute->params = before->params;
    permute->name = before->name;
    permute->src[0] = before->src[0];
}

/* Keep the nodes that an output needs, in their order. */
static seg_status drop_dead(seg_graph *graph, seg_error *err)
{
    bool *alive = calloc(graph->value_count + 1, sizeof *alive);
    if (alive == NULL)
        return seg_fail_nomem(err, graph->value_count + 1, "dropping dead nodes");
    for (size_t i = 0; i < graph->output_count; i++)
        alive[graph->outputs[i].value] = true;
    for (size_t i = graph->node_count; i-- > 0;) {
        const seg_graph_node *node = &graph->nodes[i];
        for (int k = 0; k < node->src_count && alive[node->dst]; k++)
            alive[node->src[k]] = true;
    }
    size_t kept = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        if (!alive[graph->nodes[i].dst])
            continue;
        graph->nodes[kept] = graph->nodes[i];
        graph->values[graph->nodes[kept].dst].node = (int)kept;
        kept++;
    }
    graph->node_count = kept;
    free(alive);
    return SEG_OK;
}

seg_status seg_graph_optimise(seg_graph *graph, bool train, seg_error *err)
{
    seg_status status = seg_graph_status(graph, err);
    for (size_t i = 0; i < graph->node_count && status == SEG_OK; i++) {
        seg_graph_node *node = &graph->nodes[i];
        if (!train && is(node, "dropout"))
            bypass(graph, node, node->src[0]);
        else if (!train && is(node, "batchnorm"))
            status = fold_batchnorm(graph, node, err);
        else if (!train && is(node, "binary"))
            status = join_hard_swish(graph, node, err);
        else if (!train && is(node, "permute"))
            fuse_planes(graph, node);
        if (status == SEG_OK)
            fuse_activation(graph, node, train);
    }
    return status == SEG_OK ? drop_dead(graph, err) : status;
}
