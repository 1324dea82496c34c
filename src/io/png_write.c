/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* png_write.c: pixels to PNG files, at once or row by row, through libspng. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <spng.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "image/buffer.h"
#include "io/png.h"

enum { STRATEGY_RLE = 3 }; /* zlib's Z_RLE, which libspng hands on */

static seg_status fail(int code, const char *name, seg_error *err)
{
    seg_status status = seg_png_fail(code, name, err);
    if (status == SEG_NOMEM)
        return status;
    return seg_fail(err, SEG_IO, "%s: cannot encode as PNG: %s", name, spng_strerror(code));
}

static uint8_t color_type(const seg_image *image, const seg_color *palette)
{
    if (image->channels == 1)
        return palette != NULL ? SPNG_COLOR_TYPE_INDEXED : SPNG_COLOR_TYPE_GRAYSCALE;
    return image->channels == 3 ? SPNG_COLOR_TYPE_TRUECOLOR : SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
}

static int write_headers(spng_ctx *png, const seg_image *image, const seg_color *palette)
{
    struct spng_ihdr header = {
        .width = (uint32_t)image->width,
        .height = (uint32_t)image->height,
        .bit_depth = 8,
        .color_type = color_type(image, palette),
    };
    /* Fast: one filter for all rows instead of a trial of five, and runs instead of a search for
     * matches, which photos hardly have: half the time of level 1 alone, and smaller files. */
    int code = spng_set_option(png, SPNG_IMG_COMPRESSION_LEVEL, 1);
    if (code == 0)
        code = spng_set_option(png, SPNG_IMG_COMPRESSION_STRATEGY, STRATEGY_RLE);
    if (code == 0)
        code = spng_set_option(png, SPNG_FILTER_CHOICE,
                               palette != NULL ? SPNG_FILTER_CHOICE_UP : SPNG_FILTER_CHOICE_AVG);
    if (code == 0)
        code = spng_set_ihdr(png, &header);
    if (code != 0 || palette == NULL)
        return code;
    struct spng_plte table = {.n_entries = 256};
    for (int i = 0; i < 256; i++)
        table.entries[i] = (struct spng_plte_entry){palette[i].r, palette[i].g, palette[i].b, 0};
    return spng_set_plte(png, &table);
}

/* Row by row, because rows may be apart in memory. */
static int write_rows(spng_ctx *png, const seg_image *image)
{
    int code = spng_encode_image(png, NULL, 0, SPNG_FMT_PNG,
                                 SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE);
    size_t row_size = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height && code == 0; y++)
        code = spng_encode_row(png, seg_image_row(image, y), row_size);
    return code == SPNG_EOI ? 0 : code;
}

seg_status seg_png_encode(uint8_t **data, size_t *size, const seg_image *image,
                          const seg_color *palette, const char *name, seg_error *err)
{
    *data = NULL;
    *size = 0;
    spng_ctx *png = spng_ctx_new(SPNG_CTX_ENCODER);
    int code = png == NULL ? SPNG_EMEM : spng_set_option(png, SPNG_ENCODE_TO_BUFFER, 1);
    if (code == 0)
        code = write_headers(png, image, palette);
    if (code == 0)
        code = write_rows(png, image);
    if (code == 0)
        *data = spng_get_png_buffer(png, size, &code);
    spng_ctx_free(png);
    if (*data != NULL)
        return SEG_OK;
    return fail(code, name, err);
}

struct seg_png_writer {
    spng_ctx *png;
    seg_file_writer *file;
    char *name;
    size_t row_size;
    int rows;             /* still to come */
    seg_error file_error; /* of the last write; status SEG_OK: none */
};

/* What libspng writes goes to the file. */
static int put(spng_ctx *png, void *user, void *data, size_t size)
{
    seg_png_writer *writer = user;
    (void)png;
    return seg_file_writer_add(writer->file, data, size, &writer->file_error) == SEG_OK
               ? 0
               : SPNG_IO_ERROR;
}

/* libspng gives its caller no reason of its own for what `put` could not do. */
static seg_status writer_fail(seg_png_writer *writer, int code, seg_error *err)
{
    if (writer->file_error.status == SEG_OK)
        return fail(code, writer->name, err);
    if (err != NULL)
        *err = writer->file_error;
    return writer->file_error.status;
}

static void writer_free(seg_png_writer *writer)
{
    spng_ctx_free(writer->png);
    free(writer->name);
    free(writer);
}

static int writer_start(seg_png_writer *writer, const seg_image *form, const seg_color *palette)
{
    writer->png = spng_ctx_new(SPNG_CTX_ENCODER);
    int code = writer->png == NULL ? SPNG_EMEM : spng_set_png_stream(writer->png, put, writer);
    if (code == 0)
        code = write_headers(writer->png, form, palette);
    if (code == 0)
        code = spng_encode_image(writer->png, NULL, 0, SPNG_FMT_PNG,
                                 SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE);
    return code;
}

seg_status seg_png_writer_open(seg_png_writer **out, const char *path, const seg_image *form,
                               const seg_color *palette, seg_error *err)
{
    *out = NULL;
    seg_png_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->name = strdup(path)) == NULL) {
        free(writer);
        return seg_fail_nomem(err, sizeof *writer, path);
    }
    writer->rows = form->height;
    writer->row_size = (size_t)form->width * (size_t)form->channels;
    seg_status status = seg_file_writer_open(&writer->file, path, err);
    if (status == SEG_OK) {
        int code = writer_start(writer, form, palette);
        if (code != 0)
            status = writer_fail(writer, code, err);
    }
    if (status == SEG_OK)
        *out = writer;
    else
        seg_png_writer_abort(writer);
    return status;
}

seg_status seg_png_writer_row(seg_png_writer *writer, const uint8_t *row, seg_error *err)
{
    int code = spng_encode_row(writer->png, row, writer->row_size);
    writer->rows--;
    return code == 0 || code == SPNG_EOI ? SEG_OK : writer_fail(writer, code, err);
}

seg_status seg_png_writer_commit(seg_png_writer *writer, seg_error *err)
{
    assert(writer->rows == 0);
    seg_status status = seg_file_writer_commit(writer->file, err);
    writer_free(writer);
    return status;
}

void seg_png_writer_abort(seg_png_writer *writer)
{
    if (writer == NULL)
        return;
    seg_file_writer_abort(writer->file);
    writer_free(writer);
}
