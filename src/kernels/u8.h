/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * u8.h: the inner loops of quantised layers: bytes times bytes, summed in int32.
 *
 * A quantised number q of 0..255 stands for scale * (q - zero). Sums of products are exact, so
 * every instruction set gives the same bytes; what follows them is the same float arithmetic on
 * each: a sum is made float, times a scale, clamped, rounded to the nearest integer (ties to even).
 *
 * gather     as igemm.h's: up to mr pixels x nr channels of the result stay in registers
 * depthwise  pixels of a row, vectors over channels, four taps of a channel to one product
 *
 * Weights are -128..127, in groups of the 4 source channels (or taps) that one product takes.
 */
#ifndef KERNELS_U8_H
#define KERNELS_U8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/igemm.h"

enum {
    SEG_U8_GROUP = 4, /* bytes of one product */
    SEG_U8_MR_MAX = 16,
    SEG_U8_NR_MAX = 32,
    SEG_U8_VECTOR_MAX = 64,  /* bytes */
    SEG_U8_DEPTH_MAX = 32768 /* products of a sum: 255 * 128 * so many is below 2^30 */
};

/* From a sum to what is stored. */
typedef struct seg_u8_store {
    const float *scale;    /* [channels] */
    float lowest, highest; /* of scale * sum */
    int32_t zero;          /* added once it is rounded */
} seg_u8_store;

/*
 * sum[m][c] = start[c] + offsets[m] + sum over taps t, k < depth: src[m][t.src + k] * weights[t][k / 4][c][k % 4]
 * stored as bytes, or (to_float) as scale * sum clamped. Weights past the depth are zeros: up to a
 * group's end the source is read past it too, but never from `end` on.
 */
typedef struct seg_u8_gather {
    const seg_igemm_tap *taps; /* in bytes */
    int64_t tap_count; /* may be 0 */
    int64_t depth;     /* source channels per tap */
    const uint8_t *end; /* of the source */
    const int8_t *weights;
    const int32_t *start;   /* [nr] */
    const int32_t *offsets; /* of the pixels of a call; NULL: none */
    seg_u8_store store;
    int64_t dst_offset; /* elements, added to every dst */
    int64_t width;      /* channels stored, 1..nr */
    bool to_float;
} seg_u8_gather;

/*
 * Channels come in blocks of a vector's bytes. Of each block, start and store.scale hold the
 * channels in the order that seg_u8_kernels.order gives, and weights [groups][that order][4].
 * Taps of absent pixels read a row of zero points. slides: group g of a pixel is group g + 1 of the
 * one before. more: added to the weights, where those of a file do not fit 8 bits; NULL: nothing.
 */
typedef struct seg_u8_depthwise {
    int64_t channels; /* of a pixel */
    int64_t groups;   /* of 4 taps */
    int64_t src_step, dst_step; /* bytes from a pixel of a call to the next */
    bool slides;
    const int8_t *weights, *more;
    const int32_t *start;
    seg_u8_store store;
} seg_u8_depthwise;

/* dst = clamp(((a*fa + b*fb + offset) >> shift) + zero, lowest, highest): no int32 may overflow */
typedef struct seg_u8_sum {
    int32_t fa, fb, offset;
    int shift;
    int32_t zero, lowest, highest;
} seg_u8_sum;

/* Where a pixel of a resized row reads: `share`/2048 of pixel b, the rest of a. */
typedef struct seg_u8_place {
    int64_t a, b;
    int32_t share;
} seg_u8_place;

typedef struct seg_u8_kernels {
    int64_t mr, nr;
    int64_t vector;                        /* bytes */
    int order[SEG_U8_VECTOR_MAX];          /* channel of each place of a block */
    /* src, dst: of the 1..mr pixels of a tile; dst are uint8_t or float. Neither src nor taps go
     * back: the last ones read furthest. */
    void (*gather)(const seg_u8_gather *job, int64_t pixels, const uint8_t *const *src,
                   void *const *dst);
    /* sums[m] = sum over taps, k < depth: src[m][t.src + k]; of a gather's taps, tap_count, depth */
    void (*sum_taps)(const seg_u8_gather *job, int64_t pixels, const uint8_t *const *src,
                     int32_t *sums);
    /* taps: [4 * groups] pointers to the channels of the first pixel's taps. */
    void (*depthwise)(const seg_u8_depthwise *job, int64_t pixels, const uint8_t *const *taps,
                      uint8_t *dst);
    /* ---- rows of n bytes ---- */
    void (*add)(const seg_u8_sum *sum, const uint8_t *a, const uint8_t *b, int64_t n, uint8_t *dst);
    void (*sum)(const uint8_t *src, int64_t n, int32_t *sums); /* sums += src */
    void (*max)(const uint8_t *a, const uint8_t *b, int64_t n, uint8_t *dst);
    /* dst = a*(128 - share) + b*share, share 0..128 */
    void (*mix)(const uint8_t *a, const uint8_t *b, int32_t share, int64_t n, int16_t *dst);
    /* dst = (a*(128 - share) + b*share + 2^13) >> 14 */
    void (*mix_bytes)(const int16_t *a, const int16_t *b, int32_t share, int64_t n, uint8_t *dst);
    /* dst = a*(2048 - share) + b*share, share 0..2048 */
    void (*mix_fine)(const uint8_t *a, const uint8_t *b, int32_t share, int64_t n, int32_t *dst);
    /* dst[x] = (line[a]*(2048 - share) + line[b]*share + 2^21) >> 22, pixels of c bytes; of the
     * line, a vector (VF_LEN) past its end may be read */
    void (*mix_fine_row)(const int32_t *line, const seg_u8_place *places, int64_t pixels, int64_t c,
                         uint8_t *dst);
    /* of pixels of c <= 256 bytes: the place of the first that is the largest */
    void (*argmax)(const uint8_t *src, int64_t pixels, int64_t c, uint8_t *dst);
    /* dst = clamp(round(src * factor), -zero, 255 - zero) + zero; a NaN counts as -zero */
    void (*quantise)(const float *src, float factor, int32_t zero, int64_t n, uint8_t *dst);
    void (*dequantise)(const uint8_t *src, float scale, int32_t zero, int64_t n, float *dst);
} seg_u8_kernels;

#endif
