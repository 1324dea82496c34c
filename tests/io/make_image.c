/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* make_image.c: image files for tests, made in memory. */
#include "io/make_image.h"

#include <spng.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "test.h"

made_file make_png(int width, int height, int depth, int color_type, int interlaced,
                   const void *pixels, const void *tiff, size_t tiff_size)
{
    static const int channels[] = {1, 0, 3, 1, 2, 0, 4};
    struct spng_ihdr header = {
        (uint32_t)width,    (uint32_t)height, (uint8_t)depth, (uint8_t)color_type, 0, 0,
        (uint8_t)interlaced};
    size_t row = ((size_t)(width * channels[color_type] * depth) + 7) / 8;
    made_file out;
    int code;
    spng_ctx *png = spng_ctx_new(SPNG_CTX_ENCODER);
    spng_set_option(png, SPNG_ENCODE_TO_BUFFER, 1);
    ck_assert_int_eq(spng_set_ihdr(png, &header), 0);
    if (color_type == SPNG_COLOR_TYPE_INDEXED) {
        struct spng_plte palette = {.n_entries = 1u << depth};
        for (uint32_t i = 0; i < palette.n_entries; i++)
            palette.entries[i] =
                (struct spng_plte_entry){(uint8_t)(i * 3), (uint8_t)(i * 5), (uint8_t)(i * 7), 0};
        ck_assert_int_eq(spng_set_plte(png, &palette), 0);
    }
    char exif_bytes[64];
    ck_assert_uint_le(tiff_size, sizeof exif_bytes);
    if (tiff != NULL) {
        struct spng_exif exif = {tiff_size, memcpy(exif_bytes, tiff, tiff_size)};
        ck_assert_int_eq(spng_set_exif(png, &exif), 0);
    }
    code = spng_encode_image(png, pixels, row * (size_t)height, SPNG_FMT_RAW, SPNG_ENCODE_FINALIZE);
    ck_assert_msg(code == 0, "%s", spng_strerror(code));
    out.data = spng_get_png_buffer(png, &out.size, &code);
    ck_assert_ptr_nonnull(out.data);
    spng_ctx_free(png);
    return out;
}

made_file make_jpeg(const void *pixels, int width, int height, int format, int subsampling)
{
    unsigned char *encoded = NULL;
    unsigned long size = 0;
    tjhandle handle = tjInitCompress();
    int code = tjCompress2(handle, pixels, width, 0, height, format, &encoded, &size, subsampling,
                           95, TJFLAG_ACCURATEDCT);
    ck_assert_msg(code == 0, "%s", tjGetErrorStr2(handle));
    made_file out = {malloc(size), size};
    memcpy(out.data, encoded, size);
    tjFree(encoded);
    tjDestroy(handle);
    return out;
}

static void put32(uint8_t *dst, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        dst[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* PNG's CRC-32 (ISO 3309), bit by bit. */
static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

made_file make_png_header(uint32_t width, uint32_t height, int depth, int color_type)
{
    made_file out = {calloc(1, 45), 45};
    memcpy(out.data, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
    put32(out.data + 16, width);
    put32(out.data + 20, height);
    out.data[24] = (uint8_t)depth;
    out.data[25] = (uint8_t)color_type;
    put32(out.data + 29, crc32_of(out.data + 12, 17));
    memcpy(out.data + 33, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
    return out;
}

void insert_bytes(made_file *file, size_t at, const void *bytes, size_t size)
{
    uint8_t *data = malloc(file->size + size);
    memcpy(data, file->data, at);
    memcpy(data + at, bytes, size);
    memcpy(data + at + size, file->data + at, file->size - at);
    free(file->data);
    *file = (made_file){data, file->size + size};
}

void make_tiff(uint8_t tiff[TIFF_SIZE], int big_endian, int orientation)
{
    static const uint8_t big[TIFF_SIZE] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0,
                                           3,   0,   0, 0,  1, 0, 0, 0, 0, 0, 0,    0,    0};
    static const uint8_t little[TIFF_SIZE] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3,
                                              0,   1,   0,  0, 0, 0, 0, 0, 0, 0, 0,    0,    0};
    memcpy(tiff, big_endian ? big : little, TIFF_SIZE);
    tiff[big_endian ? 19 : 18] = (uint8_t)orientation;
}

void insert_exif(made_file *jpeg, const uint8_t *tiff, size_t size)
{
    uint8_t segment[128] = {0xff, 0xe1, 0, (uint8_t)(size + 8), 'E', 'x', 'i', 'f', 0, 0};
    ck_assert_uint_le(size, sizeof segment - 10);
    memcpy(segment + 10, tiff, size);
    insert_bytes(jpeg, 2, segment, size + 10);
}
