/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx_graph.c: GraphProto: constants, inputs and outputs, declared shapes. */
#include <stdio.h>

#include "base/error.h"
#include "io/onnx_parts.h"

enum { WHAT_SIZE = 256 };

static const char *what_of(char text[WHAT_SIZE], const char *kind, const char *name)
{
    snprintf(text, WHAT_SIZE, "the %s '%.200s'", kind, seg_onnx_text(name));
    return text;
}

static seg_status add_constants(seg_program *program, const Seg__Onnx__Graph *graph, seg_error *err)
{
    char what[WHAT_SIZE];
    seg_status status = SEG_OK;
    for (size_t i = 0; i < graph->n_initializer && status == SEG_OK; i++) {
        Seg__Onnx__Tensor *message = graph->initializer[i];
        seg_tensor tensor;
        seg_slot slot;
        if (seg_onnx_text(message->name)[0] == '\0')
            return seg_fail(err, SEG_FORMAT, "%s: initialiser %zu has no name", program->path, i);
        what_of(what, "initialiser", message->name);
        status = seg_onnx_tensor_of(message, &program->arena, program->path, what, &tensor, err);
        if (status == SEG_OK)
            status = seg_program_slot_named(program, message->name, &slot, err);
        if (status == SEG_OK)
            status = seg_program_constant(program, slot, &tensor.shape, tensor.data, NULL, err);
    }
    return status;
}

/* The shape that a file declares; more axes than we have are an unknown rank. */
static seg_status declared_shape(const seg_program *program, const Seg__Onnx__TensorType *type,
                                 const char *what, seg_shape *shape, seg_error *err)
{
    seg_status status = seg_onnx_dtype(type->elem_type, &shape->dtype, program->path, what, err);
    shape->rank = SEG_UNKNOWN_RANK;
    if (status != SEG_OK || type->shape == NULL || type->shape->n_dim > SEG_MAX_RANK)
        return status;
    shape->rank = (int)type->shape->n_dim;
    for (int i = 0; i < shape->rank; i++) {
        const Seg__Onnx__Dimension *dim = type->shape->dim[i];
        shape->dim[i] = dim->has_dim_value && dim->dim_value >= 0 ? dim->dim_value : SEG_ANY_EXTENT;
    }
    return SEG_OK;
}

static const char *kind_of(const Seg__Onnx__Type *type)
{
    if (type == NULL)
        return "of no type";
    if (type->has_sequence_type)
        return "a sequence";
    if (type->has_optional_type)
        return "an optional";
    if (type->has_map_type)
        return "a map";
    return type->has_sparse_tensor_type ? "a sparse tensor" : "of no type";
}

static seg_status add_input(seg_program *program, const Seg__Onnx__ValueInfo *info, seg_error *err)
{
    char what[WHAT_SIZE];
    const char *name = seg_onnx_text(info->name);
    seg_slot slot;
    if (name[0] == '\0')
        return seg_fail(err, SEG_FORMAT, "%s: an input has no name", program->path);
    seg_status status = seg_program_slot_named(program, name, &slot, err);
    if (status != SEG_OK || program->slots[slot].constant != NULL)
        return status; /* a weight, which older files list among the inputs */
    if (info->type == NULL || info->type->tensor_type == NULL)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: the input '%.200s' is %s, not a tensor",
                        program->path, name, kind_of(info->type));
    what_of(what, "input", name);
    const Seg__Onnx__TensorType *type = info->type->tensor_type;
    if (type->shape != NULL && type->shape->n_dim > SEG_MAX_RANK)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: %s has %zu dimensions, above %d", program->path,
                        what, type->shape->n_dim, SEG_MAX_RANK);
    status = declared_shape(program, type, what, &program->slots[slot].shape, err);
    return status == SEG_OK ? seg_program_input(program, slot, err) : status;
}

/* Note what a file says about a value, when we have words for it. */
static seg_status note_shape(seg_program *program, const Seg__Onnx__ValueInfo *info, seg_slot *slot,
                             seg_error *err)
{
    seg_shape shape = {0};
    seg_status status = seg_program_slot_named(program, seg_onnx_text(info->name), slot, err);
    if (status != SEG_OK)
        return status;
    seg_program_slot *at = &program->slots[*slot];
    if (at->constant == NULL && at->shape.rank == SEG_UNKNOWN_RANK && info->type != NULL &&
        info->type->tensor_type != NULL &&
        declared_shape(program, info->type->tensor_type, "", &shape, NULL) == SEG_OK)
        at->shape = shape;
    return SEG_OK;
}

static seg_status add_output(seg_program *program, const Seg__Onnx__ValueInfo *info, seg_error *err)
{
    seg_slot slot;
    seg_status status = note_shape(program, info, &slot, err);
    return status == SEG_OK ? seg_program_output(program, slot, err) : status;
}

static seg_status add_values(seg_program *program, const Seg__Onnx__Graph *graph, seg_error *err)
{
    seg_slot slot;
    seg_status status = SEG_OK;
    for (size_t i = 0; i < graph->n_input && status == SEG_OK; i++)
        status = add_input(program, graph->input[i], err);
    for (size_t i = 0; i < graph->n_output && status == SEG_OK; i++)
        status = add_output(program, graph->output[i], err);
    for (size_t i = 0; i < graph->n_value_info && status == SEG_OK; i++)
        status = note_shape(program, graph->value_info[i], &slot, err);
    return status;
}

seg_status seg_onnx_graph(seg_program *program, const Seg__Onnx__Graph *graph, seg_error *err)
{
    if (graph->n_sparse_initializer > 0)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: has %zu sparse initialisers, which are not read",
                        program->path, graph->n_sparse_initializer);
    if (graph->n_output == 0)
        return seg_fail(err, SEG_FORMAT, "%s: the graph has no outputs", program->path);
    seg_status status = add_constants(program, graph, err);
    if (status == SEG_OK)
        status = add_values(program, graph, err);
    for (size_t i = 0; i < graph->n_node && status == SEG_OK; i++)
        status = seg_onnx_node(program, graph->node[i], err);
    return status;
}
