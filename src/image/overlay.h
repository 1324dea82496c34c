/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* overlay.h: labels painted over a photo, row by row: what seg_image_overlay does to all of them. */
#ifndef IMAGE_OVERLAY_H
#define IMAGE_OVERLAY_H

#include "seg/image.h"

/* For each class and colour what becomes of a pixel's value. */
typedef struct seg_painter {
    uint8_t (*tables)[3][256];
    int classes;
} seg_painter;

/* palette: 1..256 colours. Errors: SEG_NOMEM. */
seg_status seg_painter_init(seg_painter *painter, const seg_color *palette, int palette_size,
                            float alpha, seg_error *err);
void seg_painter_release(seg_painter *painter); /* zero is fine */
/* A row of RGB pixels. */
void seg_painter_row(const seg_painter *painter, const uint8_t *src, const uint8_t *labels,
                     int width, uint8_t *dst);

#endif
