/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* npy.c: NumPy's format: the elements. The header is read in npy_header.c. */
#include "io/npy.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/half.h"
#include "base/memory.h"
#include "io/npy_header.h"

/* ---- reading ---- */

/* The other byte order: elements of 2, 4 or 8 bytes. */
static void swap_bytes(uint8_t *bytes, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++, bytes += size) {
        for (size_t k = 0; k < size / 2; k++) {
            uint8_t kept = bytes[k];
            bytes[k] = bytes[size - 1 - k];
            bytes[size - 1 - k] = kept;
        }
    }
}

/* From first axis contiguous to last axis contiguous. */
static void reorder(const uint8_t *src, uint8_t *dst, const seg_shape *shape)
{
    const size_t size = seg_dtype_size(shape->dtype);
    const int64_t count = seg_shape_count(shape);
    int64_t index[SEG_MAX_RANK] = {0}, stride[SEG_MAX_RANK], from = 0, step = 1;
    for (int i = 0; i < shape->rank; i++) {
        stride[i] = step;
        step *= shape->dim[i];
    }
    for (int64_t to = 0; to < count; to++) {
        memcpy(dst + (size_t)to * size, src + (size_t)from * size, size);
        for (int i = shape->rank - 1; i >= 0; i--) {
            from += stride[i];
            if (++index[i] < shape->dim[i])
                break;
            from -= index[i] * stride[i];
            index[i] = 0;
        }
    }
}

static void fill(const seg_npy_header *header, const uint8_t *src, uint8_t *dst)
{
    const seg_shape *shape = &header->shape;
    const size_t size = seg_shape_size(shape), element = seg_dtype_size(shape->dtype);
    if (header->fortran_order && shape->rank > 1)
        reorder(src, dst, shape);
    else if (size > 0)
        memcpy(dst, src, size);
    if (header->big_endian)
        swap_bytes(dst, size / element, element);
    for (size_t i = 0; shape->dtype == SEG_BOOL && i < size; i++)
        dst[i] = dst[i] != 0;
}

seg_status seg_npy_parse(seg_tensor *out, const void *data, size_t size, const char *name,
                         seg_error *err)
{
    char text[SEG_SHAPE_TEXT_SIZE];
    seg_npy_header header;
    *out = (seg_tensor){0};
    seg_status status = seg_npy_header_parse(&header, data, size, name, err);
    if (status != SEG_OK)
        return status;
    const size_t wanted = seg_shape_size(&header.shape), found = size - header.size;
    if (wanted != found)
        return seg_fail(err, SEG_FORMAT,
                        "%s: %s asks for %zu bytes of elements, the file holds %zu", name,
                        seg_shape_text(&header.shape, text), wanted, found);
    out->data = seg_block_new(wanted);
    if (out->data == NULL)
        return seg_fail_nomem(err, wanted, name);
    out->shape = header.shape;
    fill(&header, (const uint8_t *)data + header.size, out->data);
    return SEG_OK;
}

seg_status seg_npy_read(seg_tensor *out, const char *path, seg_error *err)
{
    uint8_t *data;
    size_t size;
    *out = (seg_tensor){0};
    seg_status status = seg_file_read(path, SIZE_MAX / 4, &data, &size, err);
    if (status != SEG_OK)
        return status;
    status = seg_npy_parse(out, data, size, path, err);
    free(data);
    return status;
}

/* ---- writing ---- */

/* bf16 has no name in NumPy; as f32 it keeps every value. */
static seg_status write_widened(seg_file_writer *writer, const seg_tensor *tensor, seg_error *err)
{
    enum { BLOCK = 4096 };
    float floats[BLOCK];
    const uint16_t *halves = tensor->data;
    const int64_t count = seg_shape_count(&tensor->shape);
    seg_status status = SEG_OK;
    for (int64_t at = 0; at < count && status == SEG_OK; at += BLOCK) {
        int64_t length = count - at < BLOCK ? count - at : BLOCK;
        seg_bf16_to_f32(halves + at, floats, length);
        status = seg_file_writer_add(writer, floats, (size_t)length * sizeof *floats, err);
    }
    return status;
}

seg_status seg_npy_write(const char *path, const seg_tensor *tensor, seg_error *err)
{
    char header[SEG_NPY_HEADER_SIZE];
    seg_file_writer *writer;
    seg_shape shape = tensor->shape;
    const bool widened = shape.dtype == SEG_BF16;
    shape.dtype = widened ? SEG_F32 : shape.dtype;
    const size_t header_size = seg_npy_header_write(header, &shape);
    seg_status status = seg_file_writer_open(&writer, path, err);
    if (status != SEG_OK)
        return status;
    status = seg_file_writer_add(writer, header, header_size, err);
    if (status == SEG_OK)
        status = widened ? write_widened(writer, tensor, err)
                         : seg_file_writer_add(writer, tensor->data, seg_shape_size(&shape), err);
    if (status == SEG_OK)
        return seg_file_writer_commit(writer, err);
    seg_file_writer_abort(writer);
    return status;
}
