/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* half.h: the two 16-bit floating-point formats, and float. Rounding is to nearest, ties to even. */
#ifndef BASE_HALF_H
#define BASE_HALF_H

#include <stdint.h>

/* IEEE 754 binary16. */
void seg_f16_to_f32(const uint16_t *src, float *dst, int64_t count);
void seg_f32_to_f16(const float *src, uint16_t *dst, int64_t count);

/* bfloat16: the upper half of a float. */
void seg_bf16_to_f32(const uint16_t *src, float *dst, int64_t count);
void seg_f32_to_bf16(const float *src, uint16_t *dst, int64_t count);

#endif
