/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* rng.c: SplitMix64 and the distributions drawn from it. */
#include "base/rng.h"

#include <math.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static const uint64_t golden_gamma = 0x9e3779b97f4a7c15u;

seg_rng seg_rng_make(uint64_t seed, seg_rng_stream stream, uint64_t index)
{
    uint64_t state = mix(seed + golden_gamma);
    state = mix(state ^ (uint64_t)stream * golden_gamma);
    return (seg_rng){mix(state ^ mix(index + golden_gamma))};
}

uint64_t seg_rng_next(seg_rng *rng)
{
    return mix(rng->state += golden_gamma);
}

double seg_rng_uniform(seg_rng *rng)
{
    return (double)(seg_rng_next(rng) >> 11) * 0x1p-53;
}

double seg_rng_normal(seg_rng *rng)
{
    double u = 1.0 - seg_rng_uniform(rng), v = seg_rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

uint64_t seg_rng_below(seg_rng *rng, uint64_t n)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, bits;
    do {
        bits = seg_rng_next(rng);
    } while (bits >= limit);
    return bits % n;
}

uint64_t seg_hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}
