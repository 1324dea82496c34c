/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* make_image.h: image files for tests, made in memory. */
#ifndef TESTS_IO_MAKE_IMAGE_H
#define TESTS_IO_MAKE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct made_file {
    uint8_t *data; /* free() it */
    size_t size;
} made_file;

/* pixels are as PNG stores them: rows of whole bytes, 16 bits big-endian; palette: 2^depth grey
 * steps (id * 3, id * 5, id * 7). interlaced: Adam7. tiff, tiff_size: an eXIf chunk, or NULL, 0. */
made_file make_png(int width, int height, int depth, int color_type, int interlaced,
                   const void *pixels, const void *tiff, size_t tiff_size);

/* format: TJPF_*, subsampling: TJSAMP_*; quality 95. */
made_file make_jpeg(const void *pixels, int width, int height, int format, int subsampling);

/* A PNG of a header with these values and an end, checksums right, and no pixels. */
made_file make_png_header(uint32_t width, uint32_t height, int depth, int color_type);

/* file becomes a copy with `size` bytes put in at `at`. */
void insert_bytes(made_file *file, size_t at, const void *bytes, size_t size);

/* A TIFF of one directory whose only entry is an orientation; big-endian or little-endian. */
enum { TIFF_SIZE = 26 };
void make_tiff(uint8_t tiff[TIFF_SIZE], int big_endian, int orientation);

/* Put an EXIF segment of that TIFF behind a JPEG's first marker. */
void insert_exif(made_file *jpeg, const uint8_t *tiff, size_t size);

#endif
