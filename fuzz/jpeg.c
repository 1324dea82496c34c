/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* jpeg.c: JPEG pictures, with their EXIF, whole and row by row. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "image/buffer.h"
#include "io/jpeg.h"
#include "io/rows.h"

/* Rows are those of the whole picture, where both readers take it. (They differ in stray bytes: here
 * they are forgiven in the header too, but nothing else beside them.) */
static void fuzz_rows(const uint8_t *data, size_t size, const seg_image_buffer *whole,
                      seg_error *err)
{
    union {
        const uint8_t *borrowed;
        void *memory;
    } bytes = {data};
    FILE *file = size > 0 ? fmemopen(bytes.memory, size, "rb") : NULL;
    seg_jpeg_rows *rows;
    seg_rows_form form;
    if (file == NULL)
        return;
    seg_status status = seg_jpeg_rows_open(&rows, file, FUZZ_NAME, &form, err);
    if (status != SEG_OK)
        fuzz_check_error(status, err);
    const bool by_rows = status == SEG_OK && form.whole == NULL &&
                         (int64_t)form.width * form.height <= SEG_MAX_PIXELS;
    uint8_t *row = by_rows ? malloc((size_t)form.width * 3) : NULL;
    for (int y = 0; row != NULL && status == SEG_OK && y < form.height; y++) {
        status = seg_jpeg_rows_next(rows, row, err);
        if (status != SEG_OK)
            fuzz_check_error(status, err);
        else if (whole->pixels != NULL &&
                 memcmp(row, seg_buffer_row(whole, y), (size_t)form.width * 3) != 0)
            abort();
    }
    free(row);
    seg_jpeg_rows_close(rows);
    fclose(file);
}

int fuzz_jpeg(const uint8_t *data, size_t size)
{
    seg_error err;
    seg_image_buffer out = {.width = 1};
    seg_status status = seg_jpeg_decode(&out, data, size, FUZZ_NAME, &err);
    fuzz_check_image(status, &out, 3, &err);
    fuzz_rows(data, size, &out, &err);
    seg_image_release(&out);
    return 0;
}
