/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* winograd_tiles.c: where the pixels of tiles are. */
#include "ops/winograd_tiles.h"

#include "base/memory.h"

bool seg_winograd_fits(const seg_convolution *conv)
{
    return conv->groups == 1 && conv->y.kernel == 3 && conv->x.kernel == 3 && conv->y.stride == 1 &&
           conv->x.stride == 1;
}

static int64_t meetings(const seg_conv_axis *axis)
{
    int64_t sum = 0;
    for (int64_t k = 0; k < axis->kernel; k++) {
        int64_t shift = k * axis->dilation - axis->pad; /* fine pixel = coarse pixel + shift */
        int64_t low = conv_max(0, -shift), high = conv_min(axis->coarse, axis->fine - shift);
        sum += conv_max(0, high - low);
    }
    return sum;
}

int64_t seg_winograd_meetings(const seg_convolution *conv)
{
    return conv->n * meetings(&conv->y) * meetings(&conv->x);
}

static seg_winograd_lines lines_make(const seg_conv_axis *axis, bool to_fine, int m, int64_t *start)
{
    seg_winograd_lines l = {.dst = to_fine ? axis->fine : axis->coarse,
                            .src = to_fine ? axis->coarse : axis->fine,
                            .rate = axis->dilation,
                            .first = to_fine ? axis->pad - 2 * axis->dilation : -axis->pad,
                            .start = start};
    for (int64_t phase = 0; phase < conv_min(l.rate, l.dst); phase++) {
        for (int64_t at = phase; at < l.dst; at += m * l.rate) {
            if (start != NULL)
                start[l.count] = at;
            l.count++;
        }
    }
    return l;
}

seg_winograd_tiles seg_winograd_tiles_make(const seg_convolution *conv, bool to_fine, int m,
                                           int64_t *starts)
{
    seg_winograd_tiles tiles = {.m = m, .y = lines_make(&conv->y, to_fine, m, starts)};
    tiles.x = lines_make(&conv->x, to_fine, m, starts != NULL ? starts + tiles.y.count : NULL);
    tiles.count = conv->n * tiles.y.count * tiles.x.count;
    return tiles;
}

size_t seg_winograd_starts_size(const seg_winograd_tiles *tiles)
{
    return seg_align_up((size_t)(tiles->y.count + tiles->x.count) * sizeof(int64_t));
}

/* span x span pixels a rate apart from y, x on, in one image of height x width. */
static void pixels_at(const seg_winograd_tiles *tiles, int span, int64_t image, int64_t y,
                      int64_t x, int64_t height, int64_t width, int64_t channels, int64_t *at)
{
    for (int i = 0; i < span; i++) {
        int64_t row = y + i * tiles->y.rate;
        for (int j = 0; j < span; j++) {
            int64_t column = x + j * tiles->x.rate;
            bool inside = row >= 0 && row < height && column >= 0 && column < width;
            at[i * span + j] = inside ? ((image * height + row) * width + column) * channels : -1;
        }
    }
}

void seg_winograd_src_at(const seg_winograd_tiles *tiles, int64_t tile, int64_t channels,
                         int64_t *at)
{
    const seg_winograd_lines *y = &tiles->y, *x = &tiles->x;
    pixels_at(tiles, tiles->m + 2, tile / (y->count * x->count),
              y->start[tile / x->count % y->count] + y->first, x->start[tile % x->count] + x->first,
              y->src, x->src, channels, at);
}

void seg_winograd_dst_at(const seg_winograd_tiles *tiles, int64_t tile, int64_t channels,
                         int64_t *at)
{
    const seg_winograd_lines *y = &tiles->y, *x = &tiles->x;
    pixels_at(tiles, tiles->m, tile / (y->count * x->count), y->start[tile / x->count % y->count],
              x->start[tile % x->count], y->dst, x->dst, channels, at);
}
