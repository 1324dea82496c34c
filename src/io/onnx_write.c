/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx_write.c: a program as an ONNX file. The messages are made in an arena beside the program,
 * point into it, and are packed once.
 */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/onnx_parts.h"

enum { IR_VERSION = 8 }; /* of 2021: every reader of operator set 17 takes it */

typedef struct writer {
    const seg_program *program;
    seg_arena arena;
    seg_error *err;
    seg_status status;
} writer;

static void *alloc(writer *w, size_t count, size_t size)
{
    void *memory = w->status == SEG_OK ? seg_arena_alloc(&w->arena, (count + 1) * size) : NULL;
    if (memory == NULL && w->status == SEG_OK)
        w->status = seg_fail_nomem(w->err, count * size, "an ONNX file");
    return memory;
}

/* The messages' texts are not const, though nothing writes to them. */
static char *text_of(const char *text)
{
    return (char *)(uintptr_t)text;
}

#define NEW(w, name, prefix)                                                                       \
    name *message = alloc(w, 1, sizeof *message);                                                  \
    if (message == NULL)                                                                           \
        return NULL;                                                                               \
    prefix##__init(message)

static Seg__Onnx__Tensor *make_tensor(writer *w, const char *name, const seg_shape *shape,
                                      const void *data)
{
    NEW(w, Seg__Onnx__Tensor, seg__onnx__tensor);
    int64_t *dims = alloc(w, (size_t)shape->rank, sizeof *dims);
    if (dims == NULL)
        return NULL;
    memcpy(dims, shape->dim, (size_t)shape->rank * sizeof *dims);
    message->n_dims = (size_t)shape->rank;
    message->dims = dims;
    message->has_data_type = 1;
    message->data_type = seg_onnx_data_type(shape->dtype);
    message->name = text_of(name);
    message->has_raw_data = 1;
    message->raw_data.len = seg_shape_size(shape);
    message->raw_data.data = (uint8_t *)(uintptr_t)data;
    return message;
}

static void fill_attribute(writer *w, const seg_attribute *from, Seg__Onnx__Attribute *to)
{
    to->has_type = 1;
    switch (from->type) {
    case SEG_ATTRIBUTE_INT:
        to->type = SEG_ONNX_INT;
        to->has_i = 1;
        to->i = from->ints[0];
        break;
    case SEG_ATTRIBUTE_FLOAT:
        to->type = SEG_ONNX_FLOAT;
        to->has_f = 1;
        to->f = from->floats[0];
        break;
    case SEG_ATTRIBUTE_TEXT:
        to->type = SEG_ONNX_STRING;
        to->has_s = 1;
        to->s.len = strlen(from->text);
        to->s.data = (uint8_t *)text_of(from->text);
        break;
    case SEG_ATTRIBUTE_INTS:
        to->type = SEG_ONNX_INTS;
        to->n_ints = (size_t)from->count;
        to->ints = (int64_t *)(uintptr_t)from->ints;
        break;
    case SEG_ATTRIBUTE_FLOATS:
        to->type = SEG_ONNX_FLOATS;
        to->n_floats = (size_t)from->count;
        to->floats = (float *)(uintptr_t)from->floats;
        break;
    case SEG_ATTRIBUTE_TENSOR:
        to->type = SEG_ONNX_TENSOR;
        to->t = make_tensor(w, "", &from->tensor.shape, from->tensor.data);
        break;
    case SEG_ATTRIBUTE_OTHER:
        w->status = seg_fail(w->err, SEG_UNSUPPORTED, "%s: attribute '%s' is of a kind that is not "
                             "written", w->program->path, from->name);
        break;
    }
}

static Seg__Onnx__Attribute *make_attribute(writer *w, const seg_attribute *from)
{
    NEW(w, Seg__Onnx__Attribute, seg__onnx__attribute);
    message->name = text_of(from->name);
    fill_attribute(w, from, message);
    return message;
}

static char **make_names(writer *w, const seg_slot *slots, int count)
{
    char **names = alloc(w, (size_t)count, sizeof *names);
    for (int i = 0; names != NULL && i < count; i++)
        names[i] = slots[i] == SEG_NO_SLOT ? text_of("")
                                           : text_of(w->program->slots[slots[i]].name);
    return names;
}

static Seg__Onnx__Node *make_node(writer *w, const seg_program_node *node)
{
    NEW(w, Seg__Onnx__Node, seg__onnx__node);
    if (node->domain[0] != '\0') {
        w->status = seg_fail(w->err, SEG_UNSUPPORTED,
                             "%s: ONNX has no operator %s of domain %s, which it uses",
                             w->program->path, node->op, node->domain);
        return NULL;
    }
    message->op_type = text_of(node->op);
    message->name = text_of(node->name);
    message->n_input = (size_t)node->src_count;
    message->input = make_names(w, node->src, node->src_count);
    message->n_output = (size_t)node->dst_count;
    message->output = make_names(w, node->dst, node->dst_count);
    message->attribute = alloc(w, (size_t)node->attribute_count, sizeof *message->attribute);
    for (int i = 0; w->status == SEG_OK && i < node->attribute_count; i++)
        message->attribute[i] = make_attribute(w, &node->attributes[i]);
    message->n_attribute = (size_t)node->attribute_count;
    return message;
}

static Seg__Onnx__Dimension *make_dimension(writer *w, int64_t extent)
{
    NEW(w, Seg__Onnx__Dimension, seg__onnx__dimension);
    message->has_dim_value = extent != SEG_ANY_EXTENT;
    message->dim_value = extent;
    return message;
}

static Seg__Onnx__TensorShape *make_shape(writer *w, const seg_shape *shape)
{
    NEW(w, Seg__Onnx__TensorShape, seg__onnx__tensor_shape);
    message->dim = alloc(w, (size_t)shape->rank, sizeof *message->dim);
    for (int i = 0; w->status == SEG_OK && i < shape->rank; i++)
        message->dim[i] = make_dimension(w, shape->dim[i]);
    message->n_dim = (size_t)shape->rank;
    return message;
}

static Seg__Onnx__Type *make_type(writer *w, const seg_shape *shape)
{
    NEW(w, Seg__Onnx__Type, seg__onnx__type);
    Seg__Onnx__TensorType *tensor = alloc(w, 1, sizeof *tensor);
    if (tensor == NULL)
        return NULL;
    seg__onnx__tensor_type__init(tensor);
    tensor->has_elem_type = 1;
    tensor->elem_type = seg_onnx_data_type(shape->dtype);
    if (shape->rank != SEG_UNKNOWN_RANK)
        tensor->shape = make_shape(w, shape);
    message->tensor_type = tensor;
    return message;
}

static Seg__Onnx__ValueInfo *make_value_info(writer *w, seg_slot slot)
{
    NEW(w, Seg__Onnx__ValueInfo, seg__onnx__value_info);
    message->name = text_of(w->program->slots[slot].name);
    message->type = make_type(w, &w->program->slots[slot].shape);
    return message;
}

static void add_constants(writer *w, Seg__Onnx__Graph *graph)
{
    const seg_program *program = w->program;
    graph->initializer = alloc(w, program->slot_count, sizeof *graph->initializer);
    for (size_t s = 0; w->status == SEG_OK && s < program->slot_count; s++) {
        const seg_program_slot *slot = &program->slots[s];
        if (slot->constant != NULL)
            graph->initializer[graph->n_initializer++] =
                make_tensor(w, slot->name, &slot->shape, slot->constant);
    }
}

static Seg__Onnx__Graph *make_graph(writer *w)
{
    const seg_program *program = w->program;
    NEW(w, Seg__Onnx__Graph, seg__onnx__graph);
    message->name = text_of("network");
    message->node = alloc(w, program->node_count, sizeof *message->node);
    message->input = alloc(w, program->input_count, sizeof *message->input);
    message->output = alloc(w, program->output_count, sizeof *message->output);
    for (size_t i = 0; w->status == SEG_OK && i < program->node_count; i++)
        message->node[i] = make_node(w, &program->nodes[i]);
    for (size_t i = 0; w->status == SEG_OK && i < program->input_count; i++)
        message->input[i] = make_value_info(w, program->inputs[i]);
    for (size_t i = 0; w->status == SEG_OK && i < program->output_count; i++)
        message->output[i] = make_value_info(w, program->outputs[i]);
    message->n_node = program->node_count;
    message->n_input = program->input_count;
    message->n_output = program->output_count;
    add_constants(w, message);
    return message;
}

static Seg__Onnx__Entry *make_entry(writer *w, const seg_program_text *text)
{
    NEW(w, Seg__Onnx__Entry, seg__onnx__entry);
    message->key = text_of(text->key);
    message->value = text_of(text->value);
    return message;
}

static Seg__Onnx__OperatorSet *make_operator_set(writer *w)
{
    NEW(w, Seg__Onnx__OperatorSet, seg__onnx__operator_set);
    message->domain = text_of("");
    message->has_version = 1;
    message->version = w->program->opset;
    return message;
}

static Seg__Onnx__Model *make_model(writer *w)
{
    const seg_program *program = w->program;
    NEW(w, Seg__Onnx__Model, seg__onnx__model);
    message->has_ir_version = 1;
    message->ir_version = IR_VERSION;
    message->producer_name = text_of("seg");
    message->graph = make_graph(w);
    message->opset_import = alloc(w, 1, sizeof *message->opset_import);
    message->metadata_props = alloc(w, program->text_count, sizeof *message->metadata_props);
    if (w->status == SEG_OK) {
        message->opset_import[0] = make_operator_set(w);
        message->n_opset_import = 1;
    }
    for (size_t i = 0; w->status == SEG_OK && i < program->text_count; i++)
        message->metadata_props[i] = make_entry(w, &program->texts[i]);
    message->n_metadata_props = program->text_count;
    return message;
}

seg_status seg_onnx_write(const seg_program *program, const char *path, seg_error *err)
{
    writer w = {.program = program, .err = err, .status = SEG_OK};
    Seg__Onnx__Model *model = make_model(&w);
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (w.status == SEG_OK) {
        size = seg__onnx__model__get_packed_size(model);
        bytes = seg_block_new(size);
        if (bytes == NULL)
            w.status = seg_fail_nomem(err, size, path);
    }
    if (w.status == SEG_OK) {
        seg__onnx__model__pack(model, bytes);
        w.status = seg_file_write(path, bytes, size, err);
    }
    seg_block_free(bytes);
    seg_arena_release(&w.arena);
    return w.status;
}
