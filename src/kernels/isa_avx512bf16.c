/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* isa_avx512bf16.c: every kernel body, compiled for avx512bf16. */
#ifndef SEG_NO_AVX512BF16 /* the compiler does not know it */
#include "kernels/simd/avx512bf16.h"

#include "kernels/isa_table.inc"
#else
typedef int seg_no_avx512bf16; /* C has no empty files */
#endif
