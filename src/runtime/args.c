/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* args.c: reading what a node says, with a sentence for all that it must not say. */
#include "runtime/args.h"

#include <string.h>

#include "runtime/view.h"

seg_status seg_eval_axis(seg_eval *call, int64_t axis, int rank, int *out)
{
    if (axis < -rank || axis >= rank)
        return seg_eval_fail(call, SEG_INVALID, "axis %lld is not one of %d axes", (long long)axis,
                             rank);
    *out = (int)(axis < 0 ? axis + rank : axis);
    return SEG_OK;
}

seg_status seg_eval_axis_of(seg_eval *call, const char *name, int64_t missing, int rank, int *out)
{
    return seg_eval_axis(call, seg_program_int(call->node, name, missing), rank, out);
}

seg_status seg_eval_list(seg_eval *call, int src, const char *name, int room, int64_t *ints,
                         int *count)
{
    if (seg_eval_has(call, src))
        return seg_eval_ints(call, src, ints, room, count);
    const int64_t *list;
    int64_t length = seg_program_ints(call->node, name, &list);
    if (length > room)
        return seg_eval_fail(call, SEG_INVALID, "'%s' has %lld elements, at most %d fit", name,
                             (long long)length, room);
    *count = length > 0 || seg_program_attribute(call->node, name) != NULL ? (int)length : -1;
    if (length > 0)
        memcpy(ints, list, (size_t)length * sizeof *ints);
    return SEG_OK;
}

seg_status seg_eval_axes(seg_eval *call, int src, const char *name, int rank, bool in[SEG_MAX_RANK],
                         int *count)
{
    int64_t list[SEG_MAX_RANK];
    memset(in, 0, SEG_MAX_RANK * sizeof *in);
    seg_status status = seg_eval_list(call, src, name, SEG_MAX_RANK, list, count);
    for (int i = 0; status == SEG_OK && i < *count; i++) {
        int axis = 0;
        status = seg_eval_axis(call, list[i], rank, &axis);
        if (status == SEG_OK && in[axis])
            status = seg_eval_fail(call, SEG_INVALID, "axis %d is named twice", axis);
        in[axis] = true;
    }
    return status;
}

seg_status seg_eval_need(seg_eval *call, int src, const char *what)
{
    if (seg_eval_has(call, src))
        return SEG_OK;
    return seg_eval_fail(call, SEG_INVALID, "input %d (%s) is missing", src, what);
}

seg_status seg_eval_same_dtype(seg_eval *call, int first)
{
    for (int i = first; i < call->src_count; i++) {
        if (seg_eval_has(call, i) && call->src[i].shape.dtype != call->src[0].shape.dtype)
            return seg_eval_fail(call, SEG_INVALID, "input %d is %s, input 0 is %s", i,
                                 seg_dtype_name(call->src[i].shape.dtype),
                                 seg_dtype_name(call->src[0].shape.dtype));
    }
    return SEG_OK;
}

seg_status seg_eval_broadcast(seg_eval *call, int from, int to, seg_shape *shape)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    seg_status status = seg_eval_need(call, from, "of the operation");
    if (status != SEG_OK)
        return status;
    *shape = call->src[from].shape;
    for (int i = from + 1; i < to; i++) {
        status = seg_eval_need(call, i, "of the operation");
        if (status != SEG_OK)
            return status;
        if (!seg_broadcast(shape, &call->src[i].shape, shape))
            return seg_eval_fail(call, SEG_INVALID, "%s and %s do not broadcast",
                                 seg_shape_text(shape, a), seg_shape_text(&call->src[i].shape, b));
    }
    return SEG_OK;
}

seg_status seg_eval_scalar(seg_eval *call, int src, const char *what)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    seg_status status = seg_eval_need(call, src, what);
    if (status == SEG_OK && seg_shape_count(&call->src[src].shape) != 1)
        status = seg_eval_fail(call, SEG_INVALID, "%s must be one number, is %s", what,
                               seg_shape_text(&call->src[src].shape, text));
    return status;
}

seg_around seg_around_of(const seg_shape *shape, int axis)
{
    seg_around around = {1, shape->dim[axis], 1};
    if (seg_shape_count(shape) == 0) /* products of the rest might not fit */
        return (seg_around){0, shape->dim[axis], 0};
    for (int i = 0; i < axis; i++)
        around.outer *= shape->dim[i];
    for (int i = axis + 1; i < shape->rank; i++)
        around.inner *= shape->dim[i];
    return around;
}

seg_status seg_eval_dtype_of(seg_eval *call, int64_t number, seg_dtype *dtype)
{
    static const struct {
        bool known;
        seg_dtype dtype;
    } types[] = {
        [1] = {true, SEG_F32},   [2] = {true, SEG_U8},   [3] = {true, SEG_I8},
        [4] = {true, SEG_U16},   [5] = {true, SEG_I16},  [6] = {true, SEG_I32},
        [7] = {true, SEG_I64},   [9] = {true, SEG_BOOL}, [10] = {true, SEG_F16},
        [11] = {true, SEG_F64},  [12] = {true, SEG_U32}, [13] = {true, SEG_U64},
        [16] = {true, SEG_BF16},
    };
    if (number < 0 || number >= (int64_t)(sizeof types / sizeof *types) || !types[number].known)
        return seg_eval_fail(call, SEG_UNSUPPORTED, "element type %lld is not supported",
                             (long long)number);
    *dtype = types[number].dtype;
    return SEG_OK;
}

seg_status seg_eval_copy(seg_eval *call, int index, int src)
{
    seg_status status = seg_eval_result(call, index, &call->src[src].shape);
    if (status == SEG_OK)
        memcpy(call->dst[index].data, call->src[src].data, seg_shape_size(&call->src[src].shape));
    return status;
}
