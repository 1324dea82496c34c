/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx_node.c: NodeProto and its attributes; Constant nodes become constants. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "io/onnx_parts.h"

typedef Seg__Onnx__Attribute message;

/* A node under construction, for errors. */
typedef struct place {
    seg_program *program;
    const Seg__Onnx__Node *node;
    seg_error *err;
} place;

enum { NODE_SIZE = 160 };

static const char *node_text(const place *at, char text[NODE_SIZE])
{
    const Seg__Onnx__Node *node = at->node;
    const char *name = seg_onnx_text(node->name);
    if (name[0] == '\0' && node->n_output > 0)
        name = node->output[0];
    snprintf(text, NODE_SIZE, "%.48s '%.100s'", seg_onnx_text(node->op_type), name);
    return text;
}

/* Files of before 2017 and of some writers do not say the type. */
static int type_of(const message *attribute)
{
    if (attribute->type != 0)
        return attribute->type;
    if (attribute->has_f)
        return SEG_ONNX_FLOAT;
    if (attribute->has_i)
        return SEG_ONNX_INT;
    if (attribute->has_s)
        return SEG_ONNX_STRING;
    if (attribute->t != NULL)
        return SEG_ONNX_TENSOR;
    if (attribute->n_floats > 0)
        return SEG_ONNX_FLOATS;
    return attribute->n_ints > 0 ? SEG_ONNX_INTS : 0;
}

static seg_status take_text(const place *at, const message *attribute, seg_attribute *out)
{
    size_t size = attribute->s.len;
    char *text = seg_arena_alloc(&at->program->arena, size + 1);
    if (text == NULL)
        return seg_fail_nomem(at->err, size + 1, at->program->path);
    if (size > 0)
        memcpy(text, attribute->s.data, size);
    out->text = text;
    return SEG_OK;
}

static seg_status take_tensor(const place *at, const message *attribute, seg_attribute *out)
{
    char node[NODE_SIZE], what[NODE_SIZE + 120];
    snprintf(what, sizeof what, "attribute '%.80s' of %s", seg_onnx_text(attribute->name),
             node_text(at, node));
    if (attribute->t == NULL)
        return seg_fail(at->err, SEG_FORMAT, "%s: %s has no tensor", at->program->path, what);
    return seg_onnx_tensor_of(attribute->t, &at->program->arena, at->program->path, what,
                              &out->tensor, at->err);
}

static seg_status take_attribute(const place *at, message *attribute, seg_attribute *out)
{
    char node[NODE_SIZE];
    if (seg_onnx_text(attribute->ref_attr_name)[0] != '\0')
        return seg_fail(at->err, SEG_FORMAT,
                        "%s: attribute '%.80s' of %s stands for one of a function, but is in none",
                        at->program->path, seg_onnx_text(attribute->name), node_text(at, node));
    *out = (seg_attribute){.name = seg_onnx_text(attribute->name), .type = SEG_ATTRIBUTE_OTHER};
    switch (type_of(attribute)) {
    case SEG_ONNX_FLOAT:
        out->type = SEG_ATTRIBUTE_FLOAT;
        out->floats = &attribute->f;
        out->count = 1;
        return SEG_OK;
    case SEG_ONNX_INT:
        out->type = SEG_ATTRIBUTE_INT;
        out->ints = &attribute->i;
        out->count = 1;
        return SEG_OK;
    case SEG_ONNX_FLOATS:
        out->type = SEG_ATTRIBUTE_FLOATS;
        out->floats = attribute->floats;
        out->count = (int64_t)attribute->n_floats;
        return SEG_OK;
    case SEG_ONNX_INTS:
        out->type = SEG_ATTRIBUTE_INTS;
        out->ints = attribute->ints;
        out->count = (int64_t)attribute->n_ints;
        return SEG_OK;
    case SEG_ONNX_STRING:
        out->type = SEG_ATTRIBUTE_TEXT;
        return take_text(at, attribute, out);
    case SEG_ONNX_TENSOR:
        out->type = SEG_ATTRIBUTE_TENSOR;
        return take_tensor(at, attribute, out);
    default:
        return SEG_OK;
    }
}

static seg_status take_slots(const place *at, size_t count, char *const *names, seg_slot *slots)
{
    seg_status status = SEG_OK;
    for (size_t i = 0; i < count && status == SEG_OK; i++) {
        if (names[i][0] != '\0')
            status = seg_program_slot_named(at->program, names[i], &slots[i], at->err);
    }
    return status;
}

/* ONNX's own domain has two names. */
static const char *domain_of(const Seg__Onnx__Node *node)
{
    const char *domain = seg_onnx_text(node->domain);
    return strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

/* The value of a Constant node: one attribute, whose name says its form. */
static seg_status constant_value(const place *at, message *attribute, seg_tensor *value)
{
    char node[NODE_SIZE];
    seg_attribute taken;
    seg_status status = take_attribute(at, attribute, &taken);
    if (status != SEG_OK)
        return status;
    union {
        const void *read_only;
        void *any;
    } data = {NULL};
    *value = (seg_tensor){0};
    switch (taken.type) {
    case SEG_ATTRIBUTE_TENSOR:
        *value = taken.tensor;
        return SEG_OK;
    case SEG_ATTRIBUTE_INTS:
    case SEG_ATTRIBUTE_FLOATS:
        value->shape.rank = 1;
        value->shape.dim[0] = taken.count;
        break;
    case SEG_ATTRIBUTE_INT:
    case SEG_ATTRIBUTE_FLOAT:
        break;
    case SEG_ATTRIBUTE_TEXT:
    case SEG_ATTRIBUTE_OTHER:
        return seg_fail(at->err, SEG_UNSUPPORTED,
                        "%s: %s has a '%.80s', which is not read (text or a sparse tensor)",
                        at->program->path, node_text(at, node), taken.name);
    }
    value->shape.dtype = taken.ints != NULL || taken.type == SEG_ATTRIBUTE_INTS ? SEG_I64 : SEG_F32;
    data.read_only = taken.ints != NULL ? (const void *)taken.ints : (const void *)taken.floats;
    value->data = data.any; /* NULL when the list is empty: made below */
    return SEG_OK;
}

static seg_status add_constant(const place *at)
{
    char node[NODE_SIZE];
    seg_tensor value;
    seg_slot slot;
    void *made;
    if (at->node->n_attribute != 1 || at->node->n_output != 1 || at->node->n_input != 0)
        return seg_fail(at->err, SEG_FORMAT,
                        "%s: %s has %zu attributes, %zu inputs and %zu outputs, not 1, 0 and 1",
                        at->program->path, node_text(at, node), at->node->n_attribute,
                        at->node->n_input, at->node->n_output);
    seg_status status = constant_value(at, at->node->attribute[0], &value);
    if (status == SEG_OK)
        status = seg_program_slot_named(at->program, at->node->output[0], &slot, at->err);
    if (status == SEG_OK)
        status = seg_program_constant(at->program, slot, &value.shape, value.data, &made, at->err);
    return status;
}

static seg_status check_node(const place *at)
{
    char node[NODE_SIZE];
    const Seg__Onnx__Node *from = at->node;
    if (seg_onnx_text(from->op_type)[0] == '\0')
        return seg_fail(at->err, SEG_FORMAT, "%s: node %s has no operator", at->program->path,
                        node_text(at, node));
    if (from->n_input > INT_MAX || from->n_output > INT_MAX || from->n_attribute > INT_MAX)
        return seg_fail(at->err, SEG_LIMIT, "%s: %s has too many inputs, outputs or attributes",
                        at->program->path, node_text(at, node));
    return SEG_OK;
}

seg_status seg_onnx_node(seg_program *program, const Seg__Onnx__Node *from, seg_error *err)
{
    const place at = {program, from, err};
    seg_program_node *node;
    seg_status status = check_node(&at);
    if (status != SEG_OK)
        return status;
    const char *domain = domain_of(from);
    if (domain[0] == '\0' && strcmp(from->op_type, "Constant") == 0)
        return add_constant(&at);
    status = seg_program_node_add(program, domain, from->op_type, seg_onnx_text(from->name),
                                  (int)from->n_input, (int)from->n_output, (int)from->n_attribute,
                                  &node, err);
    if (status != SEG_OK)
        return status;
    status = take_slots(&at, from->n_input, from->input, node->src);
    if (status == SEG_OK)
        status = take_slots(&at, from->n_output, from->output, node->dst);
    /* The arena's memory, const for readers only. */
    union {
        const seg_attribute *read_only;
        seg_attribute *any;
    } attributes = {node->attributes};
    for (size_t i = 0; i < from->n_attribute && status == SEG_OK; i++)
        status = take_attribute(&at, from->attribute[i], &attributes.any[i]);
    return status == SEG_OK ? seg_onnx_check_meaning(program, node, err) : status;
}
