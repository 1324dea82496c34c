/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_tensors.c: the tensors of a subgraph: shapes, constants, quantisation, slots. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/tflite_reader.h"

/* Fields of the schema's tables. */
enum {
    TENSOR_SHAPE,
    TENSOR_TYPE,
    TENSOR_BUFFER,
    TENSOR_NAME,
    TENSOR_QUANTIZATION,
    TENSOR_VARIABLE,
    TENSOR_SPARSITY,
    TENSOR_SIGNATURE,
    TENSOR_HAS_RANK
};
enum { BUFFER_DATA, BUFFER_OFFSET, BUFFER_SIZE };
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT = 3, QUANTIZATION_DIMENSION = 6 };
enum { SUBGRAPH_TENSORS, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS };

bool seg_tflite_is_quantised(const seg_tflite_tensor *tensor)
{
    return tensor->quantisation.count > 0 &&
           (tensor->type == TFLITE_UINT8 || tensor->type == TFLITE_INT8 ||
            tensor->type == TFLITE_INT16 || (tensor->type == TFLITE_INT32 && tensor->data != NULL));
}

static bool dtype_of(int64_t type, seg_dtype *dtype)
{
    static const struct {
        int type;
        seg_dtype dtype;
    } known[] = {
        {TFLITE_FLOAT32, SEG_F32},
        {TFLITE_FLOAT16, SEG_F16},
        {TFLITE_INT32, SEG_I32},
        {TFLITE_UINT8, SEG_U8},
        {TFLITE_INT64, SEG_I64},
        {TFLITE_BOOL, SEG_BOOL},
        {TFLITE_INT16, SEG_I16},
        {TFLITE_INT8, SEG_I8},
        {10, SEG_F64},
        {12, SEG_U64},
        {15, SEG_U32},
        {16, SEG_U16},
        {18, SEG_BF16},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].type == type) {
            *dtype = known[i].dtype;
            return true;
        }
    }
    return false;
}

static void fail_tensor(seg_tflite_reader *reader, const seg_tflite_tensor *tensor,
                        seg_status status, const char *what)
{
    seg_tflite_fail(reader, status, "tensor %zu ('%.100s') %s", (size_t)(tensor - reader->tensors),
                    tensor->name, what);
}

/* ---- one tensor ---- */

static void read_shape(seg_tflite_reader *reader, const seg_flat_table *entry,
                       seg_tflite_tensor *tensor)
{
    seg_flatbuffer *file = &reader->file;
    seg_flat_vector extents = seg_flat_list(file, entry, TENSOR_SHAPE, 4);
    seg_flat_vector signature = seg_flat_list(file, entry, TENSOR_SIGNATURE, 4);
    if (extents.count > SEG_MAX_RANK) {
        fail_tensor(reader, tensor, SEG_UNSUPPORTED, "has more than 8 axes");
        return;
    }
    tensor->shape.rank = (int)extents.count;
    for (size_t i = 0; i < extents.count; i++) {
        int32_t extent = seg_flat_item_i32(file, &extents, i);
        /* Where the signature says -1 the shape is only an example. */
        if (signature.count == extents.count && seg_flat_item_i32(file, &signature, i) == -1)
            extent = -1;
        if (extent < -1)
            fail_tensor(reader, tensor, SEG_FORMAT, "has a negative extent");
        tensor->shape.dim[i] = extent == -1 ? SEG_ANY_EXTENT : extent;
    }
    /* A computed tensor without extents is one of unknown rank, unless the file says scalar. */
    if (extents.count == 0 && seg_flat_u8(file, entry, TENSOR_HAS_RANK, 0) == 0)
        tensor->shape.rank = SEG_UNKNOWN_RANK;
}

static void read_buffer(seg_tflite_reader *reader, const seg_flat_table *entry,
                        const seg_flat_vector *buffers, seg_tflite_tensor *tensor)
{
    seg_flatbuffer *file = &reader->file;
    const int64_t index = seg_flat_u32(file, entry, TENSOR_BUFFER, 0);
    if (index == 0 && buffers->count == 0)
        return;
    if ((uint64_t)index >= buffers->count) {
        fail_tensor(reader, tensor, SEG_FORMAT, "names a buffer that does not exist");
        return;
    }
    seg_flat_table buffer = seg_flat_item(file, buffers, (size_t)index);
    seg_flat_vector data = seg_flat_list(file, &buffer, BUFFER_DATA, 1);
    /* Of files over 2 GB: place and size in the file behind the FlatBuffer. 0 and 1 mean none. */
    const uint64_t offset = seg_flat_u64(file, &buffer, BUFFER_OFFSET, 0);
    const uint64_t size = seg_flat_u64(file, &buffer, BUFFER_SIZE, 0);
    if (offset > 1 && data.count == 0) {
        if (offset > file->size || size > file->size - offset) {
            fail_tensor(reader, tensor, SEG_FORMAT, "has data outside the file");
            return;
        }
        data = (seg_flat_vector){(size_t)offset, (size_t)size};
    }
    if (data.count == 0 || file->fault != NULL)
        return;
    tensor->data = file->bytes + data.at;
    if (tensor->shape.rank == SEG_UNKNOWN_RANK)
        tensor->shape.rank = 0;
    for (int i = 0; i < tensor->shape.rank; i++) {
        if (tensor->shape.dim[i] < 0)
            fail_tensor(reader, tensor, SEG_FORMAT, "is a constant of unknown extents");
    }
    if (tensor->known && reader->status == SEG_OK &&
        (!seg_shape_valid(&tensor->shape) || seg_shape_size(&tensor->shape) != data.count))
        fail_tensor(reader, tensor, SEG_FORMAT, "has data of another size than its shape");
}

/* Scales and zero points, copied: in the file they need not be aligned, and zero points are i64. */
static void read_quantisation(seg_tflite_reader *reader, const seg_flat_table *entry,
                              seg_tflite_tensor *tensor)
{
    seg_flatbuffer *file = &reader->file;
    seg_flat_table table = seg_flat_child(file, entry, TENSOR_QUANTIZATION);
    seg_flat_vector scales = seg_flat_list(file, &table, QUANTIZATION_SCALE, 4);
    seg_flat_vector zeros = seg_flat_list(file, &table, QUANTIZATION_ZERO_POINT, 8);
    const int64_t axis = seg_flat_i32(file, &table, QUANTIZATION_DIMENSION, 0);
    if (scales.count == 0 || file->fault != NULL || !tensor->known)
        return;
    const seg_shape *shape = &tensor->shape;
    if (scales.count > 1 &&
        (axis < 0 || axis >= shape->rank || (uint64_t)shape->dim[axis] != scales.count))
        fail_tensor(reader, tensor, SEG_FORMAT, "has scales that do not fit its shape");
    if (zeros.count > 1 && zeros.count != scales.count)
        fail_tensor(reader, tensor, SEG_FORMAT, "has zero points that do not fit its scales");
    float *scale = seg_tflite_alloc(reader, scales.count * sizeof *scale);
    int32_t *zero = seg_tflite_alloc(reader, scales.count * sizeof *zero);
    if (scale == NULL || zero == NULL)
        return;
    for (size_t i = 0; i < scales.count; i++) {
        scale[i] = seg_flat_item_f32(file, &scales, i);
        int64_t point =
            zeros.count > 0 ? seg_flat_item_i64(file, &zeros, zeros.count > 1 ? i : 0) : 0;
        if (!isfinite(scale[i]) || scale[i] < 0)
            fail_tensor(reader, tensor, SEG_FORMAT, "has a scale that is no positive number");
        if (point < -32768 || point > 32767 || (tensor->type == TFLITE_UINT8 && point >> 8 != 0) ||
            (tensor->type == TFLITE_INT8 && (point < -128 || point > 127)))
            fail_tensor(reader, tensor, SEG_FORMAT, "has a zero point outside of its type");
        zero[i] = (int32_t)point;
    }
    /* The axis of a single pair means nothing, and may be any number. */
    tensor->quantisation =
        (seg_quantisation){(int64_t)scales.count, scale, zero, scales.count > 1 ? (int)axis : 0};
}

static void read_tensor(seg_tflite_reader *reader, const seg_flat_table *entry,
                        const seg_flat_vector *buffers, seg_tflite_tensor *tensor)
{
    const char *name = seg_flat_text(&reader->file, entry, TENSOR_NAME);
    tensor->name = name != NULL ? name : "";
    tensor->type = seg_flat_i8(&reader->file, entry, TENSOR_TYPE, 0);
    tensor->known = dtype_of(tensor->type, &tensor->shape.dtype);
    tensor->slot = tensor->real = tensor->stored = SEG_NO_SLOT;
    if (seg_flat_child(&reader->file, entry, TENSOR_SPARSITY).at != 0)
        fail_tensor(reader, tensor, SEG_UNSUPPORTED, "is sparse");
    read_shape(reader, entry, tensor);
    read_buffer(reader, entry, buffers, tensor);
    read_quantisation(reader, entry, tensor);
}

/* ---- slots ---- */

static seg_slot slot_of(seg_tflite_reader *reader, const seg_tflite_tensor *tensor)
{
    const char *name = tensor->name[0] != '\0' ? tensor->name : "tensor";
    seg_slot slot = SEG_NO_SLOT;
    if (seg_tflite_charge(reader, 2 * strlen(name) + 2 * sizeof(seg_program_slot)))
        reader->status = seg_program_slot_fresh(reader->program, name, &slot, reader->err);
    return reader->status == SEG_OK ? slot : SEG_NO_SLOT;
}

static void set_constant(seg_tflite_reader *reader, seg_slot slot, const seg_tflite_tensor *tensor)
{
    const void *data = tensor->data;
    if ((uintptr_t)data % seg_dtype_size(tensor->shape.dtype) != 0) {
        void *copy = seg_tflite_alloc(reader, seg_shape_size(&tensor->shape));
        if (copy == NULL)
            return;
        data = memcpy(copy, data, seg_shape_size(&tensor->shape));
    }
    reader->status =
        seg_program_constant(reader->program, slot, &tensor->shape, data, NULL, reader->err);
}

/* The slot of a tensor as the file stores it. */
static seg_slot stored_slot(seg_tflite_reader *reader, const seg_tflite_tensor *tensor)
{
    seg_slot slot = slot_of(reader, tensor);
    if (slot == SEG_NO_SLOT)
        return slot;
    reader->program->slots[slot].shape = tensor->shape;
    reader->program->slots[slot].quantisation = tensor->quantisation;
    if (tensor->data != NULL)
        set_constant(reader, slot, tensor);
    return slot;
}

static void make_slots(seg_tflite_reader *reader, seg_tflite_tensor *tensor)
{
    const bool real = reader->dequantise && seg_tflite_is_quantised(tensor) && tensor->data == NULL;
    if (!tensor->known || reader->status != SEG_OK)
        return;
    if (!real) {
        tensor->slot = stored_slot(reader, tensor);
        return;
    }
    if (tensor->stored != SEG_NO_SLOT) /* marked: it has the name that the file gives */
        tensor->stored = stored_slot(reader, tensor);
    tensor->slot = slot_of(reader, tensor);
    if (tensor->slot != SEG_NO_SLOT) {
        seg_program_slot *slot = &reader->program->slots[tensor->slot];
        slot->shape = tensor->shape;
        slot->shape.dtype = SEG_F32;
    }
}

static void mark_ends(seg_tflite_reader *reader, const seg_flat_table *subgraph, int field)
{
    seg_flat_vector list = seg_flat_list(&reader->file, subgraph, field, 4);
    for (size_t i = 0; i < list.count; i++) {
        int64_t index = seg_flat_item_i32(&reader->file, &list, i);
        if (index >= 0 && index < (int64_t)reader->tensor_count)
            reader->tensors[index].stored = 0;
    }
}

void seg_tflite_read_tensors(seg_tflite_reader *reader, const seg_flat_table *subgraph,
                             const seg_flat_vector *buffers)
{
    seg_flat_vector tensors = seg_flat_list(&reader->file, subgraph, SUBGRAPH_TENSORS, 4);
    reader->tensors = calloc(tensors.count + 1, sizeof *reader->tensors);
    if (reader->tensors == NULL) {
        reader->status = seg_fail_nomem(reader->err, tensors.count * sizeof *reader->tensors,
                                        reader->program->path);
        return;
    }
    reader->tensor_count = tensors.count;
    for (size_t i = 0; i < tensors.count; i++)
        reader->tensors[i].name = "";
    for (size_t i = 0; i < tensors.count && reader->status == SEG_OK; i++) {
        seg_flat_table entry = seg_flat_item(&reader->file, &tensors, i);
        read_tensor(reader, &entry, buffers, &reader->tensors[i]);
        if (reader->file.fault != NULL)
            return;
    }
    mark_ends(reader, subgraph, SUBGRAPH_INPUTS);
    mark_ends(reader, subgraph, SUBGRAPH_OUTPUTS);
    for (size_t i = 0; i < tensors.count && reader->status == SEG_OK; i++)
        make_slots(reader, &reader->tensors[i]);
}

/* ---- the operator at hand ---- */

int seg_tflite_src_count(const seg_tflite_reader *reader)
{
    return (int)reader->src.count;
}

int seg_tflite_dst_count(const seg_tflite_reader *reader)
{
    return (int)reader->dst.count;
}

seg_tflite_tensor *seg_tflite_src(seg_tflite_reader *reader, int index)
{
    if (index >= seg_tflite_src_count(reader))
        return NULL;
    int32_t tensor = seg_flat_item_i32(&reader->file, &reader->src, (size_t)index);
    return tensor >= 0 ? &reader->tensors[tensor] : NULL;
}

seg_tflite_tensor *seg_tflite_dst(seg_tflite_reader *reader, int index)
{
    return &reader->tensors[seg_flat_item_i32(&reader->file, &reader->dst, (size_t)index)];
}

static void dequantise(const seg_tflite_tensor *tensor, float *out)
{
    const seg_quantisation *q = &tensor->quantisation;
    const seg_shape *shape = &tensor->shape;
    const int64_t count = seg_shape_count(shape);
    int64_t run = 1; /* neighbours of one scale */
    for (int i = q->axis + 1; i < shape->rank; i++)
        run *= shape->dim[i];
    for (int64_t i = 0; i < count; i++) {
        const int64_t index = q->count > 1 ? i / run % q->count : 0;
        int32_t value = 0;
        switch (shape->dtype) {
        case SEG_U8:
            value = tensor->data[i];
            break;
        case SEG_I8:
            value = (int8_t)tensor->data[i];
            break;
        case SEG_I16: {
            int16_t narrow;
            memcpy(&narrow, tensor->data + 2 * i, sizeof narrow);
            value = narrow;
            break;
        }
        default:
            memcpy(&value, tensor->data + 4 * i, sizeof value);
        }
        out[i] = q->scale[index] * (float)((double)value - q->zero_point[index]);
    }
}

/* The constant as real numbers, made once. */
static seg_slot real_slot(seg_tflite_reader *reader, seg_tflite_tensor *tensor)
{
    if (tensor->real != SEG_NO_SLOT || reader->status != SEG_OK)
        return tensor->real;
    seg_shape shape = tensor->shape;
    shape.dtype = SEG_F32;
    void *data = NULL;
    seg_slot slot = slot_of(reader, tensor);
    if (slot == SEG_NO_SLOT || !seg_tflite_charge(reader, seg_shape_size(&shape)))
        return SEG_NO_SLOT;
    reader->status = seg_program_constant(reader->program, slot, &shape, NULL, &data, reader->err);
    if (reader->status != SEG_OK)
        return SEG_NO_SLOT;
    dequantise(tensor, data);
    return tensor->real = slot;
}

seg_slot seg_tflite_src_slot(seg_tflite_reader *reader, int index)
{
    seg_tflite_tensor *tensor = seg_tflite_src(reader, index);
    if (tensor == NULL || reader->status != SEG_OK)
        return SEG_NO_SLOT;
    if (tensor->slot == SEG_NO_SLOT) {
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "source %d ('%.100s') is of type %lld", index,
                        tensor->name, (long long)tensor->type);
        return SEG_NO_SLOT;
    }
    if (tensor->data != NULL && seg_tflite_is_quantised(tensor) && !reader->quantised)
        return real_slot(reader, tensor);
    return tensor->slot;
}

seg_slot seg_tflite_dst_slot(seg_tflite_reader *reader, int index)
{
    const seg_tflite_tensor *tensor = seg_tflite_dst(reader, index);
    if (tensor->slot == SEG_NO_SLOT)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "result %d ('%.100s') is of type %lld", index,
                        tensor->name, (long long)tensor->type);
    return tensor->slot;
}

int seg_tflite_src_list(seg_tflite_reader *reader, int index, const char *what, int64_t *list,
                        int capacity)
{
    const seg_tflite_tensor *tensor = seg_tflite_src(reader, index);
    if (reader->status != SEG_OK)
        return 0;
    if (tensor == NULL || tensor->data == NULL ||
        (tensor->type != TFLITE_INT32 && tensor->type != TFLITE_INT64)) {
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "%s that is no constant list of integers", what);
        return 0;
    }
    const int64_t count = seg_shape_count(&tensor->shape);
    if (count > capacity) {
        seg_tflite_fail(reader, SEG_FORMAT, "%s of %lld numbers", what, (long long)count);
        return 0;
    }
    const bool wide = tensor->type == TFLITE_INT64;
    const seg_flat_vector at = {(size_t)(tensor->data - reader->file.bytes), (size_t)count};
    for (size_t i = 0; i < (size_t)count; i++)
        list[i] = wide ? seg_flat_item_i64(&reader->file, &at, i)
                       : seg_flat_item_i32(&reader->file, &at, i);
    return (int)count;
}

int64_t seg_tflite_extent(seg_tflite_reader *reader, int index, int axis)
{
    const seg_tflite_tensor *tensor = seg_tflite_src(reader, index);
    if (tensor == NULL || tensor->shape.rank == SEG_UNKNOWN_RANK)
        return SEG_ANY_EXTENT;
    axis += axis < 0 ? tensor->shape.rank : 0;
    return axis >= 0 && axis < tensor->shape.rank ? tensor->shape.dim[axis] : SEG_ANY_EXTENT;
}

int seg_tflite_rank(seg_tflite_reader *reader, int index)
{
    const seg_tflite_tensor *tensor = seg_tflite_src(reader, index);
    if (tensor != NULL && tensor->shape.rank != SEG_UNKNOWN_RANK)
        return tensor->shape.rank;
    seg_tflite_fail(reader, SEG_UNSUPPORTED, "source %d is of unknown rank", index);
    return 0;
}
