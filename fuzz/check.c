/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* check.c: the promises that every reader makes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

void fuzz_touch(const void *data, size_t size)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)data)[i]);
}

void fuzz_check_error(seg_status status, const seg_error *err)
{
    if (status == SEG_OK || err->status != status)
        abort();
    if (memchr(err->text, '\0', sizeof err->text) == NULL || strchr(err->text, '\n') != NULL)
        abort();
    if (status != SEG_NOMEM && strncmp(err->text, FUZZ_NAME ": ", sizeof FUZZ_NAME ": " - 1) != 0)
        abort();
}

void fuzz_check_image(seg_status status, const seg_image_buffer *out, int channels,
                      const seg_error *err)
{
    if (status != SEG_OK) {
        fuzz_check_error(status, err);
        if (out->pixels != NULL || out->width != 0 || out->height != 0 || out->channels != 0)
            abort();
        return;
    }
    if (out->pixels == NULL || out->channels != channels || out->width < 1 || out->height < 1 ||
        out->width > SEG_MAX_SIDE || out->height > SEG_MAX_SIDE)
        abort();
    fuzz_touch(out->pixels, (size_t)out->width * (size_t)out->height * (size_t)channels);
}

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

uint8_t *fuzz_png_repair(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    for (size_t at = 8; at <= size && size - at >= 12;) {
        uint8_t *p = copy + at;
        size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (length > size - at - 12)
            break;
        uint32_t crc = crc32_of(p + 4, length + 4);
        for (int i = 0; i < 4; i++)
            p[8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
        at += 12 + length;
    }
    return copy;
}
