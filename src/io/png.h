/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* png.h: PNG bytes to pixels or class ids (png.c), and back (png_write.c). */
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

/*
 * The same as a file, row by row: it takes its name when it is complete. form tells width, height
 * and channels; its pixels are not looked at. Errors: SEG_IO, SEG_NOMEM.
 */
typedef struct seg_png_writer seg_png_writer;
seg_status seg_png_writer_open(seg_png_writer **out, const char *path, const seg_image *form,
                               const seg_color *palette, seg_error *err);
seg_status seg_png_writer_row(seg_png_writer *writer, const uint8_t *row, seg_error *err);
/* After the last row; frees the writer whatever happens. */
seg_status seg_png_writer_commit(seg_png_writer *writer, seg_error *err);
void seg_png_writer_abort(seg_png_writer *writer); /* removes what was written; NULL is fine */

/* ---- for the files that use libspng ---- */

/* A chunk of text or colour profile over this is refused before it is unpacked. */
enum { SEG_PNG_CHUNK_LIMIT_BYTES = 1 << 26 };

/* SEG_NOMEM, or SEG_FORMAT with libspng's reason. */
seg_status seg_png_fail(int code, const char *name, seg_error *err);

#endif
