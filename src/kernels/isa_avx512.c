/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* isa_avx512.c: every kernel body, compiled for avx512. */
#include "kernels/simd/avx512.h"

#include "kernels/isa_table.inc"
