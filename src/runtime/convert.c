/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convert.c: elements of any type as float, double or int64_t, and back. */
#include "runtime/convert.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "base/memory.h"

/* ---- one element ---- */

static int64_t real_to_i64(double value)
{
    if (!(value > -0x1p63)) /* NaN too */
        return isnan(value) ? 0 : INT64_MIN;
    return value < 0x1p63 ? (int64_t)value : INT64_MAX;
}

static int64_t real_to_range(double value, int64_t least, int64_t most)
{
    int64_t whole = real_to_i64(value);
    return whole < least ? least : whole > most ? most : whole;
}

static uint64_t real_to_u64(double value)
{
    if (!(value > 0))
        return 0;
    return value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
}

/*
 * A float that rounds to 16 bits as the double would: where the double lies between two floats, the
 * one of them whose last bit is 1, so that it is never taken for a tie.
 */
static float f64_to_odd(double value)
{
    float near = (float)value;
    uint32_t bits;
    memcpy(&bits, &near, sizeof bits);
    if (isnan(value) || isinf(near) || (double)near == value || (bits & 1) != 0)
        return near;
    bits += fabs((double)near) < fabs(value) ? 1 : -1u;
    memcpy(&near, &bits, sizeof near);
    return near;
}

static float load_f16(uint16_t half)
{
    float value;
    seg_f16_to_f32(&half, &value, 1);
    return value;
}

static float load_bf16(uint16_t half)
{
    float value;
    seg_bf16_to_f32(&half, &value, 1);
    return value;
}

static uint16_t store_f16(float value)
{
    uint16_t half;
    seg_f32_to_f16(&value, &half, 1);
    return half;
}

static uint16_t store_bf16(float value)
{
    uint16_t half;
    seg_f32_to_bf16(&value, &half, 1);
    return half;
}

/* ---- rows: one case for each type of the tensor ---- */

#define AS_IS(x) (x)

#define LOAD_CASE(dtype_, type, read, cast)                                                        \
    case dtype_:                                                                                   \
        for (int64_t i = 0; i < count; i++)                                                        \
            dst[i] = cast(read(((const type *)src)[first + i]));                                   \
        break;

#define TO_F32(x)      ((float)(x))
#define TO_F64(x)      ((double)(x))
#define TO_I64(x)      ((int64_t)(x))
#define REAL_TO_I64(x) real_to_i64((double)(x))

#define LOAD_CASES(real, whole)                                                                    \
    LOAD_CASE(SEG_F32, float, AS_IS, real)                                                         \
    LOAD_CASE(SEG_F64, double, AS_IS, real)                                                        \
    LOAD_CASE(SEG_F16, uint16_t, load_f16, real)                                                   \
    LOAD_CASE(SEG_BF16, uint16_t, load_bf16, real)                                                 \
    LOAD_CASE(SEG_BOOL, uint8_t, AS_IS, whole)                                                     \
    LOAD_CASE(SEG_U8, uint8_t, AS_IS, whole)                                                       \
    LOAD_CASE(SEG_I8, int8_t, AS_IS, whole)                                                        \
    LOAD_CASE(SEG_U16, uint16_t, AS_IS, whole)                                                     \
    LOAD_CASE(SEG_I16, int16_t, AS_IS, whole)                                                      \
    LOAD_CASE(SEG_U32, uint32_t, AS_IS, whole)                                                     \
    LOAD_CASE(SEG_I32, int32_t, AS_IS, whole)                                                      \
    LOAD_CASE(SEG_U64, uint64_t, AS_IS, whole)                                                     \
    LOAD_CASE(SEG_I64, int64_t, AS_IS, whole)

void seg_load_f32(seg_dtype dtype, const void *src, int64_t first, int64_t count, float *dst)
{
    switch (dtype) {
        LOAD_CASES(TO_F32, TO_F32)
    }
}

void seg_load_f64(seg_dtype dtype, const void *src, int64_t first, int64_t count, double *dst)
{
    switch (dtype) {
        LOAD_CASES(TO_F64, TO_F64)
    }
}

void seg_load_i64(seg_dtype dtype, const void *src, int64_t first, int64_t count, int64_t *dst)
{
    switch (dtype) {
        LOAD_CASES(REAL_TO_I64, TO_I64)
    }
}

#define STORE_CASE(dtype_, type, convert)                                                          \
    case dtype_:                                                                                   \
        for (int64_t i = 0; i < count; i++)                                                        \
            ((type *)dst)[first + i] = (type)convert(src[i]);                                      \
        break;

#define F32_TO_F16(x)  store_f16(x)
#define F64_TO_F16(x)  store_f16(f64_to_odd(x))
#define I64_TO_F16(x)  store_f16(f64_to_odd((double)(x)))
#define F32_TO_BF16(x) store_bf16(x)
#define F64_TO_BF16(x) store_bf16(f64_to_odd(x))
#define I64_TO_BF16(x) store_bf16(f64_to_odd((double)(x)))
#define TO_BOOL(x)     ((x) != 0)
#define REAL_TO_U8(x)  real_to_range((double)(x), 0, UINT8_MAX)
#define REAL_TO_I8(x)  real_to_range((double)(x), INT8_MIN, INT8_MAX)
#define REAL_TO_U16(x) real_to_range((double)(x), 0, UINT16_MAX)
#define REAL_TO_I16(x) real_to_range((double)(x), INT16_MIN, INT16_MAX)
#define REAL_TO_U32(x) real_to_range((double)(x), 0, UINT32_MAX)
#define REAL_TO_I32(x) real_to_range((double)(x), INT32_MIN, INT32_MAX)
#define REAL_TO_U64(x) real_to_u64((double)(x))

/* from: F32, F64 or I64; kind: REAL_TO or WHOLE_TO */
#define STORE_CASES(from, kind)                                                                    \
    STORE_CASE(SEG_F32, float, AS_IS)                                                              \
    STORE_CASE(SEG_F64, double, AS_IS)                                                             \
    STORE_CASE(SEG_F16, uint16_t, from##_TO_F16)                                                   \
    STORE_CASE(SEG_BF16, uint16_t, from##_TO_BF16)                                                 \
    STORE_CASE(SEG_BOOL, uint8_t, TO_BOOL)                                                         \
    STORE_CASE(SEG_U8, uint8_t, kind##_U8)                                                         \
    STORE_CASE(SEG_I8, int8_t, kind##_I8)                                                          \
    STORE_CASE(SEG_U16, uint16_t, kind##_U16)                                                      \
    STORE_CASE(SEG_I16, int16_t, kind##_I16)                                                       \
    STORE_CASE(SEG_U32, uint32_t, kind##_U32)                                                      \
    STORE_CASE(SEG_I32, int32_t, kind##_I32)                                                       \
    STORE_CASE(SEG_U64, uint64_t, kind##_U64)                                                      \
    STORE_CASE(SEG_I64, int64_t, kind##_I64)

#define WHOLE_TO_U8(x)  (x)
#define WHOLE_TO_I8(x)  (x)
#define WHOLE_TO_U16(x) (x)
#define WHOLE_TO_I16(x) (x)
#define WHOLE_TO_U32(x) (x)
#define WHOLE_TO_I32(x) (x)
#define WHOLE_TO_U64(x) (x)
#define WHOLE_TO_I64(x) (x)

void seg_store_f32(seg_dtype dtype, void *dst, int64_t first, int64_t count, const float *src)
{
    switch (dtype) {
        STORE_CASES(F32, REAL_TO)
    }
}

void seg_store_f64(seg_dtype dtype, void *dst, int64_t first, int64_t count, const double *src)
{
    switch (dtype) {
        STORE_CASES(F64, REAL_TO)
    }
}

void seg_store_i64(seg_dtype dtype, void *dst, int64_t first, int64_t count, const int64_t *src)
{
    switch (dtype) {
        STORE_CASES(I64, WHOLE_TO)
    }
}

/* ---- sources and results of a call ---- */

static seg_status block_for(seg_eval *call, const seg_shape *shape, size_t item, void *block)
{
    size_t size = 0;
    void *made = NULL;
    if (!seg_size_mul((size_t)seg_shape_count(shape), item, &size) ||
        (made = seg_block_new(size)) == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    memcpy(block, &made, sizeof made);
    return SEG_OK;
}

#define EVAL_CALLS(suffix, type, native)                                                           \
    seg_status seg_eval_##suffix(seg_eval *call, int index, const type **data, type **owned)       \
    {                                                                                              \
        const seg_tensor *src = &call->src[index];                                                 \
        *owned = NULL;                                                                             \
        *data = src->data;                                                                         \
        if (src->shape.dtype == native)                                                            \
            return SEG_OK;                                                                         \
        seg_status status = block_for(call, &src->shape, sizeof **owned, owned);                   \
        if (status != SEG_OK)                                                                      \
            return status;                                                                         \
        seg_load_##suffix(src->shape.dtype, src->data, 0, seg_shape_count(&src->shape), *owned);   \
        *data = *owned;                                                                            \
        return SEG_OK;                                                                             \
    }                                                                                              \
    seg_status seg_eval_result_##suffix(seg_eval *call, int index, const seg_shape *shape,         \
                                        type **data)                                               \
    {                                                                                              \
        *data = NULL;                                                                              \
        seg_status status = seg_eval_result(call, index, shape);                                   \
        if (status != SEG_OK || shape->dtype != native)                                            \
            return status != SEG_OK ? status : block_for(call, shape, sizeof **data, data);        \
        *data = call->dst[index].data;                                                             \
        return SEG_OK;                                                                             \
    }                                                                                              \
    seg_status seg_eval_finish_##suffix(seg_eval *call, int index, type *data, seg_status status)  \
    {                                                                                              \
        const seg_tensor *dst = &call->dst[index];                                                 \
        if (data == NULL || data == dst->data)                                                     \
            return status;                                                                         \
        if (status == SEG_OK)                                                                      \
            seg_store_##suffix(dst->shape.dtype, dst->data, 0, seg_shape_count(&dst->shape),       \
                               data);                                                              \
        seg_block_free(data);                                                                      \
        return status;                                                                             \
    }

EVAL_CALLS(f32, float, SEG_F32)
EVAL_CALLS(f64, double, SEG_F64)

seg_status seg_eval_ints(seg_eval *call, int index, int64_t *list, int capacity, int *count)
{
    const seg_shape *shape = &call->src[index].shape;
    char text[SEG_SHAPE_TEXT_SIZE];
    *count = 0;
    if (shape->dtype != SEG_I32 && shape->dtype != SEG_I64)
        return seg_eval_bad_dtype(call, index);
    if (shape->rank > 1 || seg_shape_count(shape) > capacity)
        return seg_eval_fail(call, SEG_INVALID,
                             "input %d must be a list of at most %d numbers, is %s", index,
                             capacity, seg_shape_text(shape, text));
    *count = (int)seg_shape_count(shape);
    seg_load_i64(shape->dtype, call->src[index].data, 0, *count, list);
    return SEG_OK;
}
