/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * program.c: hostile networks, run on small inputs, lowered and as reference: whatever the nodes
 * and attributes say, a run ends with results or one sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "io/onnx.h"
#include "runtime/runtime.h"

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

int fuzz_program(const uint8_t *data, size_t size)
{
    seg_program *program;
    seg_tensor inputs[INPUTS_MOST] = {{.data = NULL}};
    size_t made = 0;
    if (seg_onnx_parse(&program, data, size, FUZZ_NAME, NULL) != SEG_OK)
        return 0;
    while (made < program->input_count && made < INPUTS_MOST &&
           make_input(&program->slots[program->inputs[made]], &inputs[made]))
        made++;
    if (made == program->input_count) {
        run(program, inputs, true);
        run(program, inputs, false);
    }
    for (size_t i = 0; i < made; i++)
        seg_block_free(inputs[i].data);
    seg_program_free(program);
    return 0;
}
