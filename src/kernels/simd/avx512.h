/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* avx512.h: the vector vocabulary over AVX-512F: 16 floats. Included by isa_avx512.c,
 * isa_avx512vnni.c and, through avx512bf16.h, which adds to it, isa_avx512bf16.c. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include <immintrin.h>
#include <stdint.h>

#ifdef U8_VNNI
#ifndef SEG_ISA_NAME
#define SEG_ISA_NAME   avx512vnni
#define SIMD_BF16_PLAIN
#endif
#else
#define SEG_ISA_NAME   avx512
#define SIMD_BF16_PLAIN
#define U8_VNNI        0
#endif
#define VF_LEN         16
#define IGEMM_MR       14 /* pixels of a register tile: 14 x 2 accumulators + 2 weights of 32 */
#define IGEMM_NV       2  /* vectors of output channels of a register tile */

typedef __m512 vf;

static inline __mmask16 vf_mask(int64_t n)
{
    return (__mmask16)((1u << n) - 1u);
}
static inline vf vf_zero(void) { return _mm512_setzero_ps(); }
static inline vf vf_set1(float x) { return _mm512_set1_ps(x); }
static inline vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vf_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
/* n of 0..VF_LEN floats; the other lanes read as 0 and are not touched by stores. */
static inline vf vf_load_n(const float *p, int64_t n) { return _mm512_maskz_loadu_ps(vf_mask(n), p); }
static inline void vf_store_n(float *p, vf a, int64_t n) { _mm512_mask_storeu_ps(p, vf_mask(n), a); }
/* p aligned to the vector; past the caches, and complete only after vf_stream_end(). */
static inline void vf_stream(float *p, vf a) { _mm512_stream_ps(p, a); }
static inline void vf_stream_end(void) { _mm_sfence(); }
static inline vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); } /* a*b + c */
static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
/* a > b ? x : y, lane by lane */
static inline vf vf_select_gt(vf a, vf b, vf x, vf y)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), y, x);
}
/* a is NaN ? x : y, lane by lane */
static inline vf vf_select_nan(vf a, vf x, vf y)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), y, x);
}
/* The lowest lane where a equals b; VF_LEN when there is none. */
static inline int vf_first_equal(vf a, vf b)
{
    unsigned lanes = _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
    return lanes != 0 ? __builtin_ctz(lanes) : VF_LEN;
}
static inline float vf_largest(vf a) { return _mm512_reduce_max_ps(a); }
static inline float vf_sum(vf a) { return _mm512_reduce_add_ps(a); }
/* Vectors as rows of a matrix become its columns: within quarters, then quarters of their own. */
static inline void vf_transpose(vf r[VF_LEN])
{
    vf t[VF_LEN];
    for (int i = 0; i < VF_LEN; i += 4) {
        vf a = _mm512_unpacklo_ps(r[i], r[i + 1]), b = _mm512_unpackhi_ps(r[i], r[i + 1]);
        vf c = _mm512_unpacklo_ps(r[i + 2], r[i + 3]), d = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm512_shuffle_ps(a, c, 0x44);
        t[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
        t[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
        t[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
    }
    for (int i = 0; i < 4; i++) {
        vf a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88);
        vf b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
        vf c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
        vf d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
        r[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        r[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(a, c, 0xdd);
        r[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
}

#ifdef SIMD_BF16_PLAIN
#include "kernels/simd/bf16_plain.h"
#endif

#include "kernels/simd/avx512_u8.h"

#endif
