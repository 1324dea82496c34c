/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* make_onnx.c: small ONNX files for tests. */
#include "io/make_onnx.h"

#include <stdlib.h>

#include "test.h"

static void *make(onnx_maker *maker, size_t size)
{
    void *made = seg_arena_alloc(&maker->arena, size);
    ck_assert_ptr_nonnull(made);
    return made;
}

char *onnx_text(onnx_maker *maker, const char *text)
{
    char *copy = seg_arena_strdup(&maker->arena, text);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

/* One pointer more in a list of messages. */
#define PUSH(maker, list, count, item)                                                             \
    do {                                                                                           \
        void *longer = make(maker, ((count) + 1) * sizeof *(list));                                \
        if ((count) > 0)                                                                           \
            memcpy(longer, (list), (count) * sizeof *(list));                                      \
        (list) = longer;                                                                           \
        (list)[(count)++] = (item);                                                                \
    } while (0)

void onnx_maker_init(onnx_maker *maker, int opset)
{
    *maker = (onnx_maker){0};
    seg__onnx__model__init(&maker->model);
    seg__onnx__graph__init(&maker->graph);
    maker->model.has_ir_version = 1;
    maker->model.ir_version = 8;
    maker->model.graph = &maker->graph;
    if (opset == 0)
        return;
    Seg__Onnx__OperatorSet *set = make(maker, sizeof *set);
    seg__onnx__operator_set__init(set);
    set->has_version = 1;
    set->version = opset;
    PUSH(maker, maker->model.opset_import, maker->model.n_opset_import, set);
}

void onnx_maker_release(onnx_maker *maker)
{
    free(maker->bytes);
    seg_arena_release(&maker->arena);
    *maker = (onnx_maker){0};
}

const uint8_t *onnx_bytes(onnx_maker *maker, size_t *size)
{
    *size = seg__onnx__model__get_packed_size(&maker->model);
    free(maker->bytes);
    maker->bytes = malloc(*size + 1);
    ck_assert_ptr_nonnull(maker->bytes);
    ck_assert_uint_eq(seg__onnx__model__pack(&maker->model, maker->bytes), *size);
    return maker->bytes;
}

static Seg__Onnx__TensorShape *shape_of(onnx_maker *maker, const char *dims)
{
    Seg__Onnx__TensorShape *shape = make(maker, sizeof *shape);
    seg__onnx__tensor_shape__init(shape);
    while (*dims != '\0') {
        Seg__Onnx__Dimension *dim = make(maker, sizeof *dim);
        seg__onnx__dimension__init(dim);
        char *end;
        if (*dims == '?') {
            dim->dim_param = onnx_text(maker, "batch");
            end = onnx_text(maker, dims + 1);
        } else {
            dim->has_dim_value = 1;
            dim->dim_value = strtoll(dims, &end, 10);
        }
        PUSH(maker, shape->dim, shape->n_dim, dim);
        dims = *end == 'x' ? end + 1 : end;
    }
    return shape;
}

Seg__Onnx__ValueInfo *onnx_value(onnx_maker *maker, const char *name, int type, const char *dims)
{
    Seg__Onnx__ValueInfo *info = make(maker, sizeof *info);
    Seg__Onnx__Type *kind = make(maker, sizeof *kind);
    Seg__Onnx__TensorType *tensor = make(maker, sizeof *tensor);
    seg__onnx__value_info__init(info);
    seg__onnx__type__init(kind);
    seg__onnx__tensor_type__init(tensor);
    info->name = onnx_text(maker, name);
    info->type = kind;
    kind->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = type;
    if (dims != NULL)
        tensor->shape = shape_of(maker, dims);
    return info;
}

void onnx_input(onnx_maker *maker, const char *name, int type, const char *dims)
{
    PUSH(maker, maker->graph.input, maker->graph.n_input, onnx_value(maker, name, type, dims));
}

void onnx_output(onnx_maker *maker, const char *name, int type, const char *dims)
{
    PUSH(maker, maker->graph.output, maker->graph.n_output, onnx_value(maker, name, type, dims));
}

Seg__Onnx__Tensor *onnx_tensor(onnx_maker *maker, const char *name, int type, const char *dims,
                               const void *raw, size_t size)
{
    Seg__Onnx__Tensor *tensor = make(maker, sizeof *tensor);
    seg__onnx__tensor__init(tensor);
    tensor->name = onnx_text(maker, name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    Seg__Onnx__TensorShape *shape = shape_of(maker, dims);
    for (size_t i = 0; i < shape->n_dim; i++)
        PUSH(maker, tensor->dims, tensor->n_dims, shape->dim[i]->dim_value);
    if (raw != NULL) {
        tensor->has_raw_data = 1;
        tensor->raw_data.len = size;
        tensor->raw_data.data = make(maker, size + 1);
        memcpy(tensor->raw_data.data, raw, size);
    }
    return tensor;
}

Seg__Onnx__Tensor *onnx_constant(onnx_maker *maker, const char *name, int type, const char *dims,
                                 const void *raw, size_t size)
{
    Seg__Onnx__Tensor *tensor = onnx_tensor(maker, name, type, dims, raw, size);
    PUSH(maker, maker->graph.initializer, maker->graph.n_initializer, tensor);
    return tensor;
}

static void split(onnx_maker *maker, const char *names, char ***list, size_t *count)
{
    for (const char *at = names; *names != '\0';) {
        size_t length = strcspn(at, ",");
        char *name = make(maker, length + 1);
        memcpy(name, at, length);
        PUSH(maker, *list, *count, name);
        if (at[length] == '\0')
            return;
        at += length + 1;
    }
}

Seg__Onnx__Node *onnx_node(onnx_maker *maker, const char *op, const char *name, const char *inputs,
                           const char *outputs)
{
    Seg__Onnx__Node *node = make(maker, sizeof *node);
    seg__onnx__node__init(node);
    node->op_type = op != NULL ? onnx_text(maker, op) : NULL;
    node->name = name != NULL ? onnx_text(maker, name) : NULL;
    split(maker, inputs, &node->input, &node->n_input);
    split(maker, outputs, &node->output, &node->n_output);
    PUSH(maker, maker->graph.node, maker->graph.n_node, node);
    return node;
}

Seg__Onnx__Attribute *onnx_attribute(onnx_maker *maker, Seg__Onnx__Node *node, const char *name,
                                     int type)
{
    Seg__Onnx__Attribute *attribute = make(maker, sizeof *attribute);
    seg__onnx__attribute__init(attribute);
    attribute->name = onnx_text(maker, name);
    attribute->has_type = type != 0;
    attribute->type = type;
    PUSH(maker, node->attribute, node->n_attribute, attribute);
    return attribute;
}

void onnx_int(onnx_maker *maker, Seg__Onnx__Node *node, const char *name, int64_t value)
{
    Seg__Onnx__Attribute *attribute = onnx_attribute(maker, node, name, 2);
    attribute->has_i = 1;
    attribute->i = value;
}

void onnx_ints(onnx_maker *maker, Seg__Onnx__Node *node, const char *name, int count,
               const int64_t *values)
{
    Seg__Onnx__Attribute *attribute = onnx_attribute(maker, node, name, 7);
    for (int i = 0; i < count; i++)
        PUSH(maker, attribute->ints, attribute->n_ints, values[i]);
}
