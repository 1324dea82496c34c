/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/image.h: pixels in and out of files.
 *
 * Row 0 is the top. Pixels are interleaved, 8 bits a channel. EXIF orientation is applied on
 * reading, so an image and its labels are always in the same frame.
 */
#ifndef SEG_IMAGE_H
#define SEG_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SEG_MAX_SIDE = 65535, /* pixels; the largest width or height of an image */
    SEG_IGNORE = 255      /* the label of pixels that count for nothing */
};

/* View of interleaved 8-bit pixels owned by the caller. */
typedef struct seg_image {
    const uint8_t *pixels;
    int width, height; /* pixels, 1..SEG_MAX_SIDE */
    int channels;      /* 1 grey or class ids, 3 sRGB, 4 sRGB + straight alpha */
    size_t stride;     /* bytes from one row to the next; 0 means width * channels */
} seg_image;

/*
 * An image that owns its pixels, rows tightly packed. Zero is the empty image.
 */
typedef struct seg_image_buffer {
    uint8_t *pixels; /* height x width x channels */
    int width, height, channels;
} seg_image_buffer;

/* A colour of the palette that class ids are shown in. */
typedef struct seg_color {
    uint8_t r, g, b;
} seg_color;

/*
 * Read a JPEG or PNG file (told apart by content) as sRGB, three channels: grey is repeated,
 * 16 bits are reduced to 8, palettes looked up, alpha dropped, CMYK converted, EXIF orientation
 * applied. On SEG_OK *out owns its pixels (seg_image_release); otherwise it is zero.
 * Errors: SEG_IO, SEG_FORMAT (truncated, not an image, 0 pixels), SEG_LIMIT (side), SEG_NOMEM.
 */
SEG_API seg_status seg_image_read(seg_image_buffer *out, const char *path, seg_error *err);

/*
 * Width and height that an image file's header tells, before EXIF turns it; nothing is decoded.
 * Errors: as seg_image_read.
 */
SEG_API seg_status seg_image_size(const char *path, int *width, int *height, seg_error *err);

/*
 * Read a label file: single-channel or palette PNG, one class id a pixel (palette indices are
 * the ids, 1/2/4-bit files are widened, never scaled). channels is 1.
 * Errors: as seg_image_read; SEG_FORMAT also for JPEG, colour and 16-bit files, with the reason.
 */
SEG_API seg_status seg_labels_read(seg_image_buffer *out, const char *path, seg_error *err);

/*
 * Write class ids as a palette PNG that a viewer shows in colours; written whole or not at all.
 * palette holds palette_size (1..256) colours; ids beyond it are written as id 255's colour, white.
 * Errors: SEG_INVALID (channels is not 1), SEG_IO, SEG_NOMEM.
 */
SEG_API seg_status seg_labels_write(const char *path, const seg_image *labels,
                                    const seg_color *palette, int palette_size, seg_error *err);

/* Write a 1-, 3- or 4-channel image as PNG, whole or not at all. Errors: as seg_labels_write. */
SEG_API seg_status seg_image_write(const char *path, const seg_image *image, seg_error *err);

/*
 * Paint labels over image: out = (1 - alpha) * image + alpha * palette[label], alpha in 0..1;
 * SEG_IGNORE and ids >= palette_size leave the photo as it is. image has 3 channels, labels 1 and
 * the same size; out owns height x width x 3. Errors: SEG_INVALID, SEG_MISMATCH (sizes), SEG_NOMEM.
 */
SEG_API seg_status seg_image_overlay(seg_image_buffer *out, const seg_image *image,
                                     const seg_image *labels, const seg_color *palette,
                                     int palette_size, float alpha, seg_error *err);

/* A view of a buffer, valid until the buffer is released. */
SEG_API seg_image seg_image_view(const seg_image_buffer *buffer);

/* Free the pixels and zero the struct; NULL and zero structs are fine. */
SEG_API void seg_image_release(seg_image_buffer *buffer);

#ifdef __cplusplus
}
#endif
#endif
