/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* select.c: elements chosen by a condition or by their place: NonZero Compress Trilu
 * ReverseSequence. */
#include <string.h>

#include "runtime/args.h"
#include "runtime/view.h"

/* ---- NonZero ---- */

/* Whether element `at` is not 0; -0 is 0. */
static bool is_set(const seg_tensor *tensor, int64_t at)
{
    static const char zero[SEG_NUMBER_SIZE_MAX];
    const seg_dtype dtype = tensor->shape.dtype;
    const size_t size = seg_dtype_size(dtype);
    const char *element = (const char *)tensor->data + (size_t)at * size;
    if (memcmp(element, zero, size) == 0)
        return false;
    return !seg_dtype_is_real(dtype) || seg_number_as_double(dtype, element) != 0.0;
}

static int64_t count_set(const seg_tensor *tensor, int64_t count)
{
    int64_t set = 0;
    for (int64_t i = 0; i < count; i++)
        set += is_set(tensor, i);
    return set;
}

/* Coordinates, one row for each axis; a scalar has one column or none, of no rows. */
static seg_status evaluate_non_zero(seg_eval *call)
{
    const seg_tensor *src = &call->src[0];
    const int64_t count = seg_shape_count(&src->shape), found = count_set(src, count);
    seg_shape shape = {.dtype = SEG_I64, .rank = 2, .dim = {src->shape.rank, found}};
    seg_status status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK)
        return status;
    int64_t *dst = call->dst[0].data;
    for (int64_t i = 0, at = 0; i < count; i++) {
        if (!is_set(src, i))
            continue;
        int64_t rest = i;
        for (int axis = src->shape.rank - 1; axis >= 0; axis--) {
            dst[axis * found + at] = rest % src->shape.dim[axis];
            rest /= src->shape.dim[axis];
        }
        at++;
    }
    return SEG_OK;
}

/* ---- Compress ---- */

/* Slices of one axis, or elements of the flattened source; what the condition does not cover is
 * left out. */
static seg_status evaluate_compress(seg_eval *call)
{
    const seg_tensor *src = &call->src[0], *condition = &call->src[1];
    bool flat = seg_program_attribute(call->node, "axis") == NULL;
    seg_shape shape = {src->shape.dtype, 1, {{seg_shape_count(&src->shape)}}};
    int axis = 0;
    if (condition->shape.dtype != SEG_BOOL || condition->shape.rank != 1)
        return seg_eval_fail(call, SEG_INVALID, "the condition must be a list of bool");
    if (!flat) {
        shape = src->shape;
        seg_status status = seg_eval_axis_of(call, "axis", 0, shape.rank, &axis);
        if (status != SEG_OK)
            return status;
    }
    const seg_around around = seg_around_of(&shape, axis);
    int64_t length =
        condition->shape.dim[0] < around.extent ? condition->shape.dim[0] : around.extent;
    const int64_t kept = count_set(condition, length);
    shape.dim[axis] = kept;
    seg_status status = seg_eval_result(call, 0, &shape);
    const int64_t bytes = around.inner * (int64_t)seg_dtype_size(shape.dtype);
    for (int64_t o = 0; status == SEG_OK && o < around.outer; o++) {
        char *dst = (char *)call->dst[0].data + o * kept * bytes;
        for (int64_t i = 0; i < length; i++) {
            if (!is_set(condition, i))
                continue;
            memcpy(dst, (const char *)src->data + (o * around.extent + i) * bytes, (size_t)bytes);
            dst += bytes;
        }
    }
    return status;
}

/* ---- Trilu ---- */

/* Columns of a row that are kept: those from row + k on, or those up to it. */
static void trilu_row(char *row, size_t size, int64_t cols, bool upper, int64_t diagonal)
{
    int64_t first = upper ? 0 : diagonal + 1, end = upper ? diagonal : cols;
    first = first < 0 ? 0 : first > cols ? cols : first;
    end = end < 0 ? 0 : end > cols ? cols : end;
    if (end > first)
        memset(row + (size_t)first * size, 0, (size_t)(end - first) * size);
}

static seg_status evaluate_trilu(seg_eval *call)
{
    const seg_shape *shape = &call->src[0].shape;
    bool upper = seg_program_int(call->node, "upper", 1) != 0;
    int64_t k = 0;
    seg_status status = SEG_OK;
    if (shape->rank < 2)
        return seg_eval_fail(call, SEG_INVALID, "the input has %d axes, not 2 or more",
                             shape->rank);
    if (seg_eval_has(call, 1)) {
        status = seg_eval_scalar(call, 1, "k");
        if (status == SEG_OK)
            k = seg_number_as_int(call->src[1].shape.dtype, call->src[1].data);
    }
    if (status == SEG_OK)
        status = seg_eval_copy(call, 0, 0);
    if (status != SEG_OK || seg_shape_count(shape) == 0)
        return status;
    const int64_t rows = shape->dim[shape->rank - 2], cols = shape->dim[shape->rank - 1];
    const size_t size = seg_dtype_size(shape->dtype);
    k = k < -rows ? -rows : k > cols ? cols : k; /* no diagonal lies further out */
    char *row = call->dst[0].data;
    for (int64_t i = 0; i < seg_shape_count(shape) / cols; i++, row += (size_t)cols * size)
        trilu_row(row, size, cols, upper, i % rows + k);
    return SEG_OK;
}

/* ---- ReverseSequence ---- */

/* src[first][second][inner]: of each batch item the first `length` steps, backwards. */
static seg_status evaluate_reverse_sequence(seg_eval *call)
{
    const seg_tensor *src = &call->src[0], *lengths = &call->src[1];
    int64_t time = seg_program_int(call->node, "time_axis", 0);
    int64_t batch = seg_program_int(call->node, "batch_axis", 1);
    if (src->shape.rank < 2 || time < 0 || time > 1 || batch < 0 || batch > 1 || time == batch)
        return seg_eval_fail(call, SEG_INVALID, "time axis %lld and batch axis %lld of %d axes",
                             (long long)time, (long long)batch, src->shape.rank);
    const int64_t steps = src->shape.dim[time], items = src->shape.dim[batch];
    if (lengths->shape.dtype != SEG_I64 || lengths->shape.rank != 1 ||
        lengths->shape.dim[0] != items)
        return seg_eval_fail(call, SEG_INVALID, "sequence_lens must be %lld of i64",
                             (long long)items);
    seg_status status = seg_eval_copy(call, 0, 0);
    const size_t bytes =
        (size_t)seg_around_of(&src->shape, 1).inner * seg_dtype_size(src->shape.dtype);
    const int64_t time_step = time == 0 ? items : 1, batch_step = time == 0 ? 1 : steps;
    for (int64_t b = 0; status == SEG_OK && b < items; b++) {
        int64_t length = ((const int64_t *)lengths->data)[b];
        if (length < 0 || length > steps)
            return seg_eval_fail(call, SEG_INVALID, "a sequence of %lld of %lld steps",
                                 (long long)length, (long long)steps);
        for (int64_t t = 0; t < length; t++)
            memcpy((char *)call->dst[0].data + (size_t)(b * batch_step + t * time_step) * bytes,
                   (const char *)src->data +
                       (size_t)(b * batch_step + (length - 1 - t) * time_step) * bytes,
                   bytes);
    }
    return status;
}

const seg_runtime_op seg_runtime_op_Compress = {
    .domain = "", .name = "Compress", .src_min = 2, .src_max = 2, .evaluate = evaluate_compress};

const seg_runtime_op seg_runtime_op_NonZero = {
    .domain = "", .name = "NonZero", .src_min = 1, .src_max = 1, .evaluate = evaluate_non_zero};

const seg_runtime_op seg_runtime_op_ReverseSequence = {.domain = "",
                                                       .name = "ReverseSequence",
                                                       .src_min = 2,
                                                       .src_max = 2,
                                                       .evaluate = evaluate_reverse_sequence};

const seg_runtime_op seg_runtime_op_Trilu = {
    .domain = "", .name = "Trilu", .src_min = 1, .src_max = 2, .evaluate = evaluate_trilu};
