/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* contents.c: the public interface of imported networks: what is in one. */
#include <stdlib.h>
#include <string.h>

#include "runtime/op.h"
#include "seg/program.h"

/* Weights are real or quantised numbers with extents; the rest are shapes, indices, flags. */
static int64_t weight_count(const seg_program_slot *slot)
{
    const seg_dtype dtype = slot->shape.dtype;
    if (slot->constant == NULL || slot->shape.rank == 0 || !slot->read)
        return 0;
    switch (dtype) {
    case SEG_F32:
    case SEG_F16:
    case SEG_F64:
    case SEG_BF16:
    case SEG_U8:
    case SEG_I8:
        return seg_shape_count(&slot->shape);
    case SEG_I32:
    case SEG_I16:
        return slot->quantisation.count > 0 ? seg_shape_count(&slot->shape) : 0;
    case SEG_I64:
    case SEG_BOOL:
    case SEG_U16:
    case SEG_U32:
    case SEG_U64:
        break;
    }
    return 0;
}

seg_program_info seg_program_describe(const seg_program *program)
{
    seg_program_info info = {.format = program->format,
                             .producer = program->producer,
                             .opset = strcmp(program->format, "onnx") == 0 ? program->opset : 0,
                             .inputs = (int)program->input_count,
                             .outputs = (int)program->output_count,
                             .nodes = (int)program->node_count,
                             .texts = (int)program->text_count};
    for (size_t i = 0; i < program->slot_count; i++)
        info.parameters += weight_count(&program->slots[i]);
    return info;
}

static seg_program_value value_of(const seg_program *program, const seg_slot *slots, size_t count,
                                  int index)
{
    if (index < 0 || (size_t)index >= count)
        return (seg_program_value){.name = NULL};
    const seg_program_slot *slot = &program->slots[slots[index]];
    const seg_tensor tensor = {.shape = slot->shape};
    return (seg_program_value){slot->name, seg_tensor_array(&tensor)};
}

seg_program_value seg_program_input_at(const seg_program *program, int index)
{
    return value_of(program, program->inputs, program->input_count, index);
}

seg_program_value seg_program_output_at(const seg_program *program, int index)
{
    return value_of(program, program->outputs, program->output_count, index);
}

const char *seg_program_text_at(const seg_program *program, int index, const char **key)
{
    *key = NULL;
    if (index < 0 || (size_t)index >= program->text_count)
        return NULL;
    *key = program->texts[index].key;
    return program->texts[index].value;
}

static int compare_ops(const void *a, const void *b)
{
    const seg_program_op *p = a, *q = b;
    if (p->count != q->count)
        return p->count < q->count ? 1 : -1;
    int order = strcmp(p->name, q->name);
    return order != 0 ? order : strcmp(p->domain, q->domain);
}

int seg_program_ops(const seg_program *program, seg_program_op *ops, int capacity)
{
    int kinds = 0;
    for (size_t n = 0; n < program->node_count; n++) {
        const seg_program_node *node = &program->nodes[n];
        int at = 0;
        while (at < kinds &&
               (strcmp(ops[at].name, node->op) != 0 || strcmp(ops[at].domain, node->domain) != 0))
            at++;
        if (at == capacity)
            continue;
        if (at == kinds)
            ops[kinds++] =
                (seg_program_op){.domain = node->domain,
                                 .name = node->op,
                                 .supported = seg_runtime_op_find(node->domain, node->op) != NULL};
        ops[at].count++;
    }
    if (kinds > 1)
        qsort(ops, (size_t)kinds, sizeof *ops, compare_ops);
    return kinds;
}

const char *seg_program_result(const seg_program *program, const char *node, int index)
{
    seg_slot slot = seg_program_find(program, node);
    for (size_t n = 0; n < program->node_count; n++) {
        const seg_program_node *from = &program->nodes[n];
        if (from->name[0] == '\0' || strcmp(from->name, node) != 0)
            continue;
        if (index < 0 || index >= from->dst_count)
            return NULL;
        const seg_slot result = from->dst[index];
        return result != SEG_NO_SLOT ? program->slots[result].name : "";
    }
    return slot != SEG_NO_SLOT && index == 0 ? program->slots[slot].name : NULL;
}
