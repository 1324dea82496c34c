/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * safetensors_write.c: writing. Data starts at a multiple of 64 bytes (the JSON header is padded
 * with spaces) and goes widest element first, so that every tensor is aligned to its type
 * without holes, which the format forbids.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/safetensors_format.h"

static const char *dtype_text(seg_dtype dtype)
{
    int i = 0;
    while (seg_safetensors_dtypes[i].dtype != dtype)
        i++;
    return seg_safetensors_dtypes[i].text;
}

static seg_status check_entry(const json_t *header, const seg_safetensors_entry *entry,
                              const char *path, seg_error *err)
{
    const char *reason = NULL;
    if (json_object_get(header, entry->name) != NULL)
        reason = "its name occurs twice";
    else if (strcmp(entry->name, SEG_SAFETENSORS_METADATA) == 0)
        reason = "the format keeps that name for itself";
    else if (!seg_shape_valid(&entry->tensor.shape))
        reason = "its shape is not valid";
    if (reason == NULL)
        return SEG_OK;
    return seg_fail(err, SEG_INVALID, "%s: cannot write tensor '%.200s': %s", path, entry->name,
                    reason);
}

static json_t *describe(const seg_tensor *tensor, size_t offset)
{
    const seg_shape *shape = &tensor->shape;
    json_t *dims = json_array();
    for (int i = 0; i < shape->rank && dims != NULL; i++) {
        if (json_array_append_new(dims, json_integer(shape->dim[i])) != 0) {
            json_decref(dims);
            dims = NULL;
        }
    }
    if (dims == NULL)
        return NULL;
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", dtype_text(shape->dtype), "shape", dims,
                     "data_offsets", (json_int_t)offset,
                     (json_int_t)(offset + seg_shape_size(shape)));
}

static seg_status put_metadata(json_t *header, int pairs, const char *const *metadata,
                               const char *path, seg_error *err)
{
    if (pairs == 0)
        return SEG_OK;
    json_t *object = json_object();
    seg_status status = seg_json_put(header, SEG_SAFETENSORS_METADATA, object, path, err);
    for (int i = 0; i < pairs && status == SEG_OK; i++)
        status = seg_json_put_string(object, metadata[2 * i], metadata[2 * i + 1], path, err);
    return status;
}

/* Fills order[] with the entries as they go into the file, and header with their descriptions. */
static seg_status put_tensors(json_t *header, int count, const seg_safetensors_entry *entries,
                              const seg_safetensors_entry **order, const char *path, seg_error *err)
{
    size_t offset = 0;
    int placed = 0;
    for (size_t width = sizeof(int64_t); width >= 1; width /= 2) {
        for (int i = 0; i < count; i++) {
            const seg_safetensors_entry *entry = &entries[i];
            if (seg_dtype_size(entry->tensor.shape.dtype) != width)
                continue;
            seg_status status = check_entry(header, entry, path, err);
            if (status == SEG_OK)
                status =
                    seg_json_put(header, entry->name, describe(&entry->tensor, offset), path, err);
            if (status != SEG_OK)
                return status;
            order[placed++] = entry;
            offset += seg_shape_size(&entry->tensor.shape);
        }
    }
    return SEG_OK;
}

/* The length field, the header and its padding in one malloc'ed block. */
static uint8_t *encode_header(const json_t *header, size_t *size)
{
    const size_t length_size = sizeof(uint64_t);
    size_t text_size = json_dumpb(header, NULL, 0, JSON_COMPACT);
    if (text_size == 0)
        return NULL;
    *size = seg_align_up(length_size + text_size);
    uint8_t *bytes = malloc(*size);
    if (bytes == NULL)
        return NULL;
    memset(bytes, ' ', *size);
    uint64_t length = *size - length_size;
    memcpy(bytes, &length, length_size);
    if (json_dumpb(header, (char *)bytes + length_size, text_size, JSON_COMPACT) == text_size)
        return bytes;
    free(bytes);
    return NULL;
}

static seg_status write_all(const char *path, const json_t *header, int count,
                            const seg_safetensors_entry *const *order, seg_error *err)
{
    size_t size = 0;
    uint8_t *bytes = encode_header(header, &size);
    if (bytes == NULL)
        return seg_fail_nomem(err, size, path);
    seg_file_writer *writer;
    seg_status status = seg_file_writer_open(&writer, path, err);
    if (status == SEG_OK)
        status = seg_file_writer_add(writer, bytes, size, err);
    free(bytes);
    for (int i = 0; i < count && status == SEG_OK; i++) {
        const seg_tensor *tensor = &order[i]->tensor;
        status = seg_file_writer_add(writer, tensor->data, seg_shape_size(&tensor->shape), err);
    }
    if (status == SEG_OK)
        return seg_file_writer_commit(writer, err);
    seg_file_writer_abort(writer);
    return status;
}

seg_status seg_safetensors_write(const char *path, int count, const seg_safetensors_entry *entries,
                                 int pairs, const char *const *metadata, seg_error *err)
{
    json_t *header = json_object();
    const seg_safetensors_entry **order = malloc((size_t)(count + 1) * sizeof *order);
    seg_status status = SEG_OK;
    if (header == NULL || order == NULL)
        status = seg_fail_nomem(err, (size_t)count * sizeof *order, path);
    if (status == SEG_OK)
        status = put_metadata(header, pairs, metadata, path, err);
    if (status == SEG_OK)
        status = put_tensors(header, count, entries, order, path, err);
    if (status == SEG_OK)
        status = write_all(path, header, count, order, err);
    free(order);
    json_decref(header);
    return status;
}
