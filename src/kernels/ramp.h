/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * ramp.h: what the stores of kernels make of a result x, in all families alike.
 *
 * ReLU, ReLU6, the hard sigmoid and the hard swish are all one straight line that is clamped to a
 * range, the latter times x. NaN stays NaN.
 */
#ifndef KERNELS_RAMP_H
#define KERNELS_RAMP_H

typedef struct seg_ramp {
    enum {
        SEG_RAMP_NONE,  /* x */
        SEG_RAMP_CLAMP, /* clamp(x, lo, hi) */
        SEG_RAMP_LINE,  /* clamp(slope*x + offset, lo, hi) */
        SEG_RAMP_GATE,  /* x * clamp(slope*x + offset, lo, hi) */
    } kind;
    float lo, hi, slope, offset;
} seg_ramp;

#endif
