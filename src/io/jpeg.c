/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* jpeg.c: JPEG through libjpeg-turbo's TurboJPEG 2.1 interface (which its 3.x keeps). */
#include "io/jpeg.h"

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "base/error.h"
#include "image/buffer.h"
#include "image/orient.h"
#include "io/exif.h"

bool seg_jpeg_is(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

/* What TurboJPEG does not tell. */
typedef struct headers {
    int orientation; /* EXIF, 1..8 */
    bool adobe;      /* has Adobe's segment: CMYK is stored inverted */
} headers;

enum { MARKER_SOS = 0xda, MARKER_APP1 = 0xe1, MARKER_APP14 = 0xee };

/* Walk the segments {0xff, marker, length of 2 bytes, ...} before the picture's data. */
static headers read_headers(const uint8_t *data, size_t size)
{
    headers found = {.orientation = 1};
    bool exif = false;
    for (size_t at = 2; at + 4 <= size && data[at] == 0xff;) {
        if (data[at + 1] == 0xff) { /* fill byte */
            at++;
            continue;
        }
        const uint8_t *body = data + at + 4;
        size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
        if (data[at + 1] == MARKER_SOS || length < 2 || length > size - at - 2)
            break;
        size_t body_size = length - 2;
        if (data[at + 1] == MARKER_APP14 && body_size >= 5 && memcmp(body, "Adobe", 5) == 0)
            found.adobe = true;
        if (data[at + 1] == MARKER_APP1 && !exif && body_size >= 6 &&
            memcmp(body, "Exif\0", 6) == 0) {
            exif = true;
            found.orientation = seg_exif_orientation(body + 6, body_size - 6);
        }
        at += 2 + length;
    }
    return found;
}

static seg_status fail(tjhandle handle, const char *name, seg_error *err)
{
    const char *text = tjGetErrorStr2(handle);
    if (strstr(text, "Insufficient memory") != NULL || strstr(text, "Memory alloc") != NULL)
        return seg_fail(err, SEG_NOMEM, "%s: out of memory in the JPEG library", name);
    return seg_fail(err, SEG_FORMAT, "%s: damaged or cut short: %s", name, text);
}

/* Stray bytes between segments, which some cameras leave. */
static bool is_harmless(tjhandle handle)
{
    return tjGetErrorCode(handle) == TJERR_WARNING &&
           strstr(tjGetErrorStr2(handle), "extraneous bytes") != NULL;
}

/* A picture to decode, and where to. */
typedef struct picture {
    const uint8_t *data;
    size_t size;
    seg_image_buffer *out;
    int format; /* TJPF */
} picture;

static bool run(tjhandle handle, const picture *p, int flags)
{
    return tjDecompress2(handle, p->data, (unsigned long)p->size, p->out->pixels, p->out->width, 0,
                         p->out->height, p->format,
                         flags | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) == 0;
}

/*
 * A warning of libjpeg means lost pixels (cut short, wrong codes), and stops us: grey areas must
 * not pass for a photo. Stray bytes lose nothing: once more, to the last warning. In a new decoder:
 * the tables that the first one has met by then would decode what comes before them.
 */
static seg_status decompress(tjhandle handle, const picture *p, const char *name, seg_error *err)
{
    if (run(handle, p, TJFLAG_STOPONWARNING))
        return SEG_OK;
    if (!is_harmless(handle))
        return fail(handle, name, err);
    tjhandle again = tjInitDecompress();
    if (again == NULL)
        return seg_fail(err, SEG_NOMEM, "%s: out of memory: a JPEG decoder", name);
    seg_status status = run(again, p, 0) || is_harmless(again) ? SEG_OK : fail(again, name, err);
    tjDestroy(again);
    return status;
}

void seg_cmyk_to_rgb(const uint8_t *src, size_t count, bool inverted, uint8_t *dst)
{
    const uint8_t flip = inverted ? 0 : 255; /* either way: how much light each ink lets through */
    for (size_t i = 0; i < count; i++, src += 4, dst += 3) {
        unsigned through_black = src[3] ^ flip;
        for (int c = 0; c < 3; c++)
            dst[c] = (uint8_t)(((src[c] ^ flip) * through_black + 127) / 255);
    }
}

static seg_status decode_cmyk(tjhandle handle, const uint8_t *data, size_t size, bool inverted,
                              seg_image_buffer *rgb, const char *name, seg_error *err)
{
    seg_image_buffer cmyk;
    seg_status status = seg_image_new(&cmyk, rgb->width, rgb->height, 4, name, err);
    if (status == SEG_OK)
        status = decompress(handle, &(picture){data, size, &cmyk, TJPF_CMYK}, name, err);
    if (status == SEG_OK)
        seg_cmyk_to_rgb(cmyk.pixels, (size_t)rgb->width * (size_t)rgb->height, inverted,
                        rgb->pixels);
    seg_image_release(&cmyk);
    return status;
}

static seg_status decode(tjhandle handle, seg_image_buffer *out, const uint8_t *data, size_t size,
                         const char *name, seg_error *err)
{
    int width = 0, height = 0, subsampling, space;
    if (tjDecompressHeader3(handle, data, (unsigned long)size, &width, &height, &subsampling,
                            &space) != 0)
        return fail(handle, name, err);
    if (width < 1 || height < 1) /* only tables: what TurboJPEG makes of a cut header */
        return seg_fail(err, SEG_FORMAT, "%s: damaged or cut short: no picture in the JPEG", name);
    seg_status status = seg_image_new(out, width, height, 3, name, err);
    if (status != SEG_OK)
        return status;
    headers found = read_headers(data, size);
    if (space == TJCS_CMYK || space == TJCS_YCCK)
        status = decode_cmyk(handle, data, size, found.adobe, out, name, err);
    else
        status = decompress(handle, &(picture){data, size, out, TJPF_RGB}, name, err);
    if (status == SEG_OK)
        status = seg_image_orient(out, found.orientation, name, err);
    if (status != SEG_OK)
        seg_image_release(out);
    return status;
}

seg_status seg_jpeg_decode(seg_image_buffer *out, const uint8_t *data, size_t size,
                           const char *name, seg_error *err)
{
    *out = (seg_image_buffer){0};
    tjhandle handle = tjInitDecompress();
    if (handle == NULL)
        return seg_fail(err, SEG_NOMEM, "%s: out of memory: a JPEG decoder", name);
    seg_status status = decode(handle, out, data, size, name, err);
    tjDestroy(handle);
    return status;
}
