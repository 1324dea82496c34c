/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* make.c: tensors made from little: Constant ConstantOfShape Range EyeLike OneHot. */
#include <math.h>
#include <string.h>

#include "runtime/args.h"
#include "runtime/view.h"

/* ---- Constant ---- */

static seg_status result_of(seg_eval *call, const seg_shape *shape, const void *data)
{
    seg_status status = seg_eval_result(call, 0, shape);
    if (status == SEG_OK)
        memcpy(call->dst[0].data, data, seg_shape_size(shape));
    return status;
}

static seg_status evaluate_constant(seg_eval *call)
{
    static const struct {
        const char *name;
        seg_dtype dtype;
        int rank;
    } forms[] = {{"value_float", SEG_F32, 0},
                 {"value_floats", SEG_F32, 1},
                 {"value_int", SEG_I64, 0},
                 {"value_ints", SEG_I64, 1}};
    const seg_attribute *value = seg_program_attribute(call->node, "value");
    if (value != NULL && value->type == SEG_ATTRIBUTE_TENSOR)
        return result_of(call, &value->tensor.shape, value->tensor.data);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const seg_attribute *form = seg_program_attribute(call->node, forms[i].name);
        if (form == NULL)
            continue;
        seg_shape shape = {.dtype = forms[i].dtype, .rank = forms[i].rank, .dim = {form->count}};
        bool floats = forms[i].dtype == SEG_F32;
        return result_of(call, &shape, floats ? (const void *)form->floats : form->ints);
    }
    return seg_eval_fail(call, SEG_UNSUPPORTED,
                         "only value, value_int(s) and value_float(s) are supported");
}

/* ---- ConstantOfShape ---- */

static seg_status evaluate_constant_of_shape(seg_eval *call)
{
    static float zero;
    seg_shape shape = {.dtype = SEG_F32};
    seg_tensor value = {{.dtype = SEG_F32}, &zero};
    const seg_attribute *attribute = seg_program_attribute(call->node, "value");
    if (attribute != NULL && attribute->type == SEG_ATTRIBUTE_TENSOR)
        value = attribute->tensor;
    if (seg_shape_count(&value.shape) != 1)
        return seg_eval_fail(call, SEG_INVALID, "value must have one element");
    seg_status status = seg_eval_ints(call, 0, shape.dim, SEG_MAX_RANK, &shape.rank);
    shape.dtype = value.shape.dtype;
    value.shape.rank = 0;
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    seg_view view = seg_view_broadcast(&value, &shape);
    seg_view_copy_all(&view, call->threads, call->dst[0].data);
    return SEG_OK;
}

/* ---- Range ---- */

/* Number of elements: (limit - start) / delta rounded up, 0 when that is negative. */
static seg_status range_count(seg_eval *call, int64_t *count)
{
    const seg_dtype dtype = call->src[0].shape.dtype;
    double number = 0.0;
    if (seg_dtype_is_real(dtype)) {
        double start = seg_number_as_double(dtype, call->src[0].data);
        double end = seg_number_as_double(dtype, call->src[1].data);
        number = ceil((end - start) / seg_number_as_double(dtype, call->src[2].data));
    } else {
        int64_t start = seg_number_as_int(dtype, call->src[0].data);
        int64_t end = seg_number_as_int(dtype, call->src[1].data);
        int64_t delta = seg_number_as_int(dtype, call->src[2].data), span;
        if (delta == 0 || __builtin_sub_overflow(end, start, &span) || span == INT64_MIN)
            return seg_eval_fail(call, SEG_INVALID, "a range from %lld to %lld by %lld",
                                 (long long)start, (long long)end, (long long)delta);
        bool empty = span == 0 || (span < 0) != (delta < 0);
        *count = empty ? 0 : span / delta + (span % delta != 0);
        return SEG_OK;
    }
    if (!(number < 0x1p62)) /* NaN too */
        return seg_eval_fail(call, SEG_INVALID, "a range of %g elements", number);
    *count = number > 0.0 ? (int64_t)number : 0;
    return SEG_OK;
}

static void range_fill(seg_eval *call, int64_t count)
{
    const seg_dtype dtype = call->src[0].shape.dtype;
    const int64_t size = (int64_t)seg_dtype_size(dtype);
    char *dst = call->dst[0].data;
    if (seg_dtype_is_real(dtype)) {
        double start = seg_number_as_double(dtype, call->src[0].data);
        double delta = seg_number_as_double(dtype, call->src[2].data);
        for (int64_t i = 0; i < count; i++)
            seg_number_from_double(dtype, dst + i * size, start + (double)i * delta);
        return;
    }
    uint64_t value = (uint64_t)seg_number_as_int(dtype, call->src[0].data);
    uint64_t delta = (uint64_t)seg_number_as_int(dtype, call->src[2].data);
    for (int64_t i = 0; i < count; i++, value += delta)
        seg_number_store(SEG_NUMBER_U64, &value, dtype, dst + i * size, 1);
}

static seg_status evaluate_range(seg_eval *call)
{
    static const char *const names[] = {"start", "limit", "delta"};
    int64_t count = 0;
    seg_status status = seg_eval_same_dtype(call, 1);
    for (int i = 0; status == SEG_OK && i < 3; i++)
        status = seg_eval_scalar(call, i, names[i]);
    if (status == SEG_OK && call->src[0].shape.dtype == SEG_BOOL)
        status = seg_eval_bad_dtype(call, 0);
    if (status == SEG_OK)
        status = range_count(call, &count);
    if (status != SEG_OK)
        return status;
    seg_shape shape = {.dtype = call->src[0].shape.dtype, .rank = 1, .dim = {count}};
    status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        range_fill(call, count);
    return status;
}

/* ---- EyeLike ---- */

static seg_status evaluate_eye_like(seg_eval *call)
{
    seg_shape shape = call->src[0].shape;
    int64_t dtype = seg_program_int(call->node, "dtype", -1);
    int64_t k = seg_program_int(call->node, "k", 0);
    if (shape.rank != 2)
        return seg_eval_fail(call, SEG_INVALID, "the input has %d axes, not 2", shape.rank);
    seg_status status = dtype < 0 ? SEG_OK : seg_eval_dtype_of(call, dtype, &shape.dtype);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    const int64_t size = (int64_t)seg_dtype_size(shape.dtype), cols = shape.dim[1];
    memset(call->dst[0].data, 0, seg_shape_size(&shape));
    for (int64_t row = 0; row < shape.dim[0]; row++) {
        int64_t col;
        if (!__builtin_add_overflow(row, k, &col) && col >= 0 && col < cols)
            seg_number_from_double(shape.dtype,
                                   (char *)call->dst[0].data + (row * cols + col) * size, 1.0);
    }
    return SEG_OK;
}

/* ---- OneHot ---- */

static seg_status one_hot_shape(seg_eval *call, int64_t depth, int *axis, seg_shape *shape)
{
    const seg_shape *indices = &call->src[0].shape;
    if (indices->rank + 1 > SEG_MAX_RANK)
        return seg_eval_fail(call, SEG_LIMIT, "a result of %d axes, at most %d are supported",
                             indices->rank + 1, SEG_MAX_RANK);
    seg_status status = seg_eval_axis_of(call, "axis", -1, indices->rank + 1, axis);
    if (status != SEG_OK)
        return status;
    *shape = (seg_shape){.dtype = call->src[2].shape.dtype, .rank = indices->rank + 1};
    for (int i = 0, from = 0; i < shape->rank; i++)
        shape->dim[i] = i == *axis ? depth : indices->dim[from++];
    return SEG_OK;
}

/* Indices outside of -depth..depth-1 are on nowhere. */
static void one_hot_fill(seg_eval *call, int axis)
{
    const seg_tensor *indices = &call->src[0], *dst = &call->dst[0];
    const char *off = call->src[2].data;
    const int64_t size = (int64_t)seg_dtype_size(dst->shape.dtype);
    const int64_t in_size = (int64_t)seg_dtype_size(indices->shape.dtype);
    const seg_around around = seg_around_of(&dst->shape, axis);
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++)
        memcpy((char *)dst->data + i * size, off, (size_t)size);
    for (int64_t i = 0; i < around.outer * around.inner; i++) {
        int64_t index =
            seg_number_as_int(indices->shape.dtype, (const char *)indices->data + i * in_size);
        index += index < 0 ? around.extent : 0;
        if (index < 0 || index >= around.extent)
            continue;
        int64_t at = (i / around.inner * around.extent + index) * around.inner + i % around.inner;
        memcpy((char *)dst->data + at * size, off + size, (size_t)size);
    }
}

static seg_status evaluate_one_hot(seg_eval *call)
{
    int axis = 0;
    seg_shape shape;
    seg_status status = seg_eval_scalar(call, 1, "depth");
    if (status == SEG_OK && seg_shape_count(&call->src[2].shape) != 2)
        status = seg_eval_fail(call, SEG_INVALID, "values must be two, off and on");
    if (status != SEG_OK)
        return status;
    int64_t depth = seg_number_as_int(call->src[1].shape.dtype, call->src[1].data);
    if (depth < 0)
        return seg_eval_fail(call, SEG_INVALID, "a depth of %lld", (long long)depth);
    status = one_hot_shape(call, depth, &axis, &shape);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        one_hot_fill(call, axis);
    return status;
}

const seg_runtime_op seg_runtime_op_Constant = {
    .domain = "", .name = "Constant", .src_min = 0, .src_max = 0, .evaluate = evaluate_constant};

const seg_runtime_op seg_runtime_op_ConstantOfShape = {.domain = "",
                                                       .name = "ConstantOfShape",
                                                       .src_min = 1,
                                                       .src_max = 1,
                                                       .evaluate = evaluate_constant_of_shape};

const seg_runtime_op seg_runtime_op_EyeLike = {
    .domain = "", .name = "EyeLike", .src_min = 1, .src_max = 1, .evaluate = evaluate_eye_like};

const seg_runtime_op seg_runtime_op_OneHot = {
    .domain = "", .name = "OneHot", .src_min = 3, .src_max = 3, .evaluate = evaluate_one_hot};

const seg_runtime_op seg_runtime_op_Range = {
    .domain = "", .name = "Range", .src_min = 3, .src_max = 3, .evaluate = evaluate_range};
