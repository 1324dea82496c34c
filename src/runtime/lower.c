/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lower.c: what operators use to add layers. */
#include "runtime/lower.h"

#include <string.h>

#include "ops/params.h"
#include "runtime/region.h"

bool seg_lower_takes(const seg_lower *lower, int src)
{
    return src < lower->src_count && seg_region_takes(lower->region, lower->node->src[src]);
}

bool seg_lower_takes_bytes(const seg_lower *lower, int src)
{
    const seg_shape *shape = &lower->src[src];
    return src < lower->src_count && lower->node->src[src] != SEG_NO_SLOT &&
           lower->fixed[src].data == NULL && shape->rank == SEG_LOWER_RANK &&
           (shape->dtype == SEG_U8 || shape->dtype == SEG_I8) && seg_shape_count(shape) > 0;
}

static seg_region_input *find_bound(seg_region_input *list, size_t count, seg_slot slot,
                                    const seg_axes *axes)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].slot == slot && (axes == NULL || seg_axes_equal(&list[i].axes, axes)))
            return &list[i];
    }
    return NULL;
}

static seg_value bind(seg_lower *lower, seg_region_input **list, size_t *count, size_t *capacity,
                      const seg_region_input *item)
{
    void *items = *list;
    if (!seg_array_reserve(&items, capacity, *count + 1, sizeof **list))
        return seg_graph_fail(lower->graph, SEG_NOMEM, "out of memory: sources of a region");
    *list = items;
    (*list)[(*count)++] = *item;
    return item->value;
}

/* A slot from outside, in this layout. */
static seg_value bring_in(seg_lower *lower, seg_slot slot, const seg_axes *axes)
{
    seg_region *region = lower->region;
    const seg_outside *outside = &region->outside[slot];
    const char *name = lower->program->slots[slot].name;
    bool fixed = outside->fixed != NULL;
    seg_region_input *bound = fixed ? find_bound(region->fixed, region->fixed_count, slot, axes)
                                    : find_bound(region->inputs, region->input_count, slot, axes);
    if (bound != NULL)
        return bound->value;
    seg_shape physical = seg_axes_physical(axes, &outside->shape);
    physical.dtype = outside->shape.dtype == SEG_F32 ? SEG_F32 : SEG_U8;
    seg_region_input item = {slot, *axes, SEG_NO_VALUE};
    if (!fixed) {
        item.value = seg_graph_input(lower->graph, name, &physical);
        return item.value == SEG_NO_VALUE ? SEG_NO_VALUE
                                          : bind(lower, &region->inputs, &region->input_count,
                                                 &region->input_capacity, &item);
    }
    int64_t steps[SEG_LOWER_RANK];
    seg_axes_steps(&outside->shape, &outside->axes, axes, steps);
    item.value = seg_graph_view(lower->graph, name, &physical, outside->fixed, steps);
    if (item.value == SEG_NO_VALUE)
        return SEG_NO_VALUE;
    return bind(lower, &region->fixed, &region->fixed_count, &region->fixed_capacity, &item);
}

/* Any layout in which a slot from outside is bound already; else that in which it lies. */
static seg_axes axes_outside(const seg_region *region, seg_slot slot)
{
    const seg_region_input *bound = find_bound(region->inputs, region->input_count, slot, NULL);
    return bound != NULL ? bound->axes : region->outside[slot].axes;
}

bool seg_lower_knows(const seg_lower *lower, int src)
{
    return src < lower->src_count && lower->fixed[src].data != NULL &&
           lower->fixed[src].shape.dtype == SEG_F32;
}

seg_axes seg_lower_axes(const seg_lower *lower, int index)
{
    seg_slot slot = lower->node->src[index];
    const seg_lowered *lowered = &lower->region->lowered[slot];
    return lowered->value == SEG_NO_VALUE ? axes_outside(lower->region, slot) : lowered->axes;
}

bool seg_lower_plane(const seg_lower *lower, int index, const bool *changes, seg_axes *axes)
{
    const int rank = lower->src[index].rank;
    const seg_axes tried[] = {seg_lower_axes(lower, index), seg_axes_nchw(rank),
                              seg_axes_identity(rank)};
    for (int i = 0; i < 3; i++) {
        bool fits = true;
        for (int a = 0; a < rank; a++)
            fits = fits && (!changes[a] || tried[i].axis[a] == 1 || tried[i].axis[a] == 2);
        if (fits) {
            *axes = tried[i];
            return true;
        }
    }
    return false;
}

seg_lowered seg_lower_src(seg_lower *lower, int index)
{
    seg_slot slot = lower->node->src[index];
    seg_lowered lowered = lower->region->lowered[slot];
    if (lowered.value == SEG_NO_VALUE) {
        lowered.axes = axes_outside(lower->region, slot);
        lowered.value = bring_in(lower, slot, &lowered.axes);
    }
    return lowered;
}

seg_value seg_lower_bytes(seg_lower *lower, int index)
{
    const seg_axes axes = seg_axes_identity(SEG_LOWER_RANK);
    const seg_slot slot = lower->node->src[index];
    const seg_lowered *lowered = &lower->region->lowered[slot];
    return lowered->value != SEG_NO_VALUE ? lowered->value : bring_in(lower, slot, &axes);
}

seg_value seg_lower_src_as(seg_lower *lower, int index, const seg_axes *axes)
{
    seg_slot slot = lower->node->src[index];
    seg_lowered lowered = lower->region->lowered[slot];
    if (lowered.value == SEG_NO_VALUE)
        return bring_in(lower, slot, axes);
    if (seg_axes_equal(&lowered.axes, axes))
        return lowered.value;
    seg_permute_params params = seg_axes_permutation(&lowered.axes, axes);
    return seg_lower_layer(lower, "permute", &params, 1, &lowered.value);
}

seg_value seg_lower_constant(seg_lower *lower, const char *what, const seg_shape *shape,
                             float **data)
{
    seg_value value = seg_graph_constant(lower->graph, what, shape);
    *data = value != SEG_NO_VALUE ? lower->graph->values[value].constant : NULL;
    return value;
}

seg_value seg_lower_kernel(seg_lower *lower, int src, bool transposed)
{
    static const seg_axes usual = {4, {3, 2, 0, 1}}, swapped = {4, {2, 3, 0, 1}};
    return bring_in(lower, lower->node->src[src], transposed ? &swapped : &usual);
}

seg_value seg_lower_vector(seg_lower *lower, int src, int64_t length)
{
    float *data;
    const seg_shape shape = seg_shape_vector(length);
    const seg_tensor *fixed = &lower->fixed[src];
    const char *name = lower->program->slots[lower->node->src[src]].name;
    int64_t count = seg_shape_count(&fixed->shape);
    seg_value value = seg_lower_constant(lower, name, &shape, &data);
    for (int64_t i = 0; data != NULL && i < length; i++)
        data[i] = seg_f32(fixed)[count == 1 ? 0 : i];
    return value;
}

seg_value seg_lower_layer(seg_lower *lower, const char *op, const void *params, int src_count,
                          const seg_value *src)
{
    char name[SEG_NODE_TEXT_SIZE];
    return seg_graph_op(lower->graph, seg_op_find(op), params,
                        seg_program_node_text(lower->program, lower->node, name), src_count, src);
}

void seg_lower_result(seg_lower *lower, int index, seg_value value, const seg_axes *axes)
{
    lower->dst[index] = (seg_lowered){value, *axes, SEG_F32};
}
