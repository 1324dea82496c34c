/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * pool.c: MaxPool, AveragePool and LpPool, of any rank.
 *
 * What lies in padding, or beyond it (ceil_mode), is never the largest and adds nothing to a sum.
 * AveragePool divides by the taps inside the source; with count_include_pad by those inside source
 * or padding. A window that meets nothing: the type's lowest value, index -1; an average of 0.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/lowering.h"
#include "runtime/window.h"

enum { POOL_CHUNK = 64 };

typedef enum pool_kind { POOL_MAX, POOL_AVERAGE, POOL_LP } pool_kind;

typedef struct pool {
    pool_kind kind;
    seg_window window;
    int64_t in[SEG_SPATIAL_MAX], out[SEG_SPATIAL_MAX];
    int64_t in_count, out_count; /* of a plane */
    int64_t lp;
    bool count_pad, column_major;
    seg_dtype dtype; /* of dst */
    const void *src; /* float, or double for f64 */
    void *dst;
    int64_t *indices; /* NULL: not wanted */
} pool;

typedef struct pool_window {
    int64_t first[SEG_SPATIAL_MAX], end[SEG_SPATIAL_MAX], from[SEG_SPATIAL_MAX];
} pool_window;

typedef struct pool_sum {
    double value;
    int64_t index; /* within the plane, row-major; -1: none */
} pool_sum;

static int64_t divide_up(int64_t a, int64_t b) /* b > 0 */
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

static pool_window window_of(const pool *p, int64_t o)
{
    pool_window box;
    for (int i = p->window.rank - 1; i >= 0; i--) {
        int64_t from = o % p->out[i] * p->window.stride[i] - p->window.pad[i];
        int64_t first = divide_up(-from, p->window.dilation[i]);
        int64_t end = divide_up(p->in[i] - from, p->window.dilation[i]);
        box.from[i] = from;
        box.first[i] = first > 0 ? first : 0;
        box.end[i] = end < p->window.kernel[i] ? end : p->window.kernel[i];
        o /= p->out[i];
    }
    return box;
}

/* What the sum of a window is divided by. */
static double divisor(const pool *p, const pool_window *box)
{
    double count = 1;
    for (int i = 0; i < p->window.rank; i++) {
        int64_t taps = box->end[i] - box->first[i];
        if (p->count_pad) {
            int64_t left = p->in[i] + p->window.pad_end[i] - box->from[i];
            taps = divide_up(left, p->window.dilation[i]);
            taps = taps < p->window.kernel[i] ? taps : p->window.kernel[i];
        }
        count *= taps > 0 ? (double)taps : 0;
    }
    return count;
}

static double finish(const pool *p, const pool_window *box, double value)
{
    if (p->kind == POOL_MAX)
        return value;
    if (p->kind == POOL_LP)
        return p->lp == 1 ? value : p->lp == 2 ? sqrt(value) : pow(value, 1 / (double)p->lp);
    double count = divisor(p, box);
    return count > 0 ? value / count : 0;
}

/* The index of a winner in the whole tensor, as the file counts (storage_order within the plane). */
static int64_t index_of(const pool *p, int64_t plane, int64_t index)
{
    if (index < 0)
        return -1;
    if (!p->column_major)
        return plane * p->in_count + index;
    int64_t column = 0, step = p->in_count;
    for (int i = p->window.rank - 1; i >= 0; i--) {
        step /= p->in[i];
        column += index % p->in[i] * step;
        index /= p->in[i];
    }
    return plane * p->in_count + column;
}

#define NUMBER  float
#define NAME(x) x##_f32
#include "runtime/pool.inc"

#define NUMBER  double
#define NAME(x) x##_f64
#include "runtime/pool.inc"

/* ---- a node ---- */

static seg_status read_pool(seg_eval *call, pool_kind kind, pool *p, seg_shape *dst)
{
    const seg_shape *src = &call->src[0].shape;
    seg_error why;
    *p = (pool){.kind = kind,
                .lp = seg_program_int(call->node, "p", 2),
                .count_pad = seg_program_int(call->node, "count_include_pad", 0) != 0,
                .column_major = seg_program_int(call->node, "storage_order", 0) != 0,
                .in_count = 1,
                .out_count = 1,
                .dtype = src->dtype};
    seg_status status = seg_window_read(call->node, src, NULL, &p->window, &why);
    for (int i = 0; i < p->window.rank && status == SEG_OK; i++)
        p->in[i] = src->dim[i + 2];
    if (status == SEG_OK)
        status = seg_window_fit(&p->window, p->in, p->out, &why);
    if (status != SEG_OK)
        return seg_eval_why(call, status, &why);
    if (p->lp < 1)
        return seg_eval_fail(call, SEG_INVALID, "p is %lld", (long long)p->lp);
    *dst = *src;
    for (int i = 0; i < p->window.rank; i++)
        dst->dim[i + 2] = p->out[i];
    return SEG_OK;
}

/* Results of that shape, then the counts of a plane: they fit, as the shapes do. */
static seg_status make_results(seg_eval *call, pool *p, const seg_shape *dst)
{
    seg_status status = seg_eval_result(call, 0, dst);
    if (status == SEG_OK && p->kind == POOL_MAX && seg_eval_wants(call, 1)) {
        seg_shape indices = *dst;
        indices.dtype = SEG_I64;
        status = seg_eval_result(call, 1, &indices);
        if (status == SEG_OK)
            p->indices = call->dst[1].data;
    }
    if (status != SEG_OK || seg_shape_count(dst) == 0)
        return status;
    p->dst = call->dst[0].data;
    for (int i = 0; i < p->window.rank; i++) {
        p->in_count *= p->in[i];
        p->out_count *= p->out[i];
    }
    return SEG_OK;
}

static seg_status evaluate(seg_eval *call, pool_kind kind)
{
    pool p;
    seg_shape dst;
    float *narrow = NULL;
    const float *src;
    seg_status status = read_pool(call, kind, &p, &dst);
    if (status == SEG_OK)
        status = make_results(call, &p, &dst);
    if (status != SEG_OK || seg_shape_count(&dst) == 0)
        return status;
    if (dst.dtype == SEG_F64) {
        p.src = call->src[0].data;
        seg_parallel_for(call->threads, dst.dim[0] * dst.dim[1], plane_f64, &p);
        return SEG_OK;
    }
    status = seg_eval_f32(call, 0, &src, &narrow);
    if (status == SEG_OK) {
        p.src = src;
        seg_parallel_for(call->threads, dst.dim[0] * dst.dim[1], plane_f32, &p);
    }
    seg_block_free(narrow);
    return status;
}

static seg_status max_pool(seg_eval *call)
{
    seg_dtype dtype = call->src[0].shape.dtype;
    if (!seg_dtype_is_real(dtype) && dtype != SEG_I8 && dtype != SEG_U8)
        return seg_eval_bad_dtype(call, 0);
    return evaluate(call, POOL_MAX);
}

static seg_status average_pool(seg_eval *call)
{
    if (!seg_dtype_is_real(call->src[0].shape.dtype))
        return seg_eval_bad_dtype(call, 0);
    return evaluate(call, POOL_AVERAGE);
}

static seg_status lp_pool(seg_eval *call)
{
    if (!seg_dtype_is_real(call->src[0].shape.dtype))
        return seg_eval_bad_dtype(call, 0);
    return evaluate(call, POOL_LP);
}

const seg_runtime_op seg_runtime_op_MaxPool = {.domain = "",
                                               .name = "MaxPool",
                                               .src_min = 1,
                                               .src_max = 1,
                                               .evaluate = max_pool,
                                               .lower = seg_lower_max_pool};

const seg_runtime_op seg_runtime_op_AveragePool = {.domain = "",
                                                   .name = "AveragePool",
                                                   .src_min = 1,
                                                   .src_max = 1,
                                                   .evaluate = average_pool,
                                                   .lower = seg_lower_average_pool};

const seg_runtime_op seg_runtime_op_LpPool = {
    .domain = "", .name = "LpPool", .src_min = 1, .src_max = 1, .evaluate = lp_pool};
