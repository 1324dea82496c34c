/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* relabel.c: axes that change their names. */
#include "runtime/relabel.h"

seg_eval seg_lower_eval(const seg_lower *lower)
{
    return (seg_eval){.program = lower->program,
                      .node = lower->node,
                      .opset = lower->opset,
                      .threads = 1,
                      .src_count = lower->src_count,
                      .dst_count = lower->dst_count,
                      .src = lower->fixed};
}

bool seg_lower_fixed_from(const seg_lower *lower, int first)
{
    for (int i = first; i < lower->src_count; i++) {
        if (lower->node->src[i] != SEG_NO_SLOT && lower->fixed[i].data == NULL)
            return false;
    }
    return true;
}

void seg_axes_fill(seg_axes *axes)
{
    bool used[SEG_LOWER_RANK] = {false};
    for (int i = 0; i < axes->rank; i++) {
        if (axes->axis[i] >= 0)
            used[axes->axis[i]] = true;
    }
    for (int i = 0, free = 0; i < axes->rank; i++) {
        if (axes->axis[i] >= 0)
            continue;
        while (used[free])
            free++;
        axes->axis[i] = free++;
    }
}

static int next_long(const seg_shape *shape, int at)
{
    while (at < shape->rank && shape->dim[at] == 1)
        at++;
    return at;
}

bool seg_axes_reshape(const seg_axes *axes, const seg_shape *from, const seg_shape *to,
                      seg_axes *out)
{
    seg_axes made = {.rank = to->rank, .axis = {-1, -1, -1, -1}};
    if (to->rank > SEG_LOWER_RANK)
        return false;
    int f = next_long(from, 0), t = next_long(to, 0);
    while (f < from->rank && t < to->rank) {
        if (from->dim[f] != to->dim[t])
            return false;
        made.axis[t] = axes->axis[f];
        f = next_long(from, f + 1);
        t = next_long(to, t + 1);
    }
    seg_axes_fill(&made);
    *out = made;
    return f >= from->rank && t >= to->rank;
}

seg_axes seg_axes_widen(const seg_axes *axes, int rank)
{
    seg_axes wide = {.rank = rank, .axis = {-1, -1, -1, -1}};
    for (int i = 0; i < axes->rank; i++)
        wide.axis[rank - axes->rank + i] = axes->axis[i];
    seg_axes_fill(&wide);
    return wide;
}

seg_axes seg_axes_narrow(const seg_axes *axes, int rank)
{
    seg_axes narrow = {.rank = rank};
    for (int i = 0; i < rank; i++)
        narrow.axis[i] = axes->axis[axes->rank - rank + i];
    return narrow;
}

seg_axes seg_axes_with(const seg_axes *axes, int logical, int physical)
{
    seg_axes made = *axes;
    for (int i = 0; i < axes->rank; i++) {
        if (axes->axis[i] == physical)
            made.axis[i] = axes->axis[logical];
    }
    made.axis[logical] = physical;
    return made;
}

void seg_lower_rename(seg_lower *lower, const seg_axes *axes)
{
    seg_lower_result(lower, 0, seg_lower_src(lower, 0).value, axes);
}

seg_status seg_lower_same(seg_lower *lower, bool *done)
{
    *done = seg_lower_takes(lower, 0);
    if (*done) {
        seg_axes axes = seg_lower_axes(lower, 0);
        seg_lower_rename(lower, &axes);
    }
    return SEG_OK;
}

void seg_lower_over(seg_lower *lower, const char *op, const void *params)
{
    seg_lowered src = seg_lower_src(lower, 0);
    seg_lower_result(lower, 0, seg_lower_layer(lower, op, params, 1, &src.value), &src.axes);
}
