/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * exif.c: tag 0x0112 of the first directory of a TIFF structure (TIFF 6.0, section 2):
 * "II" or "MM" (byte order), 42, offset of the directory; there a count and 12-byte entries
 * {tag, type, count, value}.
 */
#include "io/exif.h"

#include <stdbool.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY_SIZE = 12 };

typedef struct reader {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
} reader;

/* 0 beyond the end: no valid field is 0, so callers stop there. */
static uint32_t get(const reader *in, size_t at, int count)
{
    if (at > in->size || in->size - at < (size_t)count)
        return 0;
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | in->bytes[at + (size_t)(in->big_endian ? i : count - 1 - i)];
    return value;
}

int seg_exif_orientation(const uint8_t *tiff, size_t size)
{
    reader in = {tiff, size, .big_endian = size > 0 && tiff[0] == 'M'};
    uint32_t mark = in.big_endian ? 0x4d4d : 0x4949;
    if (get(&in, 0, 2) != mark || get(&in, 2, 2) != 42)
        return 1;
    size_t directory = get(&in, 4, 4);
    uint32_t entries = get(&in, directory, 2);
    for (uint32_t i = 0; i < entries; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY_SIZE;
        if (entry >= size) /* a count that the file does not hold */
            break;
        if (get(&in, entry, 2) != TAG_ORIENTATION)
            continue;
        uint32_t value = get(&in, entry + 8, 2);
        bool sound = get(&in, entry + 2, 2) == TYPE_SHORT && get(&in, entry + 4, 4) == 1;
        return sound && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
