/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * number.h: the thirteen element types as the four kinds of number that generic operators compute
 * in, over the loads and stores of convert.h.
 *
 * f16 and bf16 are computed in float and rounded once, when stored; integers in 64 bits, and cut
 * to their width (modulo 2^width) when stored; bool is 0 or 1 among the integers.
 */
#ifndef RUNTIME_NUMBER_H
#define RUNTIME_NUMBER_H

#include "runtime/convert.h"

typedef enum seg_number {
    SEG_NUMBER_F32, /* f32 f16 bf16 */
    SEG_NUMBER_F64, /* f64 */
    SEG_NUMBER_I64, /* i8 i16 i32 i64 u8 u16 u32 bool */
    SEG_NUMBER_U64  /* u64 */
} seg_number;

enum { SEG_NUMBER_SIZE_MAX = 8 };

/* One number of any kind. */
typedef union seg_cell {
    float f32;
    double f64;
    int64_t i64;
    uint64_t u64;
} seg_cell;

seg_number seg_number_of(seg_dtype dtype);
/* The element type that a number is stored as without any change. */
seg_dtype seg_number_dtype(seg_number number);

static inline size_t seg_number_size(seg_number number)
{
    return number == SEG_NUMBER_F32 ? 4 : 8;
}

/* n elements as numbers of one kind. */
void seg_number_load(seg_dtype dtype, const void *src, seg_number as, void *dst, int64_t n);
/* n numbers of one kind as elements. */
void seg_number_store(seg_number number, const void *src, seg_dtype dtype, void *dst, int64_t n);

/* One element. */
double seg_number_as_double(seg_dtype dtype, const void *src);
int64_t seg_number_as_int(seg_dtype dtype, const void *src);
void seg_number_from_double(seg_dtype dtype, void *dst, double value);

/* Numbers as keys that sort like them: -0 equals 0, NaN stands above everything. */
void seg_number_keys(seg_number number, const void *src, uint64_t *keys, int64_t n);

/* Lowest and highest number that an element type holds; floats: -inf and inf. */
void seg_number_limits(seg_dtype dtype, seg_cell *lowest, seg_cell *highest);

#endif
