/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/array.h: numbers with an element type and extents, in memory and in NumPy's .npy files.
 *
 * Arrays are what imported networks (seg/program.h) take and give. Elements lie in the order of C:
 * the last axis is contiguous.
 */
#ifndef SEG_ARRAY_H
#define SEG_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SEG_MAX_RANK = 8 };

/* SEG_F16 is IEEE binary16, SEG_BF16 the upper half of a float, SEG_BOOL a byte that is 0 or 1. */
typedef enum seg_dtype {
    SEG_F32,
    SEG_U8,
    SEG_I32,
    SEG_F16,
    SEG_I8,
    SEG_I64,
    SEG_F64,
    SEG_BF16,
    SEG_BOOL,
    SEG_U16,
    SEG_I16,
    SEG_U32,
    SEG_U64
} seg_dtype;

SEG_API size_t seg_dtype_size(seg_dtype dtype);      /* bytes */
SEG_API const char *seg_dtype_name(seg_dtype dtype); /* "f32", ... */

/* As a description, rank may be -1 (not known), extents -1 (any) and data NULL. */
typedef struct seg_array {
    seg_dtype dtype;
    int rank; /* 0 (a scalar) .. SEG_MAX_RANK */
    int64_t dim[SEG_MAX_RANK];
    void *data;
} seg_array;

enum { SEG_ARRAY_TEXT_SIZE = 208 };

/* "f32 1x3x?x?", "i64 scalar", "f32 of any rank"; returns text. */
SEG_API const char *seg_array_text(const seg_array *array, char text[SEG_ARRAY_TEXT_SIZE]);

/*
 * Read an .npy file: booleans, integers, float16 to float64, either order and byte order.
 * On SEG_OK out->data goes to seg_array_release; otherwise out is zero.
 * Errors: SEG_IO, SEG_FORMAT, SEG_UNSUPPORTED (element type), SEG_NOMEM.
 */
SEG_API seg_status seg_array_read(seg_array *out, const char *path, seg_error *err);
/* Frees what seg_array_read made, and no other data. Zeroes the array. */
SEG_API void seg_array_release(seg_array *array);

/*
 * Write an .npy file: whole or not at all. SEG_BF16, which NumPy has not, is written as SEG_F32.
 * Errors: SEG_INVALID (rank or extents), SEG_IO, SEG_NOMEM.
 */
SEG_API seg_status seg_array_write(const seg_array *array, const char *path, seg_error *err);

#ifdef __cplusplus
}
#endif
#endif
