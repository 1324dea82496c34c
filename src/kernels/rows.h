/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* rows.h: Elementwise, per-channel and per-pixel loops. */
#ifndef KERNELS_ROWS_H
#define KERNELS_ROWS_H

#include <stddef.h>
#include <stdint.h>

typedef struct seg_rows_kernels {
    int placeholder;
} seg_rows_kernels;

#endif
