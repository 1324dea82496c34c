/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * avx512_u8.h: bytes over AVX-512BW, and VNNI where U8_VNNI is defined. Included by avx512.h only.
 *
 * Without VNNI even and odd bytes are widened apart: vpmaddubsw would saturate.
 */
#define U8_MR (U8_VNNI ? 14 : 12) /* U8_MR x 2 sums, 2 or 4 weights, 1 or 2 of pixels */

typedef __m512i vi; /* 16 x int32 */
typedef __m512i vb; /* 64 bytes, or 16 groups of 4 */

static inline __mmask64 vb_mask(int64_t n) /* 0..64 */
{
    return n >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
}
static inline vi vi_set1(int32_t x) { return _mm512_set1_epi32(x); }
static inline vi vi_load(const int32_t *p) { return _mm512_loadu_si512(p); }
static inline void vi_store(int32_t *p, vi a) { _mm512_storeu_si512(p, a); }
static inline vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
static inline vi vi_mul(vi a, vi b) { return _mm512_mullo_epi32(a, b); }
static inline vi vi_shr(vi a, int n) { return _mm512_srai_epi32(a, (unsigned)n); }
static inline int32_t vi_sum(vi a) { return _mm512_reduce_add_epi32(a); } /* wraps */
static inline vf vi_float(vi a) { return _mm512_cvtepi32_ps(a); }
static inline vi vi_round(vf a) { return _mm512_cvtps_epi32(a); } /* to even */
static inline vb vb_set1(int32_t group) { return _mm512_set1_epi32(group); }
static inline vb vb_load(const uint8_t *p) { return _mm512_loadu_si512(p); }
/* n of 0..64 bytes; the others are 0 */
static inline vb vb_load_n(const uint8_t *p, int64_t n) { return _mm512_maskz_loadu_epi8(vb_mask(n), p); }

/* Weights of 16 groups; sum[i] += the four products of group i. */
#if U8_VNNI
typedef __m512i vw;
static inline vw vw_load(const int8_t *p) { return _mm512_loadu_si512(p); }
static inline vi vi_dot(vi sum, vb x, vw w) { return _mm512_dpbusd_epi32(sum, x, w); }
#else
typedef struct vw { __m512i even, odd; } vw;
static inline vw vw_load(const int8_t *p)
{
    __m512i w = _mm512_loadu_si512(p);
    return (vw){_mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8), _mm512_srai_epi16(w, 8)};
}
static inline vi vi_dot(vi sum, vb x, vw w)
{
    __m512i even = _mm512_and_si512(x, _mm512_set1_epi16(0xff)), odd = _mm512_srli_epi16(x, 8);
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(even, w.even));
    return _mm512_add_epi32(sum, _mm512_madd_epi16(odd, w.odd));
}
#endif
/* The largest of the first n bytes, the others being 0; *index: the first place that has it. */
static inline int vb_most(vb a, int *index)
{
    __m256i half = _mm256_max_epu8(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
    __m128i q = _mm_max_epu8(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    q = _mm_xor_si128(q, _mm_set1_epi8(-1)); /* there is an instruction for the least of 8 */
    q = _mm_minpos_epu16(_mm_min_epu8(q, _mm_srli_epi16(q, 8)));
    const int most = 255 - (_mm_cvtsi128_si32(q) & 255);
    *index = (int)__builtin_ctzll(_mm512_cmpeq_epi8_mask(a, _mm512_set1_epi8((char)most)));
    return most;
}
/* Groups of the bytes that a, b, c, d have at the same place; in the order of U8_CHANNEL. */
#define U8_CHANNEL(i) ((i) % 16 / 4 * 16 + (i) / 16 * 4 + (i) % 4)
static inline void vb_interleave(vb a, vb b, vb c, vb d, vb out[4])
{
    __m512i ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
    __m512i ab_high = _mm512_unpackhi_epi8(a, b), cd_high = _mm512_unpackhi_epi8(c, d);
    out[0] = _mm512_unpacklo_epi16(ab, cd);
    out[1] = _mm512_unpackhi_epi16(ab, cd);
    out[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
    out[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
}
/* 4 x 16 of 0..255 in the order of vb_interleave, as n bytes in their own order. */
static inline void vb_store4(uint8_t *p, const vi a[4], int64_t n)
{
    __m512i low = _mm512_packs_epi32(a[0], a[1]), high = _mm512_packs_epi32(a[2], a[3]);
    __m512i all = _mm512_packus_epi16(low, high);
    if (n >= 64) {
        _mm512_storeu_si512(p, all);
        return;
    }
    /* Whole halves and quarters first: stores of some lanes are slow. */
    if (n & 32) {
        _mm256_storeu_si256((void *)p, _mm512_castsi512_si256(all));
        all = _mm512_shuffle_i64x2(all, all, 0xee);
        p += 32;
    }
    if (n & 16) {
        _mm_storeu_si128((void *)p, _mm512_castsi512_si128(all));
        all = _mm512_shuffle_i64x2(all, all, 0xf9);
        p += 16;
    }
    if (n & 15)
        _mm_mask_storeu_epi8(p, vf_mask(n & 15), _mm512_castsi512_si128(all));
}
/* 16 of 0..255 as n of 0..16 bytes */
static inline void vb_store(uint8_t *p, vi a, int64_t n)
{
    __m128i bytes = _mm512_cvtepi32_epi8(a);
    if (n >= 16)
        _mm_storeu_si128((void *)p, bytes);
    else
        _mm_mask_storeu_epi8(p, vf_mask(n), bytes);
}
