/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * product.c: float through the convolution's kernels, as a 1x1 convolution of `rows` pixels; a few
 * rows only, and other numbers, as plain sums of rows of b.
 */
#include "runtime/product.h"

#include <string.h>

#include "base/parallel.h"
#include "ops/convolution.h"

enum {
    FEW_ROWS = 4,  /* packing b costs as much as this many products with it */
    COLUMNS = 1024 /* of a block: its part of c stays in the first-level cache */
};

static bool is_convolution(const seg_product *product)
{
    return product->number == SEG_NUMBER_F32 && product->rows >= FEW_ROWS && product->depth > 0 &&
           product->cols > 0;
}

static seg_convolution convolution_of(const seg_product *product)
{
    const int64_t rows = product->rows;
    return (seg_convolution){
        .kernels = seg_kernels_get(),
        .threads = product->threads,
        .n = 1,
        .groups = 1,
        .y = {1, 1, 1, 1, 0, 1},
        .x = {rows, rows, 1, 1, 0, 1},
        .ic = product->depth,
        .oc = product->cols,
    };
}

static size_t packed_bytes(const seg_convolution *convolution)
{
    return seg_align_up(seg_conv_pack_count(convolution, false) * sizeof(float));
}

size_t seg_product_scratch(const seg_product *product)
{
    if (!is_convolution(product))
        return 0;
    seg_convolution convolution = convolution_of(product);
    return packed_bytes(&convolution) + seg_conv_gather_scratch(&convolution, false);
}

void seg_product_prepare(const seg_product *product, const void *b)
{
    if (!is_convolution(product))
        return;
    seg_convolution convolution = convolution_of(product);
    const seg_conv_kernel kernel = seg_conv_kernel_at(&convolution, b, NULL, NULL);
    seg_conv_pack_run(&convolution, false, &kernel, product->scratch);
}

static void run_convolution(const seg_product *product, const float *a, float *c)
{
    seg_convolution convolution = convolution_of(product);
    seg_conv_gather job = {.src = a, .dst = c, .packed = product->scratch};
    seg_conv_gather_run(&convolution, &job, (char *)product->scratch + packed_bytes(&convolution));
}

/* ---- plain sums ---- */

/* c[j] += a * b[j] */
static void add_row_f32(float *c, float a, const float *b, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        c[j] += a * b[j];
}

static void add_row_f64(double *c, double a, const double *b, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        c[j] += a * b[j];
}

static void add_row_int(uint64_t *c, uint64_t a, const uint64_t *b, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        c[j] += a * b[j];
}

typedef struct plain_job {
    const seg_product *product;
    const void *a, *b;
    void *c;
    int64_t blocks; /* of columns in a row */
} plain_job;

/* One block of columns of one row. */
static void plain_block(void *context, int64_t index, int thread)
{
    const plain_job *job = context;
    const seg_product *product = job->product;
    const int64_t row = index / job->blocks, first = index % job->blocks * COLUMNS;
    const int64_t rest = product->cols - first, n = rest < COLUMNS ? rest : COLUMNS;
    const size_t size = seg_number_size(product->number);
    void *c = (char *)job->c + (size_t)(row * product->cols + first) * size;
    (void)thread;
    memset(c, 0, (size_t)n * size);
    for (int64_t k = 0; k < product->depth; k++) {
        const int64_t from_a = row * product->depth + k, from_b = k * product->cols + first;
        if (product->number == SEG_NUMBER_F32)
            add_row_f32(c, ((const float *)job->a)[from_a], (const float *)job->b + from_b, n);
        else if (product->number == SEG_NUMBER_F64)
            add_row_f64(c, ((const double *)job->a)[from_a], (const double *)job->b + from_b, n);
        else
            add_row_int(c, ((const uint64_t *)job->a)[from_a], (const uint64_t *)job->b + from_b,
                        n);
    }
}

void seg_product_run(const seg_product *product, const void *a, const void *b, void *c)
{
    if (product->rows == 0 || product->cols == 0)
        return;
    if (is_convolution(product)) {
        run_convolution(product, a, c);
        return;
    }
    plain_job job = {product, a, b, c, (product->cols + COLUMNS - 1) / COLUMNS};
    seg_parallel_for(product->threads, product->rows * job.blocks, plain_block, &job);
}
