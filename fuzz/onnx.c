/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* onnx.c: ONNX models, and their tensors in files of their own. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/programs.h"
#include "io/onnx.h"

int fuzz_onnx(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_program *program;
    seg_onnx_tensor tensor;
    seg_status status = seg_onnx_parse(&program, data, size, FUZZ_NAME, &err);
    if (status == SEG_OK)
        fuzz_check_program(program);
    else
        fuzz_check_error(status, &err);
    if ((program != NULL) != (status == SEG_OK))
        abort();
    seg_program_free(program);
    status = seg_onnx_tensor_parse(&tensor, data, size, FUZZ_NAME, &err);
    if (status == SEG_OK)
        fuzz_check_tensor(&tensor.tensor);
    else
        fuzz_check_error(status, &err);
    seg_onnx_tensor_release(&tensor);
    return 0;
}
