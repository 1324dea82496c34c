/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * resize.h: images and labels to another size.
 *
 * Pixel x of ow covers x*iw/ow .. (x+1)*iw/ow of the source (half-pixel centres, corners not
 * aligned). A window asks for part of the resized picture, so a crop costs only its own pixels.
 */
#ifndef IMAGE_RESIZE_H
#define IMAGE_RESIZE_H

#include "seg/image.h"

/* x .. x+w-1, y .. y+h-1 of the source resized to width x height, which must contain it. */
typedef struct seg_resize_window {
    int width, height; /* pixels of the whole result, 1..SEG_MAX_SIDE */
    int x, y, w, h;    /* w, h >= 1 */
} seg_resize_window;

static inline seg_resize_window seg_resize_whole(int width, int height)
{
    return (seg_resize_window){.width = width, .height = height, .w = width, .h = height};
}

/*
 * Bilinear; on an axis that shrinks the triangle widens with the scale, which averages over the
 * area. dst holds h x w x channels; channels is 1..4. The only error is SEG_NOMEM.
 */
seg_status seg_resize_bilinear(const seg_image *src, seg_resize_window window, uint8_t *dst,
                               seg_error *err);

/* Each pixel takes the source pixel its centre lies in: for labels, which never mix. */
seg_status seg_resize_nearest(const seg_image *src, seg_resize_window window, uint8_t *dst,
                              seg_error *err);

/*
 * seg_resize_bilinear to width x height of an image that is not whole in memory: each of its rows is
 * given once, from the top. Holds the rows that are still needed, at their new width.
 */
typedef struct seg_row_resizer seg_row_resizer;
/* from: width, height and channels of the source. Errors: SEG_NOMEM. */
seg_status seg_row_resizer_new(seg_row_resizer **out, const seg_image *from, int width, int height,
                               seg_error *err);
void seg_row_resizer_free(seg_row_resizer *resizer); /* NULL is fine */
/* The next row of the source; writes the rows of dst (height x width x channels) that it completes. */
void seg_row_resizer_put(seg_row_resizer *resizer, const uint8_t *row, uint8_t *dst);

#endif
