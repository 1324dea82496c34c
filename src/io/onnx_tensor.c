/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx_tensor.c: TensorProto, whose elements are raw little-endian bytes or a list of some wider
 * type. Lists whose elements are as ours (float, int32, int64, double, uint64) are used in place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/onnx_parts.h"

enum { OUTSIDE_OF_FILE = 1 }; /* data_location */

typedef Seg__Onnx__Tensor message;

static const struct {
    const char *name; /* NULL: no such type */
    int dtype;        /* -1: not ours */
} types[] = {
    [1] = {"float", SEG_F32},      [2] = {"uint8", SEG_U8},       [3] = {"int8", SEG_I8},
    [4] = {"uint16", SEG_U16},     [5] = {"int16", SEG_I16},      [6] = {"int32", SEG_I32},
    [7] = {"int64", SEG_I64},      [8] = {"string", -1},          [9] = {"bool", SEG_BOOL},
    [10] = {"float16", SEG_F16},   [11] = {"double", SEG_F64},    [12] = {"uint32", SEG_U32},
    [13] = {"uint64", SEG_U64},    [14] = {"complex64", -1},      [15] = {"complex128", -1},
    [16] = {"bfloat16", SEG_BF16}, [17] = {"float8e4m3fn", -1},   [18] = {"float8e4m3fnuz", -1},
    [19] = {"float8e5m2", -1},     [20] = {"float8e5m2fnuz", -1}, [21] = {"uint4", -1},
    [22] = {"int4", -1},           [23] = {"float4e2m1", -1},
};

seg_status seg_onnx_dtype(int32_t data_type, seg_dtype *dtype, const char *path, const char *what,
                          seg_error *err)
{
    if (data_type < 1 || data_type >= (int)(sizeof types / sizeof *types))
        return seg_fail(err, SEG_FORMAT, "%s: %s has the unknown element type %d", path, what,
                        (int)data_type);
    if (types[data_type].dtype < 0)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: %s has elements of type %s, which is not read",
                        path, what, types[data_type].name);
    *dtype = (seg_dtype)types[data_type].dtype;
    return SEG_OK;
}

int32_t seg_onnx_data_type(seg_dtype dtype)
{
    int32_t data_type = 1;
    while (types[data_type].name == NULL || types[data_type].dtype != (int)dtype)
        data_type++;
    return data_type;
}

/* A list of the message: n elements of `size` bytes. */
typedef struct list {
    const void *data;
    size_t count, size;
} list;

/* The list in which the format keeps this element type. */
static list list_of(const message *tensor, seg_dtype dtype)
{
    switch (dtype) {
    case SEG_F32:
        return (list){tensor->float_data, tensor->n_float_data, sizeof(float)};
    case SEG_F64:
        return (list){tensor->double_data, tensor->n_double_data, sizeof(double)};
    case SEG_I64:
        return (list){tensor->int64_data, tensor->n_int64_data, sizeof(int64_t)};
    case SEG_U32:
    case SEG_U64:
        return (list){tensor->uint64_data, tensor->n_uint64_data, sizeof(uint64_t)};
    case SEG_U8:
    case SEG_I8:
    case SEG_U16:
    case SEG_I16:
    case SEG_I32:
    case SEG_F16:
    case SEG_BF16:
    case SEG_BOOL:
        break;
    }
    return (list){tensor->int32_data, tensor->n_int32_data, sizeof(int32_t)};
}

static void range_of(seg_dtype dtype, int64_t *low, int64_t *high)
{
    const bool wide = seg_dtype_size(dtype) == 2;
    if (dtype == SEG_I8 || dtype == SEG_I16) {
        *low = wide ? INT16_MIN : INT8_MIN;
        *high = wide ? INT16_MAX : INT8_MAX;
    } else {
        *low = 0;
        *high = dtype == SEG_U32    ? UINT32_MAX
                : wide              ? UINT16_MAX
                : dtype == SEG_BOOL ? 1
                                    : UINT8_MAX;
    }
}

static int64_t element(const list *from, size_t i)
{
    if (from->size == sizeof(int32_t))
        return ((const int32_t *)from->data)[i];
    uint64_t value = ((const uint64_t *)from->data)[i];
    return value <= INT64_MAX ? (int64_t)value : -1; /* out of u32's range either way */
}

/* Elements of a list that is wider than their type. */
static seg_status narrow(const list *from, seg_dtype dtype, void *dst, const char *path,
                         const char *what, seg_error *err)
{
    int64_t low, high;
    range_of(dtype, &low, &high);
    for (size_t i = 0; i < from->count; i++) {
        int64_t value = element(from, i);
        if (value < low || value > high)
            return seg_fail(err, SEG_FORMAT, "%s: element %zu of %s does not fit %s", path, i, what,
                            seg_dtype_name(dtype));
        if (seg_dtype_size(dtype) == 4)
            ((uint32_t *)dst)[i] = (uint32_t)value;
        else if (seg_dtype_size(dtype) == 2)
            ((uint16_t *)dst)[i] = (uint16_t)value;
        else
            ((uint8_t *)dst)[i] = (uint8_t)value;
    }
    return SEG_OK;
}

static seg_status take_list(const message *tensor, seg_arena *arena, const char *path,
                            const char *what, seg_tensor *out, seg_error *err)
{
    const seg_dtype dtype = out->shape.dtype;
    const list from = list_of(tensor, dtype);
    const int64_t wanted = seg_shape_count(&out->shape);
    char text[SEG_SHAPE_TEXT_SIZE];
    if ((uint64_t)wanted != from.count)
        return seg_fail(err, SEG_FORMAT, "%s: %s of %s has %zu elements", path, what,
                        seg_shape_text(&out->shape, text), from.count);
    if (seg_dtype_size(dtype) == from.size && from.count > 0) {
        union {
            const void *read_only;
            void *any;
        } place = {from.data};
        out->data = place.any;
        return SEG_OK;
    }
    out->data = seg_arena_alloc(arena, seg_shape_size(&out->shape));
    if (out->data == NULL)
        return seg_fail_nomem(err, seg_shape_size(&out->shape), path);
    return narrow(&from, dtype, out->data, path, what, err);
}

static seg_status take_raw(message *tensor, seg_arena *arena, const char *path, const char *what,
                           seg_tensor *out, seg_error *err)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    const size_t size = seg_shape_size(&out->shape);
    if (size != tensor->raw_data.len)
        return seg_fail(err, SEG_FORMAT, "%s: %s of %s has %zu bytes, not %zu", path, what,
                        seg_shape_text(&out->shape, text), tensor->raw_data.len, size);
    out->data = size > 0 ? tensor->raw_data.data : seg_arena_alloc(arena, 1);
    if (out->data == NULL)
        return seg_fail_nomem(err, 1, path);
    if (out->shape.dtype == SEG_BOOL) {
        for (size_t i = 0; i < size; i++)
            tensor->raw_data.data[i] = tensor->raw_data.data[i] != 0;
    }
    return SEG_OK;
}

static seg_status take_shape(const message *tensor, const char *path, const char *what,
                             seg_shape *shape, seg_error *err)
{
    seg_status status = seg_onnx_dtype(tensor->data_type, &shape->dtype, path, what, err);
    if (status != SEG_OK)
        return status;
    if (tensor->n_dims > SEG_MAX_RANK)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: %s has %zu dimensions, above %d", path, what,
                        tensor->n_dims, SEG_MAX_RANK);
    shape->rank = (int)tensor->n_dims;
    for (int i = 0; i < shape->rank; i++) {
        shape->dim[i] = tensor->dims[i];
        if (shape->dim[i] < 0)
            return seg_fail(err, SEG_FORMAT, "%s: dimension %d of %s is %lld", path, i, what,
                            (long long)shape->dim[i]);
    }
    if (!seg_shape_valid(shape))
        return seg_fail(err, SEG_FORMAT, "%s: %s has more bytes than 63 bits count", path, what);
    return SEG_OK;
}

static const char *location_of(const message *tensor)
{
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        if (strcmp(seg_onnx_text(tensor->external_data[i]->key), "location") == 0)
            return seg_onnx_text(tensor->external_data[i]->value);
    }
    return "";
}

seg_status seg_onnx_tensor_of(message *tensor, seg_arena *arena, const char *path, const char *what,
                              seg_tensor *out, seg_error *err)
{
    *out = (seg_tensor){0};
    if (tensor->data_location == OUTSIDE_OF_FILE || tensor->n_external_data > 0)
        return seg_fail(err, SEG_UNSUPPORTED,
                        "%s: %s lies in another file, '%.100s'; only data within the model file is "
                        "read",
                        path, what, location_of(tensor));
    if (tensor->has_segment)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: %s is cut in segments, which are not read", path,
                        what);
    seg_status status = take_shape(tensor, path, what, &out->shape, err);
    if (status == SEG_OK && tensor->has_raw_data)
        status = take_raw(tensor, arena, path, what, out, err);
    else if (status == SEG_OK)
        status = take_list(tensor, arena, path, what, out, err);
    return status;
}

seg_status seg_onnx_tensor_parse(seg_onnx_tensor *out, const void *data, size_t size,
                                 const char *path, seg_error *err)
{
    ProtobufCMessage *unpacked;
    *out = (seg_onnx_tensor){0};
    seg_status status = seg_onnx_unpack(&seg__onnx__tensor__descriptor, data, size, &out->arena,
                                        path, &unpacked, err);
    if (status == SEG_OK) {
        message *tensor = (message *)unpacked;
        out->name = seg_onnx_text(tensor->name);
        status = seg_onnx_tensor_of(tensor, &out->arena, path, "the tensor", &out->tensor, err);
    }
    if (status != SEG_OK)
        seg_onnx_tensor_release(out);
    return status;
}

seg_status seg_onnx_tensor_read(seg_onnx_tensor *out, const char *path, seg_error *err)
{
    uint8_t *data;
    size_t size;
    *out = (seg_onnx_tensor){0};
    seg_status status = seg_file_read(path, INT32_MAX, &data, &size, err);
    if (status != SEG_OK)
        return status;
    status = seg_onnx_tensor_parse(out, data, size, path, err);
    free(data);
    return status;
}

void seg_onnx_tensor_release(seg_onnx_tensor *tensor)
{
    seg_arena_release(&tensor->arena);
    *tensor = (seg_onnx_tensor){0};
}
