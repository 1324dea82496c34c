/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* png_rows.c: PNG files row by row, through libspng. */
#define _POSIX_C_SOURCE 200809L
#include <spng.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/exif.h"
#include "io/png.h"
#include "io/rows.h"

struct seg_png_rows {
    spng_ctx *png;
    const char *name;
    size_t row_size;
};

/* What stands in the chunks beside the pixels, wherever that is. */
typedef struct chunks {
    bool end, exif, no_memory;
    int orientation; /* of the first eXIf */
} chunks;

enum { EXIF_LIMIT_BYTES = 1 << 16 }; /* what a JPEG could hold of it */

static void read_orientation(chunks *found, FILE *file, size_t length)
{
    if (length > EXIF_LIMIT_BYTES)
        return;
    uint8_t *tiff = malloc(length + 1);
    found->no_memory = tiff == NULL;
    if (tiff != NULL && fread(tiff, 1, length, file) == length)
        found->orientation = seg_exif_orientation(tiff, length);
    free(tiff);
}

/* Chunks are {length of 4 bytes, type, data, CRC of 4}. libspng is content without the end. */
static chunks walk(FILE *file)
{
    chunks found = {.orientation = 1};
    uint8_t head[8], crc[4];
    for (off_t at = 8; !found.end && !found.no_memory && fseeko(file, at, SEEK_SET) == 0 &&
                       fread(head, 1, sizeof head, file) == sizeof head;) {
        const size_t length =
            (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        if (memcmp(head + 4, "IEND", 4) == 0)
            found.end = length == 0 && fread(crc, 1, sizeof crc, file) == sizeof crc;
        if (memcmp(head + 4, "eXIf", 4) == 0 && !found.exif) {
            found.exif = true;
            read_orientation(&found, file, length);
        }
        at += 12 + (off_t)length;
    }
    return found;
}

static int start(seg_png_rows *rows, FILE *file, struct spng_ihdr *header)
{
    rows->png = spng_ctx_new(0);
    if (rows->png == NULL)
        return SPNG_EMEM;
    int code =
        spng_set_chunk_limits(rows->png, SEG_PNG_CHUNK_LIMIT_BYTES, SEG_PNG_CHUNK_LIMIT_BYTES);
    if (code == 0)
        code = spng_set_png_file(rows->png, file);
    return code == 0 ? spng_get_ihdr(rows->png, header) : code;
}

/* As the reader of whole pictures finds it: what libspng knows, and what stands behind the pixels. */
static int orientation_of(const seg_png_rows *rows, const chunks *found)
{
    struct spng_exif exif;
    return spng_get_exif(rows->png, &exif) == 0
               ? seg_exif_orientation((const uint8_t *)exif.data, exif.length)
               : found->orientation;
}

static seg_status open_rows(seg_png_rows *rows, FILE *file, seg_rows_form *form, seg_error *err)
{
    struct spng_ihdr header;
    const chunks found = walk(file);
    rewind(file);
    int code = found.no_memory ? SPNG_EMEM : start(rows, file, &header);
    if (code != 0)
        return seg_png_fail(code, rows->name, err);
    if (!found.end)
        return seg_fail(err, SEG_FORMAT, "%s: damaged or cut short: no end of the PNG", rows->name);
    if (header.width > SEG_MAX_SIDE || header.height > SEG_MAX_SIDE)
        return seg_fail(err, SEG_LIMIT, "%s: %ux%u has a side over %d pixels", rows->name,
                        header.width, header.height, SEG_MAX_SIDE);
    form->width = (int)header.width;
    form->height = (int)header.height;
    rows->row_size = (size_t)header.width * 3;
    if (header.interlace_method != SPNG_INTERLACE_NONE)
        form->whole = "an interlaced PNG";
    else if (orientation_of(rows, &found) > 1)
        form->whole = "a PNG that EXIF turns or mirrors";
    if (form->whole == NULL)
        code = spng_decode_image(rows->png, NULL, 0, SPNG_FMT_RGB8, SPNG_DECODE_PROGRESSIVE);
    return code == 0 ? SEG_OK : seg_png_fail(code, rows->name, err);
}

seg_status seg_png_rows_open(seg_png_rows **out, FILE *file, const char *name, seg_rows_form *form,
                             seg_error *err)
{
    *out = NULL;
    *form = (seg_rows_form){0};
    seg_png_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return seg_fail_nomem(err, sizeof *rows, name);
    rows->name = name;
    seg_status status = open_rows(rows, file, form, err);
    if (status == SEG_OK)
        *out = rows;
    else
        seg_png_rows_close(rows);
    return status;
}

seg_status seg_png_rows_next(seg_png_rows *rows, uint8_t *dst, seg_error *err)
{
    int code = spng_decode_row(rows->png, dst, rows->row_size);
    if (code == SPNG_EOI) /* that was the last: what stands behind the pixels */
        code = spng_decode_chunks(rows->png);
    return code == 0 ? SEG_OK : seg_png_fail(code, rows->name, err);
}

void seg_png_rows_close(seg_png_rows *rows)
{
    if (rows == NULL)
        return;
    spng_ctx_free(rows->png);
    free(rows);
}
