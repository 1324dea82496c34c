/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * gather.c: elements picked by index, Gather GatherElements GatherND, and put in place by index,
 * ScatterElements (Scatter) ScatterND. Negative indices count from the end of their axis.
 */
#include "runtime/gather.h"

#include <string.h>

#include "runtime/args.h"

seg_status seg_eval_indices(seg_eval *call, int src)
{
    seg_status status = seg_eval_need(call, src, "indices");
    if (status != SEG_OK)
        return status;
    seg_dtype dtype = call->src[src].shape.dtype;
    return dtype == SEG_I64 || dtype == SEG_I32 ? SEG_OK : seg_eval_bad_dtype(call, src);
}

seg_status seg_eval_index(seg_eval *call, int src, int64_t at, int64_t extent, int64_t *index)
{
    const seg_tensor *indices = &call->src[src];
    int64_t value = indices->shape.dtype == SEG_I32 ? ((const int32_t *)indices->data)[at]
                                                    : ((const int64_t *)indices->data)[at];
    *index = value < 0 ? value + extent : value;
    if (*index < 0 || *index >= extent)
        return seg_eval_fail(call, SEG_INVALID, "index %lld is outside of an extent of %lld",
                             (long long)value, (long long)extent);
    return SEG_OK;
}

/* ---- Gather ---- */

static seg_status gather_shape(seg_eval *call, int axis, seg_shape *shape)
{
    const seg_shape *src = &call->src[0].shape, *indices = &call->src[1].shape;
    if (src->rank - 1 + indices->rank > SEG_MAX_RANK)
        return seg_eval_fail(call, SEG_LIMIT, "a result of %d axes, at most %d are supported",
                             src->rank - 1 + indices->rank, SEG_MAX_RANK);
    *shape = (seg_shape){.dtype = src->dtype};
    for (int i = 0; i < axis; i++)
        shape->dim[shape->rank++] = src->dim[i];
    for (int i = 0; i < indices->rank; i++)
        shape->dim[shape->rank++] = indices->dim[i];
    for (int i = axis + 1; i < src->rank; i++)
        shape->dim[shape->rank++] = src->dim[i];
    return SEG_OK;
}

/* src[outer][extent][inner] to dst[outer][indices][inner] */
static seg_status gather_run(seg_eval *call, int axis)
{
    const seg_tensor *src = &call->src[0];
    const seg_around around = seg_around_of(&src->shape, axis);
    const int64_t count = seg_shape_count(&call->src[1].shape);
    const int64_t bytes = around.inner * (int64_t)seg_dtype_size(src->shape.dtype);
    for (int64_t i = 0; i < count; i++) {
        int64_t index;
        seg_status status = seg_eval_index(call, 1, i, around.extent, &index);
        if (status != SEG_OK)
            return status;
        for (int64_t o = 0; o < around.outer; o++)
            memcpy((char *)call->dst[0].data + (o * count + i) * bytes,
                   (const char *)src->data + (o * around.extent + index) * bytes, (size_t)bytes);
    }
    return SEG_OK;
}

static seg_status evaluate_gather(seg_eval *call)
{
    int axis = 0;
    seg_shape shape;
    seg_status status = seg_eval_indices(call, 1);
    if (status == SEG_OK)
        status = seg_eval_axis_of(call, "axis", 0, call->src[0].shape.rank, &axis);
    if (status == SEG_OK)
        status = gather_shape(call, axis, &shape);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    return status == SEG_OK ? gather_run(call, axis) : status;
}

/* ---- GatherElements, and the walk it shares with ScatterElements ---- */

seg_status seg_eval_along(seg_eval *call, int axis)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    const seg_shape *src = &call->src[0].shape, *indices = &call->src[1].shape;
    bool fits = src->rank == indices->rank;
    for (int i = 0; fits && i < src->rank; i++)
        fits = i == axis || indices->dim[i] <= src->dim[i];
    if (fits)
        return SEG_OK;
    return seg_eval_fail(call, SEG_INVALID, "indices %s do not fit into %s",
                         seg_shape_text(indices, a), seg_shape_text(src, b));
}

void seg_along_start(seg_along *walk, const seg_shape *src, const seg_shape *indices, int axis)
{
    seg_tensor plain = {*src, NULL};
    memset(walk, 0, sizeof *walk);
    walk->view = seg_view_of(&plain);
    memcpy(walk->view.dim, indices->dim, sizeof indices->dim);
    walk->axis_step = walk->view.step[axis];
    walk->view.step[axis] = 0;
}

void seg_along_next(seg_along *walk)
{
    for (int i = walk->view.rank - 1; i >= 0; i--) {
        walk->offset += walk->view.step[i];
        if (++walk->at[i] < walk->view.dim[i])
            return;
        walk->offset -= walk->view.dim[i] * walk->view.step[i];
        walk->at[i] = 0;
    }
}

static seg_status gather_elements_run(seg_eval *call, int axis)
{
    const seg_tensor *src = &call->src[0], *indices = &call->src[1];
    const int64_t count = seg_shape_count(&indices->shape);
    const int64_t size = (int64_t)seg_dtype_size(src->shape.dtype);
    seg_along walk;
    seg_along_start(&walk, &src->shape, &indices->shape, axis);
    for (int64_t i = 0; i < count; i++, seg_along_next(&walk)) {
        int64_t index;
        seg_status status = seg_eval_index(call, 1, i, src->shape.dim[axis], &index);
        if (status != SEG_OK)
            return status;
        memcpy((char *)call->dst[0].data + i * size,
               (const char *)src->data + (walk.offset + index * walk.axis_step) * size,
               (size_t)size);
    }
    return SEG_OK;
}

static seg_status evaluate_gather_elements(seg_eval *call)
{
    int axis = 0;
    seg_status status = seg_eval_indices(call, 1);
    if (status == SEG_OK)
        status = seg_eval_axis_of(call, "axis", 0, call->src[0].shape.rank, &axis);
    if (status == SEG_OK)
        status = seg_eval_along(call, axis);
    if (status != SEG_OK)
        return status;
    seg_shape shape = call->src[1].shape;
    shape.dtype = call->src[0].shape.dtype;
    status = seg_eval_result(call, 0, &shape);
    return status == SEG_OK ? gather_elements_run(call, axis) : status;
}

/* ---- GatherND, and the tuples it shares with ScatterND ---- */

seg_status seg_eval_tuples(seg_eval *call, int batch, seg_tuples *tuples)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    const seg_shape *src = &call->src[0].shape, *indices = &call->src[1].shape;
    int64_t length = indices->rank > 0 ? indices->dim[indices->rank - 1] : 0;
    bool fits = batch >= 0 && indices->rank > batch && src->rank > batch && length >= 1 &&
                length <= src->rank - batch;
    for (int i = 0; fits && i < batch; i++)
        fits = src->dim[i] == indices->dim[i];
    if (!fits)
        return seg_eval_fail(call, SEG_INVALID, "indices %s do not fit into %s (%d batch axes)",
                             seg_shape_text(indices, a), seg_shape_text(src, b), batch);
    *tuples = (seg_tuples){.batch = batch, .length = (int)length, .batches = 1, .count = 1};
    if (seg_shape_count(indices) == 0)
        tuples->count = 0;
    for (int i = 0; tuples->count > 0 && i < indices->rank - 1; i++)
        *(i < batch ? &tuples->batches : &tuples->count) *= indices->dim[i];
    tuples->block = 1;
    if (seg_shape_count(src) == 0)
        tuples->block = 0;
    for (int i = batch + (int)length; tuples->block > 0 && i < src->rank; i++)
        tuples->block *= src->dim[i];
    return SEG_OK;
}

seg_status seg_eval_tuple(seg_eval *call, const seg_tuples *tuples, int64_t at, int64_t *block)
{
    const seg_shape *src = &call->src[0].shape;
    *block = at / tuples->count; /* of the batch */
    for (int i = 0; i < tuples->length; i++) {
        int64_t index, extent = src->dim[tuples->batch + i];
        seg_status status = seg_eval_index(call, 1, at * tuples->length + i, extent, &index);
        if (status != SEG_OK)
            return status;
        *block = *block * extent + index;
    }
    return SEG_OK;
}

static seg_status gather_nd_shape(seg_eval *call, const seg_tuples *tuples, seg_shape *shape)
{
    const seg_shape *src = &call->src[0].shape, *indices = &call->src[1].shape;
    int inner = src->rank - tuples->batch - tuples->length;
    *shape = *indices;
    shape->dtype = src->dtype;
    shape->rank = indices->rank - 1;
    if (shape->rank + inner > SEG_MAX_RANK)
        return seg_eval_fail(call, SEG_LIMIT, "a result of %d axes, at most %d are supported",
                             shape->rank + inner, SEG_MAX_RANK);
    for (int i = src->rank - inner; i < src->rank; i++)
        shape->dim[shape->rank++] = src->dim[i];
    return SEG_OK;
}

static seg_status evaluate_gather_nd(seg_eval *call)
{
    seg_tuples tuples;
    seg_shape shape;
    int64_t batch = seg_program_int(call->node, "batch_dims", 0);
    seg_status status = seg_eval_indices(call, 1);
    if (status == SEG_OK)
        status =
            seg_eval_tuples(call, batch < 0 || batch > SEG_MAX_RANK ? -1 : (int)batch, &tuples);
    if (status == SEG_OK)
        status = gather_nd_shape(call, &tuples, &shape);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    const size_t bytes = status == SEG_OK ? (size_t)tuples.block * seg_dtype_size(shape.dtype) : 0;
    for (int64_t i = 0; status == SEG_OK && i < tuples.batches * tuples.count; i++) {
        int64_t block = 0;
        status = seg_eval_tuple(call, &tuples, i, &block);
        if (status == SEG_OK)
            memcpy((char *)call->dst[0].data + (size_t)i * bytes,
                   (const char *)call->src[0].data + (size_t)block * bytes, bytes);
    }
    return status;
}

const seg_runtime_op seg_runtime_op_Gather = {
    .domain = "", .name = "Gather", .src_min = 2, .src_max = 2, .evaluate = evaluate_gather};

const seg_runtime_op seg_runtime_op_GatherElements = {.domain = "",
                                                      .name = "GatherElements",
                                                      .src_min = 2,
                                                      .src_max = 2,
                                                      .evaluate = evaluate_gather_elements};

const seg_runtime_op seg_runtime_op_GatherND = {
    .domain = "", .name = "GatherND", .src_min = 2, .src_max = 2, .evaluate = evaluate_gather_nd};
