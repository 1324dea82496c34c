/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* png.c: PNG pictures, whole and row by row, and images told apart by content. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "image/buffer.h"
#include "io/image_file.h"
#include "io/png.h"
#include "io/rows.h"

/* Rows are those of the whole picture; where there is none, they end in an error too. */
static void fuzz_rows(uint8_t *data, size_t size, const seg_image_buffer *whole, seg_error *err)
{
    FILE *file = size > 0 ? fmemopen(data, size, "rb") : NULL;
    seg_png_rows *rows;
    seg_rows_form form;
    if (file == NULL)
        return;
    seg_status status = seg_png_rows_open(&rows, file, FUZZ_NAME, &form, err);
    if (status != SEG_OK)
        fuzz_check_error(status, err);
    const bool by_rows = status == SEG_OK && form.whole == NULL &&
                         (int64_t)form.width * form.height <= SEG_MAX_PIXELS;
    uint8_t *row = by_rows ? malloc((size_t)form.width * 3) : NULL;
    for (int y = 0; row != NULL && status == SEG_OK && y < form.height; y++) {
        status = seg_png_rows_next(rows, row, err);
        if (status != SEG_OK)
            fuzz_check_error(status, err);
        else if (whole->pixels != NULL &&
                 memcmp(row, seg_buffer_row(whole, y), (size_t)form.width * 3) != 0)
            abort();
    }
    if (row != NULL && status == SEG_OK && whole->pixels == NULL)
        abort();
    free(row);
    seg_png_rows_close(rows);
    fclose(file);
}

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
    fuzz_rows(repaired, size, &out, &err);
    seg_image_release(&out);
    free(repaired);
    return 0;
}
