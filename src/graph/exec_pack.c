/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * exec_pack.c: weights on their way into the layers of inference.
 *
 * A weight may lie in a file's bytes, in 8 or 16 bits, and be folded with a batch norm. What a
 * layer packs is decoded and folded in scratch, layer by layer, so that the one float32 copy of a
 * weight is the packed one. What layers read unpacked (depthwise kernels) is made in `own`.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "graph/exec_plan.h"
#include "graph/optimise.h"

/* Layers with more weights are packed one after the other by all threads, the rest side by side. */
enum { LARGE_BYTES = 4 << 20 };

static size_t packed_size(const seg_exec *exec, size_t node)
{
    const seg_op *op = exec->graph->nodes[node].op;
    return op->packed_size != NULL && !exec->opts.train ? op->packed_size(&exec->nodes[node].call)
                                                        : 0;
}

/* Whether forward finds source k in packed. */
static bool is_packed(const seg_exec *exec, size_t node, int k)
{
    return k > 0 && (exec->graph->nodes[node].op->flags & SEG_OP_PACKS) &&
           packed_size(exec, node) > 0;
}

/* A weight or constant whose float32 numbers are nowhere in memory. */
static bool is_elsewhere(const seg_exec *exec, seg_value v)
{
    const seg_graph_value *value = &exec->graph->values[v];
    if (value->kind == SEG_VALUE_WEIGHT)
        return seg_weights_at(exec->graph->weights, value->weight)->tensor.data == NULL;
    return value->kind == SEG_VALUE_CONSTANT && value->constant == NULL && value->view == NULL;
}

/* Scratch of a node: folded kernel, folded bias, what folding takes; or decoded sources. */
static size_t node_scratch(const seg_exec *exec, size_t index)
{
    const seg_graph_node *node = &exec->graph->nodes[index];
    size_t size = 0;
    if (packed_size(exec, index) == 0)
        return 0;
    for (int k = 1; k < node->src_count; k++) {
        if (is_elsewhere(exec, node->src[k]))
            size += seg_align_up(seg_shape_size(&exec->graph->values[node->src[k]].shape));
    }
    const seg_graph_fold *fold = seg_graph_fold_of(exec->graph, node->src[1]);
    return size + (fold != NULL ? seg_align_up(seg_graph_fold_scratch(exec->graph, fold)) : 0);
}

static bool is_large(const seg_exec *exec, size_t node)
{
    return packed_size(exec, node) > LARGE_BYTES;
}

/* The most that a node needs that is large, or not. */
static size_t most_scratch(const seg_exec *exec, bool large)
{
    size_t most = 0;
    for (size_t i = 0; i < exec->graph->node_count; i++) {
        if (is_large(exec, i) != large)
            continue;
        size_t size = node_scratch(exec, i);
        most = size > most ? size : most;
    }
    return most;
}

static size_t own_scratch(const seg_exec *exec)
{
    size_t most = 0;
    for (size_t i = 0; i < exec->graph->fold_count; i++) {
        size_t size = seg_graph_fold_scratch(exec->graph, &exec->graph->folds[i]);
        most = size > most ? size : most;
    }
    return most;
}

size_t seg_exec_pack_scratch(const seg_exec *exec)
{
    size_t large = most_scratch(exec, true), own = own_scratch(exec);
    size_t small = most_scratch(exec, false) * (size_t)exec->opts.threads;
    large = large > own ? large : own;
    return large > small ? large : small;
}

static seg_status own_new(seg_exec *exec, seg_value v, seg_error *err)
{
    const seg_graph_value *value = &exec->graph->values[v];
    if (exec->own[v] == NULL)
        exec->own[v] = seg_block_new(seg_shape_size(&value->shape));
    return exec->own[v] != NULL ? SEG_OK
                                : seg_fail_nomem(err, seg_shape_size(&value->shape), value->name);
}

seg_status seg_exec_pack_new(seg_exec *exec, seg_error *err)
{
    seg_status status = SEG_OK;
    size_t total = 0, at = 0;
    for (size_t i = 0; i < exec->graph->node_count; i++)
        total += seg_align_up(packed_size(exec, i));
    exec->packed_block = seg_block_new_lasting(total);
    if (exec->packed_block == NULL)
        return seg_fail_nomem(err, total, "packed weights");
    for (size_t i = 0; i < exec->graph->node_count; i++) {
        const seg_graph_node *node = &exec->graph->nodes[i];
        const size_t size = packed_size(exec, i);
        exec->packed[i] = size > 0 ? exec->packed_block + at : NULL;
        at += seg_align_up(size);
        for (int k = 0; status == SEG_OK && k < node->src_count; k++) {
            if (is_elsewhere(exec, node->src[k]) && !is_packed(exec, i, k))
                status = own_new(exec, node->src[k], err);
        }
    }
    return status;
}

size_t seg_exec_weight_bytes(const seg_exec *exec)
{
    size_t total = 0;
    for (size_t i = 0; i < exec->graph->node_count; i++)
        total += packed_size(exec, i);
    for (size_t v = 0; v < exec->graph->value_count; v++)
        total += exec->own[v] != NULL ? seg_shape_size(&exec->graph->values[v].shape) : 0;
    return total;
}

void seg_exec_pack_free(seg_exec *exec)
{
    seg_block_free(exec->packed_block);
    for (size_t v = 0; exec->own != NULL && v < exec->graph->value_count; v++)
        seg_block_free(exec->own[v]);
    free(exec->packed);
    free(exec->own);
}

static void fill_own(seg_exec *exec, char *scratch)
{
    const seg_graph *graph = exec->graph;
    for (size_t i = 0; i < graph->fold_count; i++) {
        const seg_graph_fold *fold = &graph->folds[i];
        if (exec->own[fold->folded_kernel] != NULL)
            seg_graph_fold_fill(graph, fold, exec->own[fold->folded_kernel],
                                exec->own[fold->folded_bias], (float *)(void *)scratch);
    }
    for (size_t v = 0; v < graph->value_count; v++) {
        if (exec->own[v] != NULL && graph->values[v].kind == SEG_VALUE_WEIGHT)
            seg_weight_read(seg_weights_at(graph->weights, graph->values[v].weight), exec->own[v]);
    }
}

static void pack_node(const seg_exec *exec, size_t index, int threads, char *scratch)
{
    const seg_graph *graph = exec->graph;
    const seg_graph_node *node = &graph->nodes[index];
    seg_op_call call = exec->nodes[index].call;
    seg_tensor src[SEG_OP_MAX_SRC];
    memcpy(src, exec->nodes[index].src, sizeof src);
    call.src = src;
    call.threads = threads;
    for (int k = 1; k < node->src_count; k++) {
        if (src[k].data != NULL)
            continue;
        src[k].data = scratch;
        scratch += seg_align_up(seg_shape_size(&src[k].shape));
        if (graph->values[node->src[k]].kind == SEG_VALUE_WEIGHT)
            seg_weight_read(seg_weights_at(graph->weights, graph->values[node->src[k]].weight),
                            src[k].data);
    }
    const seg_graph_fold *fold = seg_graph_fold_of(graph, node->src[1]);
    if (fold != NULL && is_elsewhere(exec, fold->folded_kernel))
        seg_graph_fold_fill(graph, fold, src[1].data, src[2].data, (float *)(void *)scratch);
    node->op->pack(&call);
}

typedef struct packing {
    const seg_exec *exec;
    char *scratch;
    size_t stride; /* scratch of a thread */
} packing;

/* The last layers first: they are the largest, and should not be what everybody waits for. */
static void pack_small(void *context, int64_t index, int thread)
{
    const packing *p = context;
    const size_t node = p->exec->graph->node_count - 1 - (size_t)index;
    if (p->exec->packed[node] != NULL && !is_large(p->exec, node))
        pack_node(p->exec, node, 1, p->stride > 0 ? p->scratch + (size_t)thread * p->stride : NULL);
}

void seg_exec_pack_run(seg_exec *exec, char *scratch)
{
    packing p = {exec, scratch, most_scratch(exec, false)};
    fill_own(exec, scratch);
    for (size_t i = 0; i < exec->graph->node_count; i++) {
        if (exec->packed[i] != NULL && is_large(exec, i))
            pack_node(exec, i, exec->opts.threads, scratch);
    }
    seg_parallel_for(exec->opts.threads, (int64_t)exec->graph->node_count, pack_small, &p);
}
