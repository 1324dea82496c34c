/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * image.c: pixels in memory. Numbers of the resizing were made with Pillow 9.4:
 * Image.fromarray(pattern).resize((w, h), Image.BILINEAR or Image.NEAREST).
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "image/buffer.h"
#include "image/orient.h"
#include "image/palette.h"
#include "image/preprocess.h"
#include "image/resize.h"
#include "test.h"

/* (37x + 91y + 53c + 7xy) mod 256 */
static seg_image_buffer pattern(int width, int height, int channels)
{
    seg_image_buffer image;
    seg_error err;
    ck_ok(seg_image_new(&image, width, height, channels, "pattern", &err), err);
    uint8_t *dst = image.pixels;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < channels; c++)
                *dst++ = (uint8_t)(x * 37 + y * 91 + c * 53 + x * y * 7);
        }
    }
    return image;
}

static uint64_t fnv1a(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

static const struct {
    int w, h;
    uint8_t wanted[84];
} small_resizes[] = {
    {3,
     2,
     {105, 133, 143, 125, 129, 144, 133, 134, 127, 124, 135, 130, 139, 140, 134, 151, 132, 125}},
    {4, 7, {19,  72,  125, 77,  130, 183, 145, 198, 200, 203, 122, 65,  73,  126, 172, 138, 149,
            126, 107, 119, 150, 130, 126, 132, 138, 159, 165, 154, 141, 99,  92,  94,  132, 113,
            128, 149, 197, 140, 59,  83,  85,  138, 126, 179, 181, 205, 124, 67,  90,  111, 126,
            122, 161, 162, 174, 132, 119, 124, 130, 151, 88,  136, 141, 153, 148, 138, 156, 133,
            123, 141, 130, 136, 142, 183, 126, 172, 91,  93,  107, 160, 162, 208, 127, 70}},
    {1, 1, {131, 133, 134}},
    {7, 2, {79,  132, 127, 123, 118, 171, 109, 162, 110, 153, 101, 143, 92,  134,
            187, 125, 178, 91,  169, 82,  135, 87,  140, 135, 145, 140, 111, 145,
            116, 158, 121, 163, 111, 168, 116, 169, 121, 174, 87,  179, 92,  145}},
};

START_TEST(bilinear_equals_pillow_on_small_images)
{
    seg_error err;
    uint8_t got[84];
    const int w = small_resizes[_i].w, h = small_resizes[_i].h;
    seg_image_buffer buffer = pattern(7, 5, 3);
    seg_image src = seg_image_view(&buffer);
    ck_ok(seg_resize_bilinear(&src, seg_resize_whole(w, h), got, &err), err);
    ck_assert_mem_eq(got, small_resizes[_i].wanted, (size_t)(w * h * 3));
    seg_image_release(&buffer);
}
END_TEST

static const struct {
    int w, h;
    uint64_t hash;
} large_resizes[] = {{100, 99, 0x3b934e090a3c203e},
                     {640, 77, 0x596bbc1082e442ec},
                     {33, 500, 0x90cd076fc65174b7},
                     {302, 204, 0x1217270c33373a68}};

START_TEST(bilinear_equals_pillow_on_large_images)
{
    seg_error err;
    const int w = large_resizes[_i].w, h = large_resizes[_i].h;
    size_t size = (size_t)(w * h * 3);
    uint8_t *got = malloc(size);
    seg_image_buffer buffer = pattern(301, 203, 3);
    seg_image src = seg_image_view(&buffer);
    ck_ok(seg_resize_bilinear(&src, seg_resize_whole(w, h), got, &err), err);
    ck_assert_uint_eq(fnv1a(got, size), large_resizes[_i].hash);
    seg_image_release(&buffer);
    free(got);
}
END_TEST

START_TEST(bilinear_keeps_a_constant_and_the_identity)
{
    seg_error err;
    uint8_t flat[12 * 9], got[40 * 40];
    memset(flat, 255, sizeof flat);
    seg_image src = {.pixels = flat, .width = 12, .height = 9, .channels = 1};
    for (int size = 1; size <= 40; size++) {
        ck_ok(seg_resize_bilinear(&src, seg_resize_whole(size, 41 - size), got, &err), err);
        for (int i = 0; i < size * (41 - size); i++)
            ck_assert_uint_eq(got[i], 255);
    }
    seg_image_buffer buffer = pattern(12, 9, 4);
    src = seg_image_view(&buffer);
    ck_ok(seg_resize_bilinear(&src, seg_resize_whole(12, 9), got, &err), err);
    ck_assert_mem_eq(got, buffer.pixels, 12 * 9 * 4);
    seg_image_release(&buffer);
}
END_TEST

typedef seg_status (*resize)(const seg_image *src, seg_resize_window window, uint8_t *dst,
                             seg_error *err);

/* A window is the same bytes as that part of the whole, larger or smaller. */
START_TEST(windows_are_parts_of_the_whole)
{
    static const resize both[] = {seg_resize_bilinear, seg_resize_nearest};
    static const seg_resize_window windows[] = {{19, 11, 0, 0, 1, 1},   {19, 11, 18, 10, 1, 1},
                                                {19, 11, 3, 2, 7, 9},   {70, 90, 31, 17, 39, 40},
                                                {70, 90, 0, 89, 70, 1}, {3, 2, 1, 0, 2, 2}};
    seg_error err;
    seg_image_buffer buffer = pattern(31, 23, 3);
    seg_image src = seg_image_view(&buffer);
    uint8_t *whole = malloc(70 * 90 * 3), *part = malloc(70 * 90 * 3);
    for (size_t i = 0; i < 2 * sizeof windows / sizeof *windows; i++) {
        resize call = both[i % 2];
        seg_resize_window at = windows[i / 2];
        ck_ok(call(&src, seg_resize_whole(at.width, at.height), whole, &err), err);
        ck_ok(call(&src, at, part, &err), err);
        for (int y = 0; y < at.h; y++)
            ck_assert_mem_eq(part + y * at.w * 3, whole + ((at.y + y) * at.width + at.x) * 3,
                             (size_t)at.w * 3);
    }
    free(whole);
    free(part);
    seg_image_release(&buffer);
}
END_TEST

START_TEST(nearest_equals_pillow)
{
    static const uint8_t shrunk[6] = {135, 223, 55, 75, 191, 51};
    static const uint8_t grown[80] = {
        0,   37,  37,  74,  111, 111, 148, 185, 185, 222, 0,   37,  37,  74,  111, 111,
        148, 185, 185, 222, 91,  135, 135, 179, 223, 223, 11,  55,  55,  99,  182, 233,
        233, 28,  79,  79,  130, 181, 181, 232, 182, 233, 233, 28,  79,  79,  130, 181,
        181, 232, 17,  75,  75,  133, 191, 191, 249, 51,  51,  109, 108, 173, 173, 238,
        47,  47,  112, 177, 177, 242, 108, 173, 173, 238, 47,  47,  112, 177, 177, 242};
    seg_error err;
    uint8_t got[80];
    seg_image_buffer buffer = pattern(7, 5, 1);
    seg_image src = seg_image_view(&buffer);
    ck_ok(seg_resize_nearest(&src, seg_resize_whole(3, 2), got, &err), err);
    ck_assert_mem_eq(got, shrunk, sizeof shrunk);
    ck_ok(seg_resize_nearest(&src, seg_resize_whole(10, 8), got, &err), err);
    ck_assert_mem_eq(got, grown, sizeof grown);
    seg_image_release(&buffer);
}
END_TEST

/* (v/255 - mean)/std by hand: 0 -> -0.485/0.229, 255 blue -> 0.594/0.225, and so on. */
START_TEST(preprocess_normalises)
{
    const seg_preprocess p = seg_preprocess_default();
    const uint8_t rgb[] = {0, 255, 255, 9, 9, 51, 102, 153, 8, 8}; /* stride 5: 8s, 9s unused */
    seg_image image = {.pixels = rgb, .width = 1, .height = 2, .channels = 3, .stride = 5};
    float got[6];
    const double wanted[6] = {-2.1179039, 2.4285714, 2.64, -1.2445415, -0.25, 0.8622222};
    seg_preprocess_image(&p, &image, got);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol((double)got[i], wanted[i], 2e-6);
    const uint8_t grey[] = {0, 255}, rgba[] = {0, 255, 255, 77};
    image = (seg_image){.pixels = grey, .width = 2, .height = 1, .channels = 1};
    seg_preprocess_image(&p, &image, got);
    ck_assert_double_eq_tol((double)got[0], wanted[0], 2e-6);
    ck_assert_double_eq_tol((double)got[5], wanted[2], 2e-6);
    image = (seg_image){.pixels = rgba, .width = 1, .height = 1, .channels = 4};
    seg_preprocess_image(&p, &image, got);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol((double)got[i], wanted[i], 2e-6);
}
END_TEST

START_TEST(palette_is_pascal_vocs)
{
    static const struct {
        int id;
        seg_color color;
    } known[] = {{0, {0, 0, 0}},        {1, {128, 0, 0}},     {2, {0, 128, 0}},
                 {3, {128, 128, 0}},    {7, {128, 128, 128}}, {8, {64, 0, 0}},
                 {15, {192, 128, 128}}, {20, {0, 64, 128}},   {255, {224, 224, 192}}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        seg_color got = seg_palette_voc(known[i].id);
        ck_assert_mem_eq(&got, &known[i].color, sizeof got);
    }
}
END_TEST

START_TEST(overlay_mixes_and_leaves_the_rest)
{
    static const seg_color palette[2] = {{0, 0, 0}, {255, 101, 0}};
    const uint8_t pixels[] = {100, 100, 100, 100, 100, 100, 7, 8, 9, 10, 11, 12};
    const uint8_t ids[] = {0, 1, SEG_IGNORE, 2};
    const uint8_t wanted[] = {75, 75, 75, 139, 100, 75, 7, 8, 9, 10, 11, 12};
    seg_image image = {.pixels = pixels, .width = 4, .height = 1, .channels = 3};
    seg_image labels = {.pixels = ids, .width = 4, .height = 1, .channels = 1};
    seg_image_buffer out;
    seg_error err;
    ck_ok(seg_image_overlay(&out, &image, &labels, palette, 2, 0.25f, &err), err);
    ck_assert(out.width == 4 && out.height == 1 && out.channels == 3);
    ck_assert_mem_eq(out.pixels, wanted, sizeof wanted);
    seg_image_release(&out);
    seg_color all[256];
    memset(all, 0, sizeof all);
    ck_ok(seg_image_overlay(&out, &image, &labels, all, 256, 1, &err), err);
    ck_assert_mem_eq(out.pixels + 6, pixels + 6, 3); /* 255 is ignored even with a colour */
    ck_assert_uint_eq(out.pixels[9], 0);
    seg_image_release(&out);
    ck_fails(seg_image_overlay(&out, &image, &labels, palette, 2, 1.5f, &err), SEG_INVALID, err,
             "alpha is 1.5");
    ck_fails(seg_image_overlay(&out, &image, &labels, palette, 2, NAN, &err), SEG_INVALID, err,
             "alpha");
    ck_fails(seg_image_overlay(&out, &image, &labels, palette, 257, 1, &err), SEG_INVALID, err,
             "257");
    ck_fails(seg_image_overlay(&out, &labels, &labels, palette, 2, 1, &err), SEG_INVALID, err,
             "1 channels, not 3");
    labels.width = 3;
    ck_fails(seg_image_overlay(&out, &image, &labels, palette, 2, 1, &err), SEG_MISMATCH, err,
             "4x1, the labels 3x1");
    ck_assert_ptr_null(out.pixels);
}
END_TEST

/*
 * The stored picture and what is seen, with letters for pixels (Exif 2.3: the value says which
 * visual sides row 0 and column 0 are):  a b c
 *                                        d e f
 */
START_TEST(orientations_turn_the_picture)
{
    static const struct {
        int width;
        const char *seen;
    } ways[10] = {{3, "abcdef"}, {3, "abcdef"}, {3, "cbafed"}, {3, "fedcba"}, {3, "defabc"},
                  {2, "adbecf"}, {2, "daebfc"}, {2, "fcebda"}, {2, "cfbead"}, {3, "abcdef"}};
    seg_error err;
    seg_image_buffer image;
    for (int channels = 1; channels <= 3; channels += 2) {
        ck_ok(seg_image_new(&image, 3, 2, channels, "x", &err), err);
        for (int i = 0; i < 6 * channels; i++)
            image.pixels[i] = (uint8_t)("abcdef"[i / channels] + 50 * (i % channels));
        ck_ok(seg_image_orient(&image, _i, "x", &err), err);
        ck_assert_int_eq(image.width, ways[_i].width);
        ck_assert_int_eq(image.height, 6 / ways[_i].width);
        for (int i = 0; i < 6 * channels; i++)
            ck_assert_uint_eq(image.pixels[i],
                              (unsigned)ways[_i].seen[i / channels] + 50u * (i % channels));
        seg_image_release(&image);
    }
}
END_TEST

START_TEST(sizes_are_checked_before_memory_is_asked_for)
{
    seg_image_buffer image;
    seg_error err;
    ck_fails(seg_image_new(&image, 0, 5, 3, "a.png", &err), SEG_FORMAT, err, "a.png: 0x5");
    ck_fails(seg_image_new(&image, 65536, 1, 3, "a.png", &err), SEG_LIMIT, err, "65536x1");
    ck_fails(seg_image_new(&image, 1, INT64_MAX, 3, "a.png", &err), SEG_LIMIT, err, "65535");
    ck_fails(seg_image_new(&image, 16384, 16385, 3, "a.png", &err), SEG_LIMIT, err, "268435456");
    ck_assert_ptr_null(image.pixels);
    seg_image_release(&image);
    seg_image_release(NULL);
    const uint8_t pixel[4] = {0};
    seg_image view = {.pixels = pixel, .width = 1, .height = 1, .channels = 2};
    ck_fails(seg_image_check(&view, 1, 4, "x", &err), SEG_INVALID, err, "2 channels");
    view.channels = 4;
    ck_ok(seg_image_check(&view, 1, 4, "x", &err), err);
    view.stride = 3;
    ck_fails(seg_image_check(&view, 1, 4, "x", &err), SEG_INVALID, err, "rows of 3 bytes");
    view.stride = 0;
    view.height = 0;
    ck_fails(seg_image_check(&view, 1, 4, "x", &err), SEG_INVALID, err, "1x0");
    ck_fails(seg_image_check(NULL, 1, 4, "x", &err), SEG_INVALID, err, "x: no pixels");
}
END_TEST

Suite *suite_image(void)
{
    Suite *suite = suite_create("image");
    TCase *tests = tcase_create("image");
    tcase_add_loop_test(tests, bilinear_equals_pillow_on_small_images, 0, 4);
    tcase_add_loop_test(tests, bilinear_equals_pillow_on_large_images, 0, 4);
    tcase_add_test(tests, bilinear_keeps_a_constant_and_the_identity);
    tcase_add_test(tests, windows_are_parts_of_the_whole);
    tcase_add_test(tests, nearest_equals_pillow);
    tcase_add_test(tests, preprocess_normalises);
    tcase_add_test(tests, palette_is_pascal_vocs);
    tcase_add_test(tests, overlay_mixes_and_leaves_the_rest);
    tcase_add_loop_test(tests, orientations_turn_the_picture, 0, 10);
    tcase_add_test(tests, sizes_are_checked_before_memory_is_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
