/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* integers.h: what convolutions and products of quantised tensors share. Sums are int32_t in two's
 * complement, held as uint32_t so that they may wrap. */
#ifndef RUNTIME_INTEGERS_H
#define RUNTIME_INTEGERS_H

#include "runtime/op.h"

/*
 * Source `index` (u8 or i8) less its zero point, source `zero` (none: 0): one, or one for each
 * index along `axis`. *out is freed by seg_block_free. SEG_UNSUPPORTED, SEG_INVALID, SEG_NOMEM.
 */
seg_status seg_integers_load(seg_eval *call, int index, int zero, int axis, uint32_t **out);

/* Sums become elements of result 0: saturate(round(sum * factor) + zero point). */
typedef struct seg_requantise {
    const uint32_t *sums;
    int64_t inner, channels; /* element i takes factors[i / inner % channels] */
    const float *factors;    /* [channels] */
} seg_requantise;

/* How sources x_scale, w_scale, y_scale make factors (x*w/y): *factors, of seg_block_new, has one,
 * or one for each of `channels`. Source w_scale has 1 or `channels` elements, the others 1. */
seg_status seg_integers_factors(seg_eval *call, int x_scale, int w_scale, int y_scale,
                                int64_t channels, float **factors);
/* zero: source with result 0's type and zero point. The result is there already. */
void seg_integers_store(seg_eval *call, int zero, const seg_requantise *requantise);

#endif
