/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* sampling.c: GridSample, Col2Im and DeformConv of files, worked by hand. */
#include <math.h>

#include "runtime/one_node.h"
#include "test.h"

#define FLOATS(...) ((float[]){__VA_ARGS__})
#define LONGS(...)  ((int64_t[]){__VA_ARGS__})

static const float counting[] = {1, 2, 3, 4, 5, 6};

/* 1 2 3 4 at -1, 0 and 2: pixels 0, 3/2 and 9/2, the last outside, reflected to 3/2. */
static one_node grid_sample(const char *mode, const char *padding)
{
    static const float grid[] = {-1, 0, 0, 0, 2, 0};
    static const int64_t one = 1;
    one_node node = {.op = "GridSample", .opset = 20};
    one_input(&node, SEG_F32, "1x1x1x4", counting);
    one_input(&node, SEG_F32, "1x1x3x2", grid);
    one_text(&node, "mode", mode);
    one_text(&node, "padding_mode", padding);
    one_int(&node, "align_corners", &one);
    return node;
}

START_TEST(grid_sample_modes)
{
    one_node node = grid_sample("linear", "zeros");
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1, 2.5f, 0));
    node = grid_sample("bilinear", "border");
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1, 2.5f, 4));
    node = grid_sample("linear", "reflection");
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1, 2.5f, 2.5f));
    node = grid_sample("nearest", "zeros"); /* 3/2 rounds to even */
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1, 3, 0));
    /* Weights -3/32, 19/32, 19/32, -3/32 of 1 2 3 4; at the border the outer pixels repeat. */
    node = grid_sample("cubic", "border");
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1, 80.0f / 32, 4));
    /* From edge to edge: -1/2, half outside; 3/2; 11/2. */
    node = grid_sample("linear", "zeros");
    node.attributes[2].ints = LONGS(0);
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(0.5f, 2.5f, 0));
}
END_TEST

/* No position that a file may hold leads outside of memory. */
START_TEST(grid_sample_far_away)
{
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    const float far[] = {(float)NAN, INFINITY, -INFINITY, 1e30f, -1e30f, (float)NAN};
    for (int i = 0; i < 9; i++) {
        one_node node = grid_sample(modes[i % 3], paddings[i / 3]);
        node.src[1].data = (void *)(uintptr_t)far;
        (void)one_is_lowered(&node);
    }
    one_node node = grid_sample("linear", "zeros");
    node.src[1].data = (void *)(uintptr_t)far;
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(0, 0, 0));
}
END_TEST

START_TEST(grid_sample_refusals)
{
    one_node node = grid_sample("square", "zeros");
    one_refused(&node, SEG_INVALID, "mode 'square'");
    node = grid_sample("linear", "zeros");
    node.src[1].shape = one_shape(SEG_F32, "1x1x2x3");
    one_refused(&node, SEG_INVALID, "f32 1x1x2x3 does not fit an image of f32 1x1x1x4");
}
END_TEST

/* Windows of two along four pixels: 1 2 3 and, one further, 4 5 6. With padding the outer ones fall
 * away. */
START_TEST(col2im)
{
    one_node node = {.op = "Col2Im", .opset = 18};
    one_input(&node, SEG_F32, "1x2x3", counting);
    one_constant(&node, SEG_I64, "1", LONGS(4));
    one_constant(&node, SEG_I64, "1", LONGS(2));
    one_check(&node, 0, SEG_F32, "1x1x4", FLOATS(1, 6, 8, 6));
    node.src[1].data = LONGS(2);
    one_refused(&node, SEG_INVALID, "1 windows of 2 elements do not make f32 1x2x3");
    one_ints(&node, "pads", 2, LONGS(1, 1));
    one_check(&node, 0, SEG_F32, "1x1x2", FLOATS(6, 8));
}
END_TEST

/* 1 2 / 3 4 times two: in place; half a row down; a column to the left, outside; a quarter of a
 * column to the right, where zeros begin. */
START_TEST(deform_conv)
{
    one_node node = {.op = "DeformConv", .opset = 19};
    one_input(&node, SEG_F32, "1x1x2x2", counting);
    one_constant(&node, SEG_F32, "1x1x1x1", FLOATS(2));
    one_input(&node, SEG_F32, "1x2x2x2", FLOATS(0, 0.5f, 0, 0, 0, 0, -1, 0.25f));
    one_check(&node, 0, SEG_F32, "1x1x2x2", FLOATS(2, 6, 0, 6));
    one_constant(&node, SEG_F32, "1", FLOATS(1));
    one_input(&node, SEG_F32, "1x1x2x2", FLOATS(1, 1, 1, 0.5f));
    one_check(&node, 0, SEG_F32, "1x1x2x2", FLOATS(3, 7, 1, 4));
    node.src[2].data = FLOATS((float)NAN, INFINITY, 1e30f, -1e30f, 0, 0, 0, 0);
    (void)one_is_lowered(&node);
    node.src[4].shape = one_shape(SEG_F32, "1x2x2x1");
    one_refused(&node, SEG_INVALID, "offsets or mask do not fit 1 taps of 2x2");
}
END_TEST

Suite *suite_sampling(void)
{
    Suite *suite = suite_create("sampling");
    TCase *test = tcase_create("sampling");
    tcase_add_test(test, grid_sample_modes);
    tcase_add_test(test, grid_sample_far_away);
    tcase_add_test(test, grid_sample_refusals);
    tcase_add_test(test, col2im);
    tcase_add_test(test, deform_conv);
    suite_add_tcase(suite, test);
    return suite;
}
