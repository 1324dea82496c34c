/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * matmul_integer.c: MatMulInteger and QLinearMatMul: products of stacks of matrices in int32_t.
 *
 * a ...,M,K times b ...,K,N, stacks broadcast; a vector a is one row, a vector b one column. Zero
 * points and scales are one, or one for each row of a and each column of b.
 */
#include "base/error.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/integers.h"

enum { ROWS = 16 }; /* of a block */

typedef struct product {
    int64_t m, n, k, stacks;
    int rank; /* axes of the stack */
    int64_t extent[SEG_MAX_RANK], a_step[SEG_MAX_RANK], b_step[SEG_MAX_RANK]; /* in matrices */
    const uint32_t *a, *b;
    uint32_t *dst;
    int64_t blocks; /* of one matrix */
} product;

/* The matrices of a and b that make number `stack` of the result. */
static void find_matrices(const product *p, int64_t stack, const uint32_t **a, const uint32_t **b)
{
    int64_t at_a = 0, at_b = 0;
    for (int i = p->rank - 1; i >= 0; i--) {
        at_a += stack % p->extent[i] * p->a_step[i];
        at_b += stack % p->extent[i] * p->b_step[i];
        stack /= p->extent[i];
    }
    *a = p->a + at_a * p->m * p->k;
    *b = p->b + at_b * p->k * p->n;
}

static void multiply_rows(void *context, int64_t index, int thread)
{
    (void)thread;
    const product *p = context;
    const int64_t stack = index / p->blocks, first = index % p->blocks * ROWS;
    const uint32_t *a, *b;
    find_matrices(p, stack, &a, &b);
    for (int64_t i = first; i < first + ROWS && i < p->m; i++) {
        uint32_t *dst = p->dst + (stack * p->m + i) * p->n;
        for (int64_t j = 0; j < p->n; j++)
            dst[j] = 0;
        for (int64_t k = 0; k < p->k; k++) {
            for (int64_t j = 0; j < p->n; j++)
                dst[j] += a[i * p->k + k] * b[k * p->n + j];
        }
    }
}

/* ---- shapes ---- */

/* Extent of axis i (from the right of the stack, 0 first) of a source; 1 where it has none. */
static int64_t stack_extent(const seg_shape *shape, int i)
{
    int axis = shape->rank - 3 - i;
    return axis >= 0 ? shape->dim[axis] : 1;
}

static seg_status fit_stacks(seg_eval *call, const seg_shape *a, const seg_shape *b, product *p)
{
    int64_t a_next = 1, b_next = 1;
    p->rank = (a->rank > b->rank ? a->rank : b->rank) - 2;
    p->rank = p->rank > 0 ? p->rank : 0;
    p->stacks = 1;
    for (int i = 0; i < p->rank; i++) {
        int64_t in_a = stack_extent(a, i), in_b = stack_extent(b, i);
        const int to = p->rank - 1 - i;
        if (in_a != in_b && in_a != 1 && in_b != 1)
            return seg_eval_fail(call, SEG_INVALID, "stacks of %lld and %lld do not broadcast",
                                 (long long)in_a, (long long)in_b);
        p->extent[to] = in_a == 1 ? in_b : in_a;
        p->a_step[to] = in_a == 1 ? 0 : a_next;
        p->b_step[to] = in_b == 1 ? 0 : b_next;
        a_next *= in_a;
        b_next *= in_b;
    }
    return SEG_OK;
}

static seg_status fit(seg_eval *call, const seg_shape *a, const seg_shape *b, product *p,
                      seg_shape *dst)
{
    char text[SEG_SHAPE_TEXT_SIZE], other[SEG_SHAPE_TEXT_SIZE];
    bool fits = a->rank >= 1 && b->rank >= 1 &&
                a->dim[a->rank - 1] == b->dim[b->rank > 1 ? b->rank - 2 : 0];
    if (!fits)
        return seg_eval_fail(call, SEG_INVALID, "%s and %s cannot be multiplied",
                             seg_shape_text(a, text), seg_shape_text(b, other));
    *p = (product){.k = a->dim[a->rank - 1]};
    p->m = a->rank > 1 ? a->dim[a->rank - 2] : 1;
    p->n = b->rank > 1 ? b->dim[b->rank - 1] : 1;
    seg_status status = fit_stacks(call, a, b, p);
    *dst = (seg_shape){.dtype = SEG_I32, .rank = p->rank};
    for (int i = 0; i < p->rank; i++)
        dst->dim[i] = p->extent[i];
    if (a->rank > 1)
        dst->dim[dst->rank++] = p->m;
    if (b->rank > 1)
        dst->dim[dst->rank++] = p->n;
    return status;
}

/* Sources a, b with their zero points; dst: not empty, or nothing is done. */
static seg_status multiply(seg_eval *call, const int sources[4], product *p, const seg_shape *shape,
                           uint32_t *dst)
{
    uint32_t *a = NULL, *b = NULL;
    const seg_shape *first = &call->src[sources[0]].shape, *second = &call->src[sources[2]].shape;
    int a_axis = first->rank > 1 ? first->rank - 2 : 0;
    seg_status status = seg_integers_load(call, sources[0], sources[1], a_axis, &a);
    if (status == SEG_OK)
        status = seg_integers_load(call, sources[2], sources[3], second->rank - 1, &b);
    if (status == SEG_OK && seg_shape_count(shape) > 0) {
        p->a = a;
        p->b = b;
        p->dst = dst;
        p->stacks = seg_shape_count(shape) / (p->m * p->n);
        p->blocks = (p->m + ROWS - 1) / ROWS;
        seg_parallel_for(call->threads, p->stacks * p->blocks, multiply_rows, p);
    }
    seg_block_free(a);
    seg_block_free(b);
    return status;
}

static seg_status matmul_integer(seg_eval *call)
{
    static const int sources[4] = {0, 2, 1, 3};
    product p;
    seg_shape dst;
    seg_status status = fit(call, &call->src[0].shape, &call->src[1].shape, &p, &dst);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &dst);
    return status == SEG_OK ? multiply(call, sources, &p, &dst, call->dst[0].data) : status;
}

const seg_runtime_op seg_runtime_op_MatMulInteger = {
    .domain = "", .name = "MatMulInteger", .src_min = 2, .src_max = 4, .evaluate = matmul_integer};

/* ---- QLinearMatMul ---- */

enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, Y_SCALE, Y_ZERO };

static seg_status requantise(seg_eval *call, product *p, const seg_shape *shape, uint32_t *sums)
{
    static const int sources[4] = {A, A_ZERO, B, B_ZERO};
    float *factors = NULL;
    seg_status status = seg_integers_factors(call, A_SCALE, B_SCALE, Y_SCALE, p->n, &factors);
    if (status == SEG_OK)
        status = multiply(call, sources, p, shape, sums);
    if (status == SEG_OK && seg_shape_count(shape) > 0)
        seg_integers_store(call, Y_ZERO, &(seg_requantise){sums, 1, p->n, factors});
    seg_block_free(factors);
    return status;
}

static seg_status qlinear_matmul(seg_eval *call)
{
    const seg_shape *zero = &call->src[Y_ZERO].shape;
    product p;
    seg_shape dst;
    if ((zero->dtype != SEG_U8 && zero->dtype != SEG_I8) || seg_shape_count(zero) != 1)
        return seg_eval_bad_dtype(call, Y_ZERO);
    seg_status status = fit(call, &call->src[A].shape, &call->src[B].shape, &p, &dst);
    dst.dtype = zero->dtype;
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &dst);
    if (status != SEG_OK)
        return status;
    size_t size = 0;
    uint32_t *sums = seg_size_mul((size_t)seg_shape_count(&dst), sizeof *sums, &size)
                         ? seg_block_new(size)
                         : NULL;
    if (sums == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    status = requantise(call, &p, &dst, sums);
    seg_block_free(sums);
    return status;
}

const seg_runtime_op seg_runtime_op_QLinearMatMul = {
    .domain = "", .name = "QLinearMatMul", .src_min = 8, .src_max = 8, .evaluate = qlinear_matmul};
