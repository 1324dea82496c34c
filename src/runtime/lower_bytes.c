/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lower_bytes.c: what quantised operators use to add layers. */
#include <string.h>

#include "base/memory.h"
#include "runtime/lower.h"
#include "runtime/relabel.h"

enum { BYTES = 256 };

static uint8_t flip_of(seg_dtype dtype)
{
    return dtype == SEG_I8 ? 0x80 : 0;
}

seg_value seg_lower_constant_of(seg_lower *lower, const char *what, const seg_shape *shape,
                                void **data)
{
    seg_value value = seg_graph_constant(lower->graph, what, shape);
    *data = value != SEG_NO_VALUE ? lower->graph->values[value].constant : NULL;
    return value;
}

seg_value seg_lower_view(seg_lower *lower, int index, const seg_shape *shape,
                         const int64_t steps[4])
{
    const char *name = lower->program->slots[lower->node->src[index]].name;
    return seg_graph_view(lower->graph, name, shape, lower->fixed[index].data, steps);
}

void seg_lower_bytes_result(seg_lower *lower, seg_value value)
{
    const seg_axes axes = seg_axes_identity(SEG_LOWER_RANK);
    seg_lower_result(lower, 0, value, &axes);
    lower->dst[0].dtype = lower->program->slots[lower->node->dst[0]].shape.dtype;
}

seg_value seg_lower_map(seg_lower *lower, seg_value src, const uint8_t table[256])
{
    const seg_shape shape = {.dtype = SEG_U8, .rank = 1, .dim = {BYTES}};
    void *data;
    const seg_value sources[2] = {src, seg_lower_constant_of(lower, "table", &shape, &data)};
    if (data != NULL)
        memcpy(data, table, BYTES);
    return seg_lower_layer(lower, "map_u8", NULL, 2, sources);
}

seg_status seg_lower_table(seg_lower *lower, seg_status (*evaluate)(seg_eval *call), bool *done)
{
    const seg_dtype to = lower->program->slots[lower->node->dst[0]].shape.dtype;
    uint8_t all[BYTES], table[BYTES];
    if (!seg_lower_takes_bytes(lower, 0) || (to != SEG_U8 && to != SEG_I8))
        return SEG_OK;
    for (int i = 0; i < BYTES; i++)
        all[i] = (uint8_t)i;
    const seg_tensor src = {{.dtype = lower->src[0].dtype, .rank = 1, .dim = {BYTES}}, all};
    seg_tensor dst[SEG_EVAL_RESULTS] = {{.data = NULL}};
    size_t allowance = BYTES;
    seg_error err; /* what is refused here is refused again by whoever evaluates it */
    seg_eval call = seg_lower_eval(lower);
    call.src = &src;
    call.src_count = 1;
    call.dst = dst;
    call.allowance = &allowance;
    call.err = &err;
    const seg_status status = evaluate(&call);
    if (status == SEG_OK) {
        const uint8_t *made = dst[0].data;
        for (int q = 0; q < BYTES; q++)
            table[q] = made[q ^ flip_of(src.shape.dtype)] ^ flip_of(to);
        seg_lower_bytes_result(lower, seg_lower_map(lower, seg_lower_bytes(lower, 0), table));
        *done = true;
    }
    seg_block_free(dst[0].data);
    return status == SEG_NOMEM ? status : SEG_OK;
}
