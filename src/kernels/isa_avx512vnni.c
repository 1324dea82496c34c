/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* isa_avx512vnni.c: every kernel body, compiled for avx512 with sums of four products of bytes. */
#define U8_VNNI 1
#include "kernels/simd/avx512.h"

#include "kernels/isa_table.inc"
