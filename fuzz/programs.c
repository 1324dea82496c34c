/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * programs.c: what readers of networks promise, and hostile networks run on small inputs, lowered
 * and as reference: whatever nodes and attributes say, a run ends with results or one sentence.
 */
#include "fuzz/programs.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "runtime/runtime.h"

void fuzz_check_tensor(const seg_tensor *tensor)
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
        fuzz_check_tensor(&attribute->tensor);
        break;
    case SEG_ATTRIBUTE_OTHER:
        break;
    }
}

void fuzz_check_program(const seg_program *program)
{
    for (size_t i = 0; i < program->slot_count; i++) {
        const seg_program_slot *slot = &program->slots[i];
        if (slot->constant != NULL)
            fuzz_check_tensor(&(seg_tensor){slot->shape, (void *)(uintptr_t)slot->constant});
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

/* ---- running ---- */

enum { INPUTS_MOST = 8, ELEMENTS_MOST = 4096, MEMORY = 256 << 10 };

/* Small numbers, not all alike, in a shape that the file allows; false when it asks for much. */
static bool make_input(const seg_program_slot *slot, seg_tensor *out)
{
    *out = (seg_tensor){.shape = slot->shape};
    if (out->shape.rank == SEG_UNKNOWN_RANK)
        out->shape.rank = 1;
    for (int i = 0; i < out->shape.rank; i++) {
        if (slot->shape.rank == SEG_UNKNOWN_RANK || slot->shape.dim[i] == SEG_ANY_EXTENT)
            out->shape.dim[i] = 3;
    }
    if (!seg_shape_valid(&out->shape) || seg_shape_size(&out->shape) > ELEMENTS_MOST)
        return false;
    const size_t size = seg_shape_size(&out->shape), element = seg_dtype_size(out->shape.dtype);
    uint8_t *bytes = seg_block_new_zero(size);
    if (bytes == NULL)
        return false;
    out->data = bytes;
    for (size_t i = 0; i < size; i += element)
        bytes[i] = (uint8_t)(out->shape.dtype == SEG_BOOL ? i % 2 : i / element % 4);
    return true;
}

static void run(const seg_program *program, const seg_tensor *inputs, bool reference)
{
    const seg_runtime_opts opts = {
        .threads = 1, .memory_limit = MEMORY, .reference = reference, .keep_all = !reference};
    seg_error err;
    seg_runtime *runtime;
    seg_status status = seg_runtime_new(&runtime, program, &opts, &err);
    if (status != SEG_OK) {
        fuzz_check_error(status, &err);
        return;
    }
    for (int pass = 0; pass < 2; pass++) {
        status = seg_runtime_run(runtime, inputs, &err);
        if (status != SEG_OK)
            fuzz_check_error(status, &err);
        for (size_t i = 0; status == SEG_OK && i < program->output_count; i++) {
            seg_tensor out;
            if (seg_runtime_read(runtime, program->outputs[i], &out, &err) == SEG_OK)
                fuzz_touch(out.data, seg_shape_size(&out.shape));
        }
    }
    seg_runtime_free(runtime);
}

void fuzz_run_program(const seg_program *program)
{
    seg_tensor inputs[INPUTS_MOST] = {{.data = NULL}};
    size_t made = 0;
    while (made < program->input_count && made < INPUTS_MOST &&
           make_input(&program->slots[program->inputs[made]], &inputs[made]))
        made++;
    if (made == program->input_count) {
        run(program, inputs, true);
        run(program, inputs, false);
    }
    for (size_t i = 0; i < made; i++)
        seg_block_free(inputs[i].data);
}
