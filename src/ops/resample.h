/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resample.h: ops whose output is a weighted sum over rows of a weighted sum over columns.
 *
 *   dst[n,y,x,c] = sum over (i,j) of R[y,i] * C[x,j] * src[n,i,j,c]
 *
 * Resizing (bilinear, nearest) and average pooling are this; they differ in the sparse matrices R
 * and C only, whose lines have few weights side by side ("taps"). Backward is the same product with
 * R and C transposed. Rows are summed first, into one line of scratch per thread.
 */
#ifndef OPS_RESAMPLE_H
#define OPS_RESAMPLE_H

#include "ops/op.h"

/* One axis: in pixels become out pixels. */
typedef struct seg_axis {
    int64_t in, out;
    int64_t most; /* taps of an output pixel, at most */
    /*
     * The taps of output o: weights[0..count-1] for source pixels *start.. ; returns count. Neither
     * start nor start + count may fall as o grows.
     */
    int64_t (*rule)(const struct seg_axis *axis, int64_t o, int64_t *start, float *weights);
    int64_t coordinates; /* resizing: seg_resize_coordinates, but USUAL */
    int64_t rounding;    /* seg_resize_rounding */
    double scale;        /* 0: out / in */
    int64_t whole_in, whole_out, first_in,
        first_out;          /* seg_resize_params.whole_h; whole_in 0: none */
    int64_t kernel, stride; /* pooling */
    int64_t pad, pad_end;
    bool count_pad;
} seg_axis;

/* The lines of one axis, laid into memory at *place, which moves on by their size in bytes. */
size_t seg_taps_size(const seg_axis *axis);
seg_taps seg_taps_make(const seg_axis *axis, char **place);

/* axes[0]: rows, axes[1]: columns, of the op's source and destination. */
size_t seg_resample_scratch(const seg_op_call *call, const seg_axis axes[2]);
void seg_resample_forward(const seg_op_call *call, const seg_axis axes[2]);
void seg_resample_backward(const seg_op_call *call, const seg_axis axes[2]);

#endif
