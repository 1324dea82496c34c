/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * half.c: IEEE 754 binary16 and back, by bits: 1 sign, 5 exponent (bias 15), 10 fraction; and
 * bfloat16: 1 sign, 8 exponent, 7 fraction.
 * Needs the FPU's default rounding (to nearest even) for subnormal results.
 */
#include "base/half.h"

#include <string.h>

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Selections instead of branches, which compilers turn into vectors. */
static inline float widen(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    const uint32_t usual = (magnitude << 13) + ((127u - 15u) << 23);
    const uint32_t special = magnitude << 13 | 0x7f800000; /* infinity and NaN */
    /* Zero and subnormals: fraction * 2^-24, exact in float. */
    const uint32_t small = bits_of((float)(int32_t)magnitude * 0x1p-24f);
    uint32_t bits = magnitude < 0x400 ? small : usual;
    bits = magnitude >= 0x7c00 ? special : bits;
    return float_of(bits | sign);
}

static uint16_t narrow(float value)
{
    uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) /* NaN stays NaN, quiet */
        return (uint16_t)(sign | 0x7e00);
    if (magnitude >= bits_of(65520.0f)) /* halfway past the largest half: infinity */
        return (uint16_t)(sign | 0x7c00);
    /* The last place of floats in [0.5, 1) is 2^-24, a half's smallest step: the sum rounds. */
    if (magnitude < bits_of(0x1p-14f))
        return (uint16_t)(sign | (bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f)));
    magnitude += 0xfff + (magnitude >> 13 & 1); /* nearest, ties to even; may carry up */
    return (uint16_t)(sign | (magnitude - ((127u - 15u) << 23)) >> 13);
}

void seg_f16_to_f32(const uint16_t *src, float *dst, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i] = widen(src[i]);
}

void seg_f32_to_f16(const float *src, uint16_t *dst, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i] = narrow(src[i]);
}

void seg_bf16_to_f32(const uint16_t *src, float *dst, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i] = float_of((uint32_t)src[i] << 16);
}

void seg_f32_to_bf16(const float *src, uint16_t *dst, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(src[i]);
        if ((bits & 0x7fffffff) > 0x7f800000)
            bits |= 0x400000; /* NaN stays NaN, quiet, also when its low bits go */
        else
            bits += 0x7fff + (bits >> 16 & 1);
        dst[i] = (uint16_t)(bits >> 16);
    }
}
