/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * winograd_tiles.h: the plane of a 3x3 layer at stride 1 in tiles of m x m pixels of its result,
 * each of which reads (m+2) x (m+2) pixels of the source (kernels/winograd.h).
 *
 * With rates dy and dx the image is dy*dx interleaved images that never meet, each convolved
 * densely, so the pixels of a tile lie a rate apart.
 */
#ifndef OPS_WINOGRAD_TILES_H
#define OPS_WINOGRAD_TILES_H

#include "kernels/winograd.h"
#include "ops/convolution.h"

/* Edges m that there are transforms for. */
static const int seg_winograd_edges[] = {3, 4, 6};
enum { SEG_WINOGRAD_EDGES = sizeof seg_winograd_edges / sizeof *seg_winograd_edges };

/* Multiply-adds that take the time of transforming one number of an element, by measurement. */
static const double SEG_WINOGRAD_TRANSFORM_COST = 20;
/* The share of a layer's multiply-adds that it may cost at most, to be worth its rounding. */
static const double SEG_WINOGRAD_WORTH = 0.8;

enum { SEG_WINOGRAD_ELEMENTS_MAX = SEG_WINOGRAD_SPAN_MAX * SEG_WINOGRAD_SPAN_MAX };

/* Tiles along one axis: phase r of the rate has pixels r, r + rate, ... */
typedef struct seg_winograd_lines {
    int64_t dst, src, rate;
    int64_t first; /* where pixel 0 of dst reads its first tap */
    int64_t count;
    int64_t *start; /* [count] first pixel of dst of each line of tiles */
} seg_winograd_lines;

typedef struct seg_winograd_tiles {
    int m;
    seg_winograd_lines y, x;
    int64_t count; /* in all images */
} seg_winograd_tiles;

/* 3x3 at stride 1 in one group. */
bool seg_winograd_fits(const seg_convolution *conv);
/* Pairs of pixels of source and result that the taps join, none of them outside. */
int64_t seg_winograd_meetings(const seg_convolution *conv);

/* to_fine: the result is the fine image. starts: as many bytes as seg_winograd_starts_size says of tiles
 * made with NULL, which can only be counted. */
seg_winograd_tiles seg_winograd_tiles_make(const seg_convolution *conv, bool to_fine, int m,
                                           int64_t *starts);
/* Bytes, rounded up to what memory is aligned to. */
size_t seg_winograd_starts_size(const seg_winograd_tiles *tiles);

/* Where the pixels of a tile are, in floats from the image's first, row by row; -1: outside. */
void seg_winograd_src_at(const seg_winograd_tiles *tiles, int64_t tile, int64_t channels,
                         int64_t *at);
void seg_winograd_dst_at(const seg_winograd_tiles *tiles, int64_t tile, int64_t channels,
                         int64_t *at);

static inline int64_t winograd_round_up(int64_t a, int64_t unit)
{
    return (a + unit - 1) / unit * unit;
}

#endif
