/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * rng.h: random numbers without state to save.
 *
 * A generator is made from (seed, stream, index), for instance (run seed, "augment", sample
 * number), so a run that resumes at step N draws what an unbroken run would, and no thread
 * shares a generator. The core is SplitMix64 (Steele, Lea, Flood 2014).
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

typedef struct seg_rng {
    uint64_t state;
} seg_rng;

/* Streams keep independent uses of one seed apart. */
typedef enum seg_rng_stream {
    SEG_RNG_INIT = 1, /* weight initialisation; index: hash of the parameter's name */
    SEG_RNG_SHUFFLE,  /* order of samples; index: epoch */
    SEG_RNG_AUGMENT,  /* index: running number of the sample */
    SEG_RNG_DROPOUT,  /* index: step and node */
    SEG_RNG_METHOD    /* classic methods; index: their own */
} seg_rng_stream;

seg_rng seg_rng_make(uint64_t seed, seg_rng_stream stream, uint64_t index);
uint64_t seg_rng_next(seg_rng *rng);              /* 64 uniform bits */
double seg_rng_uniform(seg_rng *rng);             /* [0, 1) */
double seg_rng_normal(seg_rng *rng);              /* mean 0, variance 1 (Box-Muller) */
uint64_t seg_rng_below(seg_rng *rng, uint64_t n); /* 0..n-1 without bias, n >= 1 */

/* FNV-1a of a string, for seeding by name. */
uint64_t seg_hash_text(const char *text);

#endif
