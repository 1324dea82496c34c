/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* isa_baseline.c: every kernel body, compiled for baseline. */
#include "kernels/simd/baseline.h"

#include "kernels/isa_table.inc"
