/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* buffer.h: making and checking images; what every user of pixels inside the library shares. */
#ifndef IMAGE_BUFFER_H
#define IMAGE_BUFFER_H

#include "seg/image.h"

/* Limit of width * height: a 16384 x 16384 photo, 768 MiB as RGB. */
enum { SEG_MAX_PIXELS = 1 << 28 };

/*
 * Allocate pixels, uninitialised. name starts the error sentence. *out is zero on failure.
 * Errors: SEG_FORMAT (no pixels), SEG_LIMIT (a side, or SEG_MAX_PIXELS), SEG_NOMEM.
 */
seg_status seg_image_new(seg_image_buffer *out, int64_t width, int64_t height, int channels,
                         const char *name, seg_error *err);

/*
 * SEG_INVALID unless the view has pixels, sides in 1..SEG_MAX_SIDE, a stride that holds a row, and
 * channels from min to max (1..1, 3..3, or 1..4 without 2). what starts the sentence.
 */
seg_status seg_image_check(const seg_image *image, int min_channels, int max_channels,
                           const char *what, seg_error *err);

static inline size_t seg_image_stride(const seg_image *image)
{
    return image->stride != 0 ? image->stride : (size_t)image->width * (size_t)image->channels;
}

static inline const uint8_t *seg_image_row(const seg_image *image, int y)
{
    return image->pixels + (size_t)y * seg_image_stride(image);
}

/* Rows of a buffer are tight. */
static inline uint8_t *seg_buffer_row(const seg_image_buffer *buffer, int y)
{
    return buffer->pixels + (size_t)y * (size_t)buffer->width * (size_t)buffer->channels;
}

#endif
