/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * flatbuffer.h: tables, vectors and texts of a FlatBuffer, every offset checked before use.
 *
 * Format (flatbuffers.dev, "Internals"; little-endian): the file starts with the u32 offset of the
 * root table. A table starts with the i32 distance back to its vtable (u16 bytes of the vtable,
 * u16 bytes of the table, then one u16 place per field, 0 where it is left out); vtables may be
 * shared. Vectors, texts and child tables are u32 offsets forward from where they stand; a vector
 * is its u32 length and the elements, a text has a zero behind.
 *
 * The first fault is kept in the reader, and what follows reads as left out: callers look at
 * `fault` once. Nothing here recurses or allocates. A table, vector or text that is left out has
 * at == 0, where only the root offset can stand.
 */
#ifndef IO_FLATBUFFER_H
#define IO_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct seg_flatbuffer {
    const uint8_t *bytes;
    size_t size;
    const char *fault; /* what is wrong, NULL: nothing yet */
    size_t fault_at;   /* byte of the file */
} seg_flatbuffer;

typedef struct seg_flat_table {
    size_t at, size;            /* bytes of the table itself */
    size_t vtable, vtable_size; /* of the vtable */
} seg_flat_table;

typedef struct seg_flat_vector {
    size_t at;    /* of the first element */
    size_t count; /* elements: all of them lie in the file */
} seg_flat_vector;

/* The root table; `identifier` (4 characters) must stand behind the root offset. */
seg_flat_table seg_flat_root(seg_flatbuffer *file, const char *identifier);

/* Field `field` (0, 1, ... as in the schema) of a table; `missing` where it is left out. */
int64_t seg_flat_i8(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing);
int64_t seg_flat_u8(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing);
int64_t seg_flat_i32(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing);
int64_t seg_flat_u32(seg_flatbuffer *file, const seg_flat_table *table, int field, int64_t missing);
uint64_t seg_flat_u64(seg_flatbuffer *file, const seg_flat_table *table, int field,
                      uint64_t missing);
float seg_flat_f32(seg_flatbuffer *file, const seg_flat_table *table, int field, float missing);
seg_flat_table seg_flat_child(seg_flatbuffer *file, const seg_flat_table *table, int field);
/* A vector of elements of `element_size` bytes. */
seg_flat_vector seg_flat_list(seg_flatbuffer *file, const seg_flat_table *table, int field,
                              size_t element_size);
/* A text with its final zero and none inside; NULL where it is left out. */
const char *seg_flat_text(seg_flatbuffer *file, const seg_flat_table *table, int field);

/* Element `index` (< count) of a vector. */
seg_flat_table seg_flat_item(seg_flatbuffer *file, const seg_flat_vector *tables, size_t index);
int32_t seg_flat_item_i32(const seg_flatbuffer *file, const seg_flat_vector *list, size_t index);
int64_t seg_flat_item_i64(const seg_flatbuffer *file, const seg_flat_vector *list, size_t index);
float seg_flat_item_f32(const seg_flatbuffer *file, const seg_flat_vector *list, size_t index);

#endif
