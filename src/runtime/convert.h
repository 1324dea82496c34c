/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convert.h: elements of any type as float, double or int64_t, and back: how evaluators that
 * compute in one of these three take all the types that the standard allows.
 */
#ifndef RUNTIME_CONVERT_H
#define RUNTIME_CONVERT_H

#include "runtime/op.h"

/* Elements first .. first+count-1 of src. Reals lose their fraction on the way to integers and stop
 * at the ends of the range (NaN: 0); u64 above the range of int64_t wraps. */
void seg_load_f32(seg_dtype dtype, const void *src, int64_t first, int64_t count, float *dst);
void seg_load_f64(seg_dtype dtype, const void *src, int64_t first, int64_t count, double *dst);
void seg_load_i64(seg_dtype dtype, const void *src, int64_t first, int64_t count, int64_t *dst);

/* The other way. Reals round to nearest, ties to even, on the way to narrower reals, and become
 * integers as above; int64_t wraps on the way to narrower integers. SEG_BOOL: 0, or 1 for all
 * others. */
void seg_store_f32(seg_dtype dtype, void *dst, int64_t first, int64_t count, const float *src);
void seg_store_f64(seg_dtype dtype, void *dst, int64_t first, int64_t count, const double *src);
void seg_store_i64(seg_dtype dtype, void *dst, int64_t first, int64_t count, const int64_t *src);

static inline bool seg_dtype_is_real(seg_dtype dtype) /* floating point */
{
    return dtype == SEG_F32 || dtype == SEG_F16 || dtype == SEG_F64 || dtype == SEG_BF16;
}

/* All of source `index` as floats: its own data when it is f32, else a block that the caller frees
 * by seg_block_free(*owned); *owned is NULL in the first case. SEG_NOMEM. */
seg_status seg_eval_f32(seg_eval *call, int index, const float **data, float **owned);
seg_status seg_eval_f64(seg_eval *call, int index, const double **data, double **owned);

/*
 * Result `index`, to be computed as floats: *data is the result itself when its type is f32, else a
 * block, which seg_eval_finish_f32 stores in the result and frees (as it does after an error that
 * came between: `status` is passed through).
 */
seg_status seg_eval_result_f32(seg_eval *call, int index, const seg_shape *shape, float **data);
seg_status seg_eval_finish_f32(seg_eval *call, int index, float *data, seg_status status);
seg_status seg_eval_result_f64(seg_eval *call, int index, const seg_shape *shape, double **data);
seg_status seg_eval_finish_f64(seg_eval *call, int index, double *data, seg_status status);

/* A list that is a source: i32 or i64, rank 0 or 1, at most `capacity` elements. SEG_UNSUPPORTED
 * (type), SEG_INVALID (more, or another rank). */
seg_status seg_eval_ints(seg_eval *call, int index, int64_t *list, int capacity, int *count);

#endif
