/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * safetensors.c: reading and checking. The parsed JSON header is kept: names and metadata are its
 * strings. Numbers are little-endian in the file and taken as they are (the machines we build
 * for are little-endian).
 */
#include "io/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "io/json.h"
#include "io/safetensors_format.h"

typedef struct view {
    const char *name; /* owned by the header */
    seg_tensor tensor;
    size_t begin, end; /* bytes in data */
} view;

struct seg_safetensors {
    json_t *header;
    uint8_t *owned;    /* the file's bytes; NULL when the caller's */
    seg_arena aligned; /* copies of tensors whose place in the file their type cannot be read at */
    view *views;
    int count;
};

const seg_safetensors_dtype seg_safetensors_dtypes[SEG_SAFETENSORS_DTYPES] = {
    {SEG_F32, "F32"}, {SEG_F16, "F16"}, {SEG_U8, "U8"},
    {SEG_I8, "I8"},   {SEG_I32, "I32"}, {SEG_I64, "I64"},
};

/* Where in the file a sentence is about. */
typedef struct place {
    const char *name, *tensor;
    seg_error *err;
} place;

static seg_status read_dtype(const json_t *entry, const place *at, seg_dtype *dtype)
{
    const char *text = json_string_value(json_object_get(entry, "dtype"));
    if (text == NULL)
        return seg_fail(at->err, SEG_FORMAT, "%s: tensor '%.200s' has no dtype", at->name,
                        at->tensor);
    for (int i = 0; i < SEG_SAFETENSORS_DTYPES; i++) {
        if (strcmp(text, seg_safetensors_dtypes[i].text) == 0) {
            *dtype = seg_safetensors_dtypes[i].dtype;
            return SEG_OK;
        }
    }
    return seg_fail(at->err, SEG_UNSUPPORTED,
                    "%s: tensor '%.200s' has dtype '%.20s', not F32, F16, U8, I8, I32 or I64",
                    at->name, at->tensor, text);
}

static seg_status read_shape(const json_t *entry, const place *at, seg_shape *shape)
{
    const json_t *dims = json_object_get(entry, "shape");
    size_t rank = json_array_size(dims);
    if (!json_is_array(dims))
        return seg_fail(at->err, SEG_FORMAT, "%s: tensor '%.200s' has no shape", at->name,
                        at->tensor);
    if (rank > SEG_MAX_RANK)
        return seg_fail(at->err, SEG_UNSUPPORTED, "%s: tensor '%.200s' has rank %zu, above %d",
                        at->name, at->tensor, rank, SEG_MAX_RANK);
    shape->rank = (int)rank;
    for (size_t i = 0; i < rank; i++) {
        const json_t *dim = json_array_get(dims, i);
        shape->dim[i] = json_is_integer(dim) ? json_integer_value(dim) : -1;
    }
    if (!seg_shape_valid(shape))
        return seg_fail(at->err, SEG_FORMAT,
                        "%s: the shape of tensor '%.200s' is not whole numbers of 0 or more whose "
                        "product fits 63 bits",
                        at->name, at->tensor);
    return SEG_OK;
}

static seg_status read_offsets(const json_t *entry, const place *at, size_t data_size, view *out)
{
    const json_t *pair = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(pair, 0), *end = json_array_get(pair, 1);
    if (json_array_size(pair) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return seg_fail(at->err, SEG_FORMAT, "%s: tensor '%.200s' has no pair of data_offsets",
                        at->name, at->tensor);
    int64_t b = json_integer_value(begin), e = json_integer_value(end);
    if (b < 0 || e < b || (uint64_t)e > data_size)
        return seg_fail(at->err, SEG_FORMAT,
                        "%s: tensor '%.200s' is at bytes %lld..%lld of %zu bytes of data", at->name,
                        at->tensor, (long long)b, (long long)e, data_size);
    size_t size = seg_shape_size(&out->tensor.shape);
    if ((uint64_t)(e - b) != size)
        return seg_fail(at->err, SEG_FORMAT,
                        "%s: tensor '%.200s' has %lld bytes, but its shape asks for %zu", at->name,
                        at->tensor, (long long)(e - b), size);
    out->begin = (size_t)b;
    out->end = (size_t)e;
    return SEG_OK;
}

static seg_status read_entry(const json_t *entry, const place *at, size_t data_size, view *out)
{
    if (!json_is_object(entry))
        return seg_fail(at->err, SEG_FORMAT, "%s: tensor '%.200s' is not described by an object",
                        at->name, at->tensor);
    seg_status status = read_dtype(entry, at, &out->tensor.shape.dtype);
    if (status == SEG_OK)
        status = read_shape(entry, at, &out->tensor.shape);
    if (status == SEG_OK)
        status = read_offsets(entry, at, data_size, out);
    return status;
}

static seg_status check_metadata(json_t *metadata, const char *name, seg_error *err)
{
    if (!json_is_object(metadata))
        return seg_fail(err, SEG_FORMAT, "%s: __metadata__ is not an object", name);
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return seg_fail(err, SEG_FORMAT, "%s: metadata '%.200s' is not a string", name, key);
    }
    return SEG_OK;
}

static seg_status read_header(seg_safetensors *file, size_t data_size, const char *name,
                              seg_error *err)
{
    size_t entries = json_object_size(file->header);
    file->views = calloc(entries + 1, sizeof *file->views);
    if (file->views == NULL)
        return seg_fail_nomem(err, entries * sizeof *file->views, name);
    const char *key;
    json_t *entry;
    json_object_foreach(file->header, key, entry)
    {
        const place at = {name, key, err};
        view *out = &file->views[file->count];
        out->name = key;
        seg_status status;
        if (strcmp(key, SEG_SAFETENSORS_METADATA) == 0) {
            status = check_metadata(entry, name, err);
        } else {
            status = read_entry(entry, &at, data_size, out);
            file->count++;
        }
        if (status != SEG_OK)
            return status;
    }
    return SEG_OK;
}

static int compare_places(const void *a, const void *b)
{
    const view *p = *(const view *const *)a, *q = *(const view *const *)b;
    if (p->begin != q->begin)
        return p->begin < q->begin ? -1 : 1;
    return (p->end > q->end) - (p->end < q->end);
}

/* The format's rule: tensors tile the data without overlap or hole. */
static seg_status check_tiling(const seg_safetensors *file, size_t data_size, const char *name,
                               seg_error *err)
{
    const view **order = malloc((size_t)(file->count + 1) * sizeof *order);
    if (order == NULL)
        return seg_fail_nomem(err, (size_t)file->count * sizeof *order, name);
    for (int i = 0; i < file->count; i++)
        order[i] = &file->views[i];
    qsort(order, (size_t)file->count, sizeof *order, compare_places);
    size_t end = 0;
    seg_status status = SEG_OK;
    for (int i = 0; i < file->count && status == SEG_OK; i++) {
        if (order[i]->begin != end)
            status = seg_fail(err, SEG_FORMAT, "%s: tensor '%.200s' %s (byte %zu of the data)",
                              name, order[i]->name,
                              order[i]->begin < end ? "overlaps another" : "follows a hole",
                              order[i]->begin);
        end = order[i]->end;
    }
    if (status == SEG_OK && end != data_size)
        status = seg_fail(err, SEG_FORMAT, "%s: the tensors have %zu bytes, the file holds %zu",
                          name, end, data_size);
    free(order);
    return status;
}

/* Point the tensors into the data, or at a copy where the type's alignment asks for it. */
static seg_status attach(seg_safetensors *file, const uint8_t *data, const char *name,
                         seg_error *err)
{
    for (int i = 0; i < file->count; i++) {
        view *at = &file->views[i];
        size_t size = at->end - at->begin;
        union {
            const uint8_t *read_only;
            void *any;
        } start = {data + at->begin};
        at->tensor.data = start.any;
        if ((uintptr_t)start.any % seg_dtype_size(at->tensor.shape.dtype) == 0)
            continue;
        at->tensor.data = seg_arena_alloc(&file->aligned, size);
        if (at->tensor.data == NULL)
            return seg_fail_nomem(err, size, name);
        memcpy(at->tensor.data, start.any, size);
    }
    return SEG_OK;
}

static seg_status parse(seg_safetensors *file, const uint8_t *bytes, size_t size, const char *name,
                        seg_error *err)
{
    uint64_t header_size;
    if (size < sizeof header_size)
        return seg_fail(err, SEG_FORMAT, "%s: %zu bytes are too few for a safetensors file", name,
                        size);
    memcpy(&header_size, bytes, sizeof header_size);
    size_t rest = size - sizeof header_size;
    if (header_size > SEG_SAFETENSORS_HEADER_MAX)
        return seg_fail(err, SEG_FORMAT, "%s: not a safetensors file (a header of %llu bytes)",
                        name, (unsigned long long)header_size);
    if (header_size > rest)
        return seg_fail(err, SEG_FORMAT, "%s: cut short: a header of %llu bytes in %zu", name,
                        (unsigned long long)header_size, rest);
    const uint8_t *text = bytes + sizeof header_size;
    if (header_size == 0 || text[0] != '{')
        return seg_fail(err, SEG_FORMAT, "%s: not a safetensors file (no JSON header)", name);
    const size_t data_size = rest - (size_t)header_size;
    seg_status status = seg_json_parse(&file->header, text, (size_t)header_size, name, err);
    if (status == SEG_OK)
        status = read_header(file, data_size, name, err);
    if (status == SEG_OK)
        status = check_tiling(file, data_size, name, err);
    if (status == SEG_OK)
        status = attach(file, text + header_size, name, err);
    return status;
}

seg_status seg_safetensors_parse(seg_safetensors **out, const void *data, size_t size,
                                 const char *name, seg_error *err)
{
    *out = NULL;
    seg_safetensors *file = calloc(1, sizeof *file);
    if (file == NULL)
        return seg_fail_nomem(err, sizeof *file, name);
    seg_status status = parse(file, data, size, name, err);
    if (status != SEG_OK) {
        seg_safetensors_free(file);
        return status;
    }
    *out = file;
    return SEG_OK;
}

seg_status seg_safetensors_read(seg_safetensors **out, const char *path, seg_error *err)
{
    uint8_t *data;
    size_t size;
    *out = NULL;
    seg_status status = seg_file_read(path, SIZE_MAX / 4, &data, &size, err);
    if (status != SEG_OK)
        return status;
    status = seg_safetensors_parse(out, data, size, path, err);
    if (status == SEG_OK)
        (*out)->owned = data;
    else
        free(data);
    return status;
}

void seg_safetensors_free(seg_safetensors *file)
{
    if (file == NULL)
        return;
    json_decref(file->header);
    seg_arena_release(&file->aligned);
    free(file->views);
    free(file->owned);
    free(file);
}

int seg_safetensors_count(const seg_safetensors *file)
{
    return file->count;
}

const char *seg_safetensors_name(const seg_safetensors *file, int index)
{
    return file->views[index].name;
}

seg_tensor seg_safetensors_tensor(const seg_safetensors *file, int index)
{
    return file->views[index].tensor;
}

int seg_safetensors_find(const seg_safetensors *file, const char *name)
{
    for (int i = 0; i < file->count; i++) {
        if (strcmp(file->views[i].name, name) == 0)
            return i;
    }
    return -1;
}

const char *seg_safetensors_metadata(const seg_safetensors *file, const char *key)
{
    const json_t *metadata = json_object_get(file->header, SEG_SAFETENSORS_METADATA);
    return json_string_value(json_object_get(metadata, key));
}
