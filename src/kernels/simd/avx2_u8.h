/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * avx2_u8.h: bytes over AVX2. Included by avx2.h only.
 *
 * vpmaddubsw would add two products in 16 bits and saturate; so even and odd bytes are widened
 * apart, and vpmaddwd is exact.
 */
#define U8_MR 4 /* 4 x 2 sums, 2 x 2 weights, 2 of pixels of 16 registers */

typedef __m256i vi;                           /* 8 x int32 */
typedef __m256i vb;                           /* 32 bytes, or 8 groups of 4 */
typedef struct vw { __m256i even, odd; } vw;  /* weights of 8 groups */

static inline vi vi_set1(int32_t x) { return _mm256_set1_epi32(x); }
static inline vi vi_load(const int32_t *p) { return _mm256_loadu_si256((const void *)p); }
static inline void vi_store(int32_t *p, vi a) { _mm256_storeu_si256((void *)p, a); }
static inline vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
static inline vi vi_mul(vi a, vi b) { return _mm256_mullo_epi32(a, b); }
static inline vi vi_shr(vi a, int n) { return _mm256_srai_epi32(a, n); }
static inline int32_t vi_sum(vi a) /* wraps */
{
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}
static inline vf vi_float(vi a) { return _mm256_cvtepi32_ps(a); }
static inline vi vi_round(vf a) { return _mm256_cvtps_epi32(a); } /* to even */
static inline vb vb_set1(int32_t group) { return _mm256_set1_epi32(group); }
static inline vb vb_load(const uint8_t *p) { return _mm256_loadu_si256((const void *)p); }
/* n of 0..32 bytes; the others are 0 */
static inline vb vb_load_n(const uint8_t *p, int64_t n)
{
    uint8_t all[32] = {0};
    memcpy(all, p, (size_t)n);
    return vb_load(all);
}
static inline vw vw_load(const int8_t *p)
{
    __m256i w = _mm256_loadu_si256((const void *)p);
    return (vw){_mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), _mm256_srai_epi16(w, 8)};
}
/* sum[i] += the four products of group i */
static inline vi vi_dot(vi sum, vb x, vw w)
{
    __m256i even = _mm256_and_si256(x, _mm256_set1_epi16(0xff)), odd = _mm256_srli_epi16(x, 8);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(even, w.even));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(odd, w.odd));
}
/* The largest of the first n bytes, the others being 0; *index: the first place that has it. */
static inline int vb_most(vb a, int *index)
{
    __m128i q = _mm_max_epu8(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    q = _mm_xor_si128(q, _mm_set1_epi8(-1)); /* there is an instruction for the least of 8 */
    q = _mm_minpos_epu16(_mm_min_epu8(q, _mm_srli_epi16(q, 8)));
    const int most = 255 - (_mm_cvtsi128_si32(q) & 255);
    __m256i same = _mm256_cmpeq_epi8(a, _mm256_set1_epi8((char)most));
    *index = __builtin_ctz((unsigned)_mm256_movemask_epi8(same));
    return most;
}
/* Groups of the bytes that a, b, c, d have at the same place; in the order of U8_CHANNEL. */
#define U8_CHANNEL(i) ((i) % 8 / 4 * 16 + (i) / 8 * 4 + (i) % 4)
static inline void vb_interleave(vb a, vb b, vb c, vb d, vb out[4])
{
    __m256i ab = _mm256_unpacklo_epi8(a, b), cd = _mm256_unpacklo_epi8(c, d);
    __m256i ab_high = _mm256_unpackhi_epi8(a, b), cd_high = _mm256_unpackhi_epi8(c, d);
    out[0] = _mm256_unpacklo_epi16(ab, cd);
    out[1] = _mm256_unpackhi_epi16(ab, cd);
    out[2] = _mm256_unpacklo_epi16(ab_high, cd_high);
    out[3] = _mm256_unpackhi_epi16(ab_high, cd_high);
}
/* 4 x 8 of 0..255 in the order of vb_interleave, as n bytes in their own order. */
static inline void vb_store4(uint8_t *p, const vi a[4], int64_t n)
{
    __m256i low = _mm256_packs_epi32(a[0], a[1]), high = _mm256_packs_epi32(a[2], a[3]);
    __m256i all = _mm256_packus_epi16(low, high);
    uint8_t bytes[32];
    if (n >= 32) {
        _mm256_storeu_si256((void *)p, all);
        return;
    }
    _mm256_storeu_si256((void *)bytes, all);
    memcpy(p, bytes, (size_t)n);
}
/* 8 of 0..255 as n of 0..8 bytes */
static inline void vb_store(uint8_t *p, vi a, int64_t n)
{
    __m128i low = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    int64_t bytes = _mm_cvtsi128_si64(_mm_packus_epi16(low, low));
    if (n >= 8)
        memcpy(p, &bytes, 8);
    else
        memcpy(p, &bytes, (size_t)n);
}
