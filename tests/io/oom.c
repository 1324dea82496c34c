/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* oom.c: files and pixels when memory runs out. */
#include "oom/oom.h"

#include <stdio.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "base/error.h"
#include "base/file.h"
#include "image/resize.h"
#include "io/image_file.h"
#include "io/json.h"
#include "io/make_image.h"
#include "io/rows.h"
#include "io/safetensors.h"
#include "test.h"

static seg_status read_image(void *path, seg_error *err)
{
    seg_image_buffer out;
    seg_status status = seg_image_read(&out, path, err);
    if (status != SEG_OK && (out.pixels != NULL || out.width != 0))
        return seg_fail(err, SEG_INVALID, "an image is left after a failure");
    seg_image_release(&out);
    return status;
}

static seg_status read_rows(void *path, seg_error *err)
{
    seg_rows_file *rows;
    uint8_t row[40 * 3];
    seg_status status = seg_rows_file_open(&rows, path, 1 << 20, err);
    for (int y = 0; status == SEG_OK && y < seg_rows_file_height(rows); y++)
        status = seg_rows_file_next(rows, row, err);
    if (status == SEG_OK)
        status = seg_rows_file_rewind(rows, err);
    seg_rows_file_close(rows);
    return status;
}

static seg_status read_labels(void *path, seg_error *err)
{
    seg_image_buffer out;
    seg_status status = seg_labels_read(&out, path, err);
    seg_image_release(&out);
    return status;
}

static void torture_file(const char *name, oom_call call, made_file file, seg_status or_else)
{
    char path[512];
    seg_error err;
    snprintf(path, sizeof path, "%s", test_path(test_folder(), name));
    ck_ok(seg_file_write(path, file.data, file.size, &err), err);
    oom_torture(name, call, path, or_else);
    free(file.data);
}

START_TEST(images_are_read)
{
    uint8_t pixels[40 * 24 * 4], tiff[TIFF_SIZE];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 7);
    make_tiff(tiff, 0, 6);
    made_file turned = make_jpeg(pixels, 40, 24, TJPF_RGB, TJSAMP_420);
    insert_exif(&turned, tiff, sizeof tiff);
    torture_file("turned.jpg", read_image, turned, SEG_NOMEM);
    torture_file("inks.jpg", read_image, make_jpeg(pixels, 40, 24, TJPF_CMYK, TJSAMP_444),
                 SEG_NOMEM);
    torture_file("rgb.png", read_image, make_png(40, 24, 8, 2, 1, pixels, tiff, sizeof tiff),
                 SEG_FORMAT);
    torture_file("rows.jpg", read_rows, make_jpeg(pixels, 40, 24, TJPF_RGB, TJSAMP_420), SEG_NOMEM);
    torture_file("ink_rows.jpg", read_rows, make_jpeg(pixels, 40, 24, TJPF_CMYK, TJSAMP_444),
                 SEG_NOMEM);
    make_tiff(tiff, 0, 1);
    torture_file("rows.png", read_rows, make_png(40, 24, 8, 2, 0, pixels, tiff, sizeof tiff),
                 SEG_FORMAT);
    torture_file("labels.png", read_labels, make_png(40, 24, 2, 3, 0, pixels, NULL, 0), SEG_FORMAT);
}
END_TEST

static seg_status write_labels(void *path, seg_error *err)
{
    static const seg_color palette[2] = {{0, 0, 0}, {9, 9, 9}};
    static const uint8_t ids[300 * 200];
    seg_image labels = {.pixels = ids, .width = 300, .height = 200, .channels = 1};
    return seg_labels_write(path, &labels, palette, 2, err);
}

static seg_status overlay(void *context, seg_error *err)
{
    static const seg_color palette[1] = {{9, 9, 9}};
    static const uint8_t pixels[12];
    (void)context;
    seg_image image = {.pixels = pixels, .width = 2, .height = 2, .channels = 3};
    seg_image labels = {.pixels = pixels, .width = 2, .height = 2, .channels = 1};
    seg_image_buffer out;
    seg_status status = seg_image_overlay(&out, &image, &labels, palette, 1, 0.5f, err);
    seg_image_release(&out);
    return status;
}

static seg_status resize(void *context, seg_error *err)
{
    static const uint8_t pixels[9 * 9 * 3];
    uint8_t dst[5 * 12 * 3];
    (void)context;
    seg_image image = {.pixels = pixels, .width = 9, .height = 9, .channels = 3};
    seg_status status = seg_resize_bilinear(&image, seg_resize_whole(5, 12), dst, err);
    return status == SEG_OK ? seg_resize_nearest(&image, seg_resize_whole(5, 12), dst, err)
                            : status;
}

START_TEST(pixels_are_made_and_written)
{
    char path[512];
    snprintf(path, sizeof path, "%s", test_path(test_folder(), "labels.png"));
    oom_torture("labels_write", write_labels, path, SEG_NOMEM);
    oom_torture("overlay", overlay, NULL, SEG_NOMEM);
    oom_torture("resize", resize, NULL, SEG_NOMEM);
}
END_TEST

static seg_status write_tensors(void *path, seg_error *err)
{
    static float values[6];
    static const char *const metadata[] = {"key", "text", "other", "text"};
    const seg_safetensors_entry entries[] = {
        {"a", {{.dtype = SEG_F32, .rank = 2, .dim = {2, 3}}, values}},
        {"b", {{.dtype = SEG_U8, .rank = 1, .dim = {5}}, values}},
    };
    return seg_safetensors_write(path, 2, entries, 2, metadata, err);
}

static seg_status read_tensors(void *path, seg_error *err)
{
    seg_safetensors *file;
    seg_status status = seg_safetensors_read(&file, path, err);
    seg_safetensors_free(file);
    return status;
}

START_TEST(tensors_are_written_and_read)
{
    char path[512];
    snprintf(path, sizeof path, "%s", test_path(test_folder(), "a.safetensors"));
    oom_torture("safetensors_write", write_tensors, path, SEG_NOMEM);
    oom_torture("safetensors_read", read_tensors, path, SEG_FORMAT);
}
END_TEST

Suite *suite_oom(void)
{
    Suite *suite = suite_create("oom");
    TCase *tests = tcase_create("oom");
    tcase_add_test(tests, images_are_read);
    tcase_add_test(tests, pixels_are_made_and_written);
    tcase_add_test(tests, tensors_are_written_and_read);
    suite_add_tcase(suite, tests);
    return suite;
}
