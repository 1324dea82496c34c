/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* golden.c: read the reference values of ops. */
#include "ops/golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "test.h"

void golden_load(golden *file, const char *op)
{
    char path[512];
    snprintf(path, sizeof path, "%s/ops/golden/%s.safetensors", TESTS_DIR, op);
    seg_error err;
    size_t size;
    ck_ok(seg_file_read(path, 16u << 20, &file->bytes, &size, &err), err);
    uint64_t header_size = 0;
    ck_assert_uint_gt(size, 8);
    memcpy(&header_size, file->bytes, 8);
    ck_assert_uint_le(header_size, size - 8);
    file->data_start = 8 + header_size;
    json_error_t error;
    file->header = json_loadb((const char *)file->bytes + 8, header_size, 0, &error);
    ck_assert_msg(file->header != NULL, "%s: %s", path, error.text);
    json_t *metadata = json_object_get(file->header, "__metadata__");
    const char *cases = json_string_value(json_object_get(metadata, "cases"));
    ck_assert_ptr_nonnull(cases);
    file->cases = json_loads(cases, 0, &error);
    ck_assert_msg(json_is_array(file->cases), "%s: cases: %s", path, error.text);
    ck_assert_uint_gt(json_array_size(file->cases), 0);
}

void golden_release(golden *file)
{
    json_decref(file->cases);
    json_decref(file->header);
    free(file->bytes);
}

bool golden_find(const golden *file, const char *case_name, const char *what, int index,
                 seg_tensor *out)
{
    char name[128];
    if (index < 0)
        snprintf(name, sizeof name, "%s.%s", case_name, what);
    else
        snprintf(name, sizeof name, "%s.%s%d", case_name, what, index);
    json_t *entry = json_object_get(file->header, name);
    if (entry == NULL)
        return false;
    json_t *shape = json_object_get(entry, "shape");
    bool is_u8 = strcmp(json_string_value(json_object_get(entry, "dtype")), "U8") == 0;
    memset(out, 0, sizeof *out);
    out->shape.dtype = is_u8 ? SEG_U8 : SEG_F32;
    out->shape.rank = (int)json_array_size(shape);
    ck_assert_int_le(out->shape.rank, SEG_MAX_RANK);
    for (int i = 0; i < out->shape.rank; i++)
        out->shape.dim[i] = json_integer_value(json_array_get(shape, i));
    json_t *offset = json_array_get(json_object_get(entry, "data_offsets"), 0);
    out->data = file->bytes + file->data_start + json_integer_value(offset);
    return true;
}
