/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* safetensors.c: headers, tensors and metadata. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "io/safetensors.h"

static void check_tensors(const seg_safetensors *file)
{
    for (int i = 0; i < seg_safetensors_count(file); i++) {
        seg_tensor tensor = seg_safetensors_tensor(file, i);
        if (!seg_shape_valid(&tensor.shape) || tensor.shape.rank > SEG_MAX_RANK ||
            (uintptr_t)tensor.data % seg_dtype_size(tensor.shape.dtype) != 0)
            abort();
        if (seg_safetensors_find(file, seg_safetensors_name(file, i)) != i)
            abort();
        fuzz_touch(tensor.data, seg_shape_size(&tensor.shape));
    }
    const char *format = seg_safetensors_metadata(file, "seg.format");
    if (format != NULL)
        fuzz_touch(format, strlen(format));
}

int fuzz_safetensors(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_safetensors *file;
    uint8_t *copy = seg_block_new(size); /* aligned, as files that were read are */
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    seg_status status = seg_safetensors_parse(&file, copy, size, FUZZ_NAME, &err);
    if (status == SEG_OK)
        check_tensors(file);
    else
        fuzz_check_error(status, &err);
    if ((file != NULL) != (status == SEG_OK))
        abort();
    seg_safetensors_free(file);
    seg_block_free(copy);
    return 0;
}
