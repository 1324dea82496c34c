/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* overlay.c: labels painted over a photo. */
#include "image/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/buffer.h"

static seg_status check(const seg_image *image, const seg_image *labels, const seg_color *palette,
                        int palette_size, float alpha, seg_error *err)
{
    seg_status status = seg_image_check(image, 3, 3, "the image", err);
    if (status == SEG_OK)
        status = seg_image_check(labels, 1, 1, "the labels", err);
    if (status != SEG_OK)
        return status;
    if (image->width != labels->width || image->height != labels->height)
        return seg_fail(err, SEG_MISMATCH, "the image is %dx%d, the labels %dx%d", image->width,
                        image->height, labels->width, labels->height);
    if (palette == NULL || palette_size < 1 || palette_size > 256)
        return seg_fail(err, SEG_INVALID, "a palette of %d colours, not 1..256", palette_size);
    if (!(alpha >= 0 && alpha <= 1))
        return seg_fail(err, SEG_INVALID, "alpha is %g, not in 0..1", (double)alpha);
    return SEG_OK;
}

static uint8_t mix(uint8_t below, uint8_t above, float alpha)
{
    return (uint8_t)((1 - alpha) * (float)below + alpha * (float)above + 0.5f);
}

seg_status seg_painter_init(seg_painter *painter, const seg_color *palette, int palette_size,
                            float alpha, seg_error *err)
{
    *painter = (seg_painter){.classes = palette_size};
    painter->tables = malloc((size_t)palette_size * sizeof *painter->tables);
    if (painter->tables == NULL)
        return seg_fail_nomem(err, (size_t)palette_size * sizeof *painter->tables, "the overlay");
    for (int id = 0; id < palette_size; id++) {
        const uint8_t above[3] = {palette[id].r, palette[id].g, palette[id].b};
        for (int c = 0; c < 3; c++) {
            for (int v = 0; v < 256; v++)
                painter->tables[id][c][v] = mix((uint8_t)v, above[c], alpha);
        }
    }
    return SEG_OK;
}

void seg_painter_release(seg_painter *painter)
{
    free(painter->tables);
    *painter = (seg_painter){0};
}

void seg_painter_row(const seg_painter *painter, const uint8_t *src, const uint8_t *labels,
                     int width, uint8_t *dst)
{
    for (int x = 0; x < width; x++, src += 3, dst += 3) {
        const int id = labels[x];
        if (id >= painter->classes || id == SEG_IGNORE) {
            memcpy(dst, src, 3);
            continue;
        }
        uint8_t(*table)[256] = painter->tables[id];
        dst[0] = table[0][src[0]];
        dst[1] = table[1][src[1]];
        dst[2] = table[2][src[2]];
    }
}

seg_status seg_image_overlay(seg_image_buffer *out, const seg_image *image, const seg_image *labels,
                             const seg_color *palette, int palette_size, float alpha,
                             seg_error *err)
{
    *out = (seg_image_buffer){0};
    seg_status status = check(image, labels, palette, palette_size, alpha, err);
    if (status == SEG_OK)
        status = seg_image_new(out, image->width, image->height, 3, "the overlay", err);
    if (status != SEG_OK)
        return status;
    seg_painter painter;
    status = seg_painter_init(&painter, palette, palette_size, alpha, err);
    for (int y = 0; status == SEG_OK && y < image->height; y++)
        seg_painter_row(&painter, seg_image_row(image, y), seg_image_row(labels, y), image->width,
                        seg_buffer_row(out, y));
    seg_painter_release(&painter);
    if (status != SEG_OK)
        seg_image_release(out);
    return status;
}
