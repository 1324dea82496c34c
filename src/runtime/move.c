/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * move.c: operators whose result is a view of their source (view.h), Transpose Expand Tile Slice,
 * and Concat Split.
 */
#include <string.h>

#include "runtime/args.h"
#include "runtime/lowering.h"
#include "runtime/view.h"

/* Result 0 of this shape: all elements of the view. */
static seg_status made_of(seg_eval *call, seg_view *view, const seg_shape *shape)
{
    seg_status status = seg_eval_result(call, 0, shape);
    if (status == SEG_OK)
        seg_view_copy_all(view, call->threads, call->dst[0].data);
    return status;
}

/* ---- Transpose ---- */

seg_status seg_transpose_order(seg_eval *call, int rank, int *order)
{
    const int64_t *perm;
    bool in[SEG_MAX_RANK] = {false};
    int64_t count = seg_program_ints(call->node, "perm", &perm);
    for (int i = 0; i < rank; i++)
        order[i] = rank - 1 - i;
    if (count == 0)
        return SEG_OK;
    if (count != rank)
        return seg_eval_fail(call, SEG_INVALID, "perm has %lld axes, the input has %d",
                             (long long)count, rank);
    for (int i = 0; i < rank; i++) {
        seg_status status = seg_eval_axis(call, perm[i], rank, &order[i]);
        if (status == SEG_OK && in[order[i]])
            status = seg_eval_fail(call, SEG_INVALID, "perm names axis %d twice", order[i]);
        if (status != SEG_OK)
            return status;
        in[order[i]] = true;
    }
    return SEG_OK;
}

static seg_status evaluate_transpose(seg_eval *call)
{
    int order[SEG_MAX_RANK];
    seg_shape shape = call->src[0].shape;
    seg_status status = seg_transpose_order(call, shape.rank, order);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = call->src[0].shape.dim[order[i]];
    seg_view view = seg_view_permute(&call->src[0], order);
    return made_of(call, &view, &shape);
}

/* ---- Expand, Tile ---- */

static seg_status evaluate_expand(seg_eval *call)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    seg_shape wanted = {.dtype = call->src[0].shape.dtype}, shape;
    seg_status status = seg_eval_ints(call, 1, wanted.dim, SEG_MAX_RANK, &wanted.rank);
    if (status != SEG_OK)
        return status;
    if (!seg_broadcast(&call->src[0].shape, &wanted, &shape))
        return seg_eval_fail(call, SEG_INVALID, "%s cannot be expanded to %s",
                             seg_shape_text(&call->src[0].shape, a), seg_shape_text(&wanted, b));
    status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    seg_view view = seg_view_broadcast(&call->src[0], &shape);
    seg_view_copy_all(&view, call->threads, call->dst[0].data);
    return SEG_OK;
}

/* Repeats of an axis are an axis of their own before it, with a step of 0. */
static seg_status evaluate_tile(seg_eval *call)
{
    int64_t repeats[SEG_MAX_RANK];
    int count = 0;
    seg_shape shape = call->src[0].shape;
    seg_status status = seg_eval_ints(call, 1, repeats, SEG_MAX_RANK, &count);
    if (status == SEG_OK && count != shape.rank)
        status = seg_eval_fail(call, SEG_INVALID, "%d repeats for %d axes", count, shape.rank);
    if (status != SEG_OK)
        return status;
    seg_view own = seg_view_of(&call->src[0]), view = own;
    view.rank = 2 * own.rank;
    for (int i = 0; i < own.rank; i++) {
        if (repeats[i] < 0 || __builtin_mul_overflow(shape.dim[i], repeats[i], &shape.dim[i]))
            return seg_eval_fail(call, SEG_INVALID, "axis %d cannot be repeated %lld times", i,
                                 (long long)repeats[i]);
        view.dim[2 * i] = repeats[i];
        view.step[2 * i] = 0;
        view.dim[2 * i + 1] = own.dim[i];
        view.step[2 * i + 1] = own.step[i];
    }
    return made_of(call, &view, &shape);
}

/* ---- Slice ---- */

static int64_t limit(int64_t value, int64_t lowest, int64_t highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

/* start, end: negative ones count from the end; both are then cut to what the step can reach. */
static seg_slice_range slice_axis(int64_t start, int64_t end, int64_t step, int64_t extent)
{
    seg_slice_range range = {0, step, 0};
    int64_t lowest = step > 0 ? 0 : -1, highest = step > 0 ? extent : extent - 1;
    start = limit(start < 0 ? start + extent : start, step > 0 ? 0 : -1, highest);
    end = limit(end < 0 ? end + extent : end, lowest, highest);
    range.first = start;
    if (step > 0 && end > start)
        range.count = (end - start - 1) / step + 1;
    else if (step < 0 && end < start) /* step may be the lowest of all: not to be negated */
        range.count = (end - start + 1) / step + 1;
    return range;
}

/* Lists of a node: sources from opset 10 on, attributes before. */
typedef struct slice_lists {
    int64_t starts[SEG_MAX_RANK], ends[SEG_MAX_RANK], axes[SEG_MAX_RANK], steps[SEG_MAX_RANK];
    int count;
} slice_lists;

static seg_status slice_read(seg_eval *call, slice_lists *lists)
{
    int counts[4] = {-1, -1, -1, -1};
    static const char *const names[] = {"starts", "ends", "axes", "steps"};
    int64_t *const all[] = {lists->starts, lists->ends, lists->axes, lists->steps};
    for (int i = 0; i < 4; i++) {
        seg_status status = seg_eval_list(call, i + 1, names[i], SEG_MAX_RANK, all[i], &counts[i]);
        if (status != SEG_OK)
            return status;
    }
    lists->count = counts[0];
    if (counts[0] < 0 || counts[1] != counts[0] || (counts[2] >= 0 && counts[2] != counts[0]) ||
        (counts[3] >= 0 && counts[3] != counts[0]))
        return seg_eval_fail(call, SEG_INVALID,
                             "starts, ends, axes and steps have %d, %d, %d and %d elements",
                             counts[0], counts[1], counts[2], counts[3]);
    for (int i = 0; i < lists->count; i++) {
        if (counts[2] < 0)
            lists->axes[i] = i;
        if (counts[3] < 0)
            lists->steps[i] = 1;
    }
    return SEG_OK;
}

seg_status seg_slice_ranges(seg_eval *call, seg_slice_range ranges[SEG_MAX_RANK])
{
    const seg_shape *shape = &call->src[0].shape;
    bool in[SEG_MAX_RANK] = {false};
    slice_lists lists;
    seg_status status = slice_read(call, &lists);
    for (int i = 0; i < shape->rank; i++)
        ranges[i] = (seg_slice_range){0, 1, shape->dim[i]};
    for (int i = 0; status == SEG_OK && i < lists.count; i++) {
        int axis = 0;
        status = seg_eval_axis(call, lists.axes[i], shape->rank, &axis);
        if (status == SEG_OK && in[axis])
            status = seg_eval_fail(call, SEG_INVALID, "axis %d is named twice", axis);
        if (status == SEG_OK && lists.steps[i] == 0)
            status = seg_eval_fail(call, SEG_INVALID, "the step of axis %d is 0", axis);
        if (status != SEG_OK)
            return status;
        in[axis] = true;
        ranges[axis] = slice_axis(lists.starts[i], lists.ends[i], lists.steps[i], shape->dim[axis]);
    }
    return status;
}

static seg_status evaluate_slice(seg_eval *call)
{
    seg_slice_range ranges[SEG_MAX_RANK];
    seg_shape shape = call->src[0].shape;
    seg_view view = seg_view_of(&call->src[0]);
    int64_t offset = 0;
    seg_status status = seg_slice_ranges(call, ranges);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < shape.rank; i++)
        view.dim[i] = shape.dim[i] = ranges[i].count;
    for (int i = 0; i < shape.rank && seg_shape_count(&shape) > 0; i++) {
        offset += ranges[i].first * view.step[i];
        view.step[i] = ranges[i].count > 1 ? view.step[i] * ranges[i].step : 0;
    }
    view.data += offset * (int64_t)seg_dtype_size(view.dtype);
    return made_of(call, &view, &shape);
}

/* ---- Concat, Split: stretches of `outer` rows ---- */

/* Copies `bytes` of each row; rows lie src_row and dst_row bytes apart. */
static void copy_rows(int64_t rows, size_t bytes, const char *src, size_t src_row, char *dst,
                      size_t dst_row)
{
    for (int64_t i = 0; i < rows; i++)
        memcpy(dst + (size_t)i * dst_row, src + (size_t)i * src_row, bytes);
}

static size_t row_bytes(const seg_shape *shape, int axis)
{
    seg_around around = seg_around_of(shape, axis);
    return (size_t)(around.extent * around.inner) * seg_dtype_size(shape->dtype);
}

static seg_status concat_shape(seg_eval *call, int axis, seg_shape *shape)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    *shape = call->src[0].shape;
    for (int i = 1; i < call->src_count; i++) {
        seg_status status = seg_eval_need(call, i, "to be joined");
        if (status != SEG_OK)
            return status;
        seg_shape other = call->src[i].shape;
        int64_t extent = other.rank > axis ? other.dim[axis] : 0;
        if (other.rank > axis)
            other.dim[axis] = shape->dim[axis];
        if (!seg_shape_equal(&other, shape))
            return seg_eval_fail(call, SEG_INVALID, "%s and %s cannot be joined along axis %d",
                                 seg_shape_text(&call->src[0].shape, a),
                                 seg_shape_text(&call->src[i].shape, b), axis);
        if (__builtin_add_overflow(shape->dim[axis], extent, &shape->dim[axis]))
            return seg_eval_fail(call, SEG_LIMIT, "axis %d does not fit 64 bits", axis);
    }
    return SEG_OK;
}

static seg_status evaluate_concat(seg_eval *call)
{
    int axis = 0;
    seg_shape shape;
    seg_status status =
        seg_eval_axis_of(call, "axis", call->opset < 4 ? 1 : 0, call->src[0].shape.rank, &axis);
    if (status == SEG_OK)
        status = concat_shape(call, axis, &shape);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    char *dst = call->dst[0].data;
    for (int i = 0; i < call->src_count; i++) {
        size_t bytes = row_bytes(&call->src[i].shape, axis);
        copy_rows(seg_around_of(&call->src[i].shape, axis).outer, bytes, call->src[i].data, bytes,
                  dst, row_bytes(&shape, axis));
        dst += bytes;
    }
    return SEG_OK;
}

/* The extents of all parts, one by one: *listed NULL means equal ones. */
static seg_status split_list(seg_eval *call, int64_t extent, const int64_t **listed)
{
    int64_t count = 0, rest = extent;
    *listed = NULL;
    if (seg_eval_has(call, 1)) {
        const seg_shape *list = &call->src[1].shape;
        if (list->dtype != SEG_I64 || list->rank != 1)
            return seg_eval_fail(call, SEG_INVALID, "split must be a list of i64");
        *listed = call->src[1].data;
        count = list->dim[0];
    } else {
        count = seg_program_ints(call->node, "split", listed);
        if (count == 0) {
            *listed = NULL;
            return SEG_OK;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        if ((*listed)[i] < 0 || (*listed)[i] > rest)
            return seg_eval_fail(call, SEG_INVALID,
                                 "split in %lld (part %lld) of an extent of %lld",
                                 (long long)(*listed)[i], (long long)i, (long long)extent);
        rest -= (*listed)[i];
    }
    if (rest != 0 || count != call->dst_count)
        return seg_eval_fail(call, SEG_INVALID,
                             "%lld parts leave %lld of an extent of %lld; there are %d results",
                             (long long)count, (long long)rest, (long long)extent, call->dst_count);
    return SEG_OK;
}

seg_status seg_split_begin(seg_eval *call, seg_split *split)
{
    const seg_shape *src = &call->src[0].shape;
    seg_status status = seg_eval_axis_of(call, "axis", 0, src->rank, &split->axis);
    if (status != SEG_OK)
        return status;
    split->extent = src->dim[split->axis];
    status = split_list(call, split->extent, &split->listed);
    int64_t parts = call->dst_count;
    split->equal = split->extent / parts + (split->extent % parts != 0);
    if (status == SEG_OK && split->listed == NULL && split->extent % parts != 0 &&
        seg_program_attribute(call->node, "num_outputs") == NULL)
        status = seg_eval_fail(call, SEG_INVALID, "an extent of %lld cannot be split in %lld",
                               (long long)split->extent, (long long)parts);
    split->first = split->count = 0;
    return status;
}

void seg_split_next(seg_split *split, int index)
{
    split->first += split->count;
    split->count = split->listed != NULL ? split->listed[index]
                                         : limit(split->extent - split->first, 0, split->equal);
}

static seg_status split_part(seg_eval *call, int index, int axis, int64_t first, int64_t extent)
{
    const seg_tensor *src = &call->src[0];
    seg_shape shape = src->shape;
    shape.dim[axis] = extent;
    seg_status status = seg_eval_result(call, index, &shape);
    if (status != SEG_OK || seg_shape_count(&shape) == 0)
        return status;
    seg_around around = seg_around_of(&src->shape, axis);
    size_t skipped = (size_t)(first * around.inner) * seg_dtype_size(shape.dtype);
    copy_rows(around.outer, row_bytes(&shape, axis), (const char *)src->data + skipped,
              row_bytes(&src->shape, axis), call->dst[index].data, row_bytes(&shape, axis));
    return SEG_OK;
}

static seg_status evaluate_split(seg_eval *call)
{
    seg_split split;
    seg_status status = seg_split_begin(call, &split);
    for (int i = 0; status == SEG_OK && i < call->dst_count; i++) {
        seg_split_next(&split, i);
        if (seg_eval_wants(call, i))
            status = split_part(call, i, split.axis, split.first, split.count);
    }
    return status;
}

const seg_runtime_op seg_runtime_op_Concat = {.domain = "",
                                              .name = "Concat",
                                              .src_min = 1,
                                              .src_max = -1,
                                              .evaluate = evaluate_concat,
                                              .lower = seg_lower_concat};

const seg_runtime_op seg_runtime_op_Expand = {
    .domain = "", .name = "Expand", .src_min = 2, .src_max = 2, .evaluate = evaluate_expand};

const seg_runtime_op seg_runtime_op_Slice = {.domain = "",
                                             .name = "Slice",
                                             .src_min = 1,
                                             .src_max = 5,
                                             .evaluate = evaluate_slice,
                                             .lower = seg_lower_slice};

const seg_runtime_op seg_runtime_op_Split = {.domain = "",
                                             .name = "Split",
                                             .src_min = 1,
                                             .src_max = 2,
                                             .evaluate = evaluate_split,
                                             .lower = seg_lower_split};

const seg_runtime_op seg_runtime_op_Tile = {
    .domain = "", .name = "Tile", .src_min = 2, .src_max = 2, .evaluate = evaluate_tile};

const seg_runtime_op seg_runtime_op_Transpose = {.domain = "",
                                                 .name = "Transpose",
                                                 .src_min = 1,
                                                 .src_max = 1,
                                                 .evaluate = evaluate_transpose,
                                                 .lower = seg_lower_transpose};
