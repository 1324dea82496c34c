/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * rows.h: JPEG and PNG files row by row, for images that would not fit memory.
 *
 * The pixels are those of seg_image_read. What has to be decoded whole (progressive JPEGs, interlaced
 * PNGs, pictures that EXIF turns) is, where that takes no more than a limit.
 */
#ifndef IO_ROWS_H
#define IO_ROWS_H

#include <stdio.h>

#include "seg/image.h"

/* ---- one format: a decoder of an open file, which is borrowed ---- */

/*
 * What a decoder found in the file's header. whole: why the picture has to be decoded whole ("a
 * progressive JPEG"); its rows cannot be read then. NULL: they can.
 */
typedef struct seg_rows_form {
    int width, height; /* pixels */
    const char *whole;
} seg_rows_form;

/*
 * Start at the file's beginning; name starts the sentences and is borrowed. *out is NULL on failure.
 * Then each row is width RGB pixels; after the last one the file's end was checked.
 * Errors: SEG_FORMAT (damaged or cut short), SEG_LIMIT (a side), SEG_NOMEM.
 */
typedef struct seg_jpeg_rows seg_jpeg_rows;
seg_status seg_jpeg_rows_open(seg_jpeg_rows **out, FILE *file, const char *name,
                              seg_rows_form *form, seg_error *err);
seg_status seg_jpeg_rows_next(seg_jpeg_rows *rows, uint8_t *dst, seg_error *err);
void seg_jpeg_rows_close(seg_jpeg_rows *rows); /* NULL is fine */

typedef struct seg_png_rows seg_png_rows;
seg_status seg_png_rows_open(seg_png_rows **out, FILE *file, const char *name, seg_rows_form *form,
                             seg_error *err);
seg_status seg_png_rows_next(seg_png_rows *rows, uint8_t *dst, seg_error *err);
void seg_png_rows_close(seg_png_rows *rows); /* NULL is fine */

/* ---- an image file of either ---- */

typedef struct seg_rows_file seg_rows_file;

/*
 * whole_limit: bytes of pixels that may be held where a picture has to be decoded whole; over it is
 * SEG_LIMIT. Other errors: SEG_IO, SEG_FORMAT, SEG_NOMEM.
 */
seg_status seg_rows_file_open(seg_rows_file **out, const char *path, size_t whole_limit,
                              seg_error *err);
int seg_rows_file_width(const seg_rows_file *file);
int seg_rows_file_height(const seg_rows_file *file);
/* Bytes of pixels that it holds: 0 when it reads row by row. */
size_t seg_rows_file_held(const seg_rows_file *file);
/* The next row, from the top: width RGB pixels. */
seg_status seg_rows_file_next(seg_rows_file *file, uint8_t *dst, seg_error *err);
/* Back to the first row. */
seg_status seg_rows_file_rewind(seg_rows_file *file, seg_error *err);
void seg_rows_file_close(seg_rows_file *file); /* NULL is fine */

#endif
