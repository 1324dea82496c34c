/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* jpeg.h: JPEG bytes to sRGB pixels. */
#ifndef IO_JPEG_H
#define IO_JPEG_H

#include <stdbool.h>

#include "seg/image.h"

bool seg_jpeg_is(const uint8_t *data, size_t size); /* starts like one */

/*
 * Three channels whatever the file has (grey, YCbCr, RGB, CMYK, YCCK), EXIF orientation applied.
 * name starts the sentences. Errors: SEG_FORMAT (damaged or cut short), SEG_LIMIT, SEG_NOMEM.
 */
seg_status seg_jpeg_decode(seg_image_buffer *out, const uint8_t *data, size_t size,
                           const char *name, seg_error *err);

/* Inks to light, count pixels: red is what neither cyan nor black takes away. inverted: as Adobe
 * stores them. */
void seg_cmyk_to_rgb(const uint8_t *src, size_t count, bool inverted, uint8_t *dst);

#endif
