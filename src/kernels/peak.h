/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * peak.h: what a processor can do at most with these vectors: the two ceilings that benchmarks
 * measure every other loop against.
 */
#ifndef KERNELS_PEAK_H
#define KERNELS_PEAK_H

#include <stdint.h>

typedef struct seg_peak_kernels {
    /* Multiply-adds on registers alone, as fast as they go. Returns their number and adds to *sink
     * what keeps a compiler from leaving them out. */
    int64_t (*spin)(int64_t rounds, float *sink);
    /* Reads n floats once, in their order, and returns their sum: nothing but loads. */
    float (*read)(const float *src, int64_t n);
} seg_peak_kernels;

#endif
