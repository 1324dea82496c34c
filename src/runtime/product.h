/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * product.h: products of matrices in one kind of number.
 */
#ifndef RUNTIME_PRODUCT_H
#define RUNTIME_PRODUCT_H

#include "runtime/number.h"

/* c[rows][cols] = a[rows][depth] b[depth][cols] */
typedef struct seg_product {
    seg_number number;
    int threads;
    int64_t rows, depth, cols;
    void *scratch; /* seg_product_scratch bytes */
} seg_product;

size_t seg_product_scratch(const seg_product *product);
/* Put what is wanted of b into scratch; later runs use it until b is prepared anew. */
void seg_product_prepare(const seg_product *product, const void *b);
/* b: what was prepared. Integers wrap. */
void seg_product_run(const seg_product *product, const void *a, const void *b, void *c);

#endif
