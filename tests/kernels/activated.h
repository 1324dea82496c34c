/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* activated.h: fused activations in double precision. */
#ifndef TESTS_KERNELS_ACTIVATED_H
#define TESTS_KERNELS_ACTIVATED_H

#include <math.h>

#include "ops/op.h"

static inline double activated(int64_t activation, double x)
{
    const double gate = fmin(1, fmax(0, x / 6 + 0.5));
    switch (activation) {
    case SEG_ACT_RELU:
        return fmax(0, x);
    case SEG_ACT_RELU6:
        return fmin(6, fmax(0, x));
    case SEG_ACT_HARD_SWISH:
        return x * gate;
    case SEG_ACT_HARD_SIGMOID:
        return gate;
    default:
        return x;
    }
}

#endif
