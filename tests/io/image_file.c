/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* image_file.c: image files of every kind we read and write, whole, damaged and hostile. */
#include "io/image_file.h"

#include <spng.h>
#include <stdio.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "base/file.h"
#include "io/exif.h"
#include "io/make_image.h"
#include "test.h"

enum { GREY = 0, RGB = 2, INDEXED = 3, GREY_ALPHA = 4, RGBA = 6 };

typedef seg_status (*decoder)(seg_image_buffer *out, const void *data, size_t size,
                              const char *name, seg_error *err);

/* Fails for `size` bytes in a block of their own, so that a sanitizer sees any byte read beyond. */
static void expect_failure(decoder decode, const uint8_t *data, size_t size, seg_status status,
                           const char *part)
{
    seg_error err;
    seg_image_buffer out = {.width = 1};
    uint8_t *copy = malloc(size + (size == 0));
    memcpy(copy, data, size);
    ck_fails(decode(&out, copy, size, "a.file", &err), status, err, part);
    ck_assert_msg(strncmp(err.text, "a.file: ", 8) == 0, "'%s' does not name the file", err.text);
    ck_assert(out.pixels == NULL && out.width == 0);
    free(copy);
}

static seg_image_buffer decoded(decoder decode, const made_file *file, int width, int height,
                                int channels)
{
    seg_error err;
    seg_image_buffer out;
    ck_ok(decode(&out, file->data, file->size, "made", &err), err);
    ck_assert(out.width == width && out.height == height && out.channels == channels);
    return out;
}

/* Ten pixels in two rows of five and the RGB they mean. Small depths: five pixels do not fill
 * their bytes. */
static const struct {
    int depth, type;
    uint8_t stored[80];
    uint8_t rgb[30], ids[10]; /* ids: all 99 where the file holds no labels */
} pngs[] = {
    {1,
     GREY,
     {0xa8, 0x50},
     {255, 255, 255, 0,   0,   0,   255, 255, 255, 0,   0,   0,   255, 255, 255,
      0,   0,   0,   255, 255, 255, 0,   0,   0,   255, 255, 255, 0,   0,   0},
     {1, 0, 1, 0, 1, 0, 1, 0, 1, 0}},
    {2,
     GREY,
     {0x1b, 0x40, 0xe4, 0x80},
     {0,   0,   0,   85,  85,  85,  170, 170, 170, 255, 255, 255, 85,  85,  85,
      255, 255, 255, 170, 170, 170, 85,  85,  85,  0,   0,   0,   170, 170, 170},
     {0, 1, 2, 3, 1, 3, 2, 1, 0, 2}},
    {4,
     GREY,
     {0x0f, 0x12, 0x30, 0x45, 0x67, 0x80},
     {0,  0,  0,  255, 255, 255, 17,  17,  17,  34,  34,  34,  51,  51,  51,
      68, 68, 68, 85,  85,  85,  102, 102, 102, 119, 119, 119, 136, 136, 136},
     {0, 15, 1, 2, 3, 4, 5, 6, 7, 8}},
    {8,
     GREY,
     {0, 1, 2, 254, 255, 5, 6, 7, 8, 9},
     {0, 0, 0, 1, 1, 1, 2, 2, 2, 254, 254, 254, 255, 255, 255,
      5, 5, 5, 6, 6, 6, 7, 7, 7, 8,   8,   8,   9,   9,   9},
     {0, 1, 2, 254, 255, 5, 6, 7, 8, 9}},
    {16,
     GREY,
     {0, 9, 1, 0, 2, 255, 254, 0, 255, 255, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0},
     {0, 0, 0, 1, 1, 1, 2, 2, 2, 254, 254, 254, 255, 255, 255,
      5, 5, 5, 6, 6, 6, 7, 7, 7, 8,   8,   8,   9,   9,   9},
     {99}},
    {1,
     INDEXED,
     {0xa8, 0x50},
     {3, 5, 7, 0, 0, 0, 3, 5, 7, 0, 0, 0, 3, 5, 7, 0, 0, 0, 3, 5, 7, 0, 0, 0, 3, 5, 7, 0, 0, 0},
     {1, 0, 1, 0, 1, 0, 1, 0, 1, 0}},
    {2,
     INDEXED,
     {0x1b, 0x40, 0xe4, 0x80},
     {0, 0,  0,  3, 5,  7,  6, 10, 14, 9, 15, 21, 3, 5,  7,
      9, 15, 21, 6, 10, 14, 3, 5,  7,  0, 0,  0,  6, 10, 14},
     {0, 1, 2, 3, 1, 3, 2, 1, 0, 2}},
    {4,
     INDEXED,
     {0x0f, 0x12, 0x30, 0x45, 0x67, 0x80},
     {0,  0,  0,  45, 75, 105, 3,  5,  7,  6,  10, 14, 9,  15, 21,
      12, 20, 28, 15, 25, 35,  18, 30, 42, 21, 35, 49, 24, 40, 56},
     {0, 15, 1, 2, 3, 4, 5, 6, 7, 8}},
    {8,
     INDEXED,
     {0, 1, 2, 254, 255, 5, 6, 7, 8, 9},
     {0,  0,  0,  3,  5,  7,  6,  10, 14, 250, 246, 242, 253, 251, 249,
      15, 25, 35, 18, 30, 42, 21, 35, 49, 24,  40,  56,  27,  45,  63},
     {0, 1, 2, 254, 255, 5, 6, 7, 8, 9}},
    {8,
     RGB,
     {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 255},
     {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 255},
     {99}},
    {16, RGB, {1, 200, 2, 0, 3, 0, 255, 255}, {1, 2, 3, 255}, {99}},
    {8, GREY_ALPHA, {50, 0, 60, 255, 70, 1}, {50, 50, 50, 60, 60, 60, 70, 70, 70}, {99}},
    {16, GREY_ALPHA, {50, 9, 0, 0, 60, 9}, {50, 50, 50, 60, 60, 60}, {99}},
    {8, RGBA, {1, 2, 3, 0, 4, 5, 6, 255}, {1, 2, 3, 4, 5, 6}, {99}},
    {16, RGBA, {1, 0, 2, 0, 3, 255, 0, 0, 4, 0}, {1, 2, 3, 4}, {99}},
};

START_TEST(png_of_every_kind)
{
    for (int interlaced = 0; interlaced <= 1; interlaced++) {
        made_file file =
            make_png(5, 2, pngs[_i].depth, pngs[_i].type, interlaced, pngs[_i].stored, NULL, 0);
        seg_image_buffer out = decoded(seg_image_decode, &file, 5, 2, 3);
        ck_assert_mem_eq(out.pixels, pngs[_i].rgb, 30);
        seg_image_release(&out);
        if (pngs[_i].ids[0] != 99) {
            out = decoded(seg_labels_decode, &file, 5, 2, 1);
            ck_assert_mem_eq(out.pixels, pngs[_i].ids, 10);
            seg_image_release(&out);
        } else {
            expect_failure(seg_labels_decode, file.data, file.size, SEG_FORMAT,
                           pngs[_i].type == GREY ? "16-bit" : "no class ids");
        }
        free(file.data);
    }
}
END_TEST

START_TEST(png_cut_anywhere_is_refused)
{
    made_file file =
        make_png(5, 2, pngs[_i].depth, pngs[_i].type, _i % 2, pngs[_i].stored, NULL, 0);
    bool labels = pngs[_i].ids[0] != 99;
    for (size_t size = 0; size < file.size; size++) {
        const char *part = size == 0  ? "empty"
                           : size < 8 ? "neither a JPEG nor a PNG"
                                      : "cut short";
        expect_failure(seg_image_decode, file.data, size, SEG_FORMAT, part);
        if (labels)
            expect_failure(seg_labels_decode, file.data, size, SEG_FORMAT, part);
    }
    free(file.data);
}
END_TEST

START_TEST(png_with_hostile_headers)
{
    static const struct {
        uint32_t width, height;
        int depth, type;
        seg_status status;
        const char *part;
    } headers[] = {
        {0, 0, 8, GREY, SEG_FORMAT, "width"},
        {1, 0, 8, GREY, SEG_FORMAT, "height"},
        {0x80000000u, 1, 8, GREY, SEG_FORMAT, "width"},
        {0x7fffffff, 0x7fffffff, 8, GREY, SEG_LIMIT, "2147483647x2147483647"},
        {65536, 1, 1, GREY, SEG_LIMIT, "65536x1"},
        {60000, 60000, 1, INDEXED, SEG_LIMIT, "268435456"},
        {4, 4, 3, GREY, SEG_FORMAT, "bit depth"},
        {4, 4, 8, 5, SEG_FORMAT, "color type"},
        {4, 4, 8, GREY, SEG_FORMAT, "cut short"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        made_file file =
            make_png_header(headers[i].width, headers[i].height, headers[i].depth, headers[i].type);
        expect_failure(seg_image_decode, file.data, file.size, headers[i].status, headers[i].part);
        expect_failure(seg_labels_decode, file.data, file.size, headers[i].status, headers[i].part);
        free(file.data);
    }
}
END_TEST

/* 48 x 32 with a slope in each channel: survives halved chroma within a few steps. */
static void fill_slopes(uint8_t *rgb)
{
    for (int i = 0; i < 48 * 32; i++) {
        rgb[3 * i] = (uint8_t)(20 + i % 48 * 4);
        rgb[3 * i + 1] = (uint8_t)(30 + i / 48 * 6);
        rgb[3 * i + 2] = (uint8_t)(200 - i % 48 * 2);
    }
}

START_TEST(jpeg_of_every_subsampling)
{
    static const int all[] = {TJSAMP_444, TJSAMP_422, TJSAMP_420,
                              TJSAMP_440, TJSAMP_411, TJSAMP_GRAY};
    uint8_t rgb[48 * 32 * 3];
    fill_slopes(rgb);
    made_file file = make_jpeg(rgb, 48, 32, TJPF_RGB, all[_i]);
    seg_image_buffer out = decoded(seg_image_decode, &file, 48, 32, 3);
    for (int i = 0; i < 48 * 32; i++) {
        const uint8_t *wanted = rgb + 3 * i, *got = out.pixels + 3 * i;
        double grey = 0.299 * wanted[0] + 0.587 * wanted[1] + 0.114 * wanted[2];
        for (int c = 0; c < 3; c++)
            ck_assert_double_eq_tol(got[c], all[_i] == TJSAMP_GRAY ? grey : wanted[c], 12);
        if (all[_i] == TJSAMP_GRAY)
            ck_assert(got[0] == got[1] && got[1] == got[2]);
    }
    seg_image_release(&out);
    expect_failure(seg_labels_decode, file.data, file.size, SEG_FORMAT,
                   "a JPEG cannot hold labels");
    free(file.data);
}
END_TEST

static void expect_flat(const made_file *file, int width, int height, int r, int g, int b)
{
    seg_image_buffer out = decoded(seg_image_decode, file, width, height, 3);
    for (int i = 0; i < width * height; i++) {
        ck_assert_int_le(abs(out.pixels[3 * i] - r), 2);
        ck_assert_int_le(abs(out.pixels[3 * i + 1] - g), 2);
        ck_assert_int_le(abs(out.pixels[3 * i + 2] - b), 2);
    }
    seg_image_release(&out);
}

/* Stored by Adobe's convention, so each value is light: R = C * K / 255 = 200 * 102 / 255 = 80. */
START_TEST(jpeg_of_four_inks)
{
    uint8_t inks[16 * 16 * 4];
    for (int i = 0; i < 16 * 16; i++)
        memcpy(inks + 4 * i, (uint8_t[4]){200, 200, 200, 102}, 4);
    made_file file = make_jpeg(inks, 16, 16, TJPF_CMYK, TJSAMP_444);
    expect_flat(&file, 16, 16, 80, 80, 80);
    /*
     * Without Adobe's segment (0xffee) the same numbers are plain inks: the file's Y, Cb, Cr, K
     * of 255 - 200, 128, 128, 102 become R = (255 - 55) * (255 - 102) / 255 = 120, G = B = 76.
     */
    size_t at = 2;
    while (file.data[at + 1] != 0xee)
        at += 2 + ((size_t)file.data[at + 2] << 8 | file.data[at + 3]);
    memmove(file.data + at, file.data + at + 16, file.size - at - 16);
    file.size -= 16;
    expect_flat(&file, 16, 16, 120, 76, 76);
    for (size_t size = 3; size < file.size; size++)
        expect_failure(seg_image_decode, file.data, size, SEG_FORMAT, "cut short");
    free(file.data);
}
END_TEST

START_TEST(jpeg_cut_anywhere_is_refused)
{
    uint8_t rgb[48 * 32 * 3];
    fill_slopes(rgb);
    made_file file = make_jpeg(rgb, 48, 32, TJPF_RGB, TJSAMP_420);
    for (size_t size = 0; size < file.size; size++)
        expect_failure(seg_image_decode, file.data, size, SEG_FORMAT,
                       size == 0  ? "empty"
                       : size < 3 ? "neither a JPEG nor a PNG"
                                  : "cut short");
    /* A header of no lines, with frames for as many as come: the "0x0" of JPEG. */
    for (size_t at = 2; at + 9 < file.size; at++) {
        if (file.data[at] == 0xff && file.data[at + 1] == 0xc0)
            memset(file.data + at + 5, 0, 4);
    }
    expect_failure(seg_image_decode, file.data, file.size, SEG_FORMAT, "Empty JPEG");
    free(file.data);
}
END_TEST

START_TEST(jpeg_with_stray_bytes_is_read)
{
    uint8_t rgb[48 * 32 * 3];
    fill_slopes(rgb);
    made_file file = make_jpeg(rgb, 48, 32, TJPF_RGB, TJSAMP_444);
    seg_image_buffer clean = decoded(seg_image_decode, &file, 48, 32, 3);
    insert_bytes(&file, file.size - 2, "\0\0\0", 3);
    seg_image_buffer stray = decoded(seg_image_decode, &file, 48, 32, 3);
    ck_assert_mem_eq(clean.pixels, stray.pixels, sizeof rgb);
    seg_image_release(&clean);
    seg_image_release(&stray);
    free(file.data);
}
END_TEST

/*
 * Row 0 is stored as red | green, row 1 as blue | white; the value says which visual sides they
 * are (Exif 2.3: 6 = row 0 right, column 0 top), so what is seen at the top left is listed.
 */
START_TEST(exif_orientation_is_applied)
{
    static const char *const seen[9] = {"RGBW", "RGBW", "GRWB", "WBGR", "BWRG",
                                        "RBGW", "BRWG", "WGBR", "GWRB"};
    static const uint8_t colors[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};
    uint8_t rgb[32 * 16 * 3], tiff[TIFF_SIZE];
    for (int i = 0; i < 32 * 16; i++)
        memcpy(rgb + 3 * i, colors[i / 32 / 8 * 2 + i % 32 / 16], 3);
    for (int kind = 0; kind < 3; kind++) {
        bool jpeg = kind < 2;
        make_tiff(tiff, kind, _i);
        made_file file = jpeg ? make_jpeg(rgb, 32, 16, TJPF_RGB, TJSAMP_444)
                              : make_png(32, 16, 8, RGB, 0, rgb, tiff, sizeof tiff);
        if (jpeg)
            insert_exif(&file, tiff, sizeof tiff);
        int w = _i >= 5 ? 16 : 32, h = _i >= 5 ? 32 : 16;
        seg_image_buffer out = decoded(seg_image_decode, &file, w, h, 3);
        for (int quarter = 0; quarter < 4; quarter++) {
            int y = quarter / 2 * h / 2 + h / 4, x = quarter % 2 * w / 2 + w / 4;
            const uint8_t *got = out.pixels + (y * w + x) * 3;
            const uint8_t *wanted = colors[strchr("RGBW", seen[_i][quarter]) - "RGBW"];
            for (int c = 0; c < 3; c++)
                ck_assert_int_le(abs(got[c] - wanted[c]), 3);
        }
        seg_image_release(&out);
        free(file.data);
    }
}
END_TEST

START_TEST(exif_damage_counts_as_upright)
{
    uint8_t tiff[TIFF_SIZE];
    for (int big = 0; big <= 1; big++) {
        make_tiff(tiff, big, 6);
        ck_assert_int_eq(seg_exif_orientation(tiff, TIFF_SIZE), 6);
        for (size_t size = 0; size < 20; size++) {
            uint8_t *cut = malloc(size + (size == 0));
            memcpy(cut, tiff, size);
            int got = seg_exif_orientation(cut, size);
            ck_assert_int_eq(got, 1);
            free(cut);
        }
        for (int value = 0; value <= 255; value++) {
            make_tiff(tiff, big, value);
            ck_assert_int_eq(seg_exif_orientation(tiff, TIFF_SIZE),
                             value >= 1 && value <= 8 ? value : 1);
        }
        make_tiff(tiff, big, 6);
        memset(tiff + 4, 0xff, 4); /* a directory beyond the end */
        ck_assert_int_eq(seg_exif_orientation(tiff, TIFF_SIZE), 1);
        make_tiff(tiff, big, 6);
        tiff[big ? 13 : 12] = 4; /* LONG, not SHORT */
        ck_assert_int_eq(seg_exif_orientation(tiff, TIFF_SIZE), 1);
    }
}
END_TEST

START_TEST(files_that_are_not_images)
{
    const char *folder = test_folder(), *path = test_path(folder, "a.png");
    seg_error err;
    seg_image_buffer out;
    ck_fails(seg_image_read(&out, path, &err), SEG_IO, err, "a.png: cannot open");
    ck_fails(seg_labels_read(&out, path, &err), SEG_IO, err, "a.png: cannot open");
    ck_fails(seg_image_read(&out, folder, &err), SEG_IO, err, folder);
    ck_ok(seg_file_write(path, "", 0, &err), err);
    ck_fails(seg_image_read(&out, path, &err), SEG_FORMAT, err, "a.png: the file is empty");
    ck_ok(seg_file_write(path, "GIF89a", 6, &err), err);
    ck_fails(seg_image_read(&out, path, &err), SEG_FORMAT, err, "a.png: neither");
    ck_fails(seg_labels_read(&out, path, &err), SEG_FORMAT, err, "a.png: neither");
    ck_assert_ptr_null(out.pixels);
}
END_TEST

START_TEST(labels_are_written_with_their_colours)
{
    static const seg_color palette[3] = {{10, 20, 30}, {40, 50, 60}, {70, 80, 90}};
    const uint8_t ids[] = {0, 1, 2, 99, 3, 255, 1, 99}; /* stride 4: the 99s are not pixels */
    const uint8_t rgb[] = {10,  20,  30,  40,  50,  60,  70, 80, 90,
                           255, 255, 255, 255, 255, 255, 40, 50, 60};
    const char *path = test_path(test_folder(), "labels.png");
    seg_image labels = {.pixels = ids, .width = 3, .height = 2, .channels = 1, .stride = 4};
    seg_image_buffer out;
    seg_error err;
    ck_ok(seg_labels_write(path, &labels, palette, 3, &err), err);
    ck_ok(seg_labels_read(&out, path, &err), err);
    ck_assert_mem_eq(out.pixels, ids, 3);
    ck_assert_mem_eq(out.pixels + 3, ids + 4, 3);
    seg_image_release(&out);
    ck_ok(seg_image_read(&out, path, &err), err);
    ck_assert_mem_eq(out.pixels, rgb, sizeof rgb);
    seg_image_release(&out);
    ck_fails(seg_labels_write(path, &labels, palette, 0, &err), SEG_INVALID, err, "0 colours");
    ck_fails(seg_labels_write(path, &labels, palette, 257, &err), SEG_INVALID, err, "257");
    ck_fails(seg_labels_write(path, &labels, NULL, 3, &err), SEG_INVALID, err, "palette");
    labels.channels = 3;
    labels.width = 1;
    ck_fails(seg_labels_write(path, &labels, palette, 3, &err), SEG_INVALID, err, "3 channels");
    ck_fails(seg_image_write("no/such/a.png", &labels, &err), SEG_IO, err, "no/such/a.png");
}
END_TEST

START_TEST(images_are_written_as_they_are)
{
    const char *path = test_path(test_folder(), "a.png");
    uint8_t pixels[7 * 5 * 4], rgb[7 * 5 * 3];
    for (int i = 0; i < 7 * 5 * 4; i++)
        pixels[i] = (uint8_t)(i * 41);
    for (int channels = 1; channels <= 4; channels++) {
        seg_image image = {.pixels = pixels, .width = 7, .height = 5, .channels = channels};
        seg_error err;
        seg_image_buffer out;
        if (channels == 2) {
            ck_fails(seg_image_write(path, &image, &err), SEG_INVALID, err, "a.png: 2 channels");
            continue;
        }
        for (int i = 0; i < 7 * 5 * 3; i++)
            rgb[i] = pixels[i / 3 * channels + (channels == 1 ? 0 : i % 3)];
        ck_ok(seg_image_write(path, &image, &err), err);
        ck_ok(seg_image_read(&out, path, &err), err);
        ck_assert(out.width == 7 && out.height == 5);
        ck_assert_mem_eq(out.pixels, rgb, sizeof rgb);
        seg_image_release(&out);
    }
}
END_TEST

/* Sizes and ids as the sets' own pages state them. */
START_TEST(real_files)
{
    if (!test_shared("image_file: real files"))
        return;
    seg_error err;
    seg_image_buffer out;
    ck_ok(seg_image_read(&out, SHARED_DIR "/data/camvid/train/images/0001TP_007890.jpg", &err),
          err);
    ck_assert(out.width == 480 && out.height == 360);
    seg_image_release(&out);
    ck_ok(seg_labels_read(&out, SHARED_DIR "/data/voc_sample/SegmentationClass/2011_000003.png",
                          &err),
          err);
    ck_assert(out.width == 500 && out.height == 338);
    int64_t border = 0;
    for (int i = 0; i < out.width * out.height; i++) {
        ck_assert(out.pixels[i] <= 20 || out.pixels[i] == SEG_IGNORE);
        border += out.pixels[i] == SEG_IGNORE;
    }
    ck_assert_int_gt(border, 0);
    seg_image_release(&out);
    seg_name_list names;
    const char *folder = SHARED_DIR "/data/nuclei/val/instances";
    ck_ok(seg_folder_list(folder, &names, &err), err);
    ck_assert_uint_gt(names.count, 0);
    ck_fails(seg_labels_read(&out, test_path(folder, names.names[0]), &err), SEG_FORMAT, err,
             "16-bit");
    seg_name_list_release(&names);
}
END_TEST

Suite *suite_image_file(void)
{
    Suite *suite = suite_create("image_file");
    TCase *tests = tcase_create("image_file");
    const int png_count = (int)(sizeof pngs / sizeof *pngs);
    tcase_add_loop_test(tests, png_of_every_kind, 0, png_count);
    tcase_add_loop_test(tests, png_cut_anywhere_is_refused, 0, png_count);
    tcase_add_test(tests, png_with_hostile_headers);
    tcase_add_loop_test(tests, jpeg_of_every_subsampling, 0, 6);
    tcase_add_test(tests, jpeg_of_four_inks);
    tcase_add_test(tests, jpeg_cut_anywhere_is_refused);
    tcase_add_test(tests, jpeg_with_stray_bytes_is_read);
    tcase_add_loop_test(tests, exif_orientation_is_applied, 0, 9);
    tcase_add_test(tests, exif_damage_counts_as_upright);
    tcase_add_test(tests, files_that_are_not_images);
    tcase_add_test(tests, labels_are_written_with_their_colours);
    tcase_add_test(tests, images_are_written_as_they_are);
    tcase_add_test(tests, real_files);
    suite_add_tcase(suite, tests);
    return suite;
}
