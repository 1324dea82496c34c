/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* palette.c: PASCAL VOC's colours. */
#include "image/palette.h"

seg_color seg_palette_voc(int id)
{
    unsigned r = 0, g = 0, b = 0, rest = (unsigned)id;
    for (int bit = 7; bit >= 0; bit--, rest >>= 3) {
        r |= (rest & 1) << bit;
        g |= (rest >> 1 & 1) << bit;
        b |= (rest >> 2 & 1) << bit;
    }
    return (seg_color){(uint8_t)r, (uint8_t)g, (uint8_t)b};
}
