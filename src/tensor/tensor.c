/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tensor.c: shapes, element types and tensors. */
#include "tensor/tensor.h"

#include <stdio.h>

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [SEG_F32] = {"f32", 4}, [SEG_U8] = {"u8", 1},     [SEG_I32] = {"i32", 4},
    [SEG_F16] = {"f16", 2}, [SEG_I8] = {"i8", 1},     [SEG_I64] = {"i64", 8},
    [SEG_F64] = {"f64", 8}, [SEG_BF16] = {"bf16", 2}, [SEG_BOOL] = {"bool", 1},
    [SEG_U16] = {"u16", 2}, [SEG_I16] = {"i16", 2},   [SEG_U32] = {"u32", 4},
    [SEG_U64] = {"u64", 8},
};

size_t seg_dtype_size(seg_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *seg_dtype_name(seg_dtype dtype)
{
    return dtypes[dtype].name;
}

seg_shape seg_shape_nhwc(int64_t n, int64_t h, int64_t w, int64_t c)
{
    return (seg_shape){.dtype = SEG_F32, .rank = 4, .dim = {n, h, w, c}};
}

seg_shape seg_shape_vector(int64_t length)
{
    return (seg_shape){.dtype = SEG_F32, .rank = 1, .dim = {length}};
}

int64_t seg_shape_count(const seg_shape *shape)
{
    int64_t count = 1;
    for (int i = 0; i < shape->rank; i++)
        count *= shape->dim[i];
    return count;
}

size_t seg_shape_size(const seg_shape *shape)
{
    return (size_t)seg_shape_count(shape) * seg_dtype_size(shape->dtype);
}

bool seg_shape_valid(const seg_shape *shape)
{
    int64_t bytes = (int64_t)seg_dtype_size(shape->dtype);
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 0 || __builtin_mul_overflow(bytes, shape->dim[i], &bytes))
            return false;
    }
    return true;
}

bool seg_shape_equal(const seg_shape *a, const seg_shape *b)
{
    if (a->dtype != b->dtype || a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++) {
        if (a->dim[i] != b->dim[i])
            return false;
    }
    return true;
}

const char *seg_shape_text(const seg_shape *shape, char text[SEG_SHAPE_TEXT_SIZE])
{
    int used = snprintf(text, SEG_SHAPE_TEXT_SIZE, "%s ", seg_dtype_name(shape->dtype));
    for (int i = 0; i < shape->rank; i++)
        used += snprintf(text + used, (size_t)(SEG_SHAPE_TEXT_SIZE - used), "%s%lld",
                         i > 0 ? "x" : "", (long long)shape->dim[i]);
    return text;
}

seg_array seg_tensor_array(const seg_tensor *tensor)
{
    const seg_shape *shape = &tensor->shape;
    seg_array array = {.dtype = shape->dtype, .rank = shape->rank, .data = tensor->data};
    for (int i = 0; i < shape->rank; i++)
        array.dim[i] = shape->dim[i];
    return array;
}

seg_tensor seg_array_tensor(const seg_array *array)
{
    seg_tensor tensor = {{.dtype = array->dtype, .rank = array->rank}, array->data};
    for (int i = 0; i < array->rank; i++)
        tensor.shape.dim[i] = array->dim[i];
    return tensor;
}

const char *seg_array_text(const seg_array *array, char text[SEG_ARRAY_TEXT_SIZE])
{
    int used = snprintf(text, SEG_ARRAY_TEXT_SIZE, "%s%s", seg_dtype_name(array->dtype),
                        array->rank == 0  ? " scalar"
                        : array->rank < 0 ? " of any rank"
                                          : " ");
    for (int i = 0; i < array->rank; i++) {
        const size_t room = (size_t)(SEG_ARRAY_TEXT_SIZE - used);
        const char *between = i > 0 ? "x" : "";
        used += array->dim[i] < 0
                    ? snprintf(text + used, room, "%s?", between)
                    : snprintf(text + used, room, "%s%lld", between, (long long)array->dim[i]);
    }
    return text;
}
