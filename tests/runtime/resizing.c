/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resizing.c: Resize, Upsample, Pad, CenterCropPad, DepthToSpace of files, worked by hand. */
#include <math.h>

#include "runtime/one_node.h"
#include "test.h"

#define FLOATS(...) ((float[]){__VA_ARGS__})
#define LONGS(...)  ((int64_t[]){__VA_ARGS__})

static const float counting[] = {1, 2, 3, 4, 5, 6, 7, 8};

/* A row 1x1x1xN by scale (or, 0, to `size` pixels) in the last axis. */
static one_node resize(const char *extents, const char *mode, const char *coordinates, float scale,
                       int64_t size)
{
    static float scales[4] = {1, 1, 1};
    static int64_t sizes[4] = {1, 1, 1};
    scales[3] = scale;
    sizes[3] = size;
    one_node node = {.op = "Resize", .opset = 19};
    one_input(&node, SEG_F32, extents, counting);
    one_left_out(&node);
    if (scale > 0) {
        one_constant(&node, SEG_F32, "4", scales);
    } else {
        one_left_out(&node);
        one_constant(&node, SEG_I64, "4", sizes);
    }
    one_text(&node, "mode", mode);
    one_text(&node, "coordinate_transformation_mode", coordinates);
    return node;
}

/* 1 2 3 doubled: half-pixel positions -1/4, 1/4, 3/4, 5/4, 7/4, 9/4; asymmetric 0, 1/2, ..., 5/2. */
START_TEST(nearest_roundings)
{
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                            "ceil"};
    static const float half[4][6] = {
        {1, 1, 2, 2, 3, 3}, {1, 1, 2, 2, 3, 3}, {1, 1, 1, 2, 2, 3}, {1, 2, 2, 3, 3, 3}};
    static const float asymmetric[4][6] = {
        {1, 1, 2, 2, 3, 3}, {1, 2, 2, 3, 3, 3}, {1, 1, 2, 2, 3, 3}, {1, 2, 2, 3, 3, 3}};
    for (int i = 0; i < 4; i++) {
        one_node node = resize("1x1x1x3", "nearest", "half_pixel", 2, 0);
        one_text(&node, "nearest_mode", roundings[i]);
        one_check(&node, 0, SEG_F32, "1x1x1x6", half[i]);
        ck_assert(one_is_lowered(&node));
        node = resize("1x1x1x3", "nearest", "asymmetric", 0, 6);
        one_text(&node, "nearest_mode", roundings[i]);
        one_check(&node, 0, SEG_F32, "1x1x1x6", asymmetric[i]);
        ck_assert(one_is_lowered(&node));
    }
}
END_TEST

/* 6 by 2/3 as a float, a hair more than 2/3: still 4 pixels, and pixel 2 is the fourth. */
START_TEST(nearest_of_rounded_scales)
{
    one_node node = resize("1x1x1x6", "nearest", "asymmetric", 0.6666667f, 0);
    one_text(&node, "nearest_mode", "floor");
    one_check(&node, 0, SEG_F32, "1x1x1x4", FLOATS(1, 2, 4, 5));
    ck_assert(one_is_lowered(&node));
    node = resize("1x1x1x3", "nearest", "tf_half_pixel_for_nn", 2, 0);
    one_text(&node, "nearest_mode", "floor");
    one_check(&node, 0, SEG_F32, "1x1x1x6", FLOATS(1, 1, 2, 2, 3, 3));
}
END_TEST

/* 1 2 to 4 and to 1 pixels. */
START_TEST(linear_coordinates)
{
    static const struct {
        const char *coordinates;
        float four[4], one[1];
        bool lowered; /* to one pixel */
    } cases[] = {{"half_pixel", {1, 1.25f, 1.75f, 2}, {1.5f}, true},
                 {"pytorch_half_pixel", {1, 1.25f, 1.75f, 2}, {1}, false},
                 {"half_pixel_symmetric", {1, 1.25f, 1.75f, 2}, {1.5f}, true},
                 {"align_corners", {1, 1.3333333f, 1.6666667f, 2}, {1}, true},
                 {"asymmetric", {1, 1.5f, 2, 2}, {1}, true}};
    for (int i = 0; i < 5; i++) {
        one_node node = resize("1x1x1x2", "linear", cases[i].coordinates, 2, 0);
        one_check(&node, 0, SEG_F32, "1x1x1x4", cases[i].four);
        ck_assert(one_is_lowered(&node));
        node = resize("1x1x1x2", "linear", cases[i].coordinates, 0, 1);
        one_check(&node, 0, SEG_F32, "1x1x1x1", cases[i].one);
        ck_assert_int_eq(one_is_lowered(&node), cases[i].lowered);
    }
}
END_TEST

/* 1 2 3 4 by 0.6: 2 pixels, of 2.4. Positions 1/3, 2; symmetric: + 2 * (1 - 2/2.4) = 1/3 more. */
START_TEST(broken_scales)
{
    one_node node = resize("1x1x1x4", "linear", "half_pixel", 0.6f, 0);
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(1.3333333f, 3));
    ck_assert(one_is_lowered(&node));
    node = resize("1x1x1x4", "linear", "half_pixel_symmetric", 0.6f, 0);
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(1.6666667f, 3.3333333f));
    ck_assert(!one_is_lowered(&node));
    node = resize("1x1x1x4", "linear", "align_corners", 0.6f, 0);
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(1, 3.142857f));
}
END_TEST

/* Position 1/2 of 1 2 3 4 with a = -3/4: weights -3/32, 19/32, 19/32, -3/32 of 1 1 2 3, and so on.
 * exclude_outside: the first weight goes, and the rest (35/32) becomes 1. Antialias by 1/2: the
 * triangle is 4 wide: weights 1 3 3 1 of the pixels around 1/2 (edge 1 1 2 3) and 5/2. */
START_TEST(cubic_and_antialias)
{
    one_node node = resize("1x1x1x4", "cubic", "half_pixel", 0.5f, 0);
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(45.0f / 32, 115.0f / 32));
    one_int(&node, "exclude_outside", LONGS(1));
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(48.0f / 35, 127.0f / 35));
    node = resize("1x1x1x4", "linear", "half_pixel", 0.5f, 0);
    one_int(&node, "antialias", LONGS(1));
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(13.0f / 8, 27.0f / 8));
    ck_assert(!one_is_lowered(&node));
}
END_TEST

/* Rounded to even, and saturated: 1.5 is 2, 2.5 is 2. A cubic of 0 255 at -1/4, 1/4, 3/4, 5/4 is -27,
 * 58 (255 * (67 - 9)/256), 197, 282. */
START_TEST(resized_integers)
{
    const uint8_t bytes[] = {1, 2, 3}, edge[] = {0, 255};
    one_node node = {.op = "Resize", .opset = 13};
    one_input(&node, SEG_U8, "3", bytes);
    one_left_out(&node);
    one_left_out(&node);
    one_constant(&node, SEG_I64, "1", LONGS(5));
    one_text(&node, "mode", "linear");
    one_text(&node, "coordinate_transformation_mode", "align_corners");
    one_check(&node, 0, SEG_U8, "5", ((uint8_t[]){1, 2, 2, 2, 3}));
    node.src[0] = (seg_tensor){one_shape(SEG_U8, "2"), (void *)(uintptr_t)edge};
    node.src[3].data = LONGS(4);
    node.attribute_count = 0;
    one_text(&node, "mode", "cubic");
    one_check(&node, 0, SEG_U8, "4", ((uint8_t[]){0, 58, 197, 255}));
}
END_TEST

/* Half of the row is outside of the region -0.5..1.5 (positions -1, 1/3, 5/3, 3). */
START_TEST(crop_and_resize)
{
    one_node node = {.op = "Resize", .opset = 13};
    one_input(&node, SEG_F32, "3", counting);
    one_constant(&node, SEG_F32, "2", FLOATS(-0.5f, 1.5f));
    one_left_out(&node);
    one_constant(&node, SEG_I64, "1", LONGS(4));
    one_text(&node, "mode", "linear");
    one_text(&node, "coordinate_transformation_mode", "tf_crop_and_resize");
    one_float(&node, "extrapolation_value", FLOATS(9));
    one_check(&node, 0, SEG_F32, "4", FLOATS(9, 1.3333333f, 2.6666667f, 9));
    node.attributes[0].text = "nearest";
    one_check(&node, 0, SEG_F32, "4", FLOATS(9, 1, 3, 9));
}
END_TEST

/* 2x4 to at most (at least) 4x4, both axes by one scale: 2x4, or 4x8. */
START_TEST(aspect_ratio)
{
    one_node node = {.op = "Resize", .opset = 18};
    one_input(&node, SEG_F32, "2x4", counting);
    one_left_out(&node);
    one_left_out(&node);
    one_constant(&node, SEG_I64, "2", LONGS(4, 4));
    one_ints(&node, "axes", 2, LONGS(1, 0));
    one_text(&node, "keep_aspect_ratio_policy", "not_larger");
    one_check(&node, 0, SEG_F32, "2x4", counting);
    node.attributes[1].text = "not_smaller";
    one_check(&node, 0, SEG_F32, "4x8",
              FLOATS(1, 1, 2, 2, 3, 3, 4, 4, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 5, 5,
                     6, 6, 7, 7, 8, 8));
}
END_TEST

START_TEST(older_forms)
{
    one_node node = {.op = "Upsample", .opset = 7};
    one_input(&node, SEG_F32, "1x1x1x2", counting);
    one_floats(&node, "scales", 4, FLOATS(1, 1, 1, 2));
    one_check(&node, 0, SEG_F32, "1x1x1x4", FLOATS(1, 1, 2, 2));
    one_text(&node, "mode", "linear");
    one_check(&node, 0, SEG_F32, "1x1x1x4", FLOATS(1, 1.5f, 2, 2));
    ck_assert(one_is_lowered(&node));
    node = (one_node){.op = "Resize", .opset = 10};
    one_input(&node, SEG_F32, "1x1x1x2", counting);
    one_constant(&node, SEG_F32, "4", FLOATS(1, 1, 1, 2));
    one_text(&node, "mode", "linear");
    one_check(&node, 0, SEG_F32, "1x1x1x4", FLOATS(1, 1.5f, 2, 2));
}
END_TEST

START_TEST(resize_refusals)
{
    one_node node = resize("1x1x1x2", "linear", "half_pixel", 2, 0);
    one_constant(&node, SEG_I64, "4", LONGS(1, 1, 1, 4));
    one_refused(&node, SEG_INVALID, "both scales and sizes");
    node = resize("1x1x2", "linear", "half_pixel", 2, 0);
    one_refused(&node, SEG_INVALID, "4 scales for 3 axes");
    node = resize("1x1x1x2", "linear", "middle", 2, 0);
    one_refused(&node, SEG_INVALID, "coordinate_transformation_mode is 'middle'");
    node = resize("1x1x1x2", "linear", "tf_crop_and_resize", 2, 0);
    one_refused(&node, SEG_INVALID, "roi must have 8 numbers");
    node = resize("1x1x1x2", "linear", "half_pixel", 1, 0);
    node.src[2].data = FLOATS(1, 1, 1, (float)NAN);
    one_refused(&node, SEG_INVALID, "scale nan of 2 elements");
    node.src[2].data = FLOATS(1e9f, 1e9f, 1e9f, 1e9f); /* more elements than can be counted */
    one_refused(&node, SEG_LIMIT, "is too large");
}
END_TEST

/* ---- Pad ---- */

static one_node pad(const char *extents, const char *mode, const int64_t *pads, const char *count)
{
    one_node node = {.op = "Pad", .opset = 19};
    one_input(&node, SEG_F32, extents, counting);
    one_constant(&node, SEG_I64, count, pads);
    one_text(&node, "mode", mode);
    return node;
}

START_TEST(pad_modes)
{
    static const struct {
        const char *mode;
        float wanted[10];
    } cases[] = {{"constant", {0, 0, 0, 1, 2, 3, 0, 0, 0, 0}},
                 {"reflect", {2, 3, 2, 1, 2, 3, 2, 1, 2, 3}},
                 {"edge", {1, 1, 1, 1, 2, 3, 3, 3, 3, 3}},
                 {"wrap", {1, 2, 3, 1, 2, 3, 1, 2, 3, 1}}};
    for (int i = 0; i < 4; i++) {
        one_node node = pad("3", cases[i].mode, LONGS(3, 4), "2");
        one_check(&node, 0, SEG_F32, "10", cases[i].wanted);
    }
    one_node node = pad("2x1", "reflect", LONGS(0, 1, 0, 1), "4");
    one_check(&node, 0, SEG_F32, "2x3", FLOATS(1, 1, 1, 2, 2, 2));
}
END_TEST

/* Rows cropped above and padded below, columns the other way. */
START_TEST(pad_crops)
{
    one_node node = pad("1x1x2x4", "constant", LONGS(0, 0, -1, 1, 0, 0, 1, -2), "8");
    one_constant(&node, SEG_F32, "", FLOATS(9));
    one_check(&node, 0, SEG_F32, "1x1x2x3", FLOATS(9, 5, 6, 9, 9, 9));
    ck_assert(one_is_lowered(&node));
    node = pad("2x4", "edge", LONGS(-1, 1, 1, -2), "4");
    one_check(&node, 0, SEG_F32, "2x3", FLOATS(5, 5, 6, 5, 5, 6));
    node = pad("4", "constant", LONGS(-4, 0), "2");
    one_check(&node, 0, SEG_F32, "0", counting);
}
END_TEST

START_TEST(pad_forms)
{
    one_node node = {.op = "Pad", .opset = 7};
    one_input(&node, SEG_F32, "2", counting);
    one_ints(&node, "pads", 2, LONGS(1, 0));
    one_float(&node, "value", FLOATS(7));
    one_check(&node, 0, SEG_F32, "3", FLOATS(7, 1, 2));
    node = pad("1x2", "constant", LONGS(1, 0), "2");
    one_left_out(&node);
    one_constant(&node, SEG_I64, "1", LONGS(-1));
    one_check(&node, 0, SEG_F32, "1x3", FLOATS(0, 1, 2));
    const uint8_t truth[] = {1, 0};
    node = (one_node){.op = "Pad", .opset = 13};
    one_input(&node, SEG_BOOL, "2", truth);
    one_constant(&node, SEG_I64, "2", LONGS(0, 1));
    one_constant(&node, SEG_BOOL, "", ((uint8_t[]){1}));
    one_check(&node, 0, SEG_BOOL, "3", ((uint8_t[]){1, 0, 1}));
}
END_TEST

START_TEST(pad_refusals)
{
    one_node node = pad("4", "constant", LONGS(-3, -2), "2");
    one_refused(&node, SEG_INVALID, "padding -3 and -2 crops more than the 4 elements of axis 0");
    node = pad("4", "constant", LONGS(1, 2, 3, 4), "4");
    one_refused(&node, SEG_INVALID, "pads has 4 numbers for 1 axes");
    node = pad("4", "mirror", LONGS(1, 2), "2");
    one_refused(&node, SEG_INVALID, "mode is 'mirror'");
    node = pad("2", "reflect", LONGS(-2, 1), "2");
    one_refused(&node, SEG_INVALID, "axis 0 is empty: there is nothing to repeat");
    node = pad("2", "constant", LONGS(INT64_MAX, 1), "2");
    one_refused(&node, SEG_LIMIT, "of axis 0 is too large");
    node = pad("2", "constant", LONGS(1, (int64_t)1 << 39), "2");
    one_refused(&node, SEG_LIMIT, "exceeds the memory limit");
    node = pad("2", "constant", LONGS(1, 1), "2");
    one_constant(&node, SEG_I64, "", LONGS(1));
    one_refused(&node, SEG_INVALID, "constant_value must be one f32");
}
END_TEST

/* ---- CenterCropPad, DepthToSpace, SpaceToDepth ---- */

/* Four to three keeps the first three, 5 to 3 the middle; one to four: one zero before, two behind. */
START_TEST(center_crop_pad)
{
    one_node node = {.op = "CenterCropPad", .opset = 18};
    one_input(&node, SEG_F32, "1x4", counting);
    one_constant(&node, SEG_I64, "2", LONGS(4, 3));
    one_check(&node, 0, SEG_F32, "4x3", FLOATS(0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0));
    node = (one_node){.op = "CenterCropPad", .opset = 18};
    one_input(&node, SEG_F32, "1x5", counting);
    one_constant(&node, SEG_I64, "1", LONGS(3));
    one_ints(&node, "axes", 1, LONGS(-1));
    one_check(&node, 0, SEG_F32, "1x3", FLOATS(2, 3, 4));
}
END_TEST

START_TEST(depth_and_space)
{
    one_node node = {.op = "DepthToSpace", .opset = 13};
    one_input(&node, SEG_F32, "1x8x1x1", counting);
    one_int(&node, "blocksize", LONGS(2));
    one_check(&node, 0, SEG_F32, "1x2x2x2", FLOATS(1, 3, 5, 7, 2, 4, 6, 8));
    one_text(&node, "mode", "CRD");
    one_check(&node, 0, SEG_F32, "1x2x2x2", counting);
    node = (one_node){.op = "SpaceToDepth", .opset = 13};
    one_input(&node, SEG_F32, "1x2x2x2", FLOATS(1, 3, 5, 7, 2, 4, 6, 8));
    one_int(&node, "blocksize", LONGS(2));
    one_check(&node, 0, SEG_F32, "1x8x1x1", counting);
    node.attributes[0].ints = LONGS(3);
    one_refused(&node, SEG_INVALID, "blocks of 3 do not divide f32 1x2x2x2");
    node.attributes[0].ints = LONGS(0);
    one_refused(&node, SEG_INVALID, "blocksize is 0");
}
END_TEST

START_TEST(lack_of_memory)
{
    one_node node = resize("1x1x1x2", "linear", "half_pixel", 2, 0);
    one_torture(&node);
    node = resize("1x1x1x2", "nearest", "half_pixel", 2, 0);
    one_torture(&node);
    node = resize("1x1x1x4", "cubic", "half_pixel", 2, 0);
    one_torture(&node);
    node = pad("1x1x2x4", "constant", LONGS(0, 0, -1, 1, 0, 0, 1, -2), "8");
    one_torture(&node);
    node = pad("4", "wrap", LONGS(1, 2), "2");
    one_torture(&node);
}
END_TEST

Suite *suite_resizing(void)
{
    Suite *suite = suite_create("resizing");
    TCase *test = tcase_create("resizing");
    tcase_add_test(test, nearest_roundings);
    tcase_add_test(test, nearest_of_rounded_scales);
    tcase_add_test(test, linear_coordinates);
    tcase_add_test(test, broken_scales);
    tcase_add_test(test, cubic_and_antialias);
    tcase_add_test(test, resized_integers);
    tcase_add_test(test, crop_and_resize);
    tcase_add_test(test, aspect_ratio);
    tcase_add_test(test, older_forms);
    tcase_add_test(test, resize_refusals);
    tcase_add_test(test, pad_modes);
    tcase_add_test(test, pad_crops);
    tcase_add_test(test, pad_forms);
    tcase_add_test(test, pad_refusals);
    tcase_add_test(test, center_crop_pad);
    tcase_add_test(test, depth_and_space);
    tcase_add_test(test, lack_of_memory);
    suite_add_tcase(suite, test);
    return suite;
}
