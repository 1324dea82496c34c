/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* isa_avx2.c: every kernel body, compiled for avx2. */
#include "kernels/simd/avx2.h"

#include "kernels/isa_table.inc"
