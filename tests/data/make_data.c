/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* make_data.c: data sets of the folder form, made for one test. */
#include "data/make_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/palette.h"
#include "seg/image.h"
#include "test.h"

/* Makes the folders above a path, and returns the path. */
static const char *place(const char *folder, const char *name)
{
    const char *path = test_path(folder, name);
    char above[512];
    seg_error err;
    size_t length = (size_t)(strrchr(path, '/') - path);
    memcpy(above, path, length);
    above[length] = '\0';
    ck_ok(seg_folder_make(above, &err), err);
    return path;
}

void put_text(const char *folder, const char *name, const char *text)
{
    seg_error err;
    ck_ok(seg_file_write(place(folder, name), text, strlen(text), &err), err);
}

void put_pixels(const char *folder, const char *name, const uint8_t *pixels, int width, int height,
                int channels)
{
    const seg_image view = {pixels, width, height, channels, 0};
    const char *path = place(folder, name);
    seg_color palette[256];
    seg_error err;
    for (int id = 0; id < 256; id++)
        palette[id] = seg_palette_voc(id);
    if (channels == 1)
        ck_ok(seg_labels_write(path, &view, palette, 256, &err), err);
    else
        ck_ok(seg_image_write(path, &view, &err), err);
}

static void put_flat(const char *folder, const char *name, int width, int height, int channels,
                     uint8_t value)
{
    const size_t size = (size_t)(width * height * channels);
    uint8_t *pixels = malloc(size);
    memset(pixels, value, size);
    put_pixels(folder, name, pixels, width, height, channels);
    free(pixels);
}

void put_image(const char *folder, const char *name, int width, int height, uint8_t grey)
{
    put_flat(folder, name, width, height, 3, grey);
}

void put_labels(const char *folder, const char *name, int width, int height, uint8_t id)
{
    put_flat(folder, name, width, height, 1, id);
}
