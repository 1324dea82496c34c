/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* flatbuffer.c: reading at checked places, byte by byte, so that alignment never matters. */
#include "io/flatbuffer.h"

#include <string.h>

/* The first fault stays. */
static void fail(seg_flatbuffer *file, const char *fault, size_t at)
{
    if (file->fault == NULL) {
        file->fault = fault;
        file->fault_at = at;
    }
}

/* Whether `size` bytes at `at` lie in the file; a fault where not. */
static bool holds(seg_flatbuffer *file, size_t at, size_t size)
{
    if (at <= file->size && size <= file->size - at)
        return true;
    fail(file, "an offset that leaves the file", at);
    return false;
}

static uint64_t load(const seg_flatbuffer *file, size_t at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)file->bytes[at + i] << (8 * i);
    return value;
}

/* ---- tables ---- */

static seg_flat_table table_at(seg_flatbuffer *file, size_t at)
{
    const seg_flat_table none = {0};
    if (!holds(file, at, 4))
        return none;
    const int64_t back = (int32_t)load(file, at, 4);
    if (back > (int64_t)at || (int64_t)at - back > (int64_t)file->size) {
        fail(file, "a vtable outside the file", at);
        return none;
    }
    seg_flat_table table = {.at = at, .vtable = (size_t)((int64_t)at - back)};
    if (!holds(file, table.vtable, 4))
        return none;
    table.vtable_size = load(file, table.vtable, 2);
    table.size = load(file, table.vtable + 2, 2);
    if (table.vtable_size < 4 || table.vtable_size % 2 != 0 || table.size < 4) {
        fail(file, "a vtable of a wrong size", table.vtable);
        return none;
    }
    if (!holds(file, table.vtable, table.vtable_size) || !holds(file, at, table.size))
        return none;
    return table;
}

/* Where a field of `size` bytes stands; 0: it is left out. */
static size_t field_at(seg_flatbuffer *file, const seg_flat_table *table, int field, size_t size)
{
    const size_t entry = 4 + 2 * (size_t)field;
    if (table->at == 0 || entry >= table->vtable_size || file->fault != NULL)
        return 0;
    const size_t place = load(file, table->vtable + entry, 2);
    if (place == 0)
        return 0;
    if (place < 4 || place > table->size || size > table->size - place) {
        fail(file, "a field that leaves its table", table->at);
        return 0;
    }
    return table->at + place;
}

/* Where the offset of 4 bytes at `at` leads; 0 after a fault. */
static size_t follow(seg_flatbuffer *file, size_t at)
{
    const size_t offset = load(file, at, 4);
    if (offset == 0 || offset > file->size - at) {
        fail(file, "an offset that leaves the file", at);
        return 0;
    }
    return at + offset;
}

seg_flat_table seg_flat_root(seg_flatbuffer *file, const char *identifier)
{
    if (file->size < 8 || memcmp(file->bytes + 4, identifier, 4) != 0) {
        fail(file, "no such file identifier", 4);
        return (seg_flat_table){0};
    }
    size_t at = follow(file, 0);
    return at != 0 ? table_at(file, at) : (seg_flat_table){0};
}

seg_flat_table seg_flat_child(seg_flatbuffer *file, const seg_flat_table *table, int field)
{
    size_t at = field_at(file, table, field, 4);
    if (at != 0)
        at = follow(file, at);
    return at != 0 ? table_at(file, at) : (seg_flat_table){0};
}

/* ---- numbers ---- */

int64_t seg_flat_i8(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing)
{
    size_t at = field_at(file, table, field, 1);
    return at != 0 ? (int8_t)file->bytes[at] : missing;
}

int64_t seg_flat_u8(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing)
{
    size_t at = field_at(file, table, field, 1);
    return at != 0 ? file->bytes[at] : missing;
}

int64_t seg_flat_i32(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing)
{
    size_t at = field_at(file, table, field, 4);
    return at != 0 ? (int32_t)load(file, at, 4) : missing;
}

int64_t seg_flat_u32(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing)
{
    size_t at = field_at(file, table, field, 4);
    return at != 0 ? (int64_t)load(file, at, 4) : missing;
}

uint64_t seg_flat_u64(seg_flatbuffer *file, const seg_flat_table *table, int field,
                      uint64_t missing)
{
    size_t at = field_at(file, table, field, 8);
    return at != 0 ? load(file, at, 8) : missing;
}

static float load_f32(const seg_flatbuffer *file, size_t at)
{
    uint32_t bits = (uint32_t)load(file, at, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float seg_flat_f32(seg_flatbuffer *file, const seg_flat_table *table, int field, float missing)
{
    size_t at = field_at(file, table, field, 4);
    return at != 0 ? load_f32(file, at) : missing;
}

/* ---- vectors ---- */

seg_flat_vector seg_flat_list(seg_flatbuffer *file, const seg_flat_table *table, int field,
                              size_t element_size)
{
    const seg_flat_vector none = {0};
    size_t at = field_at(file, table, field, 4);
    if (at != 0)
        at = follow(file, at);
    if (at == 0 || !holds(file, at, 4))
        return none;
    const size_t count = load(file, at, 4);
    at += 4;
    if (count > (file->size - at) / element_size) {
        fail(file, "a list that leaves the file", at - 4);
        return none;
    }
    return (seg_flat_vector){at, count};
}

const char *seg_flat_text(seg_flatbuffer *file, const seg_flat_table *table, int field)
{
    seg_flat_vector text = seg_flat_list(file, table, field, 1);
    if (text.at == 0)
        return NULL;
    if (!holds(file, text.at, text.count + 1))
        return NULL;
    const uint8_t *end = memchr(file->bytes + text.at, 0, text.count + 1);
    if (end != file->bytes + text.at + text.count) {
        fail(file, "a text without its final zero", text.at);
        return NULL;
    }
    return (const char *)file->bytes + text.at;
}

seg_flat_table seg_flat_item(seg_flatbuffer *file, const seg_flat_vector *tables, size_t index)
{
    size_t at = file->fault == NULL ? follow(file, tables->at + 4 * index) : 0;
    return at != 0 ? table_at(file, at) : (seg_flat_table){0};
}

int32_t seg_flat_item_i32(const seg_flatbuffer *file, const seg_flat_vector *list, size_t index)
{
    return (int32_t)load(file, list->at + 4 * index, 4);
}

int64_t seg_flat_item_i64(const seg_flatbuffer *file, const seg_flat_vector *list, size_t index)
{
    return (int64_t)load(file, list->at + 8 * index, 8);
}

float seg_flat_item_f32(const seg_flatbuffer *file, const seg_flat_vector *list, size_t index)
{
    return load_f32(file, list->at + 4 * index);
}
