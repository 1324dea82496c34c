/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* baseline_u8.h: bytes in portable C: 4 groups of 4. Included by baseline.h only. */
#define U8_MR 4

typedef int32_t vi __attribute__((vector_size(16)));
typedef int32_t vb __attribute__((vector_size(16)));
typedef int16_t vs __attribute__((vector_size(16)));
typedef uint16_t vus __attribute__((vector_size(16)));
typedef uint32_t vu __attribute__((vector_size(16)));
typedef struct vw { vs even, odd; } vw; /* weights of 4 groups, widened */

static inline vi vi_set1(int32_t x) { return (vi){x, x, x, x}; }
static inline vi vi_load(const int32_t *p)
{
    vi a;
    memcpy(&a, p, sizeof a);
    return a;
}
static inline void vi_store(int32_t *p, vi a) { memcpy(p, &a, sizeof a); }
static inline vi vi_add(vi a, vi b) { return (vi)((vu)a + (vu)b); } /* wraps, as the others do */
static inline int32_t vi_sum(vi a)
{
    const vu u = (vu)a;
    return (int32_t)(u[0] + u[1] + u[2] + u[3]);
}
static inline vi vi_mul(vi a, vi b) { return (vi)((vu)a * (vu)b); }
static inline vi vi_shr(vi a, int n) { return a >> n; }
static inline vf vi_float(vi a) { return __builtin_convertvector(a, vf); }
/* Of numbers below 2^22: adding 1.5 * 2^23 leaves no place for a fraction. */
static inline vi vi_round(vf a) { return __builtin_convertvector((a + 12582912.0f) - 12582912.0f, vi); }
static inline vb vb_set1(int32_t group) { return (vb){group, group, group, group}; }
static inline vb vb_load(const uint8_t *p)
{
    vb a;
    memcpy(&a, p, sizeof a);
    return a;
}
/* n of 0..16 bytes; the others are 0 */
static inline vb vb_load_n(const uint8_t *p, int64_t n)
{
    vb a = {0};
    memcpy(&a, p, (size_t)n);
    return a;
}
static inline vw vw_load(const int8_t *p)
{
    vus w;
    memcpy(&w, p, sizeof w);
    return (vw){(vs)(w << 8) >> 8, (vs)w >> 8};
}
/* Neighbours added in 32 bits. */
static inline vi vi_pairs(vs a)
{
    return ((vi)((vu)a << 16) >> 16) + ((vi)a >> 16);
}
/* sum[i] += the four products of group i: one of a byte and a weight fits 16 bits. */
static inline vi vi_dot(vi sum, vb x, vw w)
{
    const vs even = (vs)((vus)x & 0xff), odd = (vs)((vus)x >> 8);
    return vi_add(vi_add(sum, vi_pairs(even * w.even)), vi_pairs(odd * w.odd));
}
/* The largest of the first n bytes, the others being 0; *index: the first place that has it. */
static inline int vb_most(vb a, int *index)
{
    uint8_t bytes[16];
    memcpy(bytes, &a, 16);
    *index = 0;
    for (int i = 1; i < 16; i++)
        *index = bytes[i] > bytes[*index] ? i : *index;
    return bytes[*index];
}
/* Groups of the bytes that a, b, c, d have at the same place; in the order of U8_CHANNEL. */
#define U8_CHANNEL(i) (i)
static inline void vb_interleave(vb a, vb b, vb c, vb d, vb out[4])
{
    uint8_t from[4][16], to[64];
    memcpy(from[0], &a, 16);
    memcpy(from[1], &b, 16);
    memcpy(from[2], &c, 16);
    memcpy(from[3], &d, 16);
    for (int i = 0; i < 64; i++)
        to[i] = from[i % 4][i / 4];
    memcpy(out, to, sizeof to);
}
/* 4 x 4 of 0..255 in the order of vb_interleave, as n bytes in their own order. */
static inline void vb_store4(uint8_t *p, const vi a[4], int64_t n)
{
    for (int64_t i = 0; i < n && i < 16; i++)
        p[i] = (uint8_t)a[i / 4][i % 4];
}
/* 4 of 0..255 as n of 0..4 bytes */
static inline void vb_store(uint8_t *p, vi a, int64_t n)
{
    for (int64_t i = 0; i < n && i < 4; i++)
        p[i] = (uint8_t)a[i];
}
