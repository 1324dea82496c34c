/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* png.h: PNG bytes to pixels or class ids, and back. */
#ifndef IO_PNG_H
#define IO_PNG_H

#include <stdbool.h>

#include "seg/image.h"

bool seg_png_is(const uint8_t *data, size_t size); /* starts like one */

/*
 * sRGB, three channels; alpha is dropped, 16 bits are cut to their upper 8. name starts the
 * sentences. Errors: SEG_FORMAT (damaged or cut short), SEG_LIMIT, SEG_NOMEM.
 */
seg_status seg_png_decode(seg_image_buffer *out, const uint8_t *data, size_t size, const char *name,
                          seg_error *err);

/* Palette indices or grey values as they are stored, one byte each; SEG_FORMAT for others. */
seg_status seg_png_decode_ids(seg_image_buffer *out, const uint8_t *data, size_t size,
                              const char *name, seg_error *err);

/*
 * PNG bytes (free() them) of a 1-, 3- or 4-channel image. With 256 palette colours the one
 * channel is written as palette indices; NULL: as grey.
 */
seg_status seg_png_encode(uint8_t **data, size_t *size, const seg_image *image,
                          const seg_color *palette, const char *name, seg_error *err);

#endif
