/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lower_shape.c: Transpose and the reshapes as other names of axes; Concat, Slice and Split. */
#include "ops/params.h"
#include "runtime/args.h"
#include "runtime/lowering.h"

seg_status seg_lower_transpose(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    int order[SEG_MAX_RANK];
    if (!seg_lower_takes(lower, 0) ||
        seg_transpose_order(&call, lower->src[0].rank, order) != SEG_OK)
        return SEG_OK;
    seg_axes from = seg_lower_axes(lower, 0), to = from;
    for (int i = 0; i < from.rank; i++)
        to.axis[i] = from.axis[order[i]];
    seg_lower_rename(lower, &to);
    *done = true;
    return SEG_OK;
}

seg_status seg_lower_reshape(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    seg_shape shape;
    seg_axes to;
    if (!seg_lower_takes(lower, 0) || !seg_lower_fixed_from(lower, 1) ||
        seg_reshape_result(&call, &shape) != SEG_OK)
        return SEG_OK;
    seg_axes from = seg_lower_axes(lower, 0);
    *done = seg_axes_reshape(&from, &lower->src[0], &shape, &to);
    if (*done)
        seg_lower_rename(lower, &to);
    return SEG_OK;
}

/* ---- Concat ---- */

static bool concat_fits(const seg_lower *lower, int axis)
{
    for (int i = 0; i < lower->src_count; i++) {
        if (!seg_lower_takes(lower, i) || lower->src[i].rank != lower->src[0].rank)
            return false;
        for (int d = 0; d < lower->src[0].rank; d++) {
            if (d != axis && lower->src[i].dim[d] != lower->src[0].dim[d])
                return false;
        }
    }
    return true;
}

/* The source whose layout the result should have. */
static int first_made(const seg_lower *lower)
{
    for (int i = 0; i < lower->src_count; i++) {
        if (lower->fixed[i].data == NULL)
            return i;
    }
    return 0;
}

/* Side by side along the channels, as many as a layer takes at once. */
static seg_value join(seg_lower *lower, const seg_axes *axes)
{
    seg_value src[SEG_OP_MAX_SRC];
    int count = 0;
    for (int i = 0; i < lower->src_count; i++) {
        src[count++] = seg_lower_src_as(lower, i, axes);
        if (count == SEG_OP_MAX_SRC && i + 1 < lower->src_count) {
            src[0] = seg_lower_layer(lower, "concat", NULL, count, src);
            count = 1;
        }
    }
    return seg_lower_layer(lower, "concat", NULL, count, src);
}

seg_status seg_lower_concat(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    int axis = 0;
    if (seg_eval_axis_of(&call, "axis", 0, lower->src[0].rank, &axis) != SEG_OK ||
        !concat_fits(lower, axis))
        return SEG_OK;
    seg_axes axes = seg_lower_axes(lower, first_made(lower));
    axes = seg_axes_with(&axes, axis, SEG_AXIS_C);
    seg_lower_result(lower, 0, join(lower, &axes), &axes);
    *done = true;
    return SEG_OK;
}

/* ---- Slice, Split ---- */

/* A window of source 0: ranges of its logical axes, in steps of 1. */
static void add_crop(seg_lower *lower, int index, const seg_slice_range *ranges)
{
    seg_lowered src = seg_lower_src(lower, 0);
    seg_shape shape = seg_axes_physical(&src.axes, &lower->src[0]);
    seg_crop_params params = {0, 0, shape.h, shape.w, 0, shape.c};
    for (int i = 0; i < src.axes.rank; i++) {
        const seg_slice_range *range = &ranges[i];
        switch (src.axes.axis[i]) {
        case SEG_AXIS_H:
            params.top = range->first;
            params.h = range->count;
            break;
        case SEG_AXIS_W:
            params.left = range->first;
            params.w = range->count;
            break;
        case SEG_AXIS_C:
            params.channel = range->first;
            params.c = range->count;
            break;
        default:
            break; /* all of N */
        }
    }
    bool whole = params.h == shape.h && params.w == shape.w && params.c == shape.c;
    seg_value value = whole ? src.value : seg_lower_layer(lower, "crop", &params, 1, &src.value);
    seg_lower_result(lower, index, value, &src.axes);
}

/* Whether a layer can keep these: some of every axis, all of N. */
static bool crop_fits(const seg_lower *lower, const seg_slice_range *ranges)
{
    seg_axes axes = seg_lower_axes(lower, 0);
    for (int i = 0; i < axes.rank; i++) {
        bool whole = ranges[i].first == 0 && ranges[i].count == lower->src[0].dim[i];
        if (ranges[i].count == 0 || (ranges[i].step != 1 && ranges[i].count > 1) ||
            (axes.axis[i] == 0 && !whole))
            return false;
    }
    return true;
}

seg_status seg_lower_slice(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    seg_slice_range ranges[SEG_MAX_RANK];
    if (!seg_lower_takes(lower, 0) || !seg_lower_fixed_from(lower, 1) ||
        seg_slice_ranges(&call, ranges) != SEG_OK || !crop_fits(lower, ranges))
        return SEG_OK;
    add_crop(lower, 0, ranges);
    *done = true;
    return SEG_OK;
}

/* Each part that is wanted, in turn: looked at, or made. False: one does not fit. */
static bool split_parts(seg_lower *lower, seg_split split, bool make)
{
    seg_slice_range ranges[SEG_MAX_RANK];
    for (int i = 0; i < lower->src[0].rank; i++)
        ranges[i] = (seg_slice_range){0, 1, lower->src[0].dim[i]};
    for (int i = 0; i < lower->dst_count; i++) {
        seg_split_next(&split, i);
        ranges[split.axis] = (seg_slice_range){split.first, 1, split.count};
        if (lower->node->dst[i] == SEG_NO_SLOT)
            continue;
        if (make)
            add_crop(lower, i, ranges);
        else if (!crop_fits(lower, ranges))
            return false;
    }
    return true;
}

seg_status seg_lower_split(seg_lower *lower, bool *done)
{
    seg_eval call = seg_lower_eval(lower);
    seg_split split;
    if (!seg_lower_takes(lower, 0) || !seg_lower_fixed_from(lower, 1) ||
        seg_split_begin(&call, &split) != SEG_OK || !split_parts(lower, split, false))
        return SEG_OK;
    *done = split_parts(lower, split, true);
    return SEG_OK;
}
