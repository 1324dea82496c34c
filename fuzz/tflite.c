/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite.c: TFLite files, read as they are and in float, and run (programs.c). */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "fuzz/programs.h"
#include "io/tflite.h"

int fuzz_tflite(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_program *program;
    for (int in_float = 0; in_float < 2; in_float++) {
        const seg_program_opts opts = {.dequantise = in_float == 1};
        seg_status status = seg_tflite_parse(&program, data, size, FUZZ_NAME, &opts, &err);
        if ((program != NULL) != (status == SEG_OK))
            abort();
        if (status == SEG_OK) {
            fuzz_check_program(program);
            fuzz_run_program(program);
        } else
            fuzz_check_error(status, &err);
        seg_program_free(program);
    }
    return 0;
}
