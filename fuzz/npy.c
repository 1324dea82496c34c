/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* npy.c: tensors in NumPy's format. */
#include <stdlib.h>

#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "io/npy.h"

int fuzz_npy(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_tensor tensor;
    seg_status status = seg_npy_parse(&tensor, data, size, FUZZ_NAME, &err);
    if (status != SEG_OK) {
        fuzz_check_error(status, &err);
        if (tensor.data != NULL)
            abort();
        return 0;
    }
    if (!seg_shape_valid(&tensor.shape) || tensor.data == NULL ||
        seg_shape_size(&tensor.shape) > size)
        abort();
    fuzz_touch(tensor.data, seg_shape_size(&tensor.shape));
    seg_block_free(tensor.data);
    return 0;
}
