/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* array_file.c: arrays of the public interface in files. */
#include "base/error.h"
#include "base/memory.h"
#include "io/npy.h"
#include "seg/array.h"

seg_status seg_array_read(seg_array *out, const char *path, seg_error *err)
{
    seg_tensor tensor;
    seg_status status = seg_npy_read(&tensor, path, err);
    *out = status == SEG_OK ? seg_tensor_array(&tensor) : (seg_array){.rank = 0};
    return status;
}

void seg_array_release(seg_array *array)
{
    seg_block_free(array->data);
    *array = (seg_array){.rank = 0};
}

seg_status seg_array_write(const seg_array *array, const char *path, seg_error *err)
{
    char text[SEG_ARRAY_TEXT_SIZE];
    if (array->rank < 0 || array->rank > SEG_MAX_RANK)
        return seg_fail(err, SEG_INVALID, "%s: an array of rank %d cannot be written", path,
                        array->rank);
    const seg_tensor tensor = seg_array_tensor(array);
    if (!seg_shape_valid(&tensor.shape) || array->data == NULL)
        return seg_fail(err, SEG_INVALID, "%s: an array of %s%s cannot be written", path,
                        seg_array_text(array, text), array->data == NULL ? " without data" : "");
    return seg_npy_write(path, &tensor, err);
}
