/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* pool_global.c: GlobalAveragePool, GlobalMaxPool and GlobalLpPool: one value for each plane. */
#include <math.h>

#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/lowering.h"

enum { CHUNK = 256 };

typedef enum global_kind { GLOBAL_AVERAGE, GLOBAL_MAX, GLOBAL_LP } global_kind;

typedef struct global_pool {
    const seg_eval *call;
    global_kind kind;
    int64_t count; /* of a plane */
    double lp;
} global_pool;

static double add(const global_pool *p, double sum, double value)
{
    if (p->kind == GLOBAL_AVERAGE)
        return sum + value;
    if (p->kind == GLOBAL_LP)
        return sum + pow(fabs(value), p->lp);
    return value > sum || isnan(value) ? value : sum;
}

static void pool_plane(void *context, int64_t plane, int thread)
{
    (void)thread;
    const global_pool *p = context;
    const seg_tensor *src = &p->call->src[0], *dst = &p->call->dst[0];
    double sum = p->kind == GLOBAL_MAX ? -(double)INFINITY : 0, chunk[CHUNK];
    for (int64_t at = 0; at < p->count; at += CHUNK) {
        int64_t count = p->count - at < CHUNK ? p->count - at : CHUNK;
        seg_load_f64(src->shape.dtype, src->data, plane * p->count + at, count, chunk);
        for (int64_t i = 0; i < count; i++)
            sum = add(p, sum, chunk[i]);
    }
    if (p->kind == GLOBAL_AVERAGE)
        sum /= (double)p->count;
    if (p->kind == GLOBAL_LP)
        sum = pow(sum, 1 / p->lp);
    seg_store_f64(dst->shape.dtype, dst->data, plane, 1, &sum);
}

static seg_status evaluate(seg_eval *call, global_kind kind)
{
    const seg_shape *src = &call->src[0].shape;
    char text[SEG_SHAPE_TEXT_SIZE];
    global_pool p = {
        .call = call, .kind = kind, .count = 1, .lp = (double)seg_program_int(call->node, "p", 2)};
    if (!seg_dtype_is_real(src->dtype))
        return seg_eval_bad_dtype(call, 0);
    if (src->rank < 2)
        return seg_eval_fail(call, SEG_INVALID, "the input must be N,C,..., is %s",
                             seg_shape_text(src, text));
    if (p.lp < 1)
        return seg_eval_fail(call, SEG_INVALID, "p is %g", p.lp);
    seg_shape dst = *src;
    for (int i = 2; i < src->rank; i++)
        dst.dim[i] = 1;
    seg_status status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK || seg_shape_count(&dst) == 0)
        return status;
    for (int i = 2; i < src->rank; i++)
        p.count *= src->dim[i];
    seg_parallel_for(call->threads, dst.dim[0] * dst.dim[1], pool_plane, &p);
    return SEG_OK;
}

static seg_status average(seg_eval *call)
{
    return evaluate(call, GLOBAL_AVERAGE);
}

static seg_status largest(seg_eval *call)
{
    return evaluate(call, GLOBAL_MAX);
}

static seg_status lp(seg_eval *call)
{
    return evaluate(call, GLOBAL_LP);
}

const seg_runtime_op seg_runtime_op_GlobalAveragePool = {.domain = "",
                                                         .name = "GlobalAveragePool",
                                                         .src_min = 1,
                                                         .src_max = 1,
                                                         .evaluate = average,
                                                         .lower = seg_lower_global_average_pool};

const seg_runtime_op seg_runtime_op_GlobalMaxPool = {.domain = "",
                                                     .name = "GlobalMaxPool",
                                                     .src_min = 1,
                                                     .src_max = 1,
                                                     .evaluate = largest,
                                                     .lower = seg_lower_global_max_pool};

const seg_runtime_op seg_runtime_op_GlobalLpPool = {
    .domain = "", .name = "GlobalLpPool", .src_min = 1, .src_max = 1, .evaluate = lp};
