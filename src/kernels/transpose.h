/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * transpose.h: a matrix whose rows become columns: between N,C,H,W and N,H,W,C, a plane of one is
 * a column of the other. Any extents and alignment; callers cut large ones into blocks.
 */
#ifndef KERNELS_TRANSPOSE_H
#define KERNELS_TRANSPOSE_H

#include <stdint.h>

typedef struct seg_transpose_kernels {
    /* dst[j*dst_step + i] = src[i*src_step + j] for i < rows, j < cols. Steps are floats. */
    void (*apply)(const float *src, int64_t src_step, int64_t rows, int64_t cols, float *dst,
                  int64_t dst_step);
} seg_transpose_kernels;

#endif
