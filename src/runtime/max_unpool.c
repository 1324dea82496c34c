/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * max_unpool.c: MaxUnpool: values go back to where MaxPool took them from; all else is 0.
 *
 * Indices count in the tensor that a MaxPool with these attributes would have had as its source,
 * extent (in - 1)*stride + kernel - pads; output_shape may be larger: zeros follow at the end.
 */
#include <string.h>

#include "runtime/convert.h"
#include "runtime/window.h"

enum { VALUES, INDICES, OUTPUT_SHAPE };

/* The shape that indices count in, and that of the result. */
static seg_status find_shapes(seg_eval *call, seg_shape *inner, seg_shape *dst)
{
    const seg_shape *src = &call->src[VALUES].shape;
    seg_window window;
    seg_error why;
    int count;
    seg_status status = seg_window_read(call->node, src, NULL, &window, &why);
    if (status != SEG_OK)
        return seg_eval_why(call, status, &why);
    *inner = *src;
    for (int i = 0; i < window.rank; i++) {
        int64_t *extent = &inner->dim[i + 2];
        if (*extent < 1 || *extent > INT32_MAX)
            return seg_eval_fail(call, SEG_INVALID, "the input has an extent of %lld",
                                 (long long)*extent);
        *extent =
            (*extent - 1) * window.stride[i] + window.kernel[i] - window.pad[i] - window.pad_end[i];
        if (*extent < 1)
            return seg_eval_fail(call, SEG_INVALID, "padding leaves nothing along axis %d", i + 2);
    }
    *dst = *inner;
    if (!seg_eval_has(call, OUTPUT_SHAPE))
        return SEG_OK;
    status = seg_eval_ints(call, OUTPUT_SHAPE, dst->dim, SEG_MAX_RANK, &count);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < src->rank; i++) {
        if (count != src->rank || dst->dim[i] < inner->dim[i])
            return seg_eval_fail(call, SEG_INVALID,
                                 "output_shape has %d extents, axis %d of %lld; the input spans "
                                 "%lld there",
                                 count, i, (long long)dst->dim[i], (long long)inner->dim[i]);
    }
    return SEG_OK;
}

/* The element of dst that element `index` of inner is. */
static int64_t place(const seg_shape *inner, const seg_shape *dst, int64_t index)
{
    int64_t at = 0, step = 1;
    for (int i = inner->rank - 1; i >= 0; i--) {
        at += index % inner->dim[i] * step;
        step *= dst->dim[i];
        index /= inner->dim[i];
    }
    return at;
}

static seg_status evaluate(seg_eval *call)
{
    const seg_tensor *values = &call->src[VALUES], *indices = &call->src[INDICES];
    seg_shape inner, dst, wanted = values->shape;
    char text[SEG_SHAPE_TEXT_SIZE], other[SEG_SHAPE_TEXT_SIZE];
    wanted.dtype = SEG_I64;
    if (!seg_shape_equal(&indices->shape, &wanted))
        return seg_eval_fail(call, SEG_INVALID, "indices must be %s, are %s",
                             seg_shape_text(&wanted, text), seg_shape_text(&indices->shape, other));
    seg_status status = find_shapes(call, &inner, &dst);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK)
        return status;
    size_t item = seg_dtype_size(dst.dtype);
    memset(call->dst[0].data, 0, seg_shape_size(&dst));
    int64_t count = seg_shape_count(&values->shape), end = seg_shape_count(&inner);
    for (int64_t i = 0; i < count; i++) {
        int64_t index = ((const int64_t *)indices->data)[i];
        if (index < 0 || index >= end)
            return seg_eval_fail(call, SEG_INVALID,
                                 "index %lld at %lld is not within %lld elements", (long long)index,
                                 (long long)i, (long long)end);
        memcpy((char *)call->dst[0].data + (size_t)place(&inner, &dst, index) * item,
               (const char *)values->data + (size_t)i * item, item);
    }
    return SEG_OK;
}

const seg_runtime_op seg_runtime_op_MaxUnpool = {
    .domain = "", .name = "MaxUnpool", .src_min = 2, .src_max = 3, .evaluate = evaluate};
