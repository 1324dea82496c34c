/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* exif.c: orientation from a TIFF structure; always one of the eight. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "io/exif.h"

int fuzz_exif(const uint8_t *data, size_t size)
{
    int orientation = seg_exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        abort();
    return 0;
}
