/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* rows.c: image files row by row, of any kind we know, told apart by content. */
#define _POSIX_C_SOURCE 200809L
#include "io/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "image/buffer.h"
#include "io/jpeg.h"
#include "io/png.h"

struct seg_rows_file {
    char *path;
    FILE *file;
    seg_rows_form form;
    seg_jpeg_rows *jpeg;
    seg_png_rows *png;
    seg_image_buffer whole; /* zero: rows are decoded as they are read */
    int next;               /* row of whole */
};

static void stop(seg_rows_file *file)
{
    seg_jpeg_rows_close(file->jpeg);
    seg_png_rows_close(file->png);
    file->jpeg = NULL;
    file->png = NULL;
}

static void release(seg_rows_file *file)
{
    stop(file);
    if (file->file != NULL)
        fclose(file->file);
    seg_image_release(&file->whole);
    free(file->path);
}

static seg_status start(seg_rows_file *file, seg_error *err)
{
    uint8_t head[8];
    rewind(file->file);
    const size_t size = fread(head, 1, sizeof head, file->file);
    if (ferror(file->file))
        return seg_fail(err, SEG_IO, "%s: cannot read: %s", file->path, strerror(errno));
    rewind(file->file);
    if (seg_jpeg_is(head, size))
        return seg_jpeg_rows_open(&file->jpeg, file->file, file->path, &file->form, err);
    if (seg_png_is(head, size))
        return seg_png_rows_open(&file->png, file->file, file->path, &file->form, err);
    return seg_fail(err, SEG_FORMAT, "%s: %s", file->path,
                    size == 0 ? "the file is empty" : "neither a JPEG nor a PNG file");
}

static seg_status open_file(seg_rows_file *file, seg_error *err)
{
    struct stat info;
    if (stat(file->path, &info) == 0 && !S_ISREG(info.st_mode))
        return seg_fail(err, SEG_IO, "%s: not a regular file", file->path);
    file->file = fopen(file->path, "rbe");
    if (file->file == NULL)
        return seg_fail(err, errno == ENOMEM ? SEG_NOMEM : SEG_IO, "%s: cannot open: %s",
                        file->path, strerror(errno));
    return start(file, err);
}

static seg_status read_whole(seg_rows_file *file, size_t limit, seg_error *err)
{
    const size_t size = (size_t)file->form.width * (size_t)file->form.height * 3;
    if (size > limit)
        return seg_fail(err, SEG_LIMIT,
                        "%s: %s has to be decoded whole, and the pixels of %dx%d take %zu MB, "
                        "more than the %zu MB left for them",
                        file->path, file->form.whole, file->form.width, file->form.height,
                        size >> 20, limit >> 20);
    stop(file);
    seg_status status = seg_image_read(&file->whole, file->path, err);
    file->form.width = file->whole.width; /* as EXIF turned it */
    file->form.height = file->whole.height;
    return status;
}

seg_status seg_rows_file_open(seg_rows_file **out, const char *path, size_t whole_limit,
                              seg_error *err)
{
    *out = NULL;
    seg_rows_file *file = calloc(1, sizeof *file);
    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        return seg_fail_nomem(err, sizeof *file, path);
    }
    seg_status status = open_file(file, err);
    if (status == SEG_OK && file->form.whole != NULL)
        status = read_whole(file, whole_limit, err);
    if (status == SEG_OK)
        *out = file;
    else
        seg_rows_file_close(file);
    return status;
}

seg_status seg_image_size(const char *path, int *width, int *height, seg_error *err)
{
    seg_rows_file file = {.path = strdup(path)};
    if (file.path == NULL)
        return seg_fail_nomem(err, strlen(path) + 1, path);
    seg_status status = open_file(&file, err);
    if (status == SEG_OK) {
        *width = file.form.width;
        *height = file.form.height;
    }
    release(&file);
    return status;
}

int seg_rows_file_width(const seg_rows_file *file)
{
    return file->form.width;
}

int seg_rows_file_height(const seg_rows_file *file)
{
    return file->form.height;
}

size_t seg_rows_file_held(const seg_rows_file *file)
{
    return (size_t)file->whole.width * (size_t)file->whole.height * 3;
}

seg_status seg_rows_file_next(seg_rows_file *file, uint8_t *dst, seg_error *err)
{
    if (file->whole.pixels != NULL) {
        memcpy(dst, seg_buffer_row(&file->whole, file->next++), (size_t)file->whole.width * 3);
        return SEG_OK;
    }
    return file->jpeg != NULL ? seg_jpeg_rows_next(file->jpeg, dst, err)
                              : seg_png_rows_next(file->png, dst, err);
}

seg_status seg_rows_file_rewind(seg_rows_file *file, seg_error *err)
{
    file->next = 0;
    if (file->whole.pixels != NULL)
        return SEG_OK;
    stop(file);
    return start(file, err);
}

void seg_rows_file_close(seg_rows_file *file)
{
    if (file == NULL)
        return;
    release(file);
    free(file);
}
