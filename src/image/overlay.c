/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* overlay.c: labels painted over a photo. */
#include <stdbool.h>

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

static void paint_row(const uint8_t *src, const uint8_t *labels, int width,
                      const seg_color *palette, int palette_size, float alpha, uint8_t *dst)
{
    for (int x = 0; x < width; x++, src += 3, dst += 3) {
        int id = labels[x];
        bool painted = id < palette_size && id != SEG_IGNORE;
        seg_color color = painted ? palette[id] : (seg_color){0};
        float opacity = painted ? alpha : 0;
        dst[0] = mix(src[0], color.r, opacity);
        dst[1] = mix(src[1], color.g, opacity);
        dst[2] = mix(src[2], color.b, opacity);
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
    for (int y = 0; y < image->height; y++)
        paint_row(seg_image_row(image, y), seg_image_row(labels, y), image->width, palette,
                  palette_size, alpha, seg_buffer_row(out, y));
    return SEG_OK;
}
