/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* profile.c: what the steps of a run took, layer by layer. */
#include "runtime/state.h"

static int64_t slots_bytes(const seg_runtime *runtime, int count, const seg_slot *slots)
{
    int64_t bytes = 0;
    for (int k = 0; k < count; k++) {
        if (slots[k] != SEG_NO_SLOT && runtime->outside[slots[k]].shape.rank != SEG_UNKNOWN_RANK)
            bytes += (int64_t)seg_shape_size(&runtime->outside[slots[k]].shape);
    }
    return bytes;
}

static seg_layer_cost node_cost(const seg_runtime *runtime, const seg_program_node *node)
{
    seg_layer_cost cost = {.name = node->name, .op = node->op, .algorithm = "node by node"};
    cost.bytes = slots_bytes(runtime, node->src_count, node->src) +
                 slots_bytes(runtime, node->dst_count, node->dst);
    cost.multiply_adds = seg_runtime_node_multiply_adds(runtime, node);
    for (int k = node->dst_count; k-- > 0;) {
        if (node->dst[k] == SEG_NO_SLOT)
            continue;
        cost.shape = runtime->outside[node->dst[k]].shape;
        if (node->name[0] == '\0')
            cost.name = runtime->program->slots[node->dst[k]].name;
    }
    return cost;
}

/* What a region's inputs take; its layers are asked later. */
static seg_layer_cost inputs_cost(const seg_region *region, double seconds)
{
    seg_layer_cost cost = {.name = "into the layers' layout", .op = "copy", .algorithm = ""};
    cost.seconds = seconds;
    for (size_t i = 0; i < region->input_count; i++) {
        cost.shape = seg_exec_input(region->exec, (int)i).shape;
        cost.bytes += 2 * (int64_t)seg_shape_size(&cost.shape);
    }
    for (size_t i = 0; i < region->graph->node_count; i++)
        cost.seconds -= seg_exec_seconds(region->exec, (int)i, false);
    return cost;
}

void seg_step_profile(const seg_runtime *runtime, seg_step *step, double seconds)
{
    if (step->region != NULL) {
        step->cost = inputs_cost(step->region, seconds);
        return;
    }
    step->cost = node_cost(runtime, &runtime->program->nodes[step->node]);
    step->cost.seconds = seconds;
}

double seg_runtime_traced_seconds(const seg_runtime *runtime)
{
    return runtime->run_seconds;
}

void seg_runtime_layers(const seg_runtime *runtime, seg_layer_cost *layers, size_t capacity,
                        size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < runtime->step_count; i++) {
        const seg_step *step = &runtime->steps[i];
        const size_t nodes = step->region != NULL ? step->region->graph->node_count : 0;
        if (*count < capacity)
            layers[*count] = step->cost;
        ++*count;
        for (size_t k = 0; k < nodes; k++, ++*count) {
            if (*count < capacity)
                layers[*count] = seg_exec_cost(step->region->exec, (int)k);
        }
    }
}
