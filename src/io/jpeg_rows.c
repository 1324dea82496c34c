/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * jpeg_rows.c: JPEG files row by row, through libjpeg-turbo's libjpeg interface (TurboJPEG's has no
 * rows).
 *
 * libjpeg tells of errors by a call that must not return, so each call of it is made below a
 * setjmp(). A warning means lost pixels and is an error (see jpeg.c), but for stray bytes between
 * segments.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/exif.h"
#include "io/jpeg.h"
#include "io/rows.h"

/* They want the types above. */
#include <jerror.h>
#include <jpeglib.h>

struct seg_jpeg_rows {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    char text[JMSG_LENGTH_MAX];
    const char *name;
    uint8_t *inks; /* a row of CMYK; NULL: the file has none */
};

static void on_error(j_common_ptr jpeg)
{
    seg_jpeg_rows *rows = jpeg->client_data;
    jpeg->err->format_message(jpeg, rows->text);
    longjmp(rows->failed, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA)
        on_error(jpeg);
}

static void on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

static seg_status fail(const seg_jpeg_rows *rows, seg_error *err)
{
    if (rows->errors.msg_code == JERR_OUT_OF_MEMORY)
        return seg_fail(err, SEG_NOMEM, "%s: out of memory in the JPEG library", rows->name);
    return seg_fail(err, SEG_FORMAT, "%s: damaged or cut short: %s", rows->name, rows->text);
}

static int orientation_of(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next) {
        if (m->data_length >= 6 && memcmp(m->data, "Exif\0", 6) == 0)
            return seg_exif_orientation(m->data + 6, m->data_length - 6);
    }
    return 1;
}

static bool read_header(seg_jpeg_rows *rows, FILE *file, seg_rows_form *form)
{
    if (setjmp(rows->failed) != 0)
        return false;
    jpeg_create_decompress(&rows->jpeg);
    rows->jpeg.client_data = rows;
    jpeg_stdio_src(&rows->jpeg, file);
    jpeg_save_markers(&rows->jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&rows->jpeg, TRUE);
    form->width = (int)rows->jpeg.image_width;
    form->height = (int)rows->jpeg.image_height;
    if (jpeg_has_multiple_scans(&rows->jpeg))
        form->whole =
            rows->jpeg.progressive_mode ? "a progressive JPEG" : "a JPEG of several scans";
    else if (orientation_of(&rows->jpeg) > 1)
        form->whole = "a JPEG that EXIF turns or mirrors";
    return true;
}

static bool start(seg_jpeg_rows *rows)
{
    if (setjmp(rows->failed) != 0)
        return false;
    rows->jpeg.dct_method = JDCT_ISLOW;
    rows->jpeg.out_color_space = rows->inks != NULL ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&rows->jpeg);
    return true;
}

static seg_status open_rows(seg_jpeg_rows *rows, FILE *file, seg_rows_form *form, seg_error *err)
{
    if (!read_header(rows, file, form))
        return fail(rows, err);
    if (form->whole != NULL)
        return SEG_OK;
    if (rows->jpeg.jpeg_color_space == JCS_CMYK || rows->jpeg.jpeg_color_space == JCS_YCCK) {
        rows->inks = malloc((size_t)form->width * 4);
        if (rows->inks == NULL)
            return seg_fail_nomem(err, (size_t)form->width * 4, rows->name);
    }
    return start(rows) ? SEG_OK : fail(rows, err);
}

seg_status seg_jpeg_rows_open(seg_jpeg_rows **out, FILE *file, const char *name,
                              seg_rows_form *form, seg_error *err)
{
    *out = NULL;
    *form = (seg_rows_form){0};
    seg_jpeg_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return seg_fail_nomem(err, sizeof *rows, name);
    rows->name = name;
    rows->jpeg.err = jpeg_std_error(&rows->errors);
    /* jpeg_create_decompress() keeps err and client_data. */
    rows->jpeg.client_data = rows;
    rows->errors.error_exit = on_error;
    rows->errors.emit_message = on_message;
    rows->errors.output_message = on_output;
    seg_status status = open_rows(rows, file, form, err);
    if (status == SEG_OK)
        *out = rows;
    else
        seg_jpeg_rows_close(rows);
    return status;
}

static bool read_row(seg_jpeg_rows *rows, uint8_t *dst)
{
    if (setjmp(rows->failed) != 0)
        return false;
    JSAMPROW row = rows->inks != NULL ? rows->inks : dst;
    jpeg_read_scanlines(&rows->jpeg, &row, 1);
    if (rows->jpeg.output_scanline == rows->jpeg.output_height)
        jpeg_finish_decompress(&rows->jpeg);
    return true;
}

seg_status seg_jpeg_rows_next(seg_jpeg_rows *rows, uint8_t *dst, seg_error *err)
{
    const size_t width = rows->jpeg.output_width;
    if (!read_row(rows, dst))
        return fail(rows, err);
    if (rows->inks != NULL)
        seg_cmyk_to_rgb(rows->inks, width, rows->jpeg.saw_Adobe_marker, dst);
    return SEG_OK;
}

void seg_jpeg_rows_close(seg_jpeg_rows *rows)
{
    if (rows == NULL)
        return;
    jpeg_destroy_decompress(&rows->jpeg);
    free(rows->inks);
    free(rows);
}
