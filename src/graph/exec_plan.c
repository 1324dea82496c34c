/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* exec_plan.c: who needs gradients, and how long every buffer lives. */
#include "graph/exec_plan.h"

#include <string.h>

#include "base/error.h"

static int backward_moment(const seg_exec *exec, int node)
{
    return 2 * (int)exec->graph->node_count - 1 - node;
}

static int last_moment(const seg_exec *exec)
{
    int nodes = (int)exec->graph->node_count;
    return exec->opts.train ? 2 * nodes : nodes;
}

/* A new buffer alive at `moment`; SEG_NO_BUFFER when out of memory. */
static int buffer_add(seg_exec *exec, size_t size, int moment)
{
    void *buffers = exec->buffers;
    if (!seg_array_reserve(&buffers, &exec->buffer_capacity, exec->buffer_count + 1,
                           sizeof *exec->buffers))
        return SEG_NO_BUFFER;
    exec->buffers = buffers;
    exec->buffers[exec->buffer_count] = (seg_buffer){size, moment, moment, 0};
    return (int)exec->buffer_count++;
}

static void keep_alive(seg_exec *exec, int buffer, int moment)
{
    if (buffer == SEG_NO_BUFFER)
        return;
    seg_buffer *b = &exec->buffers[buffer];
    b->first = moment < b->first ? moment : b->first;
    b->last = moment > b->last ? moment : b->last;
}

static bool weight_wants_grad(const seg_exec *exec, int weight)
{
    if (exec->opts.weight_grads != NULL)
        return exec->opts.weight_grads[weight];
    return seg_weight_role_trains(seg_weights_at(exec->graph->weights, weight)->role);
}

static void find_gradients(seg_exec *exec)
{
    const seg_graph *graph = exec->graph;
    for (size_t v = 0; v < graph->value_count; v++) {
        const seg_graph_value *value = &graph->values[v];
        exec->values[v] = (seg_exec_value_plan){.data = SEG_NO_BUFFER,
                                                .grad = SEG_NO_BUFFER,
                                                .again = SEG_NO_BUFFER,
                                                .whole = SEG_NO_VALUE};
        exec->values[v].wants_grad = exec->opts.train && value->kind == SEG_VALUE_WEIGHT &&
                                     weight_wants_grad(exec, value->weight);
    }
    for (size_t i = 0; i < graph->node_count && exec->opts.train; i++) {
        const seg_graph_node *node = &graph->nodes[i];
        for (int k = 0; k < node->src_count && node->op->backward != NULL; k++) {
            if (exec->values[node->src[k]].wants_grad)
                exec->values[node->dst].wants_grad = true;
        }
        exec->nodes[i].runs_backward = exec->values[node->dst].wants_grad;
    }
}

/* Shapes, params and counts of a node's call; data pointers are bound later. */
static void prepare_call(seg_exec *exec, int index, const seg_kernels *kernels)
{
    const seg_graph_node *node = &exec->graph->nodes[index];
    seg_exec_node_plan *plan = &exec->nodes[index];
    for (int k = 0; k < node->src_count; k++) {
        plan->src[k].shape = exec->graph->values[node->src[k]].shape;
        plan->diff_src[k].shape = plan->src[k].shape;
        plan->grad_buffer[k] = plan->total_buffer[k] = SEG_NO_BUFFER;
    }
    plan->dst.shape = plan->diff_dst.shape = exec->graph->values[node->dst].shape;
    plan->band_buffer = SEG_NO_BUFFER;
    plan->packed = plan->workspace = plan->scratch = plan->back_scratch = SEG_NO_BUFFER;
    plan->again_packed = plan->again_scratch = SEG_NO_BUFFER;
    plan->call = (seg_op_call){.params = node->params,
                               .kernels = kernels,
                               .threads = exec->opts.threads,
                               .train = exec->opts.train,
                               .bf16 = exec->opts.bf16,
                               .src_count = node->src_count,
                               .src = plan->src,
                               .dst = &plan->dst,
                               .diff_dst = &plan->diff_dst,
                               .diff_src = plan->diff_src};
}

static size_t size_of(size_t (*size)(const seg_op_call *), const seg_op_call *call)
{
    return size != NULL ? size(call) : 0;
}

/* Nobody but one concat reads it, and its op can leave gaps between pixels. */
static bool can_be_part(const seg_exec *exec, seg_value value)
{
    const seg_graph_value *part = &exec->graph->values[value];
    return part->kind == SEG_VALUE_NODE && exec->nodes[part->node].band != SEG_BAND_WITHIN &&
           (exec->graph->nodes[part->node].op->flags & SEG_OP_STEPS_DST) &&
           seg_graph_use_count(exec->graph, value) == 1;
}

/*
 * Inference: where every source of a concat can be, they are written into its result by their own
 * ops, and nothing is left to do. Copying only some of them takes as long as all: whole cache
 * lines move either way. (In bands it is held in a cache anyway.)
 */
static void place_parts(seg_exec *exec)
{
    const seg_graph *graph = exec->graph;
    for (size_t i = 0; i < graph->node_count; i++) {
        const seg_graph_node *node = &graph->nodes[i];
        bool all = node->op == &seg_op_concat && exec->nodes[i].band == SEG_BAND_NONE;
        size_t offset = 0;
        for (int k = 0; k < node->src_count && all; k++)
            all = can_be_part(exec, node->src[k]);
        for (int k = 0; k < node->src_count && all; k++) {
            const seg_graph_value *part = &graph->values[node->src[k]];
            exec->values[node->src[k]].whole = node->dst;
            exec->values[node->src[k]].offset = offset;
            exec->nodes[part->node].call.dst_step = graph->values[node->dst].shape.c;
            offset += (size_t)part->shape.c * sizeof(float);
        }
    }
}

/* Where a node's result lies: the first part of a concat's makes the room for the whole. */
static int result_buffer(seg_exec *exec, seg_value value, int now)
{
    const seg_value whole = exec->values[value].whole;
    const seg_value owner = whole != SEG_NO_VALUE ? whole : value;
    int *data = &exec->values[owner].data;
    if (*data == SEG_NO_BUFFER)
        *data = buffer_add(exec, seg_shape_size(&exec->graph->values[owner].shape), now);
    else
        keep_alive(exec, *data, now);
    return *data;
}

/* Groups of bands: one scratch for all nodes of each. */
static bool plan_groups(seg_exec *exec)
{
    for (size_t i = 0; i < exec->group_count; i++) {
        seg_band_group *group = &exec->groups[i];
        group->scratch =
            buffer_add(exec, (size_t)group->strips * group->scratch_bytes, group->first);
        if (group->scratch == SEG_NO_BUFFER)
            return false;
        keep_alive(exec, group->scratch, group->last);
    }
    return true;
}

static bool plan_inputs(seg_exec *exec)
{
    const seg_graph *graph = exec->graph;
    for (size_t i = 0; i < graph->input_count; i++) {
        seg_value v = graph->inputs[i].value;
        exec->values[v].data = buffer_add(exec, seg_shape_size(&graph->values[v].shape), 0);
        if (exec->values[v].data == SEG_NO_BUFFER)
            return false;
    }
    if (!exec->opts.train)
        exec->pack_buffer = buffer_add(exec, seg_exec_pack_scratch(exec), 0);
    return exec->opts.train || exec->pack_buffer != SEG_NO_BUFFER;
}

/* Buffers of one node; false when out of memory. */
static bool plan_node(seg_exec *exec, int i)
{
    const seg_graph_node *node = &exec->graph->nodes[i];
    const seg_band_group *group = seg_bands_of(exec, i);
    seg_exec_node_plan *plan = &exec->nodes[i];
    int now = group != NULL ? group->first : i, back = backward_moment(exec, i);
    size_t scratch = group != NULL ? 0 : size_of(node->op->scratch_size, &plan->call);
    bool whole = plan->band != SEG_BAND_WITHIN;
    int data = whole ? result_buffer(exec, node->dst, now) : buffer_add(exec, 0, now);
    int band = group != NULL ? buffer_add(exec, (size_t)group->strips * plan->band_bytes, now)
                             : SEG_NO_BUFFER;
    plan->workspace = buffer_add(exec, size_of(node->op->workspace_size, &plan->call), now);
    plan->scratch = buffer_add(exec, scratch, now);
    if (exec->opts.train)
        plan->packed = buffer_add(exec, size_of(node->op->packed_size, &plan->call), now);
    if (plan->runs_backward)
        plan->back_scratch = buffer_add(exec, scratch, back);
    exec->values[node->dst].data = data;
    if (group != NULL) {
        plan->band_buffer = band;
        keep_alive(exec, data, group->last);
        keep_alive(exec, band, group->last);
        keep_alive(exec, plan->workspace, group->last);
    }
    return data != SEG_NO_BUFFER && (group == NULL || band != SEG_NO_BUFFER) &&
           plan->workspace != SEG_NO_BUFFER && plan->scratch != SEG_NO_BUFFER &&
           (!exec->opts.train || plan->packed != SEG_NO_BUFFER) &&
           (!plan->runs_backward || plan->back_scratch != SEG_NO_BUFFER);
}

/* Buffers of node i made once more. */
static bool plan_again(seg_exec *exec, int i)
{
    const seg_graph_node *node = &exec->graph->nodes[i];
    seg_exec_node_plan *plan = &exec->nodes[i];
    const int now = exec->again[i];
    const int data = buffer_add(exec, seg_shape_size(&plan->dst.shape), now);
    plan->again_packed = buffer_add(exec, size_of(node->op->packed_size, &plan->call), now);
    plan->again_scratch = buffer_add(exec, size_of(node->op->scratch_size, &plan->call), now);
    exec->values[node->dst].again = data;
    return data != SEG_NO_BUFFER && plan->again_packed != SEG_NO_BUFFER &&
           plan->again_scratch != SEG_NO_BUFFER;
}

/* A value is read in the backward pass. */
static void keep_for_backward(seg_exec *exec, seg_value v, int moment)
{
    const seg_exec_value_plan *value = &exec->values[v];
    keep_alive(exec, value->again != SEG_NO_BUFFER ? value->again : value->data, moment);
}

/* Who is still read, by node i and by its backward pass. */
static void plan_lives(seg_exec *exec, int i)
{
    const seg_graph_node *node = &exec->graph->nodes[i];
    const seg_band_group *group = seg_bands_of(exec, i);
    const seg_exec_node_plan *plan = &exec->nodes[i];
    int now = group != NULL ? group->last : i, back = backward_moment(exec, i);
    if (plan->runs_backward)
        keep_alive(exec, plan->workspace, back);
    if (seg_exec_reads_dst(exec, i))
        keep_for_backward(exec, node->dst, back);
    if (exec->again[i] != SEG_NEVER)
        keep_alive(exec, plan->workspace, exec->again[i]);
    for (int k = 0; k < node->src_count; k++) {
        keep_alive(exec, exec->values[node->src[k]].data, now);
        if (seg_exec_reads_src(exec, i))
            keep_for_backward(exec, node->src[k], back);
        if (exec->again[i] != SEG_NEVER)
            keep_for_backward(exec, node->src[k], exec->again[i]);
    }
}

/* Data of inputs and nodes, workspaces, scratch and (in training) packed weights. */
static bool plan_forward(seg_exec *exec)
{
    const seg_graph *graph = exec->graph;
    if (!plan_inputs(exec) || !plan_groups(exec))
        return false;
    for (int i = 0; i < (int)graph->node_count; i++) {
        if (!plan_node(exec, i) || (exec->again[i] != SEG_NEVER && !plan_again(exec, i)))
            return false;
        plan_lives(exec, i);
    }
    for (size_t i = 0; i < graph->output_count; i++)
        keep_alive(exec, exec->values[graph->outputs[i].value].data, last_moment(exec));
    return true;
}

/* One source's gradient: its own buffer for the first contribution, then temporaries to add. */
static bool plan_contribution(seg_exec *exec, int index, int k)
{
    seg_exec_node_plan *plan = &exec->nodes[index];
    seg_exec_value_plan *value = &exec->values[exec->graph->nodes[index].src[k]];
    int now = backward_moment(exec, index);
    if (value->grad == SEG_NO_BUFFER) {
        value->grad = buffer_add(exec, seg_shape_size(&plan->src[k].shape), now);
        plan->grad_buffer[k] = value->grad;
    } else {
        plan->grad_buffer[k] = buffer_add(exec, seg_shape_size(&plan->src[k].shape), now);
        plan->total_buffer[k] = value->grad;
        keep_alive(exec, value->grad, now);
    }
    value->grad_readers++;
    return plan->grad_buffer[k] != SEG_NO_BUFFER;
}

static bool plan_backward(seg_exec *exec)
{
    const seg_graph *graph = exec->graph;
    int nodes = (int)graph->node_count;
    for (size_t i = 0; i < graph->output_count; i++) {
        seg_value v = graph->outputs[i].value;
        if (!exec->values[v].wants_grad || exec->values[v].grad != SEG_NO_BUFFER)
            continue;
        /* The loss writes it between the last forward (n-1) and the first backward (n). */
        exec->values[v].grad = buffer_add(exec, seg_shape_size(&graph->values[v].shape), nodes - 1);
        if (exec->values[v].grad == SEG_NO_BUFFER)
            return false;
    }
    for (int i = nodes; i-- > 0;) {
        const seg_graph_node *node = &graph->nodes[i];
        /* No gradient arrives where only argmax and the like read. */
        if (exec->values[node->dst].grad == SEG_NO_BUFFER)
            exec->nodes[i].runs_backward = false;
        if (!exec->nodes[i].runs_backward)
            continue;
        keep_alive(exec, exec->values[node->dst].grad, backward_moment(exec, i));
        for (int k = 0; k < node->src_count; k++) {
            if (exec->values[node->src[k]].wants_grad && !plan_contribution(exec, i, k))
                return false;
        }
    }
    /* Gradients of weights are results: alive from the first backward to the end. */
    for (size_t v = 0; v < graph->value_count; v++) {
        if (graph->values[v].kind == SEG_VALUE_WEIGHT) {
            keep_alive(exec, exec->values[v].grad, nodes);
            keep_alive(exec, exec->values[v].grad, last_moment(exec));
        }
    }
    return true;
}

seg_status seg_exec_plan_anew(seg_exec *exec, seg_error *err)
{
    const seg_kernels *kernels = seg_kernels_get();
    exec->buffer_count = 0;
    memset(exec->nodes, 0, exec->graph->node_count * sizeof *exec->nodes);
    find_gradients(exec);
    for (size_t i = 0; i < exec->graph->node_count; i++)
        prepare_call(exec, (int)i, kernels);
    seg_status status = seg_bands_plan(exec, err);
    if (status != SEG_OK)
        return status;
    if (!exec->opts.train && !exec->opts.no_reuse && exec->opts.watch == NULL)
        place_parts(exec);
    if (!plan_forward(exec) || (exec->opts.train && !plan_backward(exec)))
        return seg_fail_nomem(err, exec->buffer_count * sizeof *exec->buffers, "the plan");
    for (size_t i = 0; i < exec->buffer_count && exec->opts.no_reuse; i++) {
        exec->buffers[i].first = 0;
        exec->buffers[i].last = last_moment(exec);
    }
    return seg_memory_plan(exec->buffers, exec->buffer_count, &exec->arena_bytes, err);
}

/* Long groups of bands save whole results, short ones rows of large images: whatever takes less. */
static seg_status plan_bands(seg_exec *exec, seg_error *err)
{
    enum { LONG_BAND_BYTES = 12 << 20 };
    exec->band_limit = 0;
    seg_status status = seg_exec_plan_anew(exec, err);
    if (status != SEG_OK || exec->band_most <= LONG_BAND_BYTES)
        return status;
    const size_t bytes = exec->arena_bytes;
    exec->band_limit = LONG_BAND_BYTES;
    status = seg_exec_plan_anew(exec, err);
    if (status != SEG_OK || exec->arena_bytes <= bytes)
        return status;
    exec->band_limit = 0;
    return seg_exec_plan_anew(exec, err);
}

seg_status seg_exec_plan(seg_exec *exec, seg_error *err)
{
    for (size_t i = 0; i < exec->graph->node_count; i++)
        exec->again[i] = SEG_NEVER;
    seg_status status = plan_bands(exec, err);
    return status == SEG_OK && exec->opts.train ? seg_exec_fit(exec, err) : status;
}
