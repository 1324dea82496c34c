/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* avx512bf16.h: the vocabulary of avx512.h and instructions for pairs of bf16 (bf16_plain.h says
 * what they give). Included by isa_avx512bf16.c only. */
#ifndef KERNELS_SIMD_AVX512BF16_H
#define KERNELS_SIMD_AVX512BF16_H

#define SEG_ISA_NAME   avx512bf16
#define U8_VNNI        1

#include "kernels/simd/avx512.h"

#define VF_BF16 1 /* there are instructions for it */

/* Lane by lane: c + a.high * b.high + a.low * b.low */
static inline vf vf_bf16_dot(vf a, vf b, vf c)
{
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
}
/* Both rounded: lane i has low's lane i in its low half and high's in its high half. */
static inline vf vf_bf16_join(vf low, vf high)
{
    __m512i l = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
    __m512i h = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));
    return _mm512_castsi512_ps(_mm512_or_si512(l, _mm512_slli_epi32(h, 16)));
}
/* Both rounded, their lanes in order: pairs of neighbours. */
static inline vf vf_bf16_pack(vf first, vf second)
{
    return (vf)_mm512_cvtne2ps_pbh(second, first);
}

#endif
