/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* image_file.c: image files of any kind we know, told apart by content. */
#include "io/image_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "image/buffer.h"
#include "io/jpeg.h"
#include "io/png.h"

enum { FILE_LIMIT_BYTES = 1 << 30 };

static seg_status unknown(size_t size, const char *name, seg_error *err)
{
    if (size == 0)
        return seg_fail(err, SEG_FORMAT, "%s: the file is empty", name);
    return seg_fail(err, SEG_FORMAT, "%s: neither a JPEG nor a PNG file", name);
}

seg_status seg_image_decode(seg_image_buffer *out, const void *data, size_t size, const char *name,
                            seg_error *err)
{
    *out = (seg_image_buffer){0};
    if (seg_jpeg_is(data, size))
        return seg_jpeg_decode(out, data, size, name, err);
    if (seg_png_is(data, size))
        return seg_png_decode(out, data, size, name, err);
    return unknown(size, name, err);
}

seg_status seg_labels_decode(seg_image_buffer *out, const void *data, size_t size, const char *name,
                             seg_error *err)
{
    *out = (seg_image_buffer){0};
    if (seg_png_is(data, size))
        return seg_png_decode_ids(out, data, size, name, err);
    if (seg_jpeg_is(data, size))
        return seg_fail(err, SEG_FORMAT,
                        "%s: a JPEG cannot hold labels, its compression changes the ids; use PNG",
                        name);
    return unknown(size, name, err);
}

typedef seg_status (*decoder)(seg_image_buffer *out, const void *data, size_t size,
                              const char *name, seg_error *err);

static seg_status read_file(seg_image_buffer *out, const char *path, decoder decode, seg_error *err)
{
    uint8_t *data;
    size_t size;
    *out = (seg_image_buffer){0};
    seg_status status = seg_file_read(path, FILE_LIMIT_BYTES, &data, &size, err);
    if (status == SEG_OK)
        status = decode(out, data, size, path, err);
    free(data);
    return status;
}

seg_status seg_image_read(seg_image_buffer *out, const char *path, seg_error *err)
{
    return read_file(out, path, seg_image_decode, err);
}

seg_status seg_labels_read(seg_image_buffer *out, const char *path, seg_error *err)
{
    return read_file(out, path, seg_labels_decode, err);
}

static seg_status write_png(const char *path, const seg_image *image, const seg_color *palette,
                            seg_error *err)
{
    uint8_t *data;
    size_t size;
    seg_status status = seg_png_encode(&data, &size, image, palette, path, err);
    if (status == SEG_OK)
        status = seg_file_write(path, data, size, err);
    free(data);
    return status;
}

seg_status seg_labels_write(const char *path, const seg_image *labels, const seg_color *palette,
                            int palette_size, seg_error *err)
{
    seg_status status = seg_image_check(labels, 1, 1, path, err);
    if (status != SEG_OK)
        return status;
    if (palette == NULL || palette_size < 1 || palette_size > 256)
        return seg_fail(err, SEG_INVALID, "%s: a palette of %d colours, not 1..256", path,
                        palette_size);
    seg_color colors[256];
    memset(colors, 255, sizeof colors);
    memcpy(colors, palette, (size_t)palette_size * sizeof *palette);
    return write_png(path, labels, colors, err);
}

seg_status seg_image_write(const char *path, const seg_image *image, seg_error *err)
{
    seg_status status = seg_image_check(image, 1, 4, path, err);
    return status == SEG_OK ? write_png(path, image, NULL, err) : status;
}
