/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* number.c: kinds of number, and their order. */
#include "runtime/number.h"

#include <math.h>
#include <string.h>

static const struct {
    seg_number number;
    int64_t lowest, highest; /* of integers but u64 */
} dtypes[] = {
    [SEG_F32] = {SEG_NUMBER_F32},
    [SEG_F16] = {SEG_NUMBER_F32},
    [SEG_BF16] = {SEG_NUMBER_F32},
    [SEG_F64] = {SEG_NUMBER_F64},
    [SEG_I8] = {SEG_NUMBER_I64, INT8_MIN, INT8_MAX},
    [SEG_I16] = {SEG_NUMBER_I64, INT16_MIN, INT16_MAX},
    [SEG_I32] = {SEG_NUMBER_I64, INT32_MIN, INT32_MAX},
    [SEG_I64] = {SEG_NUMBER_I64, INT64_MIN, INT64_MAX},
    [SEG_U8] = {SEG_NUMBER_I64, 0, UINT8_MAX},
    [SEG_U16] = {SEG_NUMBER_I64, 0, UINT16_MAX},
    [SEG_U32] = {SEG_NUMBER_I64, 0, UINT32_MAX},
    [SEG_U64] = {SEG_NUMBER_U64, 0, 0},
    [SEG_BOOL] = {SEG_NUMBER_I64, 0, 1},
};

seg_number seg_number_of(seg_dtype dtype)
{
    return dtypes[dtype].number;
}

seg_dtype seg_number_dtype(seg_number number)
{
    static const seg_dtype own[] = {SEG_F32, SEG_F64, SEG_I64, SEG_U64};
    return own[number];
}

void seg_number_load(seg_dtype dtype, const void *src, seg_number as, void *dst, int64_t n)
{
    switch (as) {
    case SEG_NUMBER_F32:
        seg_load_f32(dtype, src, 0, n, dst);
        break;
    case SEG_NUMBER_F64:
        seg_load_f64(dtype, src, 0, n, dst);
        break;
    case SEG_NUMBER_I64:
    case SEG_NUMBER_U64:
        seg_load_i64(dtype, src, 0, n, dst);
        break; /* u64 wraps: the same bits */
    }
}

/* u64 to a float: float directly, or through double, as exact as they are. */
static void store_u64_as_float(const uint64_t *src, seg_dtype dtype, void *dst, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (dtype == SEG_F32)
            ((float *)dst)[i] = (float)src[i];
        else
            seg_store_f64(dtype, dst, i, 1, &(double){(double)src[i]});
    }
}

void seg_number_store(seg_number number, const void *src, seg_dtype dtype, void *dst, int64_t n)
{
    if (number == SEG_NUMBER_F32)
        seg_store_f32(dtype, dst, 0, n, src);
    else if (number == SEG_NUMBER_F64)
        seg_store_f64(dtype, dst, 0, n, src);
    else if (number == SEG_NUMBER_U64 && seg_dtype_is_real(dtype))
        store_u64_as_float(src, dtype, dst, n);
    else
        seg_store_i64(dtype, dst, 0, n, src);
}

double seg_number_as_double(seg_dtype dtype, const void *src)
{
    double value;
    seg_load_f64(dtype, src, 0, 1, &value);
    return value;
}

int64_t seg_number_as_int(seg_dtype dtype, const void *src)
{
    int64_t value;
    seg_load_i64(dtype, src, 0, 1, &value);
    return value;
}

void seg_number_from_double(seg_dtype dtype, void *dst, double value)
{
    seg_store_f64(dtype, dst, 0, 1, &value);
}

/* ---- order ---- */

/* The bits of a float sort like it once negative ones are turned over. */
static uint64_t float_key(double value)
{
    uint64_t bits;
    if (value != value)
        return UINT64_MAX;
    value += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

void seg_number_keys(seg_number number, const void *src, uint64_t *keys, int64_t n)
{
    switch (number) {
    case SEG_NUMBER_F32:
        for (int64_t i = 0; i < n; i++)
            keys[i] = float_key((double)((const float *)src)[i]);
        break;
    case SEG_NUMBER_F64:
        for (int64_t i = 0; i < n; i++)
            keys[i] = float_key(((const double *)src)[i]);
        break;
    case SEG_NUMBER_I64:
        for (int64_t i = 0; i < n; i++)
            keys[i] = (uint64_t)((const int64_t *)src)[i] ^ (uint64_t)1 << 63;
        break;
    case SEG_NUMBER_U64:
        memcpy(keys, src, (size_t)n * sizeof *keys);
        break;
    }
}

void seg_number_limits(seg_dtype dtype, seg_cell *lowest, seg_cell *highest)
{
    switch (seg_number_of(dtype)) {
    case SEG_NUMBER_F32:
        lowest->f32 = -INFINITY;
        highest->f32 = INFINITY;
        break;
    case SEG_NUMBER_F64:
        lowest->f64 = -(double)INFINITY;
        highest->f64 = (double)INFINITY;
        break;
    case SEG_NUMBER_I64:
        lowest->i64 = dtypes[dtype].lowest;
        highest->i64 = dtypes[dtype].highest;
        break;
    case SEG_NUMBER_U64:
        lowest->u64 = 0;
        highest->u64 = UINT64_MAX;
        break;
    }
}
