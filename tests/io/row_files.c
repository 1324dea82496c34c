/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* row_files.c: image files row by row, against the same read whole. */
#include <stdio.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "base/file.h"
#include "image/buffer.h"
#include "io/make_image.h"
#include "io/rows.h"
#include "test.h"

enum { WIDTH = 61, HEIGHT = 47, MEGABYTE = 1 << 20 };

/* Pixels of four channels or 16 bits; smooth enough for a JPEG, and all different. */
static uint8_t *pattern(void)
{
    uint8_t *pixels = malloc((size_t)WIDTH * HEIGHT * 8);
    for (int i = 0; i < WIDTH * HEIGHT * 8; i++)
        pixels[i] = (uint8_t)(i / 37 + i * 3);
    return pixels;
}

static const char *written(const made_file *file)
{
    const char *path = test_path(test_folder(), "picture");
    seg_error err;
    ck_ok(seg_file_write(path, file->data, file->size, &err), err);
    return path;
}

/* Twice, as whoever needs two passes reads it. */
static void same_rows(made_file file, bool held)
{
    const char *path = written(&file);
    seg_image_buffer wanted;
    seg_rows_file *rows;
    seg_error err;
    ck_ok(seg_image_read(&wanted, path, &err), err);
    ck_ok(seg_rows_file_open(&rows, path, MEGABYTE, &err), err);
    ck_assert_int_eq(seg_rows_file_width(rows), wanted.width);
    ck_assert_int_eq(seg_rows_file_height(rows), wanted.height);
    ck_assert_uint_eq(seg_rows_file_held(rows) > 0, held);
    uint8_t *row = malloc((size_t)wanted.width * 3);
    for (int pass = 0; pass < 2; pass++) {
        for (int y = 0; y < wanted.height; y++) {
            ck_ok(seg_rows_file_next(rows, row, &err), err);
            ck_assert_mem_eq(row, seg_buffer_row(&wanted, y), (size_t)wanted.width * 3);
        }
        ck_ok(seg_rows_file_rewind(rows, &err), err);
    }
    seg_rows_file_close(rows);
    seg_image_release(&wanted);
    free(row);
    free(file.data);
}

START_TEST(jpegs)
{
    static const struct {
        int format, subsampling;
    } kinds[] = {{TJPF_RGB, TJSAMP_444},   {TJPF_RGB, TJSAMP_420},  {TJPF_RGB, TJSAMP_422},
                 {TJPF_GRAY, TJSAMP_GRAY}, {TJPF_CMYK, TJSAMP_444}, {TJPF_RGB, TJSAMP_440}};
    uint8_t *pixels = pattern();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        same_rows(make_jpeg(pixels, WIDTH, HEIGHT, kinds[i].format, kinds[i].subsampling), false);
    free(pixels);
}
END_TEST

START_TEST(pngs)
{
    static const struct {
        int depth, type;
    } kinds[] = {{1, 0}, {2, 0}, {4, 0}, {8, 0},  {16, 0}, {8, 2}, {16, 2},
                 {2, 3}, {8, 3}, {8, 4}, {16, 4}, {8, 6},  {16, 6}};
    uint8_t *pixels = pattern();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (int interlaced = 0; interlaced <= 1; interlaced++)
            same_rows(
                make_png(WIDTH, HEIGHT, kinds[i].depth, kinds[i].type, interlaced, pixels, NULL, 0),
                interlaced != 0);
    }
    free(pixels);
}
END_TEST

/* A progressive copy of a JPEG. */
static made_file progressive(made_file file)
{
    tjhandle handle = tjInitTransform();
    tjtransform transform = {.options = TJXOPT_PROGRESSIVE};
    unsigned char *data = NULL;
    unsigned long size = 0;
    ck_assert_int_eq(
        tjTransform(handle, file.data, (unsigned long)file.size, 1, &data, &size, &transform, 0),
        0);
    tjDestroy(handle);
    made_file made = {malloc(size), size};
    memcpy(made.data, data, size);
    tjFree(data);
    free(file.data);
    return made;
}

static void refused(made_file file, size_t limit, const char *part)
{
    const char *path = written(&file);
    seg_rows_file *rows = (seg_rows_file *)(void *)&file;
    seg_error err;
    ck_fails(seg_rows_file_open(&rows, path, limit, &err), SEG_LIMIT, err, part);
    ck_assert_ptr_null(rows);
    free(file.data);
}

/* Held whole where that fits, else one sentence. */
START_TEST(held_whole)
{
    uint8_t *pixels = pattern(), tiff[TIFF_SIZE];
    for (int orientation = 1; orientation <= 8; orientation++) {
        make_tiff(tiff, orientation % 2, orientation);
        made_file jpeg = make_jpeg(pixels, WIDTH, HEIGHT, TJPF_RGB, TJSAMP_444);
        insert_exif(&jpeg, tiff, sizeof tiff);
        same_rows(jpeg, orientation > 1);
        same_rows(make_png(WIDTH, HEIGHT, 8, 2, 0, pixels, tiff, sizeof tiff), orientation > 1);
    }
    same_rows(progressive(make_jpeg(pixels, WIDTH, HEIGHT, TJPF_RGB, TJSAMP_420)), true);
    refused(progressive(make_jpeg(pixels, WIDTH, HEIGHT, TJPF_RGB, TJSAMP_420)), 5000,
            "a progressive JPEG has to be decoded whole");
    refused(make_png(WIDTH, HEIGHT, 8, 2, 1, pixels, NULL, 0), 5000,
            "an interlaced PNG has to be decoded whole, and the pixels of 61x47");
    refused(make_png(WIDTH, HEIGHT, 8, 2, 0, pixels, tiff, sizeof tiff), 5000, "EXIF");
    free(pixels);
}
END_TEST

/* Fails at open or at a row, and never gives all of them. */
static void expect_failure(const made_file *file, size_t size)
{
    made_file part = {file->data, size};
    const char *path = written(&part);
    uint8_t row[WIDTH * 3];
    seg_rows_file *rows;
    seg_error err;
    seg_status status = seg_rows_file_open(&rows, path, MEGABYTE, &err);
    for (int y = 0; status == SEG_OK && y < HEIGHT; y++)
        status = seg_rows_file_next(rows, row, &err);
    ck_assert_msg(status == SEG_FORMAT, "%zu of %zu bytes: %s", size, file->size,
                  seg_status_text(status));
    ck_assert_msg(strstr(err.text, "picture: ") != NULL, "'%s' does not name the file", err.text);
    seg_rows_file_close(rows);
}

START_TEST(cut_short)
{
    uint8_t *pixels = pattern();
    for (int png = 0; png <= 1; png++) {
        made_file file = png ? make_png(WIDTH, HEIGHT, 8, 2, 0, pixels, NULL, 0)
                             : make_jpeg(pixels, WIDTH, HEIGHT, TJPF_RGB, TJSAMP_420);
        for (size_t size = 0; size < file.size; size += 1 + file.size / 97)
            expect_failure(&file, size);
        expect_failure(&file, file.size - 1);
        free(file.data);
    }
    free(pixels);
}
END_TEST

START_TEST(no_pictures)
{
    seg_rows_file *rows;
    seg_error err;
    int width = 0, height = 0;
    made_file none = make_png_header(0, 5, 8, 2), wide = make_png_header(70000, 5, 8, 2);
    ck_fails(seg_rows_file_open(&rows, written(&none), 0, &err), SEG_FORMAT, err, "picture: ");
    ck_fails(seg_rows_file_open(&rows, written(&wide), 0, &err), SEG_LIMIT, err,
             "70000x5 has a side over 65535 pixels");
    ck_fails(seg_rows_file_open(&rows, test_folder(), 0, &err), SEG_IO, err, "not a regular file");
    ck_fails(seg_rows_file_open(&rows, "nowhere.png", 0, &err), SEG_IO, err,
             "nowhere.png: cannot open");
    uint8_t hello[] = "hello";
    made_file text = {hello, 5};
    ck_fails(seg_rows_file_open(&rows, written(&text), 0, &err), SEG_FORMAT, err,
             "neither a JPEG nor a PNG");
    ck_assert_ptr_null(rows);
    ck_fails(seg_image_size("nowhere.png", &width, &height, &err), SEG_IO, err, "cannot open");
    uint8_t *pixels = pattern();
    made_file sound = make_png(WIDTH, HEIGHT, 8, 2, 0, pixels, NULL, 0);
    ck_ok(seg_image_size(written(&sound), &width, &height, &err), err);
    ck_assert(width == WIDTH && height == HEIGHT);
    free(pixels);
    free(none.data);
    free(wide.data);
    free(sound.data);
}
END_TEST

Suite *suite_row_files(void)
{
    Suite *suite = suite_create("row_files");
    TCase *tests = tcase_create("row_files");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, jpegs);
    tcase_add_test(tests, pngs);
    tcase_add_test(tests, held_whole);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, no_pictures);
    suite_add_tcase(suite, tests);
    return suite;
}
