/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* region.c: building, closing and freeing a region. */
#include "runtime/region.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "graph/optimise.h"

seg_status seg_region_open(seg_region **out, size_t slot_count, const seg_outside *outside,
                           seg_error *err)
{
    seg_region *region = calloc(1, sizeof *region);
    *out = NULL;
    if (region == NULL)
        return seg_fail_nomem(err, sizeof *region, "a region");
    region->outside = outside;
    region->lowered = malloc((slot_count + 1) * sizeof *region->lowered);
    seg_status status = region->lowered != NULL
                            ? seg_weights_new(&region->weights, err)
                            : seg_fail_nomem(err, slot_count * sizeof(seg_lowered), "a region");
    if (status == SEG_OK)
        status = seg_graph_new(&region->graph, region->weights, err);
    if (status != SEG_OK) {
        seg_region_free(region);
        return status;
    }
    for (size_t s = 0; s < slot_count; s++)
        region->lowered[s] = (seg_lowered){.value = SEG_NO_VALUE};
    *out = region;
    return SEG_OK;
}

void seg_region_free(seg_region *region)
{
    if (region == NULL)
        return;
    seg_exec_free(region->exec);
    seg_graph_free(region->graph);
    seg_weights_free(region->weights);
    free(region->inputs);
    free(region->fixed);
    free(region->outputs);
    free(region->lowered);
    free(region);
}

seg_shape seg_region_shape(const seg_region *region, seg_slot slot)
{
    const seg_lowered *lowered = &region->lowered[slot];
    seg_shape physical = seg_graph_shape(region->graph, lowered->value);
    seg_shape shape = {.dtype = lowered->dtype, .rank = lowered->axes.rank};
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = physical.dim[lowered->axes.axis[i]];
    return shape;
}

bool seg_region_takes(const seg_region *region, seg_slot slot)
{
    if (slot == SEG_NO_SLOT)
        return false;
    if (region->lowered[slot].value != SEG_NO_VALUE)
        return region->lowered[slot].dtype == SEG_F32;
    const seg_shape *shape = &region->outside[slot].shape;
    return shape->dtype == SEG_F32 && shape->rank >= 0 && shape->rank <= SEG_LOWER_RANK &&
           seg_shape_count(shape) > 0;
}

static void move_to_order(seg_region *region, const seg_shape *shape, seg_lowered *lowered)
{
    const seg_axes order = seg_axes_identity(shape->rank);
    if (seg_axes_same_order(shape, &lowered->axes, &order))
        return;
    seg_permute_params params = seg_axes_permutation(&lowered->axes, &order);
    lowered->value = seg_graph_op(region->graph, &seg_op_permute, &params, "into the file's layout",
                                  1, &lowered->value);
    lowered->axes = order;
}

/* Bytes as the file stores them. */
static void unflip(seg_region *region, seg_lowered *lowered)
{
    enum { BYTES = 256 };
    const seg_shape shape = {.dtype = SEG_U8, .rank = 1, .dim = {BYTES}};
    if (lowered->dtype != SEG_I8)
        return;
    const seg_value src[2] = {lowered->value, seg_graph_constant(region->graph, "table", &shape)};
    if (src[1] == SEG_NO_VALUE)
        return;
    uint8_t *table = region->graph->values[src[1]].constant;
    for (int i = 0; i < BYTES; i++)
        table[i] = (uint8_t)(i ^ 0x80);
    lowered->value =
        seg_graph_op(region->graph, &seg_op_map_u8, NULL, "into the file's numbers", 2, src);
}

seg_status seg_region_export(seg_region *region, seg_slot slot, bool in_order, seg_error *err)
{
    const seg_shape shape = seg_region_shape(region, slot);
    seg_lowered lowered = region->lowered[slot];
    void *outputs = region->outputs;
    if (!seg_array_reserve(&outputs, &region->output_capacity, region->output_count + 1,
                           sizeof *region->outputs))
        return seg_fail_nomem(err, sizeof *region->outputs, "a region's result");
    region->outputs = outputs;
    unflip(region, &lowered);
    if (in_order && lowered.dtype == SEG_F32)
        move_to_order(region, &shape, &lowered);
    region->outputs[region->output_count++] = (seg_region_output){slot, lowered};
    seg_graph_output(region->graph, "result", lowered.value);
    return seg_graph_status(region->graph, err);
}

seg_status seg_region_close(seg_region *region, const seg_exec_opts *opts, seg_error *err)
{
    seg_status status = seg_graph_optimise(region->graph, false, err);
    region->layers = region->graph->node_count;
    free(region->lowered);
    region->lowered = NULL;
    region->outside = NULL;
    if (status == SEG_OK)
        status = seg_exec_new(&region->exec, region->graph, opts, err);
    if (status == SEG_OK)
        seg_exec_prepare(region->exec);
    return status;
}
