/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * baseline.h: the vector vocabulary in portable C: 4 floats through the compilers' vector
 * extension (SSE2 on any x86-64, NEON on arm64). Included by isa_baseline.c only.
 */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define SEG_ISA_NAME   baseline
#define VF_LEN         4
#define IGEMM_MR       4 /* pixels of a register tile: 4 x 2 accumulators of 16 registers */
#define IGEMM_NV       2 /* vectors of output channels of a register tile */

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vf_bits __attribute__((vector_size(16)));

static inline vf vf_zero(void) { return (vf){0}; }
static inline vf vf_set1(float x) { return (vf){x, x, x, x}; }
static inline vf vf_load(const float *p)
{
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}
static inline void vf_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
/* n of 0..VF_LEN floats; the other lanes read as 0 and are not touched by stores. */
static inline vf vf_load_n(const float *p, int64_t n)
{
    if (n >= VF_LEN)
        return vf_load(p);
    vf a = {0};
    for (int64_t i = 0; i < n; i++)
        a[i] = p[i];
    return a;
}
static inline void vf_store_n(float *p, vf a, int64_t n)
{
    if (n >= VF_LEN) {
        vf_store(p, a);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        p[i] = a[i];
}
/* p aligned to the vector; past the caches where the set can, complete after vf_stream_end(). */
static inline void vf_stream(float *p, vf a) { vf_store(p, a); }
static inline void vf_stream_end(void) {}
static inline vf vf_add(vf a, vf b) { return a + b; }
static inline vf vf_sub(vf a, vf b) { return a - b; }
static inline vf vf_mul(vf a, vf b) { return a * b; }
static inline vf vf_div(vf a, vf b) { return a / b; }
static inline vf vf_fma(vf a, vf b, vf c) { return a * b + c; } /* two roundings here */
/* a > b ? x : y, lane by lane */
static inline vf vf_select_gt(vf a, vf b, vf x, vf y)
{
    vf_bits mask = (vf_bits)(a > b);
    return (vf)(((vf_bits)x & mask) | ((vf_bits)y & ~mask));
}
/* As on x86: b when either is NaN. */
static inline vf vf_max(vf a, vf b) { return vf_select_gt(a, b, a, b); }
static inline vf vf_min(vf a, vf b) { return vf_select_gt(b, a, a, b); }
static inline vf vf_sqrt(vf a) { return (vf){sqrtf(a[0]), sqrtf(a[1]), sqrtf(a[2]), sqrtf(a[3])}; }
/* a is NaN ? x : y, lane by lane */
static inline vf vf_select_nan(vf a, vf x, vf y)
{
    vf_bits mask = (vf_bits)(a != a);
    return (vf)(((vf_bits)x & mask) | ((vf_bits)y & ~mask));
}
/* The lowest lane where a equals b; VF_LEN when there is none. */
static inline int vf_first_equal(vf a, vf b)
{
    int lane = 0;
    while (lane < VF_LEN && !(a[lane] == b[lane]))
        lane++;
    return lane;
}
static inline float vf_largest(vf a)
{
    float x = a[0] > a[2] ? a[0] : a[2], y = a[1] > a[3] ? a[1] : a[3];
    return x > y ? x : y;
}
static inline float vf_sum(vf a) { return (a[0] + a[2]) + (a[1] + a[3]); }
/* Vectors as rows of a matrix become its columns. */
static inline void vf_transpose(vf r[VF_LEN])
{
    vf a = r[0], b = r[1], c = r[2], d = r[3];
    r[0] = (vf){a[0], b[0], c[0], d[0]};
    r[1] = (vf){a[1], b[1], c[1], d[1]};
    r[2] = (vf){a[2], b[2], c[2], d[2]};
    r[3] = (vf){a[3], b[3], c[3], d[3]};
}

#include "kernels/simd/bf16_plain.h"

#include "kernels/simd/baseline_u8.h"

#endif
