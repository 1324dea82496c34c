/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* exec.c: run a planned graph forward and backward. */
#include "graph/exec.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "graph/exec_plan.h"
#include "ops/elementwise.h"

static void *at(const seg_exec *exec, int buffer)
{
    return buffer == SEG_NO_BUFFER || exec->buffers[buffer].size == 0
               ? NULL
               : exec->arena + exec->buffers[buffer].offset;
}

/* backward: as the backward pass reads it. */
static void *value_data(const seg_exec *exec, seg_value v, bool backward)
{
    const seg_graph_value *value = &exec->graph->values[v];
    if (exec->own[v] != NULL)
        return exec->own[v];
    if (value->kind == SEG_VALUE_WEIGHT)
        return seg_weights_at(exec->graph->weights, value->weight)->tensor.data;
    if (value->kind == SEG_VALUE_CONSTANT)
        return value->constant != NULL ? value->constant : (void *)(uintptr_t)value->view;
    const seg_exec_value_plan *plan = &exec->values[v];
    char *data = at(exec, backward && plan->again != SEG_NO_BUFFER ? plan->again : plan->data);
    return data != NULL ? data + exec->values[v].offset : NULL;
}

/* Source k of a node lies elsewhere, in an order of its own. */
static bool is_view(const seg_exec *exec, size_t index, int k)
{
    const seg_graph_node *node = &exec->graph->nodes[index];
    const seg_graph_value *value = &exec->graph->values[node->src[k < node->src_count ? k : 0]];
    return k < node->src_count && value->view != NULL && value->constant == NULL;
}

/* Views that somebody cannot read as they are become constants. */
static seg_status copy_views(seg_exec *exec, seg_error *err)
{
    for (size_t i = 0; i < exec->graph->node_count; i++) {
        const seg_graph_node *node = &exec->graph->nodes[i];
        const bool packs = (node->op->flags & SEG_OP_PACKS) && !exec->opts.train;
        for (int k = 0; k < node->src_count; k++) {
            seg_graph_value *value = &exec->graph->values[node->src[k]];
            if ((packs && k == 1) || !is_view(exec, i, k))
                continue;
            value->constant = seg_block_new(seg_shape_size(&value->shape));
            if (value->constant == NULL)
                return seg_fail_nomem(err, seg_shape_size(&value->shape), value->name);
            seg_graph_view_copy(value, exec->opts.threads, value->constant);
        }
    }
    return SEG_OK;
}

/* Where node `index` finds images: those made once more lie elsewhere in the backward pass. */
static void bind_images(seg_exec *exec, size_t index, bool backward)
{
    const seg_graph_node *node = &exec->graph->nodes[index];
    seg_exec_node_plan *plan = &exec->nodes[index];
    plan->dst.data = value_data(exec, node->dst, backward);
    for (int k = 0; k < node->src_count; k++)
        plan->src[k].data = value_data(exec, node->src[k], backward);
}

static void bind(seg_exec *exec, size_t index)
{
    const seg_graph_node *node = &exec->graph->nodes[index];
    seg_exec_node_plan *plan = &exec->nodes[index];
    bind_images(exec, index, false);
    plan->diff_dst.data = at(exec, exec->values[node->dst].grad);
    for (int k = 0; k < node->src_count; k++) {
        plan->diff_src[k].data = at(exec, plan->grad_buffer[k]);
        plan->add_to[k] = at(exec, plan->total_buffer[k]);
    }
    if (is_view(exec, index, 1))
        plan->call.weight_steps = exec->graph->values[node->src[1]].steps;
    plan->call.workspace = at(exec, plan->workspace);
    plan->call.packed = exec->opts.train ? at(exec, plan->packed) : exec->packed[index];
}

static void bind_weight_grads(seg_exec *exec)
{
    for (size_t v = 0; v < exec->graph->value_count; v++) {
        const seg_graph_value *value = &exec->graph->values[v];
        if (value->kind == SEG_VALUE_WEIGHT && exec->values[v].grad != SEG_NO_BUFFER)
            exec->weight_grads[value->weight] =
                (seg_tensor){value->shape, at(exec, exec->values[v].grad)};
    }
}

static seg_status build(seg_exec *exec, seg_error *err)
{
    size_t nodes = exec->graph->node_count, values = exec->graph->value_count;
    exec->values = calloc(values + 1, sizeof *exec->values);
    exec->nodes = calloc(nodes + 1, sizeof *exec->nodes);
    exec->packed = calloc(nodes + 1, sizeof *exec->packed);
    exec->own = calloc(values + 1, sizeof *exec->own);
    exec->again = calloc(nodes + 1, sizeof *exec->again);
    exec->weight_count = seg_weights_count(exec->graph->weights);
    exec->weight_grads = calloc((size_t)exec->weight_count + 1, sizeof *exec->weight_grads);
    if (exec->values == NULL || exec->nodes == NULL || exec->packed == NULL || exec->own == NULL ||
        exec->again == NULL || exec->weight_grads == NULL)
        return seg_fail_nomem(err, (nodes + 1) * sizeof *exec->nodes, "the plan");
    seg_status status = seg_exec_plan(exec, err);
    if (status == SEG_OK)
        status = copy_views(exec, err);
    if (status != SEG_OK)
        return status;
    if (exec->opts.memory_limit > 0 && exec->arena_bytes > exec->opts.memory_limit)
        return seg_fail(err, SEG_LIMIT,
                        "the activations need %zu bytes, more than the limit of %zu",
                        exec->arena_bytes, exec->opts.memory_limit);
    exec->arena = seg_block_new_lasting(exec->arena_bytes);
    if (exec->arena == NULL)
        return seg_fail_nomem(err, exec->arena_bytes, "the activations");
    status = seg_exec_pack_new(exec, err);
    for (size_t i = 0; i < nodes; i++)
        bind(exec, i);
    bind_weight_grads(exec);
    for (size_t i = 0; i < nodes; i++)
        exec->recomputed += exec->again[i] != SEG_NEVER;
    return status;
}

seg_status seg_exec_check_bf16(bool wanted, seg_error *err)
{
    const seg_kernels *kernels = seg_kernels_get();
    if (!wanted || kernels->bf16.fast)
        return SEG_OK;
    return seg_fail(err, SEG_UNSUPPORTED,
                    "precision bf16 needs AVX512_BF16 instructions; those in use are %s",
                    kernels->isa);
}

seg_status seg_exec_new(seg_exec **out, seg_graph *graph, const seg_exec_opts *opts, seg_error *err)
{
    *out = NULL;
    seg_status status = seg_graph_status(graph, err);
    if (status == SEG_OK)
        status = seg_exec_check_bf16(opts->bf16, err);
    if (status != SEG_OK)
        return status;
    seg_exec *exec = calloc(1, sizeof *exec);
    if (exec == NULL)
        return seg_fail_nomem(err, sizeof *exec, "the plan");
    exec->graph = graph;
    exec->opts = *opts;
    if (exec->opts.threads <= 0)
        exec->opts.threads = seg_cpu_count();
    status = build(exec, err);
    if (status != SEG_OK) {
        seg_exec_free(exec);
        return status;
    }
    *out = exec;
    return SEG_OK;
}

void seg_exec_free(seg_exec *exec)
{
    if (exec == NULL)
        return;
    seg_exec_pack_free(exec);
    free(exec->values);
    free(exec->nodes);
    free(exec->again);
    free(exec->buffers);
    free(exec->groups);
    free(exec->band_states);
    free(exec->weight_grads);
    seg_block_free(exec->arena);
    free(exec);
}

static seg_tensor value_tensor(const seg_exec *exec, seg_value v)
{
    return (seg_tensor){exec->graph->values[v].shape, value_data(exec, v, false)};
}

seg_tensor seg_exec_input(seg_exec *exec, int index)
{
    return value_tensor(exec, exec->graph->inputs[index].value);
}

seg_tensor seg_exec_output(seg_exec *exec, int index)
{
    return value_tensor(exec, exec->graph->outputs[index].value);
}

seg_tensor seg_exec_output_grad(seg_exec *exec, int index)
{
    seg_value v = exec->graph->outputs[index].value;
    return (seg_tensor){exec->graph->values[v].shape, at(exec, exec->values[v].grad)};
}

seg_tensor seg_exec_weight_grad(seg_exec *exec, int weight)
{
    return weight < exec->weight_count ? exec->weight_grads[weight] : (seg_tensor){0};
}

seg_tensor seg_exec_value(seg_exec *exec, seg_value value)
{
    return value_tensor(exec, value);
}

static void pack(const seg_exec *exec, int node, const seg_op_call *call)
{
    const seg_op *op = exec->graph->nodes[node].op;
    if (op->pack != NULL && call->packed != NULL)
        op->pack(call);
}

void seg_exec_weights_changed(seg_exec *exec)
{
    exec->packed_valid = false;
}

void seg_exec_prepare(seg_exec *exec)
{
    if (exec->opts.train || exec->packed_valid)
        return;
    seg_exec_pack_run(exec, at(exec, exec->pack_buffer));
    exec->packed_valid = true;
}

/* One call of a node, for a band of its rows or for all. */
static void run_call(seg_exec *exec, int node, seg_op_call *call, bool timed)
{
    timed = timed && exec->opts.profile;
    double start = timed ? seg_clock_seconds() : 0;
    if (exec->opts.train)
        pack(exec, node, call);
    exec->graph->nodes[node].op->forward(call);
    if (timed)
        exec->nodes[node].seconds[0] += seg_clock_seconds() - start;
}

void seg_exec_forward(seg_exec *exec, uint64_t seed, uint64_t step)
{
    seg_exec_prepare(exec);
    for (size_t i = 0; i < exec->graph->node_count && exec->recomputed > 0; i++)
        bind_images(exec, i, false);
    for (size_t i = 0; i < exec->graph->node_count; i++) {
        seg_exec_node_plan *plan = &exec->nodes[i];
        seg_rng rng = seg_rng_make(seed, SEG_RNG_DROPOUT, step * exec->graph->node_count + i);
        plan->call.seed = seg_rng_next(&rng);
        plan->call.scratch = at(exec, plan->scratch);
        plan->seconds[0] = 0;
        const seg_band_group *group = seg_bands_of(exec, (int)i);
        if (group == NULL)
            run_call(exec, (int)i, &plan->call, true);
        else if (group->last == (int)i)
            seg_bands_run(exec, group, run_call);
        if (exec->opts.watch != NULL)
            exec->opts.watch->see(exec->opts.watch->context, (int)i, &plan->dst);
    }
}

/* What the backward pass at this moment wants and forward did not keep. */
static void run_again(seg_exec *exec, int moment)
{
    for (int i = 0; i < (int)exec->graph->node_count; i++) {
        if (exec->again[i] != moment)
            continue;
        seg_op_call call = exec->nodes[i].call;
        call.again = true;
        call.packed = at(exec, exec->nodes[i].again_packed);
        call.scratch = at(exec, exec->nodes[i].again_scratch);
        pack(exec, i, &call);
        exec->graph->nodes[i].op->forward(&call);
    }
}

void seg_exec_backward(seg_exec *exec)
{
    for (size_t i = 0; i < exec->graph->node_count && exec->recomputed > 0; i++)
        bind_images(exec, i, true);
    for (size_t i = exec->graph->node_count; i-- > 0;) {
        seg_exec_node_plan *plan = &exec->nodes[i];
        if (!plan->runs_backward)
            continue;
        double start = exec->opts.profile ? seg_clock_seconds() : 0;
        if (exec->recomputed > 0)
            run_again(exec, 2 * (int)exec->graph->node_count - 1 - (int)i);
        plan->call.scratch = at(exec, plan->back_scratch);
        exec->graph->nodes[i].op->backward(&plan->call);
        for (int k = 0; k < plan->call.src_count; k++) {
            if (plan->add_to[k] != NULL)
                seg_flat_axpy(plan->call.kernels, exec->opts.threads, plan->add_to[k],
                              plan->diff_src[k].data, 1, seg_shape_count(&plan->diff_src[k].shape));
        }
        if (exec->opts.profile)
            plan->seconds[1] = seg_clock_seconds() - start;
    }
}

double seg_exec_seconds(const seg_exec *exec, int index, bool backward)
{
    return exec->nodes[index].seconds[backward];
}

seg_layer_cost seg_exec_cost(const seg_exec *exec, int index)
{
    const seg_graph_node *node = &exec->graph->nodes[index];
    const seg_op_call *call = &exec->nodes[index].call;
    seg_layer_cost cost = {.name = node->name,
                           .op = node->op->name,
                           .algorithm = "",
                           .shape = call->dst->shape,
                           .call = call,
                           .layer = node->op,
                           .seconds = exec->nodes[index].seconds[0],
                           .bytes = (int64_t)seg_shape_size(&call->dst->shape)};
    for (int k = 0; k < node->src_count; k++)
        cost.bytes += (int64_t)seg_shape_size(&call->src[k].shape);
    if (exec->values[node->src[0]].whole == node->dst)
        cost.bytes = 0; /* the sources of a concat are there already */
    if (node->op->multiply_adds != NULL)
        cost.multiply_adds = node->op->multiply_adds(call);
    if (node->op->algorithm != NULL)
        cost.algorithm = node->op->algorithm(call);
    return cost;
}

int seg_exec_recomputed(const seg_exec *exec)
{
    return exec->recomputed;
}

size_t seg_exec_arena_bytes(const seg_exec *exec)
{
    return exec->arena_bytes;
}

int64_t seg_exec_multiply_adds(const seg_exec *exec)
{
    int64_t total = 0;
    for (size_t i = 0; i < exec->graph->node_count; i++) {
        const seg_op *op = exec->graph->nodes[i].op;
        if (op->multiply_adds != NULL)
            total += op->multiply_adds(&exec->nodes[i].call);
    }
    return total;
}

static bool all_finite(const seg_tensor *tensor)
{
    if (tensor->shape.dtype != SEG_F32)
        return true;
    const float *data = tensor->data;
    for (int64_t i = 0, count = seg_shape_count(&tensor->shape); i < count; i++) {
        if (!isfinite(data[i]))
            return false;
    }
    return true;
}

int seg_exec_first_nonfinite(const seg_exec *exec)
{
    int last = (int)exec->graph->node_count - 1;
    for (int i = 0; i <= last; i++) {
        int buffer = exec->values[exec->graph->nodes[i].dst].data;
        bool alive = buffer != SEG_NO_BUFFER && exec->buffers[buffer].last >= last &&
                     exec->nodes[i].band != SEG_BAND_WITHIN;
        if (alive && !all_finite(&exec->nodes[i].dst))
            return i;
    }
    return -1;
}
