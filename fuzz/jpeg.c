/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* jpeg.c: JPEG pictures, with their EXIF. */
#include "io/jpeg.h"
#include "fuzz/fuzz.h"

int fuzz_jpeg(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_image_buffer out = {.width = 1};
    seg_status status = seg_jpeg_decode(&out, data, size, FUZZ_NAME, &err);
    fuzz_check_image(status, &out, 3, &err);
    seg_image_release(&out);
    return 0;
}
