/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * matmul.c: MatMul, with broadcast batches of matrices, and Gemm, alpha A B + beta C. f16 and bf16
 * are multiplied and summed in float and rounded once; integers wrap.
 */
#include <string.h>

#include "base/error.h"
#include "runtime/args.h"
#include "runtime/lowering.h"
#include "runtime/map.h"
#include "runtime/product.h"

/* A source as numbers one after the other, `owned` when they had to be brought there. */
typedef struct operand {
    const void *data;
    void *owned;
} operand;

static seg_status fetch(seg_eval *call, const seg_tensor *tensor, bool swapped, operand *out)
{
    static const int plain[] = {0, 1}, swap[] = {1, 0};
    const seg_number number = seg_number_of(tensor->shape.dtype);
    size_t size = 0;
    if (!swapped && seg_number_dtype(number) == tensor->shape.dtype) {
        *out = (operand){tensor->data, NULL};
        return SEG_OK;
    }
    *out = (operand){NULL, NULL};
    if (!seg_size_mul((size_t)seg_shape_count(&tensor->shape), seg_number_size(number), &size) ||
        (out->owned = seg_block_new(size)) == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    out->data = out->owned;
    seg_view view = swapped                   ? seg_view_permute(tensor, swap)
                    : tensor->shape.rank == 2 ? seg_view_permute(tensor, plain)
                                              : seg_view_of(tensor);
    seg_view_merge(&view);
    seg_view_load(&view, 0, seg_view_count(&view), number, out->owned);
    return SEG_OK;
}

/* Numbers of the result: in its own memory when they are stored as they are. */
static seg_status make_result(seg_eval *call, const seg_shape *shape, operand *made)
{
    const seg_number number = seg_number_of(shape->dtype);
    size_t size = 0;
    *made = (operand){NULL, NULL};
    seg_status status = seg_eval_result(call, 0, shape);
    if (status != SEG_OK)
        return status;
    made->data = call->dst[0].data;
    if (seg_number_dtype(number) == shape->dtype)
        return SEG_OK;
    if (!seg_size_mul((size_t)seg_shape_count(shape), seg_number_size(number), &size) ||
        (made->owned = seg_block_new(size)) == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    made->data = made->owned;
    return SEG_OK;
}

static seg_status check_types(seg_eval *call)
{
    if (call->src[0].shape.dtype == SEG_BOOL)
        return seg_eval_bad_dtype(call, 0);
    return seg_eval_same_dtype(call, 1);
}

/* ---- MatMul ---- */

/* A product of batches; batch: the axes before the last two, broadcast. */
typedef struct matmul {
    seg_shape a, b, batch, dst;
    seg_product product;
} matmul;

static seg_status matmul_shapes(seg_eval *call, matmul *job)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    bool vector_a = call->src[0].shape.rank == 1, vector_b = call->src[1].shape.rank == 1;
    job->a = call->src[0].shape;
    job->b = call->src[1].shape;
    if (vector_a) /* a row */
        job->a = (seg_shape){job->a.dtype, 2, {{1, job->a.dim[0]}}};
    if (vector_b) /* a column */
        job->b = (seg_shape){job->b.dtype, 2, {{job->b.dim[0], 1}}};
    if (job->a.rank < 2 || job->b.rank < 2 ||
        job->a.dim[job->a.rank - 1] != job->b.dim[job->b.rank - 2])
        return seg_eval_fail(call, SEG_INVALID, "%s and %s cannot be multiplied",
                             seg_shape_text(&call->src[0].shape, a),
                             seg_shape_text(&call->src[1].shape, b));
    job->product.rows = job->a.dim[job->a.rank - 2];
    job->product.depth = job->a.dim[job->a.rank - 1];
    job->product.cols = job->b.dim[job->b.rank - 1];
    job->a.rank -= 2;
    job->b.rank -= 2;
    if (!seg_broadcast(&job->a, &job->b, &job->batch))
        return seg_eval_fail(call, SEG_INVALID, "batches of %s and %s do not broadcast",
                             seg_shape_text(&call->src[0].shape, a),
                             seg_shape_text(&call->src[1].shape, b));
    job->dst = job->batch;
    if (!vector_a)
        job->dst.dim[job->dst.rank++] = job->product.rows;
    if (!vector_b)
        job->dst.dim[job->dst.rank++] = job->product.cols;
    return SEG_OK;
}

/* Which matrix of a source batch `index` takes. */
static int64_t matrix_of(const seg_shape *own, const seg_shape *batch, int64_t index)
{
    int64_t at = 0, step = 1;
    for (int i = batch->rank - 1; i >= 0; i--) {
        int64_t place = index % batch->dim[i];
        int axis = i - (batch->rank - own->rank);
        index /= batch->dim[i];
        if (axis < 0)
            continue;
        at += own->dim[axis] == 1 ? 0 : place * step;
        step *= own->dim[axis];
    }
    return at;
}

static void matmul_run(const matmul *job, const char *a, const char *b, char *c)
{
    const seg_product *product = &job->product;
    const int64_t size = (int64_t)seg_number_size(product->number);
    const int64_t count = seg_shape_count(&job->batch);
    int64_t prepared = -1;
    for (int64_t i = 0; i < count; i++) {
        int64_t from_a = matrix_of(&job->a, &job->batch, i);
        int64_t from_b = matrix_of(&job->b, &job->batch, i);
        const char *matrix = b + from_b * product->depth * product->cols * size;
        if (from_b != prepared)
            seg_product_prepare(product, matrix);
        prepared = from_b;
        seg_product_run(product, a + from_a * product->rows * product->depth * size, matrix,
                        c + i * product->rows * product->cols * size);
    }
}

/* One matrix on the right: all on the left are one tall matrix. */
static void join_rows(matmul *job)
{
    if (seg_shape_count(&job->b) != 1)
        return;
    job->product.rows *= seg_shape_count(&job->batch);
    job->a.rank = job->b.rank = job->batch.rank = 0;
}

static void store_made(seg_eval *call, const operand *made)
{
    const seg_tensor *dst = &call->dst[0];
    if (made->owned == NULL)
        return;
    seg_tensor numbers = {dst->shape, made->owned};
    numbers.shape.dtype = seg_number_dtype(seg_number_of(dst->shape.dtype));
    seg_view view = seg_view_of(&numbers);
    seg_view_store_all(&view, call->threads, dst);
}

static seg_status matmul_multiply(seg_eval *call, matmul *job, const operand *a, const operand *b,
                                  operand *made)
{
    seg_product *product = &job->product;
    size_t size = seg_product_scratch(product);
    char *c = made->owned != NULL ? made->owned : call->dst[0].data;
    product->scratch = seg_block_new(size);
    if (product->scratch == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    matmul_run(job, a->data, b->data, c);
    seg_block_free(product->scratch);
    return SEG_OK;
}

static seg_status evaluate_matmul(seg_eval *call)
{
    matmul job = {.product = {.threads = call->threads}};
    operand a = {NULL, NULL}, b = {NULL, NULL}, made = {NULL, NULL};
    seg_status status = check_types(call);
    if (status == SEG_OK)
        status = matmul_shapes(call, &job);
    job.product.number = seg_number_of(call->src[0].shape.dtype);
    if (status == SEG_OK)
        status = make_result(call, &job.dst, &made);
    if (status != SEG_OK || seg_shape_count(&job.dst) == 0)
        goto out;
    status = fetch(call, &call->src[0], false, &a);
    if (status == SEG_OK)
        status = fetch(call, &call->src[1], false, &b);
    join_rows(&job);
    if (status == SEG_OK)
        status = matmul_multiply(call, &job, &a, &b, &made);
    if (status == SEG_OK)
        store_made(call, &made);
out:
    seg_block_free(a.owned);
    seg_block_free(b.owned);
    seg_block_free(made.owned);
    return status;
}

/* ---- Gemm ---- */

typedef struct gemm_factors {
    double alpha, beta;
} gemm_factors;

/* dst = alpha src[0] + beta src[1] */
static void gemm_f32(const void *context, void *dst_, const void *const *src, int64_t n)
{
    const gemm_factors *factors = context;
    const float *product = src[0], *c = src[1], alpha = (float)factors->alpha,
                beta = (float)factors->beta;
    float *dst = dst_;
    for (int64_t i = 0; i < n; i++)
        dst[i] = alpha * product[i] + beta * c[i];
}

static void gemm_f64(const void *context, void *dst_, const void *const *src, int64_t n)
{
    const gemm_factors *factors = context;
    const double *product = src[0], *c = src[1];
    double *dst = dst_;
    for (int64_t i = 0; i < n; i++)
        dst[i] = factors->alpha * product[i] + factors->beta * c[i];
}

static void gemm_int(const void *context, void *dst_, const void *const *src, int64_t n)
{
    const gemm_factors *factors = context;
    const uint64_t *product = src[0], *c = src[1];
    uint64_t alpha = (uint64_t)(int64_t)factors->alpha, beta = (uint64_t)(int64_t)factors->beta;
    uint64_t *dst = dst_;
    for (int64_t i = 0; i < n; i++)
        dst[i] = alpha * product[i] + beta * c[i];
}

/* Factors of integers must be such; the range keeps their conversion defined. */
static seg_status gemm_read_factors(seg_eval *call, gemm_factors *factors)
{
    factors->alpha = (double)seg_program_float(call->node, "alpha", 1.0f);
    factors->beta = (double)seg_program_float(call->node, "beta", 1.0f);
    if (seg_dtype_is_real(call->src[0].shape.dtype))
        return SEG_OK;
    const double both[] = {factors->alpha, factors->beta};
    for (int i = 0; i < 2; i++) {
        if (!(both[i] > -0x1p31 && both[i] < 0x1p31) || both[i] != (double)(int64_t)both[i])
            return seg_eval_fail(call, SEG_UNSUPPORTED, "a factor of %g for integers", both[i]);
    }
    return SEG_OK;
}

static seg_status gemm_shape(seg_eval *call, const bool swapped[2], seg_product *product,
                             seg_shape *shape)
{
    char a[SEG_SHAPE_TEXT_SIZE], b[SEG_SHAPE_TEXT_SIZE];
    const seg_shape *left = &call->src[0].shape, *right = &call->src[1].shape;
    if (left->rank != 2 || right->rank != 2 || left->dim[!swapped[0]] != right->dim[swapped[1]])
        return seg_eval_fail(call, SEG_INVALID, "%s%s and %s%s cannot be multiplied",
                             seg_shape_text(left, a), swapped[0] ? " (transposed)" : "",
                             seg_shape_text(right, b), swapped[1] ? " (transposed)" : "");
    product->rows = left->dim[swapped[0]];
    product->depth = left->dim[!swapped[0]];
    product->cols = right->dim[!swapped[1]];
    *shape = (seg_shape){left->dtype, 2, {{product->rows, product->cols}}};
    if (seg_eval_has(call, 2) && !seg_broadcasts_to(&call->src[2].shape, shape))
        return seg_eval_fail(call, SEG_INVALID, "C of %s does not broadcast to %s",
                             seg_shape_text(&call->src[2].shape, a), seg_shape_text(shape, b));
    return SEG_OK;
}

/* alpha product + beta C into result 0. */
static void gemm_finish(seg_eval *call, const operand *made, const gemm_factors *factors)
{
    static const seg_map_body bodies[] = {gemm_f32, gemm_f64, gemm_int, gemm_int};
    static const char zero[SEG_NUMBER_SIZE_MAX];
    const seg_tensor *dst = &call->dst[0];
    const seg_number number = seg_number_of(dst->shape.dtype);
    if (!seg_eval_has(call, 2) && factors->alpha == 1.0) {
        store_made(call, made);
        return;
    }
    seg_tensor product = *dst, nothing = {{.dtype = dst->shape.dtype}, (void *)(uintptr_t)zero};
    if (made->owned != NULL)
        product = (seg_tensor){dst->shape, made->owned};
    product.shape.dtype = seg_number_dtype(number);
    seg_map map = {
        bodies[number],   factors, 2, {&product, seg_eval_has(call, 2) ? &call->src[2] : &nothing},
        {number, number}, number};
    seg_map_run(&map, call->threads, dst);
}

static seg_status evaluate_gemm(seg_eval *call)
{
    const bool swapped[2] = {seg_program_int(call->node, "transA", 0) != 0,
                             seg_program_int(call->node, "transB", 0) != 0};
    matmul job = {.product = {.threads = call->threads}};
    operand a = {NULL, NULL}, b = {NULL, NULL}, made = {NULL, NULL};
    gemm_factors factors;
    seg_status status = check_types(call);
    if (status == SEG_OK)
        status = gemm_read_factors(call, &factors);
    if (status == SEG_OK)
        status = gemm_shape(call, swapped, &job.product, &job.dst);
    job.product.number = seg_number_of(call->src[0].shape.dtype);
    if (status == SEG_OK)
        status = make_result(call, &job.dst, &made);
    if (status == SEG_OK)
        status = fetch(call, &call->src[0], swapped[0], &a);
    if (status == SEG_OK)
        status = fetch(call, &call->src[1], swapped[1], &b);
    if (status == SEG_OK)
        status = matmul_multiply(call, &job, &a, &b, &made);
    if (status == SEG_OK)
        gemm_finish(call, &made, &factors);
    seg_block_free(a.owned);
    seg_block_free(b.owned);
    seg_block_free(made.owned);
    return status;
}

const seg_runtime_op seg_runtime_op_Gemm = {.domain = "",
                                            .name = "Gemm",
                                            .src_min = 2,
                                            .src_max = 3,
                                            .evaluate = evaluate_gemm,
                                            .lower = seg_lower_gemm};

const seg_runtime_op seg_runtime_op_MatMul = {.domain = "",
                                              .name = "MatMul",
                                              .src_min = 2,
                                              .src_max = 2,
                                              .evaluate = evaluate_matmul,
                                              .lower = seg_lower_matmul};
