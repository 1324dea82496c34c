/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx_weights.c: large raw data of initialisers stay in the file's block.
 *
 * The parser would copy them. So it gets the file without them: ModelProto.graph.initializer keeps
 * its place in the list, with raw data of no bytes, which then are pointed to where they lie, moved
 * by the few bytes that align them. A file that is unusual in any way is left to the parser whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/onnx_parts.h"

enum {
    MODEL_GRAPH = 7,
    GRAPH_INITIALIZER = 5,
    TENSOR_RAW_DATA = 9,
    VARINT = 0, /* kinds of fields */
    EIGHT_BYTES = 1,
    BYTES = 2,
    FOUR_BYTES = 5,
    LARGE = 64,        /* bytes of raw data worth the trouble */
    LENGTH_BYTES = 5,  /* of lengths written here */
    ELEMENT_FLOAT = 1, /* data_type */
};

/* ---- the wire format ---- */

typedef struct field {
    uint64_t number;
    int kind;
    size_t tag, first, end; /* where it starts, its content, and where that ends */
} field;

static bool take_varint(const uint8_t *data, size_t end, size_t *at, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = data[(*at)++];
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* The field at *at, which moves behind it. False: none, or damaged. */
static bool take_field(const uint8_t *data, size_t end, size_t *at, field *f)
{
    uint64_t tag, value = 0;
    f->tag = *at;
    if (!take_varint(data, end, at, &tag) || tag > UINT32_MAX)
        return false;
    f->number = tag >> 3;
    f->kind = (int)(tag & 7);
    if (f->kind == VARINT || f->kind == BYTES) {
        if (!take_varint(data, end, at, &value))
            return false;
    } else if (f->kind != EIGHT_BYTES && f->kind != FOUR_BYTES) {
        return false;
    }
    const uint64_t size = f->kind == EIGHT_BYTES  ? 8
                          : f->kind == FOUR_BYTES ? 4
                          : f->kind == BYTES      ? value
                                                  : 0;
    if (size > end - *at)
        return false;
    f->first = *at;
    f->end = *at += (size_t)size;
    return true;
}

/* The only field of that number in data[first..end); *count is how many there are, -1: damaged. */
static field only_field(const uint8_t *data, size_t first, size_t end, uint64_t number, int *count)
{
    field f, found = {0};
    *count = 0;
    while (first < end) {
        if (!take_field(data, end, &first, &f)) {
            *count = -1;
            break;
        }
        if (f.number == number) {
            found = f;
            *count += f.kind == BYTES ? 1 : 2;
        }
    }
    return found;
}

/* ---- what is left out ---- */

struct seg_onnx_raw {
    size_t index; /* of the initialiser */
    field tensor, raw;
};

static bool add_raw(seg_onnx_slim *slim, size_t index, const field *tensor, const field *raw)
{
    void *raws = slim->raws;
    if (!seg_array_reserve(&raws, &slim->capacity, slim->count + 1, sizeof *slim->raws))
        return false;
    slim->raws = raws;
    slim->raws[slim->count++] = (seg_onnx_raw){index, *tensor, *raw};
    return true;
}

/* False: out of memory. Anything unusual leaves slim->count 0. */
static bool find_raws(seg_onnx_slim *slim, const uint8_t *data, const field *graph)
{
    size_t at = graph->first, index = 0;
    field tensor;
    while (at < graph->end) {
        int count;
        if (!take_field(data, graph->end, &at, &tensor)) {
            slim->count = 0;
            return true;
        }
        if (tensor.number != GRAPH_INITIALIZER)
            continue;
        if (tensor.kind != BYTES) {
            slim->count = 0;
            return true;
        }
        field raw = only_field(data, tensor.first, tensor.end, TENSOR_RAW_DATA, &count);
        if (count == 1 && raw.end - raw.first >= LARGE && !add_raw(slim, index, &tensor, &raw))
            return false;
        index++;
    }
    return true;
}

/* ---- the file without it ---- */

static size_t slim_tensor_size(const seg_onnx_raw *raw)
{
    return raw->tensor.end - raw->tensor.first - (raw->raw.end - raw->raw.tag) + 2;
}

static uint8_t *put(uint8_t *to, const uint8_t *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

/* Tag and length of a field of bytes. */
static uint8_t *put_head(uint8_t *to, int number, size_t size)
{
    *to++ = (uint8_t)(number << 3 | BYTES);
    for (int i = 0; i < LENGTH_BYTES; i++, size >>= 7)
        *to++ = (uint8_t)((size & 0x7f) | (i + 1 < LENGTH_BYTES ? 0x80 : 0));
    return to;
}

static seg_status write_slim(seg_onnx_slim *slim, const uint8_t *data, size_t size,
                             const field *graph, seg_error *err)
{
    size_t left = graph->end - graph->first; /* of the graph's content */
    for (size_t i = 0; i < slim->count; i++) {
        const seg_onnx_raw *raw = &slim->raws[i];
        left -= raw->tensor.end - raw->tensor.tag;
        left += 1 + LENGTH_BYTES + slim_tensor_size(raw);
    }
    slim->size = graph->tag + 1 + LENGTH_BYTES + left + size - graph->end;
    slim->bytes = malloc(slim->size);
    if (slim->bytes == NULL)
        return seg_fail_nomem(err, slim->size, "an ONNX file");
    uint8_t *to = put(slim->bytes, data, graph->tag);
    to = put_head(to, MODEL_GRAPH, left);
    size_t done = graph->first;
    for (size_t i = 0; i < slim->count; i++) {
        const seg_onnx_raw *raw = &slim->raws[i];
        to = put(to, data + done, raw->tensor.tag - done);
        to = put_head(to, GRAPH_INITIALIZER, slim_tensor_size(raw));
        to = put(to, data + raw->tensor.first, raw->raw.tag - raw->tensor.first);
        *to++ = TENSOR_RAW_DATA << 3 | BYTES;
        *to++ = 0;
        to = put(to, data + raw->raw.end, raw->tensor.end - raw->raw.end);
        done = raw->tensor.end;
    }
    put(to, data + done, size - done);
    return SEG_OK;
}

seg_status seg_onnx_slim_make(seg_onnx_slim *slim, const uint8_t *data, size_t size, seg_error *err)
{
    int count;
    *slim = (seg_onnx_slim){.count = 0};
    if (size > INT32_MAX) /* the parser refuses it */
        return SEG_OK;
    const field graph = only_field(data, 0, size, MODEL_GRAPH, &count);
    if (count != 1)
        return SEG_OK;
    seg_status status = find_raws(slim, data, &graph)
                            ? SEG_OK
                            : seg_fail_nomem(err, sizeof *slim->raws, "an ONNX file");
    if (status == SEG_OK && slim->count > 0)
        status = write_slim(slim, data, size, &graph, err);
    if (status != SEG_OK)
        seg_onnx_slim_release(slim);
    return status;
}

seg_status seg_onnx_slim_restore(const seg_onnx_slim *slim, uint8_t *data,
                                 const Seg__Onnx__Graph *graph, seg_arena *arena, seg_error *err)
{
    for (size_t i = 0; i < slim->count; i++) {
        const seg_onnx_raw *raw = &slim->raws[i];
        Seg__Onnx__Tensor *tensor = graph->initializer[raw->index];
        const size_t align = tensor->data_type == ELEMENT_FLOAT ? sizeof(float) : sizeof(int64_t);
        const size_t size = raw->raw.end - raw->raw.first;
        uint8_t *from = data + raw->raw.first, *to = from - (uintptr_t)from % align;
        if (to < data + raw->tensor.tag) { /* what stands before it is not this tensor's */
            to = seg_arena_alloc(arena, size);
            if (to == NULL)
                return seg_fail_nomem(err, size, "an ONNX file");
        }
        if (to != from)
            memmove(to, from, size);
        tensor->raw_data.data = to;
        tensor->raw_data.len = size;
    }
    return SEG_OK;
}

void seg_onnx_slim_release(seg_onnx_slim *slim)
{
    free(slim->bytes);
    free(slim->raws);
    *slim = (seg_onnx_slim){.count = 0};
}
