/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* png.c: PNG pictures, and images told apart by content. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "io/image_file.h"
#include "io/png.h"

int fuzz_png(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_image_buffer out = {.width = 1};
    seg_status status = seg_image_decode(&out, data, size, FUZZ_NAME, &err);
    fuzz_check_image(status, &out, 3, &err);
    seg_image_release(&out);
    uint8_t *repaired = fuzz_png_repair(data, size);
    out.width = 1;
    status = seg_png_decode(&out, repaired, size, FUZZ_NAME, &err);
    fuzz_check_image(status, &out, 3, &err);
    seg_image_release(&out);
    free(repaired);
    return 0;
}
