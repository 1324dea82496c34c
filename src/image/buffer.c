/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* buffer.c: making, viewing, checking and freeing images. */
#include "image/buffer.h"

#include <stdlib.h>

#include "base/error.h"

seg_status seg_image_new(seg_image_buffer *out, int64_t width, int64_t height, int channels,
                         const char *name, seg_error *err)
{
    *out = (seg_image_buffer){0};
    if (width < 1 || height < 1)
        return seg_fail(err, SEG_FORMAT, "%s: %lldx%lld has no pixels", name, (long long)width,
                        (long long)height);
    if (width > SEG_MAX_SIDE || height > SEG_MAX_SIDE)
        return seg_fail(err, SEG_LIMIT, "%s: %lldx%lld has a side over %d pixels", name,
                        (long long)width, (long long)height, SEG_MAX_SIDE);
    if (width * height > SEG_MAX_PIXELS)
        return seg_fail(err, SEG_LIMIT, "%s: %lldx%lld is more than %d pixels", name,
                        (long long)width, (long long)height, SEG_MAX_PIXELS);
    size_t size = (size_t)width * (size_t)height * (size_t)channels;
    out->pixels = malloc(size);
    if (out->pixels == NULL)
        return seg_fail_nomem(err, size, name);
    out->width = (int)width;
    out->height = (int)height;
    out->channels = channels;
    return SEG_OK;
}

seg_status seg_image_check(const seg_image *image, int min_channels, int max_channels,
                           const char *what, seg_error *err)
{
    if (image == NULL || image->pixels == NULL)
        return seg_fail(err, SEG_INVALID, "%s: no pixels given", what);
    if (image->width < 1 || image->height < 1 || image->width > SEG_MAX_SIDE ||
        image->height > SEG_MAX_SIDE)
        return seg_fail(err, SEG_INVALID, "%s: %dx%d pixels, but sides are 1..%d", what,
                        image->width, image->height, SEG_MAX_SIDE);
    if (image->channels < min_channels || image->channels > max_channels || image->channels == 2)
        return seg_fail(err, SEG_INVALID, "%s: %d channels, not %s", what, image->channels,
                        max_channels == 1   ? "1"
                        : max_channels == 3 ? "3"
                                            : "1, 3 or 4");
    if (seg_image_stride(image) < (size_t)image->width * (size_t)image->channels)
        return seg_fail(err, SEG_INVALID, "%s: rows of %zu bytes do not hold %d x %d", what,
                        image->stride, image->width, image->channels);
    return SEG_OK;
}

seg_image seg_image_view(const seg_image_buffer *buffer)
{
    return (seg_image){
        .pixels = buffer->pixels,
        .width = buffer->width,
        .height = buffer->height,
        .channels = buffer->channels,
        .stride = (size_t)buffer->width * (size_t)buffer->channels,
    };
}

void seg_image_release(seg_image_buffer *buffer)
{
    if (buffer == NULL)
        return;
    free(buffer->pixels);
    *buffer = (seg_image_buffer){0};
}
