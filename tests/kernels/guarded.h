/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* guarded.h: arrays of floats between guard zones, for tests of kernels. */
#ifndef TESTS_KERNELS_GUARDED_H
#define TESTS_KERNELS_GUARDED_H

#include <stdlib.h>

#include "base/rng.h"
#include "test.h"

enum { GUARD = 40 }; /* floats on each side: more than two vectors */

static inline float guard_value(int64_t i)
{
    return 4321.0f + (float)i;
}

/* count floats, uniform in [-2, 2), from an address that no vector is aligned to. */
static inline float *guarded_new(int64_t count, uint64_t seed)
{
    float *all = malloc((size_t)(count + 2 * GUARD + 1) * sizeof *all);
    ck_assert_ptr_nonnull(all);
    seg_rng rng = seg_rng_make(seed, SEG_RNG_METHOD, (uint64_t)count);
    float *data = all + GUARD + 1;
    for (int64_t i = 0; i < count; i++)
        data[i] = (float)(4.0 * seg_rng_uniform(&rng) - 2.0);
    for (int64_t i = 1; i <= GUARD; i++)
        data[-i] = data[count + i - 1] = guard_value(i);
    return data;
}

static inline void guarded_free(float *data, int64_t count)
{
    for (int64_t i = 1; i <= GUARD; i++) {
        ck_assert_msg(data[-i] == guard_value(i), "written %d before the start", (int)i);
        ck_assert_msg(data[count + i - 1] == guard_value(i), "written %d past the end", (int)i);
    }
    free(data - GUARD - 1);
}

#endif
