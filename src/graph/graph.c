/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* graph.c: building a network as nodes and values, with a sticky error. */
#include "graph/graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ops/move.h"

seg_status seg_graph_new(seg_graph **out, seg_weights *weights, seg_error *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return seg_fail_nomem(err, sizeof **out, "a graph");
    (*out)->weights = weights;
    return SEG_OK;
}

void seg_graph_free(seg_graph *graph)
{
    if (graph == NULL)
        return;
    for (size_t i = 0; i < graph->value_count; i++)
        seg_block_free(graph->values[i].constant);
    free(graph->values);
    free(graph->nodes);
    free(graph->inputs);
    free(graph->outputs);
    free(graph->folds);
    seg_arena_release(&graph->arena);
    free(graph);
}

seg_status seg_graph_status(const seg_graph *graph, seg_error *err)
{
    if (graph->error.status != SEG_OK && err != NULL)
        *err = graph->error;
    return graph->error.status;
}

seg_value seg_graph_fail(seg_graph *graph, seg_status status, const char *format, ...)
{
    if (graph->error.status == SEG_OK) {
        va_list args;
        va_start(args, format);
        vsnprintf(graph->error.text, sizeof graph->error.text, format, args);
        va_end(args);
        graph->error.status = status;
    }
    return SEG_NO_VALUE;
}

static seg_value fail_nomem(seg_graph *graph)
{
    return seg_graph_fail(graph, SEG_NOMEM, "out of memory: building a graph of %zu nodes",
                          graph->node_count);
}

static bool failed(const seg_graph *graph)
{
    return graph->error.status != SEG_OK;
}

static seg_value value_add(seg_graph *graph, const seg_graph_value *value)
{
    void *values = graph->values;
    if (!seg_array_reserve(&values, &graph->value_capacity, graph->value_count + 1,
                           sizeof *graph->values))
        return fail_nomem(graph);
    graph->values = values;
    graph->values[graph->value_count] = *value;
    return (seg_value)graph->value_count++;
}

static bool binding_add(seg_graph *graph, seg_graph_binding **list, size_t *count, size_t *capacity,
                        const char *name, seg_value value)
{
    void *items = *list;
    char *copy = seg_arena_strdup(&graph->arena, name);
    if (copy == NULL || !seg_array_reserve(&items, capacity, *count + 1, sizeof **list)) {
        fail_nomem(graph);
        return false;
    }
    *list = items;
    (*list)[(*count)++] = (seg_graph_binding){copy, value};
    return true;
}

seg_value seg_graph_input(seg_graph *graph, const char *name, const seg_shape *shape)
{
    if (failed(graph))
        return SEG_NO_VALUE;
    seg_graph_value value = {.kind = SEG_VALUE_INPUT, .shape = *shape};
    if (!seg_shape_valid(shape))
        return seg_graph_fail(graph, SEG_LIMIT, "%s: the input is too large", name);
    seg_value id = value_add(graph, &value);
    if (id != SEG_NO_VALUE &&
        !binding_add(graph, &graph->inputs, &graph->input_count, &graph->input_capacity, name, id))
        return SEG_NO_VALUE;
    if (id != SEG_NO_VALUE)
        graph->values[id].name = graph->inputs[graph->input_count - 1].name;
    return id;
}

seg_value seg_graph_weight(seg_graph *graph, const char *name, seg_weight_role role,
                           const seg_shape *shape)
{
    int index;
    if (failed(graph))
        return SEG_NO_VALUE;
    if (seg_weights_declare(graph->weights, name, role, shape, &index, &graph->error) != SEG_OK)
        return SEG_NO_VALUE;
    for (size_t i = 0; i < graph->value_count; i++) {
        if (graph->values[i].kind == SEG_VALUE_WEIGHT && graph->values[i].weight == index)
            return (seg_value)i;
    }
    seg_graph_value value = {.kind = SEG_VALUE_WEIGHT,
                             .name = seg_weights_at(graph->weights, index)->name,
                             .shape = *shape,
                             .weight = index};
    return value_add(graph, &value);
}

seg_value seg_graph_constant_later(seg_graph *graph, const char *name, const seg_shape *shape)
{
    if (failed(graph))
        return SEG_NO_VALUE;
    seg_graph_value value = {.kind = SEG_VALUE_CONSTANT, .shape = *shape};
    value.name = seg_arena_strdup(&graph->arena, name);
    return value.name != NULL ? value_add(graph, &value) : fail_nomem(graph);
}

seg_value seg_graph_constant(seg_graph *graph, const char *name, const seg_shape *shape)
{
    seg_value id = seg_graph_constant_later(graph, name, shape);
    if (id == SEG_NO_VALUE)
        return SEG_NO_VALUE;
    graph->values[id].constant = seg_block_new(seg_shape_size(shape));
    return graph->values[id].constant != NULL ? id : fail_nomem(graph);
}

seg_value seg_graph_view(seg_graph *graph, const char *name, const seg_shape *shape,
                         const void *data, const int64_t steps[4])
{
    if (failed(graph))
        return SEG_NO_VALUE;
    seg_graph_value value = {.kind = SEG_VALUE_CONSTANT, .shape = *shape, .view = data};
    memcpy(value.steps, steps, sizeof value.steps);
    value.name = seg_arena_strdup(&graph->arena, name);
    return value.name != NULL ? value_add(graph, &value) : fail_nomem(graph);
}

void seg_graph_view_copy(const seg_graph_value *view, int threads, float *dst)
{
    seg_move move;
    int64_t step = 1;
    for (int a = SEG_MOVE_AXES; a-- > 0; step *= view->shape.dim[a]) {
        move.extent[a] = view->shape.dim[a];
        move.from[a] = view->steps[a];
        move.to[a] = step;
    }
    seg_move_run(seg_kernels_get(), threads, &move, view->view, dst);
}

static seg_status node_shape(seg_graph *graph, const seg_graph_node *node, seg_shape *dst)
{
    seg_shape src[SEG_OP_MAX_SRC];
    seg_error reason;
    for (int i = 0; i < node->src_count; i++)
        src[i] = graph->values[node->src[i]].shape;
    *dst = (seg_shape){0};
    seg_status status = seg_op_check(node->op, node->params, node->src_count, src, dst, &reason);
    if (status != SEG_OK)
        seg_graph_fail(graph, status, "%s: %s", node->name, reason.text);
    return status;
}

seg_value seg_graph_op(seg_graph *graph, const seg_op *op, const void *params, const char *name,
                       int src_count, const seg_value *src)
{
    if (failed(graph))
        return SEG_NO_VALUE;
    if (src_count < 0 || src_count > SEG_OP_MAX_SRC)
        return seg_graph_fail(graph, SEG_INVALID, "%s: %d sources, more than %d", name, src_count,
                              SEG_OP_MAX_SRC);
    seg_graph_node node = {.op = op, .src_count = src_count};
    node.name = seg_arena_strdup(&graph->arena, name);
    node.params = seg_arena_alloc(&graph->arena, op->params_size > 0 ? op->params_size : 1);
    void *nodes = graph->nodes;
    if (node.name == NULL || node.params == NULL ||
        !seg_array_reserve(&nodes, &graph->node_capacity, graph->node_count + 1,
                           sizeof *graph->nodes))
        return fail_nomem(graph);
    graph->nodes = nodes;
    if (op->params_size > 0)
        memcpy(node.params, params, op->params_size);
    for (int i = 0; i < src_count; i++) {
        if (src[i] < 0 || (size_t)src[i] >= graph->value_count)
            return seg_graph_fail(graph, SEG_INVALID, "%s: source %d is no value", name, i);
        node.src[i] = src[i];
    }
    seg_graph_value value = {
        .kind = SEG_VALUE_NODE, .name = node.name, .node = (int)graph->node_count};
    if (node_shape(graph, &node, &value.shape) != SEG_OK)
        return SEG_NO_VALUE;
    node.dst = value_add(graph, &value);
    if (node.dst != SEG_NO_VALUE)
        graph->nodes[graph->node_count++] = node;
    return node.dst;
}

void seg_graph_output(seg_graph *graph, const char *name, seg_value value)
{
    if (failed(graph))
        return;
    if (value < 0 || (size_t)value >= graph->value_count)
        seg_graph_fail(graph, SEG_INVALID, "output %s is no value", name);
    else
        binding_add(graph, &graph->outputs, &graph->output_count, &graph->output_capacity, name,
                    value);
}

seg_shape seg_graph_shape(const seg_graph *graph, seg_value value)
{
    if (failed(graph) || value < 0 || (size_t)value >= graph->value_count)
        return seg_shape_nhwc(1, 1, 1, 1);
    return graph->values[value].shape;
}

int seg_graph_use_count(const seg_graph *graph, seg_value value)
{
    int uses = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        for (int k = 0; k < graph->nodes[i].src_count; k++)
            uses += graph->nodes[i].src[k] == value;
    }
    for (size_t i = 0; i < graph->output_count; i++)
        uses += graph->outputs[i].value == value;
    return uses;
}
