/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite_emit.c: nodes and constants of the program under construction. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "io/tflite_reader.h"

seg_attribute seg_tflite_attr_int(const char *name, const int64_t *value)
{
    return (seg_attribute){.name = name, .type = SEG_ATTRIBUTE_INT, .count = 1, .ints = value};
}

seg_attribute seg_tflite_attr_ints(const char *name, int count, const int64_t *values)
{
    return (seg_attribute){
        .name = name, .type = SEG_ATTRIBUTE_INTS, .count = count, .ints = values};
}

seg_attribute seg_tflite_attr_float(const char *name, const float *value)
{
    return (seg_attribute){.name = name, .type = SEG_ATTRIBUTE_FLOAT, .count = 1, .floats = value};
}

seg_attribute seg_tflite_attr_text(const char *name, const char *text)
{
    return (seg_attribute){.name = name, .type = SEG_ATTRIBUTE_TEXT, .count = 1, .text = text};
}

static void *copy_of(seg_tflite_reader *reader, const void *data, size_t size)
{
    void *copy = data != NULL ? seg_tflite_alloc(reader, size) : NULL;
    return copy != NULL ? memcpy(copy, data, size) : NULL;
}

static void copy_attribute(seg_tflite_reader *reader, const seg_attribute *from, seg_attribute *to)
{
    *to = *from;
    to->name = copy_of(reader, from->name, strlen(from->name) + 1);
    to->ints = copy_of(reader, from->ints, (size_t)from->count * sizeof *from->ints);
    to->floats = copy_of(reader, from->floats, (size_t)from->count * sizeof *from->floats);
    if (from->text != NULL)
        to->text = copy_of(reader, from->text, strlen(from->text) + 1);
}

/* A slot called after the first result of the operator at hand and what it holds. */
static seg_slot fresh_slot(seg_tflite_reader *reader, const char *what)
{
    char stem[256];
    const char *name = reader->op != NULL ? seg_tflite_dst(reader, 0)->name : "";
    seg_slot slot = SEG_NO_SLOT;
    snprintf(stem, sizeof stem, "%.200s/%.40s", name, what);
    if (seg_tflite_charge(reader, 2 * sizeof(seg_program_slot)))
        reader->status = seg_program_slot_fresh(reader->program, stem, &slot, reader->err);
    return reader->status == SEG_OK ? slot : SEG_NO_SLOT;
}

void seg_tflite_emit_many(seg_tflite_reader *reader, const char *domain, const char *op,
                          int dst_count, seg_slot *dst, int src_count, const seg_slot *src,
                          int attribute_count, const seg_attribute *attributes)
{
    const char *name = reader->op != NULL ? seg_tflite_dst(reader, 0)->name : "";
    for (int i = 0; i < dst_count; i++) {
        if (dst[i] == SEG_NO_SLOT)
            dst[i] = fresh_slot(reader, op);
    }
    /* What seg_program_node_add takes, with its texts and lists. */
    if (!seg_tflite_charge(reader, 2 * sizeof(seg_program_node) + strlen(name) + 128 +
                                       sizeof(seg_slot) * ((size_t)src_count + (size_t)dst_count) +
                                       sizeof(seg_attribute) * (size_t)attribute_count))
        return;
    seg_program_node *node;
    reader->status = seg_program_node_add(reader->program, domain, op, name, src_count, dst_count,
                                          attribute_count, &node, reader->err);
    if (reader->status != SEG_OK)
        return;
    if (src_count > 0)
        memcpy(node->src, src, (size_t)src_count * sizeof *src);
    memcpy(node->dst, dst, (size_t)dst_count * sizeof *dst);
    if (attribute_count == 0)
        return;
    seg_attribute *copies = seg_tflite_alloc(reader, (size_t)attribute_count * sizeof *copies);
    for (int i = 0; copies != NULL && i < attribute_count; i++)
        copy_attribute(reader, &attributes[i], &copies[i]);
    node->attributes = copies;
    node->attribute_count = copies != NULL ? attribute_count : 0;
}

seg_slot seg_tflite_emit(seg_tflite_reader *reader, const char *op, seg_slot dst, int src_count,
                         const seg_slot *src, int attribute_count, const seg_attribute *attributes)
{
    seg_tflite_emit_many(reader, "", op, 1, &dst, src_count, src, attribute_count, attributes);
    return reader->status == SEG_OK ? dst : SEG_NO_SLOT;
}

seg_slot seg_tflite_emit1(seg_tflite_reader *reader, const char *op, seg_slot dst, seg_slot src)
{
    return seg_tflite_emit(reader, op, dst, 1, &src, 0, NULL);
}

seg_slot seg_tflite_emit2(seg_tflite_reader *reader, const char *op, seg_slot dst, seg_slot a,
                          seg_slot b)
{
    const seg_slot src[2] = {a, b};
    return seg_tflite_emit(reader, op, dst, 2, src, 0, NULL);
}

/* ---- constants ---- */

static seg_slot constant(seg_tflite_reader *reader, const char *what, const seg_shape *shape,
                         const void *values)
{
    seg_slot slot = fresh_slot(reader, what);
    void *data = NULL;
    if (slot == SEG_NO_SLOT || !seg_tflite_charge(reader, seg_shape_size(shape) + 16))
        return SEG_NO_SLOT;
    reader->status = seg_program_constant(reader->program, slot, shape, NULL, &data, reader->err);
    if (reader->status != SEG_OK)
        return SEG_NO_SLOT;
    if (seg_shape_size(shape) > 0)
        memcpy(data, values, seg_shape_size(shape));
    return slot;
}

seg_slot seg_tflite_list_constant(seg_tflite_reader *reader, const char *what, int count,
                                  const int64_t *values)
{
    const seg_shape shape = {.dtype = SEG_I64, .rank = 1, .dim = {count}};
    return constant(reader, what, &shape, values);
}

seg_slot seg_tflite_float_constant(seg_tflite_reader *reader, const char *what, float value)
{
    const seg_shape shape = {.dtype = SEG_F32, .rank = 0};
    return constant(reader, what, &shape, &value);
}

seg_slot seg_tflite_src_i64(seg_tflite_reader *reader, int index)
{
    const seg_tflite_tensor *tensor = seg_tflite_src(reader, index);
    if (tensor == NULL)
        return SEG_NO_SLOT;
    if (tensor->type == TFLITE_INT64)
        return seg_tflite_src_slot(reader, index);
    const int64_t to = 7; /* TensorProto.INT64 */
    const seg_attribute attribute = seg_tflite_attr_int("to", &to);
    const seg_slot src = seg_tflite_src_slot(reader, index);
    return seg_tflite_emit(reader, "Cast", SEG_NO_SLOT, 1, &src, 1, &attribute);
}

/* ---- layout ---- */

seg_slot seg_tflite_transpose(seg_tflite_reader *reader, seg_slot src, seg_slot dst,
                              const int64_t perm[4])
{
    const seg_attribute attribute = seg_tflite_attr_ints("perm", 4, perm);
    return seg_tflite_emit(reader, "Transpose", dst, 1, &src, 1, &attribute);
}

seg_slot seg_tflite_to_nchw(seg_tflite_reader *reader, seg_slot src)
{
    static const int64_t perm[4] = {0, 3, 1, 2};
    return seg_tflite_transpose(reader, src, SEG_NO_SLOT, perm);
}

seg_slot seg_tflite_to_nhwc(seg_tflite_reader *reader, seg_slot src, seg_slot dst)
{
    static const int64_t perm[4] = {0, 2, 3, 1};
    return seg_tflite_transpose(reader, src, dst, perm);
}

/* ---- fused activations ---- */

static bool starts_at_zero(const seg_tflite_tensor *tensor)
{
    const int32_t lowest = tensor->type == TFLITE_INT8 ? -128 : 0;
    return seg_tflite_is_quantised(tensor) && tensor->type != TFLITE_INT16 &&
           tensor->quantisation.zero_point[0] == lowest;
}

/* Whether the operator only selects or averages numbers none of which is below zero. */
static bool cannot_fall_below_zero(seg_tflite_reader *reader)
{
    static const char *const ops[] = {"CONCATENATION", "AVERAGE_POOL_2D", "MAX_POOL_2D"};
    bool selects = false;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        selects = selects || strcmp(reader->op->name, ops[i]) == 0;
    for (int k = 0; selects && k < seg_tflite_src_count(reader); k++)
        selects = starts_at_zero(seg_tflite_src(reader, k));
    return selects;
}

/*
 * A quantised network needs no activation where the range of the result already starts at zero;
 * in float it does. The lowest value being real zero says so.
 */
static int64_t effective(seg_tflite_reader *reader, int64_t activation)
{
    if (activation == TFLITE_ACT_NONE && reader->dequantise &&
        starts_at_zero(seg_tflite_dst(reader, 0)) && !cannot_fall_below_zero(reader))
        return TFLITE_ACT_RELU;
    return activation;
}

seg_slot seg_tflite_before(seg_tflite_reader *reader, int64_t activation, seg_slot dst)
{
    return effective(reader, activation) == TFLITE_ACT_NONE ? dst : SEG_NO_SLOT;
}

void seg_tflite_activate(seg_tflite_reader *reader, seg_slot value, int64_t activation,
                         seg_slot dst)
{
    const float lowest = activation == TFLITE_ACT_RELU6 ? 0 : -1;
    const float highest = activation == TFLITE_ACT_RELU6 ? 6 : 1;
    switch (effective(reader, activation)) {
    case TFLITE_ACT_NONE:
        return;
    case TFLITE_ACT_RELU:
        seg_tflite_emit1(reader, "Relu", dst, value);
        return;
    case TFLITE_ACT_RELU6:
    case TFLITE_ACT_RELU_N1_TO_1: {
        const seg_slot src[3] = {value, seg_tflite_float_constant(reader, "lowest", lowest),
                                 seg_tflite_float_constant(reader, "highest", highest)};
        seg_tflite_emit(reader, "Clip", dst, 3, src, 0, NULL);
        return;
    }
    case TFLITE_ACT_TANH:
        seg_tflite_emit1(reader, "Tanh", dst, value);
        return;
    default:
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "fused activation %lld is not supported",
                        (long long)activation);
    }
}

int64_t seg_tflite_axis(seg_tflite_reader *reader, int64_t axis, int64_t rank)
{
    const int64_t from_start = axis < 0 ? axis + rank : axis;
    if (from_start >= 0 && from_start < rank)
        return from_start;
    seg_tflite_fail(reader, SEG_FORMAT, "axis %lld of %lld", (long long)axis, (long long)rank);
    return 0;
}
