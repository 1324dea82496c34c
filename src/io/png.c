/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* png.c: PNG files to pixels, through libspng. */
#include "io/png.h"

#include <spng.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/buffer.h"
#include "image/orient.h"
#include "io/exif.h"

bool seg_png_is(const uint8_t *data, size_t size)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    return size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0;
}

/* zlib starts for any data, so that it does not is for want of memory. */
seg_status seg_png_fail(int code, const char *name, seg_error *err)
{
    if (code == SPNG_EMEM || code == SPNG_EZLIB_INIT)
        return seg_fail(err, SEG_NOMEM, "%s: out of memory in the PNG library", name);
    return seg_fail(err, SEG_FORMAT, "%s: damaged or cut short: %s", name, spng_strerror(code));
}

static seg_status open_decoder(spng_ctx **out, struct spng_ihdr *header, const uint8_t *data,
                               size_t size, const char *name, seg_error *err)
{
    spng_ctx *png = spng_ctx_new(0);
    if (png == NULL)
        return seg_png_fail(SPNG_EMEM, name, err);
    int code = spng_set_chunk_limits(png, SEG_PNG_CHUNK_LIMIT_BYTES, SEG_PNG_CHUNK_LIMIT_BYTES);
    if (code == 0)
        code = spng_set_png_buffer(png, data, size);
    if (code == 0)
        code = spng_get_ihdr(png, header);
    if (code != 0) {
        spng_ctx_free(png);
        return seg_png_fail(code, name, err);
    }
    *out = png;
    return SEG_OK;
}

/* libspng is content without the end. Chunks are {length of 4 bytes, type, data, CRC of 4}. */
static bool has_end(const uint8_t *data, size_t size)
{
    for (size_t at = 8; size - at >= 12;) {
        const uint8_t *p = data + at;
        size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (length > size - at - 12)
            return false;
        if (memcmp(p + 4, "IEND", 4) == 0)
            return true;
        at += 12 + length;
    }
    return false;
}

/* The pixels, then what stands behind them (eXIf may). */
static seg_status read_pixels(spng_ctx *png, int format, uint8_t *pixels, size_t size,
                              const char *name, seg_error *err)
{
    int code = spng_decode_image(png, pixels, size, format, 0);
    if (code == 0)
        code = spng_decode_chunks(png);
    return code == 0 ? SEG_OK : seg_png_fail(code, name, err);
}

static seg_status check_ids(const struct spng_ihdr *header, const char *name, seg_error *err)
{
    if (header->color_type != SPNG_COLOR_TYPE_INDEXED &&
        header->color_type != SPNG_COLOR_TYPE_GRAYSCALE)
        return seg_fail(err, SEG_FORMAT,
                        "%s: a PNG with colours or alpha holds no class ids; labels are one "
                        "channel of ids, grey or with a palette",
                        name);
    if (header->bit_depth > 8)
        return seg_fail(err, SEG_FORMAT,
                        "%s: %d-bit values are not class ids, which fit 8 bits (are these "
                        "instance ids?)",
                        name, header->bit_depth);
    return SEG_OK;
}

/* Ids of 1, 2 or 4 bits to a byte each; the first is in a byte's upper bits. */
static void unpack(const uint8_t *packed, size_t packed_row, int depth, seg_image_buffer *out)
{
    const int per_byte = 8 / depth, mask = (1 << depth) - 1;
    for (int y = 0; y < out->height; y++) {
        const uint8_t *src = packed + (size_t)y * packed_row;
        uint8_t *dst = seg_buffer_row(out, y);
        for (int x = 0; x < out->width; x++)
            dst[x] = (uint8_t)(src[x / per_byte] >> (8 - depth * (x % per_byte + 1)) & mask);
    }
}

static seg_status read_ids(spng_ctx *png, const struct spng_ihdr *header, seg_image_buffer *out,
                           const char *name, seg_error *err)
{
    size_t row = ((size_t)header->width * header->bit_depth + 7) / 8, size = row * header->height;
    if (header->bit_depth == 8)
        return read_pixels(png, SPNG_FMT_PNG, out->pixels, size, name, err);
    /* Zeroed, because libspng ors the bits of an interlaced row into place. */
    uint8_t *packed = calloc(1, size);
    if (packed == NULL)
        return seg_fail_nomem(err, size, name);
    seg_status status = read_pixels(png, SPNG_FMT_PNG, packed, size, name, err);
    if (status == SEG_OK)
        unpack(packed, row, header->bit_depth, out);
    free(packed);
    return status;
}

static seg_status read_rgb(spng_ctx *png, seg_image_buffer *out, const char *name, seg_error *err)
{
    size_t size = (size_t)out->width * (size_t)out->height * 3;
    return read_pixels(png, SPNG_FMT_RGB8, out->pixels, size, name, err);
}

static seg_status orient(spng_ctx *png, seg_image_buffer *out, const char *name, seg_error *err)
{
    struct spng_exif exif;
    if (spng_get_exif(png, &exif) != 0)
        return SEG_OK;
    int orientation = seg_exif_orientation((const uint8_t *)exif.data, exif.length);
    return seg_image_orient(out, orientation, name, err);
}

static seg_status decode(seg_image_buffer *out, const uint8_t *data, size_t size, bool ids,
                         const char *name, seg_error *err)
{
    spng_ctx *png = NULL;
    struct spng_ihdr header;
    *out = (seg_image_buffer){0};
    seg_status status = open_decoder(&png, &header, data, size, name, err);
    if (status == SEG_OK && !has_end(data, size))
        status = seg_fail(err, SEG_FORMAT, "%s: damaged or cut short: no end of the PNG", name);
    if (status == SEG_OK && ids)
        status = check_ids(&header, name, err);
    if (status == SEG_OK)
        status = seg_image_new(out, header.width, header.height, ids ? 1 : 3, name, err);
    if (status == SEG_OK)
        status = ids ? read_ids(png, &header, out, name, err) : read_rgb(png, out, name, err);
    if (status == SEG_OK)
        status = orient(png, out, name, err);
    if (status != SEG_OK)
        seg_image_release(out);
    spng_ctx_free(png);
    return status;
}

seg_status seg_png_decode(seg_image_buffer *out, const uint8_t *data, size_t size, const char *name,
                          seg_error *err)
{
    return decode(out, data, size, false, name, err);
}

seg_status seg_png_decode_ids(seg_image_buffer *out, const uint8_t *data, size_t size,
                              const char *name, seg_error *err)
{
    return decode(out, data, size, true, name, err);
}
