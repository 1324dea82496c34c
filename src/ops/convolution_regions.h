/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * convolution_regions.h: which pixels of an image made from another one meet the same taps.
 *
 * Along one axis the destination is cut into spans: runs of pixels (every `step`-th one when the
 * destination is the fine image: a phase of the stride) that meet the same taps, none outside the
 * source. A region is a span of rows times a span of columns over all images of the batch; inside
 * it each tap reads at a fixed distance from a pixel's own pointer. Regions are cut into tiles of
 * up to mr pixels, tiles into blocks; a block times a range of panels is one piece of parallel
 * work. Cuts depend on shapes only, so results do not depend on the number of threads.
 *
 * Nothing here knows what an element is: pixels are bytes, taps count the elements of the kernel.
 */
#ifndef OPS_CONVOLUTION_REGIONS_H
#define OPS_CONVOLUTION_REGIONS_H

#include "ops/convolution.h"

enum {
    SEG_CONV_BLOCK_TILES = 64,
    SEG_CONV_BLOCK_PIXELS = SEG_CONV_BLOCK_TILES * SEG_IGEMM_MR_MAX,
};
_Static_assert((int)SEG_U8_MR_MAX <= (int)SEG_IGEMM_MR_MAX, "blocks hold tiles of either kernel");

/* Pixels dst, dst + step, ... that meet taps tap, tap + line.tap_step, ... */
typedef struct seg_conv_span {
    int64_t dst, count;
    int64_t src; /* of the first tap at the first pixel */
    int64_t tap, taps;
} seg_conv_span;

/* One direction of the plane, seen from the destination. */
typedef struct seg_conv_line {
    int64_t dst, src;           /* extents */
    int64_t dst_step, src_step; /* from one pixel of a span to the next */
    int64_t tap_step, tap_src;  /* from one tap of a span to the next, and how far that reads */
    seg_conv_span *spans;
    int64_t span_count, tap_sum; /* tap_sum: taps of all spans together */
} seg_conv_line;

typedef struct seg_conv_region {
    const seg_conv_span *y, *x;
    const seg_igemm_tap *taps;
    int64_t tap_count, depth_taps; /* depth_taps: neighbours read as one run of channels */
    int64_t pixels, first_tile, tiles;
} seg_conv_region;

/* How the caller lays out what its kernel reads. */
typedef struct seg_conv_layout {
    int64_t mr;             /* pixels of a tile */
    int64_t pixel;          /* elements from a pixel of the source to the next, as taps count */
    int64_t weights;        /* elements of a panel's weights from one tap to the next */
    bool runs;              /* channels of neighbours follow each other, in source and weights */
    int64_t depth;          /* elements that a tile reads of each pixel, */
    int64_t block_elements; /* of a block, at most: a share of the L2 cache */
} seg_conv_layout;

typedef struct seg_conv_regions {
    seg_conv_layout layout;
    int64_t n, kernel_width;
    seg_conv_line y, x;
    seg_conv_region *regions;
    int64_t region_count, tiles;
    int64_t block_tiles, blocks;
    /* set by the caller before blocks are made: */
    const void *src;
    void *dst;
    int64_t src_pixel, dst_pixel; /* bytes from one pixel to the next */
} seg_conv_regions;

/*
 * The spans of both lines alone: what the caller has to know before it can say the layout.
 * to_fine: the destination is the fine image.
 */
void seg_conv_regions_count(seg_conv_regions *r, const seg_convolution *conv, bool to_fine);
/* Bytes of the tables, and the tables, at `scratch`; after seg_conv_regions_count of the same. */
size_t seg_conv_regions_size(const seg_conv_regions *r);
void seg_conv_regions_make(seg_conv_regions *r, const seg_convolution *conv, bool to_fine,
                           const seg_conv_layout *layout, void *scratch);
/* Tiles of a block of this layout, at most. */
int64_t seg_conv_tiles_most(const seg_conv_regions *r, const seg_conv_layout *layout);
/* How many parts `panels` are cut into so that threads find work, when each makes `pieces`. */
int64_t seg_conv_panel_groups(int64_t panels, int64_t pieces);

typedef struct seg_conv_tile {
    const seg_conv_region *region;
    int64_t first, pixels; /* pointers of the block */
} seg_conv_tile;

/* A block's tiles, and where each of its pixels reads and is written. */
typedef struct seg_conv_block {
    seg_conv_tile tiles[SEG_CONV_BLOCK_TILES];
    int64_t tile_count;
    union {
        const float *src[SEG_CONV_BLOCK_PIXELS];
        const uint8_t *src_bytes[SEG_CONV_BLOCK_PIXELS];
    };
    union {
        float *dst[SEG_CONV_BLOCK_PIXELS];
        void *dst_any[SEG_CONV_BLOCK_PIXELS];
    };
} seg_conv_block;

void seg_conv_block_make(const seg_conv_regions *r, int64_t index, seg_conv_block *block);

#endif
