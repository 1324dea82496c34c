/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * reshape.c: operators that keep the elements in their order, Reshape Flatten Squeeze Unsqueeze
 * Identity Dropout, and those that look at the shape only, Shape Size.
 */
#include <string.h>

#include "runtime/args.h"
#include "runtime/lowering.h"
#include "runtime/number.h"

/* ---- Reshape ---- */

/* The extent left for -1: elements of source 0 over the product of the others. */
static seg_status fill_free_extent(seg_eval *call, seg_shape *shape, int free_axis)
{
    char a[SEG_SHAPE_TEXT_SIZE];
    shape->dim[free_axis] = 1;
    int64_t count = seg_shape_count(&call->src[0].shape);
    int64_t rest = seg_shape_valid(shape) ? seg_shape_count(shape) : 0;
    if (rest == 0 || count % rest != 0)
        return seg_eval_fail(call, SEG_INVALID, "%s cannot be reshaped: nothing fits -1 (axis %d)",
                             seg_shape_text(&call->src[0].shape, a), free_axis);
    shape->dim[free_axis] = count / rest;
    return SEG_OK;
}

static seg_status wanted_shape(seg_eval *call, const int64_t *wanted, int rank, seg_shape *shape)
{
    const seg_shape *src = &call->src[0].shape;
    bool allow_zero = seg_program_int(call->node, "allowzero", 0) != 0;
    int free_axis = -1;
    *shape = (seg_shape){.dtype = src->dtype, .rank = rank};
    for (int i = 0; i < rank; i++) {
        if (wanted[i] < -1 || (wanted[i] == -1 && free_axis >= 0))
            return seg_eval_fail(call, SEG_INVALID, "an extent of %lld (axis %d) is not possible",
                                 (long long)wanted[i], i);
        if (wanted[i] == 0 && !allow_zero && i >= src->rank)
            return seg_eval_fail(call, SEG_INVALID, "0 takes the extent of axis %d, which is none",
                                 i);
        if (wanted[i] == -1)
            free_axis = i;
        shape->dim[i] = wanted[i] == 0 && !allow_zero ? src->dim[i] : wanted[i];
    }
    return free_axis < 0 ? SEG_OK : fill_free_extent(call, shape, free_axis);
}

static seg_status reshape_shape(seg_eval *call, seg_shape *shape)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    int64_t wanted[SEG_MAX_RANK];
    int rank = 0;
    seg_status status = seg_eval_list(call, 1, "shape", SEG_MAX_RANK, wanted, &rank);
    if (status == SEG_OK && rank < 0)
        status = seg_eval_need(call, 1, "shape");
    if (status == SEG_OK)
        status = wanted_shape(call, wanted, rank, shape);
    if (status == SEG_OK &&
        (!seg_shape_valid(shape) || seg_shape_count(shape) != seg_shape_count(&call->src[0].shape)))
        status = seg_eval_fail(call, SEG_INVALID, "%s cannot be reshaped to %s",
                               seg_shape_text(&call->src[0].shape, a), seg_shape_text(shape, b));
    return status;
}

/* ---- Flatten ---- */

static seg_status flatten_shape(seg_eval *call, seg_shape *shape)
{
    const seg_shape *src = &call->src[0].shape;
    int64_t axis = seg_program_int(call->node, "axis", 1);
    if (axis < -src->rank || axis > src->rank)
        return seg_eval_fail(call, SEG_INVALID, "axis %lld is not within %d axes", (long long)axis,
                             src->rank);
    if (axis < 0)
        axis += src->rank;
    *shape = (seg_shape){.dtype = src->dtype, .rank = 2, .dim = {1, 1}};
    for (int i = 0; i < src->rank; i++) {
        int64_t *side = &shape->dim[i < axis ? 0 : 1];
        if (__builtin_mul_overflow(*side, src->dim[i], side))
            return seg_eval_fail(call, SEG_LIMIT, "the flattened extents do not fit 64 bits");
    }
    return SEG_OK;
}

/* ---- Squeeze, Unsqueeze ---- */

static seg_status squeeze_shape(seg_eval *call, seg_shape *shape)
{
    const seg_shape *src = &call->src[0].shape;
    bool in[SEG_MAX_RANK];
    int count = 0;
    *shape = (seg_shape){.dtype = src->dtype};
    seg_status status = seg_eval_axes(call, 1, "axes", src->rank, in, &count);
    for (int i = 0; status == SEG_OK && i < src->rank; i++) {
        if (in[i] && src->dim[i] != 1)
            status = seg_eval_fail(call, SEG_INVALID, "axis %d has an extent of %lld, not 1", i,
                                   (long long)src->dim[i]);
        bool gone = count < 0 ? src->dim[i] == 1 : in[i];
        if (!gone)
            shape->dim[shape->rank++] = src->dim[i];
    }
    return status;
}

static seg_status unsqueeze_shape(seg_eval *call, seg_shape *shape)
{
    const seg_shape *src = &call->src[0].shape;
    int64_t list[SEG_MAX_RANK];
    bool in[SEG_MAX_RANK];
    int count = 0;
    seg_status status = seg_eval_list(call, 1, "axes", SEG_MAX_RANK, list, &count);
    if (status == SEG_OK && count < 0)
        status = seg_eval_need(call, 1, "axes");
    if (status == SEG_OK && src->rank + count > SEG_MAX_RANK)
        status = seg_eval_fail(call, SEG_LIMIT, "a result of %d axes, at most %d are supported",
                               src->rank + count, SEG_MAX_RANK);
    if (status == SEG_OK) /* axes count in the result */
        status = seg_eval_axes(call, 1, "axes", src->rank + count, in, &count);
    if (status != SEG_OK)
        return status;
    *shape = (seg_shape){.dtype = src->dtype, .rank = src->rank + count};
    for (int i = 0, from = 0; i < shape->rank; i++)
        shape->dim[i] = in[i] ? 1 : src->dim[from++];
    return SEG_OK;
}

/* ---- all four ---- */

seg_status seg_reshape_result(seg_eval *call, seg_shape *shape)
{
    static const struct {
        const char *op;
        seg_status (*shape)(seg_eval *call, seg_shape *shape);
    } shapes[] = {{"Flatten", flatten_shape},
                  {"Reshape", reshape_shape},
                  {"Squeeze", squeeze_shape},
                  {"Unsqueeze", unsqueeze_shape}};
    int index = 0;
    while (strcmp(shapes[index].op, call->node->op) != 0)
        index++;
    return shapes[index].shape(call, shape);
}

static seg_status evaluate_reshape(seg_eval *call)
{
    seg_shape shape;
    seg_status status = seg_reshape_result(call, &shape);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        memcpy(call->dst[0].data, call->src[0].data, seg_shape_size(&shape));
    return status;
}

/* ---- Identity, Dropout ---- */

static seg_status evaluate_identity(seg_eval *call)
{
    return seg_eval_copy(call, 0, 0);
}

seg_status seg_dropout_check(seg_eval *call)
{
    if (!seg_eval_has(call, 2))
        return SEG_OK;
    seg_status status = seg_eval_scalar(call, 2, "training_mode");
    if (status != SEG_OK || seg_number_as_int(call->src[2].shape.dtype, call->src[2].data) == 0)
        return status;
    if (seg_eval_has(call, 1) &&
        seg_number_as_double(call->src[1].shape.dtype, call->src[1].data) == 0.0)
        return SEG_OK;
    return seg_eval_fail(call, SEG_UNSUPPORTED, "training_mode is not supported");
}

/* As in inference: everything is kept, whatever the ratio. */
static seg_status evaluate_dropout(seg_eval *call)
{
    seg_status status = seg_dropout_check(call);
    if (status == SEG_OK)
        status = seg_eval_copy(call, 0, 0);
    if (status != SEG_OK || !seg_eval_wants(call, 1))
        return status;
    seg_shape mask = call->src[0].shape;
    mask.dtype = call->opset < 10 ? mask.dtype : SEG_BOOL;
    status = seg_eval_result(call, 1, &mask);
    if (status != SEG_OK)
        return status;
    const size_t size = seg_dtype_size(mask.dtype);
    for (int64_t i = 0; i < seg_shape_count(&mask); i++)
        seg_number_from_double(mask.dtype, (char *)call->dst[1].data + i * (int64_t)size, 1.0);
    return SEG_OK;
}

/* ---- Shape, Size ---- */

/* An end of a range of axes: negative ones count from the last, and both are cut to the rank. */
static int shape_end(int64_t end, int rank)
{
    if (end < 0)
        end += rank;
    return (int)(end < 0 ? 0 : end > rank ? rank : end);
}

static seg_status evaluate_shape(seg_eval *call)
{
    const seg_shape *src = &call->src[0].shape;
    int start = shape_end(seg_program_int(call->node, "start", 0), src->rank);
    int end = shape_end(seg_program_int(call->node, "end", src->rank), src->rank);
    seg_shape shape = {.dtype = SEG_I64, .rank = 1, .dim = {end > start ? end - start : 0}};
    seg_status status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        memcpy(call->dst[0].data, src->dim + start, seg_shape_size(&shape));
    return status;
}

static seg_status evaluate_size(seg_eval *call)
{
    seg_shape shape = {.dtype = SEG_I64};
    seg_status status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        *(int64_t *)call->dst[0].data = seg_shape_count(&call->src[0].shape);
    return status;
}

#define RESHAPE(name_, most, evaluate_, lower_)                                                    \
    const seg_runtime_op seg_runtime_op_##name_ = {.domain = "",                                   \
                                                   .name = #name_,                                 \
                                                   .src_min = 1,                                   \
                                                   .src_max = most,                                \
                                                   .evaluate = evaluate_,                          \
                                                   .lower = lower_};

RESHAPE(Dropout, 3, evaluate_dropout, seg_lower_dropout)
RESHAPE(Flatten, 1, evaluate_reshape, seg_lower_reshape)
RESHAPE(Identity, 1, evaluate_identity, seg_lower_same)
RESHAPE(Reshape, 2, evaluate_reshape, seg_lower_reshape)
RESHAPE(Squeeze, 2, evaluate_reshape, seg_lower_reshape)
RESHAPE(Unsqueeze, 2, evaluate_reshape, seg_lower_reshape)

const seg_runtime_op seg_runtime_op_Shape = {.domain = "",
                                             .name = "Shape",
                                             .src_min = 1,
                                             .src_max = 1,
                                             .evaluate = evaluate_shape,
                                             .reads_shapes = true};

const seg_runtime_op seg_runtime_op_Size = {.domain = "",
                                            .name = "Size",
                                            .src_min = 1,
                                            .src_max = 1,
                                            .evaluate = evaluate_size,
                                            .reads_shapes = true};
