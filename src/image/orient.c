/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * orient.c: the eight ways a camera is held, as one walk over the source.
 *
 *   value   dst(x, y) =           value   dst(x, y) =
 *   1       src(x, y)             5       src(y, x)
 *   2       src(W-1-x, y)         6       src(y, H-1-x)
 *   3       src(W-1-x, H-1-y)     7       src(W-1-y, H-1-x)
 *   4       src(x, H-1-y)         8       src(W-1-y, x)
 *
 * So each is a transposition or not, and a source axis read backwards or not.
 */
#include "image/orient.h"

#include <stdbool.h>
#include <string.h>

#include "image/buffer.h"

static const struct {
    bool transposed, x_backwards, y_backwards; /* axes of the source */
} ways[9] = {
    [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true},
    [5] = {true, false, false}, [6] = {true, false, true}, [7] = {true, true, true},
    [8] = {true, true, false},
};

seg_status seg_image_orient(seg_image_buffer *image, int orientation, const char *name,
                            seg_error *err)
{
    if (orientation < 2 || orientation > 8)
        return SEG_OK;
    const bool transposed = ways[orientation].transposed;
    const ptrdiff_t w = image->width, h = image->height, channels = image->channels;
    seg_image_buffer turned;
    seg_status status =
        seg_image_new(&turned, transposed ? h : w, transposed ? w : h, image->channels, name, err);
    if (status != SEG_OK)
        return status;
    ptrdiff_t along_x = channels, along_y = w * channels; /* steps in the source */
    const uint8_t *row = image->pixels;
    if (ways[orientation].x_backwards) {
        row += (w - 1) * along_x;
        along_x = -along_x;
    }
    if (ways[orientation].y_backwards) {
        row += (h - 1) * along_y;
        along_y = -along_y;
    }
    const ptrdiff_t step = transposed ? along_y : along_x, next = transposed ? along_x : along_y;
    uint8_t *dst = turned.pixels;
    for (int y = 0; y < turned.height; y++) {
        for (int x = 0; x < turned.width; x++, dst += channels)
            memcpy(dst, row + y * next + x * step, (size_t)channels);
    }
    seg_image_release(image);
    *image = turned;
    return SEG_OK;
}
