/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* igemm.h: The indirect GEMM: dense convolutions forward and backward. */
#ifndef KERNELS_IGEMM_H
#define KERNELS_IGEMM_H

#include <stddef.h>
#include <stdint.h>

typedef struct seg_igemm_kernels {
    int placeholder;
} seg_igemm_kernels;

#endif
