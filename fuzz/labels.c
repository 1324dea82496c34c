/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* labels.c: PNG files of class ids. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "io/image_file.h"

int fuzz_labels(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_image_buffer out = {.width = 1};
    uint8_t *repaired = fuzz_png_repair(data, size);
    seg_status status = seg_labels_decode(&out, repaired, size, FUZZ_NAME, &err);
    fuzz_check_image(status, &out, 1, &err);
    seg_image_release(&out);
    free(repaired);
    return 0;
}
