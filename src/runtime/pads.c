/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* pads.c: what a Pad node says: attributes before opset 11, then sources; axes from opset 18. */
#include "runtime/pads.h"

#include <string.h>

#include "base/error.h"
#include "runtime/convert.h"

enum { IMAGE, PADS, VALUE, AXES };

#define PAD_MAX ((int64_t)1 << 40)

static bool has(int src_count, const seg_tensor *src, int index)
{
    return index < src_count && src[index].data != NULL;
}

static seg_status read_mode(const seg_program_node *node, seg_pad_mode *mode, seg_error *why)
{
    static const char *const names[] = {"constant", "reflect", "edge", "wrap"};
    const char *text = seg_program_get_text(node, "mode", "constant");
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *mode = (seg_pad_mode)i;
            return SEG_OK;
        }
    }
    return seg_fail(why, SEG_INVALID, "mode is '%s'", text);
}

/* A list among the sources. */
static seg_status read_list(const char *name, const seg_tensor *src, int capacity, int64_t *list,
                            int *count, seg_error *why)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    if ((src->shape.dtype != SEG_I64 && src->shape.dtype != SEG_I32) ||
        seg_shape_count(&src->shape) > capacity)
        return seg_fail(why, SEG_INVALID, "%s are %s", name, seg_shape_text(&src->shape, text));
    *count = (int)seg_shape_count(&src->shape);
    seg_load_i64(src->shape.dtype, src->data, 0, *count, list);
    return SEG_OK;
}

/* Pads of a rank-sized list: all starts, then all ends. */
static seg_status place(seg_pads *pads, const int64_t *list, int count, const int64_t *axes,
                        int axis_count, int rank, seg_error *why)
{
    if (count != 2 * axis_count)
        return seg_fail(why, SEG_INVALID, "pads has %d numbers for %d axes", count, axis_count);
    for (int i = 0; i < axis_count; i++) {
        int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank)
            return seg_fail(why, SEG_INVALID, "axis %lld of %d axes", (long long)axes[i], rank);
        pads->before[axis] = list[i];
        pads->after[axis] = list[axis_count + i];
    }
    return SEG_OK;
}

static seg_status read_pads(const seg_program_node *node, int opset, int src_count,
                            const seg_tensor *src, seg_pads *pads, seg_error *why)
{
    const int rank = src[IMAGE].shape.rank;
    int64_t list[2 * SEG_MAX_RANK], axes[SEG_MAX_RANK];
    int count = 0, axis_count = rank;
    seg_status status = SEG_OK;
    for (int a = 0; a < rank; a++)
        axes[a] = a;
    if (opset < 11) {
        const int64_t *ints;
        int64_t found = seg_program_ints(node, "pads", &ints);
        count = found <= 2 * rank ? (int)found : -1;
        for (int i = 0; i < count; i++)
            list[i] = ints[i];
    } else if (!has(src_count, src, PADS)) {
        return seg_fail(why, SEG_INVALID, "pads are left out");
    } else {
        status = read_list("pads", &src[PADS], 2 * SEG_MAX_RANK, list, &count, why);
        if (status == SEG_OK && has(src_count, src, AXES))
            status = read_list("axes", &src[AXES], SEG_MAX_RANK, axes, &axis_count, why);
    }
    return status == SEG_OK ? place(pads, list, count, axes, axis_count, rank, why) : status;
}

static seg_status read_fill(const seg_program_node *node, int opset, int src_count,
                            const seg_tensor *src, seg_pads *pads, seg_error *why)
{
    seg_dtype dtype = src[IMAGE].shape.dtype;
    float value = seg_program_float(node, "value", 0.0f);
    memset(pads->fill, 0, sizeof pads->fill);
    if (opset < 11) {
        seg_store_f32(dtype, pads->fill, 0, 1, &value);
        return SEG_OK;
    }
    if (!has(src_count, src, VALUE) || seg_shape_count(&src[VALUE].shape) == 0)
        return SEG_OK;
    if (src[VALUE].shape.dtype != dtype || seg_shape_count(&src[VALUE].shape) != 1)
        return seg_fail(why, SEG_INVALID, "constant_value must be one %s", seg_dtype_name(dtype));
    memcpy(pads->fill, src[VALUE].data, seg_dtype_size(dtype));
    return SEG_OK;
}

static seg_status fit(const seg_shape *src, const seg_pads *pads, seg_shape *dst, seg_error *why)
{
    *dst = *src;
    for (int a = 0; a < src->rank; a++) {
        int64_t before = pads->before[a], after = pads->after[a];
        if (before > PAD_MAX || before < -PAD_MAX || after > PAD_MAX || after < -PAD_MAX)
            return seg_fail(why, SEG_LIMIT, "padding %lld and %lld of axis %d is too large",
                            (long long)before, (long long)after, a);
        int64_t left = src->dim[a] + (before < 0 ? before : 0) + (after < 0 ? after : 0);
        if (left < 0)
            return seg_fail(why, SEG_INVALID,
                            "padding %lld and %lld crops more than the %lld elements of axis %d",
                            (long long)before, (long long)after, (long long)src->dim[a], a);
        if (left == 0 && pads->mode != SEG_PAD_CONSTANT && (before > 0 || after > 0))
            return seg_fail(why, SEG_INVALID, "axis %d is empty: there is nothing to repeat", a);
        dst->dim[a] = src->dim[a] + before + after;
    }
    return SEG_OK;
}

seg_status seg_pads_of(const seg_program_node *node, int opset, int src_count,
                       const seg_tensor *src, seg_pads *pads, seg_shape *dst, seg_error *why)
{
    *pads = (seg_pads){.mode = SEG_PAD_CONSTANT};
    seg_status status = read_mode(node, &pads->mode, why);
    if (status == SEG_OK)
        status = read_pads(node, opset, src_count, src, pads, why);
    if (status == SEG_OK)
        status = read_fill(node, opset, src_count, src, pads, why);
    return status == SEG_OK ? fit(&src[IMAGE].shape, pads, dst, why) : status;
}
