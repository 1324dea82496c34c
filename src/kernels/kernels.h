/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * kernels.h: the inner loops, one table of function pointers per instruction set.
 *
 * A body is written once in kernels/<family>.inc over the vector vocabulary of kernels/simd/,
 * and compiled once per line of isa.def. A family's own header documents its calls.
 */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "kernels/bf16.h"
#include "kernels/depthwise.h"
#include "kernels/igemm.h"
#include "kernels/peak.h"
#include "kernels/pixels.h"
#include "kernels/rows.h"
#include "kernels/train.h"
#include "kernels/u8.h"
#include "kernels/winograd.h"
#include "kernels/transpose.h"

typedef struct seg_kernels {
    const char *isa;   /* name in isa.def */
    int vector_floats; /* floats of one vector */
    seg_igemm_kernels igemm;
    seg_bf16_kernels bf16;
    seg_depthwise_kernels depthwise;
    seg_peak_kernels peak;
    seg_pixels_kernels pixels;
    seg_rows_kernels rows;
    seg_train_kernels train;
    seg_u8_kernels u8;
    seg_winograd_kernels winograd;
    seg_transpose_kernels transpose;
} seg_kernels;

/*
 * The table for this processor: the last line of isa.def that it supports, or the one that the
 * environment variable SEG_ISA names. The choice is made once per process; never NULL.
 */
const seg_kernels *seg_kernels_get(void);

/* Line `index` of isa.def, or NULL past the last line; *supported tells if this CPU can run it. */
const seg_kernels *seg_kernels_at(int index, int *supported);

#endif
