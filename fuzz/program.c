/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* program.c: hostile ONNX networks are run (programs.c). */
#include "fuzz/fuzz.h"
#include "fuzz/programs.h"
#include "io/onnx.h"

int fuzz_program(const uint8_t *data, size_t size)
{
    seg_program *program;
    if (seg_onnx_parse(&program, data, size, FUZZ_NAME, NULL) != SEG_OK)
        return 0;
    fuzz_run_program(program);
    seg_program_free(program);
    return 0;
}
