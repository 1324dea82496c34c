/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * depthwise.h: depthwise convolutions forward and backward, vectors over channels.
 *
 *   dst[y,x,c] = ramp(bias[c] + sum over i,j of src[.. y,i .., .. x,j .., c] * weights[i,j,c])
 *
 * Along one axis, every position of dst reads an arithmetic sequence of positions of src through
 * an arithmetic sequence of taps, and both sequences are in a table. So no loop has bounds to
 * check, taps on padding are never computed, and stride, dilation, borders and the phases of a
 * strided gradient are only numbers. Who fills the tables: ops/depthwise2d.c.
 */
#ifndef KERNELS_DEPTHWISE_H
#define KERNELS_DEPTHWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/ramp.h"

/* What position p reads: taps tap + t*tap_step at from + t*from_tap, for t of 0..taps-1. */
typedef struct seg_depthwise_position {
    int64_t tap, taps, from;
    int64_t run; /* positions p, p + step, ... with the same taps, this one included */
} seg_depthwise_position;

typedef struct seg_depthwise_axis {
    int64_t length;          /* positions of dst */
    int64_t step, from_step; /* in a run: when p grows by step, from grows by from_step */
    int64_t tap_step, from_tap;
    seg_depthwise_position *at; /* [length] */
} seg_depthwise_axis;

typedef struct seg_depthwise_layer {
    seg_depthwise_axis rows, columns;
    int64_t channels; /* of src, dst, weights: floats from one pixel or tap to the next */
    int64_t from_w;   /* pixels of a row of src */
    int64_t kernel_w; /* taps of a row of weights */
    seg_ramp ramp;    /* applied to dst */
    bool stream;      /* dst is too large to wait in a cache for its reader: write past them */
} seg_depthwise_layer;

/* What a call does of one image: rows first, first + rows.step, ... < end; and so many channels,
 * of which the first is where its pointers point. */
typedef struct seg_depthwise_part {
    int64_t first, end;
    int64_t channels;
} seg_depthwise_part;

typedef struct seg_depthwise_kernels {
    /* Pointers at the first pixel of the image and at the first tap; bias may be NULL.
     * Backward-data: src is diff_dst, dst is diff_src. */
    void (*apply)(const seg_depthwise_layer *layer, seg_depthwise_part part, float *dst,
                  const float *src, const float *weights, const float *bias);
    /* diff_weights[i,j,c] += sum over y,x of src[.., .., c] * diff_dst[y,x,c]; tables of forward.
     */
    void (*apply_weights)(const seg_depthwise_layer *layer, seg_depthwise_part part,
                          float *diff_weights, const float *src, const float *diff_dst);
} seg_depthwise_kernels;

#endif
