/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * bf16_plain.h: pairs of bf16 in plain C, for vocabularies without an instruction for them.
 *
 * Made to give what VDPBF16PS and VCVTNE2PS2BF16 give (tried on Zen 5): numbers are rounded to
 * nearest even and denormal ones become 0; a sum takes the product of the high halves first, then
 * that of the low ones, and is rounded after each. A product of two bf16 is exact in float32, so it
 * does not matter whether it is fused. One difference is left: the instruction takes denormal sums
 * for 0, these do not.
 */
#ifndef KERNELS_SIMD_BF16_PLAIN_H
#define KERNELS_SIMD_BF16_PLAIN_H

#include <string.h>

#define VF_BF16 0 /* 1: there are instructions for it */

/* The bf16 next to a float, in the low half. */
static inline uint32_t bf16_round(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7f800000u) == 0)
        return bits >> 16 & 0x8000u;
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return bits >> 16 | 0x40u; /* NaN stays NaN */
    return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

/* Lane by lane: c + a.high * b.high + a.low * b.low */
static inline vf vf_bf16_dot(vf a, vf b, vf c)
{
    uint32_t pa[VF_LEN], pb[VF_LEN];
    float low_a[VF_LEN], low_b[VF_LEN], high_a[VF_LEN], high_b[VF_LEN];
    memcpy(pa, &a, sizeof pa);
    memcpy(pb, &b, sizeof pb);
    for (int i = 0; i < VF_LEN; i++) {
        const uint32_t halves[4] = {pa[i] << 16, pb[i] << 16, pa[i] & 0xffff0000u,
                                    pb[i] & 0xffff0000u};
        memcpy(&low_a[i], &halves[0], sizeof(float));
        memcpy(&low_b[i], &halves[1], sizeof(float));
        memcpy(&high_a[i], &halves[2], sizeof(float));
        memcpy(&high_b[i], &halves[3], sizeof(float));
    }
    c = vf_fma(vf_load(high_a), vf_load(high_b), c);
    return vf_fma(vf_load(low_a), vf_load(low_b), c);
}

/* Both rounded: lane i has low's lane i in its low half and high's in its high half. */
static inline vf vf_bf16_join(vf low, vf high)
{
    float l[VF_LEN], h[VF_LEN];
    uint32_t pairs[VF_LEN];
    vf result;
    vf_store(l, low);
    vf_store(h, high);
    for (int i = 0; i < VF_LEN; i++)
        pairs[i] = bf16_round(l[i]) | bf16_round(h[i]) << 16;
    memcpy(&result, pairs, sizeof result);
    return result;
}

/* Both rounded, their lanes in order: pairs of neighbours. */
static inline vf vf_bf16_pack(vf first, vf second)
{
    float x[2 * VF_LEN];
    uint32_t pairs[VF_LEN];
    vf result;
    vf_store(x, first);
    vf_store(x + VF_LEN, second);
    for (int i = 0; i < VF_LEN; i++)
        pairs[i] = bf16_round(x[2 * i]) | bf16_round(x[2 * i + 1]) << 16;
    memcpy(&result, pairs, sizeof result);
    return result;
}

#endif
