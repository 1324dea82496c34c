/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx.c: ONNX models, and their tensors in files of their own. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "io/onnx.h"

static void check_tensor(const seg_tensor *tensor)
{
    if (!seg_shape_valid(&tensor->shape) || tensor->shape.rank > SEG_MAX_RANK ||
        tensor->data == NULL || (uintptr_t)tensor->data % seg_dtype_size(tensor->shape.dtype) != 0)
        abort();
    fuzz_touch(tensor->data, seg_shape_size(&tensor->shape));
}

static void check_slot(const seg_program *program, seg_slot slot)
{
    if (slot != SEG_NO_SLOT && (slot < 0 || (size_t)slot >= program->slot_count))
        abort();
}

static void check_attribute(const seg_attribute *attribute)
{
    fuzz_touch(attribute->name, strlen(attribute->name));
    switch (attribute->type) {
    case SEG_ATTRIBUTE_INT:
    case SEG_ATTRIBUTE_INTS:
        fuzz_touch(attribute->ints, (size_t)attribute->count * sizeof *attribute->ints);
        break;
    case SEG_ATTRIBUTE_FLOAT:
    case SEG_ATTRIBUTE_FLOATS:
        fuzz_touch(attribute->floats, (size_t)attribute->count * sizeof *attribute->floats);
        break;
    case SEG_ATTRIBUTE_TEXT:
        fuzz_touch(attribute->text, strlen(attribute->text));
        break;
    case SEG_ATTRIBUTE_TENSOR:
        check_tensor(&attribute->tensor);
        break;
    case SEG_ATTRIBUTE_OTHER:
        break;
    }
}

static void check_program(const seg_program *program)
{
    for (size_t i = 0; i < program->slot_count; i++) {
        const seg_program_slot *slot = &program->slots[i];
        if (slot->constant != NULL)
            check_tensor(&(seg_tensor){slot->shape, (void *)(uintptr_t)slot->constant});
        if (seg_program_find(program, slot->name) != (seg_slot)i)
            abort();
    }
    for (size_t i = 0; i < program->node_count; i++) {
        const seg_program_node *node = &program->nodes[i];
        for (int k = 0; k < node->src_count; k++)
            check_slot(program, node->src[k]);
        for (int k = 0; k < node->dst_count; k++)
            check_slot(program, node->dst[k]);
        for (int k = 0; k < node->attribute_count; k++)
            check_attribute(&node->attributes[k]);
    }
    for (size_t i = 0; i < program->output_count; i++)
        check_slot(program, program->outputs[i]);
}

int fuzz_onnx(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_program *program;
    seg_onnx_tensor tensor;
    seg_status status = seg_onnx_parse(&program, data, size, FUZZ_NAME, &err);
    if (status == SEG_OK)
        check_program(program);
    else
        fuzz_check_error(status, &err);
    if ((program != NULL) != (status == SEG_OK))
        abort();
    seg_program_free(program);
    status = seg_onnx_tensor_parse(&tensor, data, size, FUZZ_NAME, &err);
    if (status == SEG_OK)
        check_tensor(&tensor.tensor);
    else
        fuzz_check_error(status, &err);
    seg_onnx_tensor_release(&tensor);
    return 0;
}
