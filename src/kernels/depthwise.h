/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* depthwise.h: Depthwise convolutions forward and backward. */
#ifndef KERNELS_DEPTHWISE_H
#define KERNELS_DEPTHWISE_H

#include <stddef.h>
#include <stdint.h>

typedef struct seg_depthwise_kernels {
    int placeholder;
} seg_depthwise_kernels;

#endif
