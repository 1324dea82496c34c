/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* windows.c: convolution and pooling of files: edges of windows, worked by hand. */
#include <math.h>

#include "runtime/one_node.h"
#include "test.h"

#define INTS(node, name, ...)                                                                      \
    one_ints(node, name, sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[]){__VA_ARGS__})
#define FLOATS(...) ((float[]){__VA_ARGS__})

static const float one_to_five[] = {1, 2, 3, 4, 5};

/* ---- Conv ---- */

static one_node conv(const char *extents, const float *kernel, const char *kernel_extents)
{
    one_node node = {.op = "Conv", .opset = 11};
    one_input(&node, SEG_F32, extents, one_to_five);
    one_constant(&node, SEG_F32, kernel_extents, kernel);
    return node;
}

START_TEST(conv_in_one_dimension)
{
    const float kernel[] = {1, 0, -1};
    one_node node = conv("1x1x5", kernel, "1x1x3");
    one_check(&node, 0, SEG_F32, "1x1x3", FLOATS(-2, -2, -2));
    INTS(&node, "pads", 1, 1);
    one_check(&node, 0, SEG_F32, "1x1x5", FLOATS(-2, -2, -2, -2, 4));
    INTS(&node, "strides", 2);
    INTS(&node, "dilations", 2);
    one_check(&node, 0, SEG_F32, "1x1x2", FLOATS(-4, 2));
    one_constant(&node, SEG_F32, "1", FLOATS(0.5f));
    one_check(&node, 0, SEG_F32, "1x1x2", FLOATS(-3.5f, 2.5f));
}
END_TEST

/* A kernel of two: the odd column of padding lies at the end, or at the start. */
START_TEST(conv_auto_pad)
{
    const float kernel[] = {1, 10};
    static const struct {
        const char *name, *extents;
        float wanted[3];
    } cases[] = {{"SAME_UPPER", "1x1x1x3", {21, 32, 3}},
                 {"SAME_LOWER", "1x1x1x3", {10, 21, 32}},
                 {"VALID", "1x1x1x2", {21, 32}},
                 {"NOTSET", "1x1x1x2", {21, 32}}};
    for (int i = 0; i < 4; i++) {
        one_node node = conv("1x1x1x3", kernel, "1x1x1x2");
        one_text(&node, "auto_pad", cases[i].name);
        one_check(&node, 0, SEG_F32, cases[i].extents, cases[i].wanted);
        ck_assert(one_is_lowered(&node));
    }
}
END_TEST

/* Two groups: channels 1, 2 make the first result, 3, 4 the second. Depthwise: each its own. */
START_TEST(conv_groups)
{
    const float kernel[] = {1, 10, 1, 100}, each[] = {1, 2, 3, 4};
    one_node node = conv("1x4x1x1", kernel, "2x2x1x1");
    one_int(&node, "group", (int64_t[]){2});
    one_check(&node, 0, SEG_F32, "1x2x1x1", FLOATS(21, 403));
    node = conv("1x4x1x1", each, "4x1x1x1");
    one_int(&node, "group", (int64_t[]){4});
    one_check(&node, 0, SEG_F32, "1x4x1x1", FLOATS(1, 4, 9, 16));
    /* Two results for each channel. */
    node = conv("1x2x1x1", each, "4x1x1x1");
    one_int(&node, "group", (int64_t[]){2});
    one_check(&node, 0, SEG_F32, "1x4x1x1", FLOATS(1, 2, 6, 8));
    ck_assert(one_is_lowered(&node));
}
END_TEST

START_TEST(conv_of_other_types)
{
    const double image[] = {1, 2, 4}, kernel[] = {1, 0x1p-40};
    const uint16_t half[] = {0x3c00, 0x4000, 0x4400}; /* 1, 2, 4 */
    one_node node = {.op = "Conv", .opset = 11};
    one_input(&node, SEG_F64, "1x1x3", image);
    one_constant(&node, SEG_F64, "1x1x2", kernel);
    one_check(&node, 0, SEG_F64, "1x1x2", ((double[]){1 + 0x1p-39, 2 + 0x1p-38}));
    node = (one_node){.op = "Conv", .opset = 11};
    one_input(&node, SEG_F16, "1x1x3", half);
    one_constant(&node, SEG_F16, "1x1x2", half);
    one_check(&node, 0, SEG_F16, "1x1x2", ((uint16_t[]){0x4500, 0x4900})); /* 5, 10 */
}
END_TEST

START_TEST(conv_refusals)
{
    one_node node = conv("1x5x1x1", one_to_five, "2x2x1x1");
    one_refused(&node, SEG_INVALID, "take 2 channels in 1 groups, the input has 5");
    one_int(&node, "group", (int64_t[]){2});
    one_refused(&node, SEG_INVALID, "group 2 does not divide 5 and 2 channels");
    node = conv("1x1x1x5", one_to_five, "1x1x1x3");
    INTS(&node, "strides", 0, 1);
    one_refused(&node, SEG_INVALID, "strides[0] is 0");
    node = conv("1x1x1x5", one_to_five, "1x1x1x3");
    INTS(&node, "pads", 0, 1, 0);
    one_refused(&node, SEG_INVALID, "pads has 3 numbers, 4 are wanted");
    node = conv("1x1x1x5", one_to_five, "1x1x1x3");
    INTS(&node, "pads", 0, -1, 0, 0);
    one_refused(&node, SEG_INVALID, "pads[1] is -1");
    node = conv("1x1x1x2", one_to_five, "1x1x1x3");
    one_refused(&node, SEG_INVALID, "a window of 3 does not fit in 2 along axis 3");
    node = conv("1x1x1x5", one_to_five, "1x1x1x3");
    INTS(&node, "kernel_shape", 1, 2);
    one_refused(&node, SEG_INVALID, "kernel_shape[1] is 2, the weights have 3");
    node = conv("1x1x1x5", one_to_five, "1x1x1x3");
    one_constant(&node, SEG_F32, "2", one_to_five);
    one_refused(&node, SEG_INVALID, "the bias must have 1 elements, is f32 2");
    node = conv("1x1x1x5", one_to_five, "1x1x1x3");
    one_text(&node, "auto_pad", "SAME");
    one_refused(&node, SEG_INVALID, "auto_pad is 'SAME'");
    node = conv("1x5", one_to_five, "1x5");
    one_refused(&node, SEG_INVALID, "do not fit an input of f32 1x5");
}
END_TEST

/* ---- ConvTranspose: 1, 2 under a kernel of ones, stride 2: 1 1 3 2 2 ---- */

static one_node transposed(const char *auto_pad)
{
    static const float ones[] = {1, 1, 1};
    static const int64_t strides[] = {1, 2};
    one_node node = {.op = "ConvTranspose", .opset = 11};
    one_input(&node, SEG_F32, "1x1x1x2", one_to_five);
    one_constant(&node, SEG_F32, "1x1x1x3", ones);
    one_ints(&node, "strides", 2, strides);
    one_text(&node, "auto_pad", auto_pad);
    return node;
}

START_TEST(conv_transpose_extents)
{
    one_node node = transposed("NOTSET");
    one_check(&node, 0, SEG_F32, "1x1x1x5", FLOATS(1, 1, 3, 2, 2));
    INTS(&node, "output_padding", 0, 1);
    one_check(&node, 0, SEG_F32, "1x1x1x6", FLOATS(1, 1, 3, 2, 2, 0));
    INTS(&node, "pads", 0, 1, 0, 2);
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1, 3, 2));
    ck_assert(one_is_lowered(&node));
    node = transposed("NOTSET");
    INTS(&node, "output_shape", 1, 4);
    one_check(&node, 0, SEG_F32, "1x1x1x4", FLOATS(1, 3, 2, 2));
    node = transposed("SAME_UPPER");
    INTS(&node, "output_shape", 1, 4);
    one_check(&node, 0, SEG_F32, "1x1x1x4", FLOATS(1, 1, 3, 2));
    node = transposed("SAME_LOWER");
    one_check(&node, 0, SEG_F32, "1x1x1x4", FLOATS(1, 3, 2, 2));
    node = transposed("NOTSET");
    INTS(&node, "output_shape", 1, 7);
    one_check(&node, 0, SEG_F32, "1x1x1x7", FLOATS(0, 1, 1, 3, 2, 2, 0));
    node = transposed("NOTSET");
    INTS(&node, "pads", 0, 3, 0, 2);
    one_refused(&node, SEG_INVALID, "padding 3 + 2 leaves nothing of the 5 along axis 3");
}
END_TEST

/* 2 groups of 1 to 2 channels. */
START_TEST(conv_transpose_groups)
{
    const float kernel[] = {1, 2, 3, 4};
    one_node node = {.op = "ConvTranspose", .opset = 11};
    one_input(&node, SEG_F32, "1x2x1x1", one_to_five);
    one_constant(&node, SEG_F32, "2x2x1x1", kernel);
    one_int(&node, "group", (int64_t[]){2});
    one_check(&node, 0, SEG_F32, "1x4x1x1", FLOATS(1, 2, 6, 8));
    ck_assert(one_is_lowered(&node));
}
END_TEST

/* ---- pooling ---- */

static one_node pool(const char *op, const char *extents, int64_t kernel, int64_t stride)
{
    one_node node = {.op = op, .opset = 19};
    static int64_t kernels[2] = {1, 0}, strides[2] = {1, 0}; /* attributes are borrowed */
    kernels[1] = kernel;
    strides[1] = stride;
    one_input(&node, SEG_F32, extents, one_to_five);
    one_ints(&node, "kernel_shape", 2, kernels);
    one_ints(&node, "strides", 2, strides);
    return node;
}

/* A last window that starts behind the source is dropped; one that starts in it stays. */
START_TEST(max_pool_ceil)
{
    one_node node = pool("MaxPool", "1x1x1x3", 2, 2);
    one_check(&node, 0, SEG_F32, "1x1x1x1", FLOATS(2));
    one_int(&node, "ceil_mode", (int64_t[]){1});
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(2, 3));
    node = pool("MaxPool", "1x1x1x2", 1, 2);
    one_int(&node, "ceil_mode", (int64_t[]){1});
    one_check(&node, 0, SEG_F32, "1x1x1x1", FLOATS(1));
    /* -1..1, 1..3, 3..5: 3 + padding keeps the third, 2 + padding would not. */
    node = pool("MaxPool", "1x1x1x4", 3, 2);
    INTS(&node, "pads", 0, 1, 0, 1);
    one_int(&node, "ceil_mode", (int64_t[]){1});
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(2, 4, 4));
    ck_assert(one_is_lowered(&node));
}
END_TEST

START_TEST(max_pool_dilated)
{
    one_node node = pool("MaxPool", "1x1x1x5", 2, 1);
    INTS(&node, "dilations", 1, 3);
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(4, 5));
    ck_assert(one_is_lowered(&node));
    /* Window 0 has one tap before the source and one behind it: nothing is the largest. */
    node = pool("MaxPool", "1x1x1x1", 2, 1);
    INTS(&node, "dilations", 1, 2);
    INTS(&node, "pads", 0, 1, 0, 1);
    one_check(&node, 0, SEG_F32, "1x1x1x1", FLOATS(-INFINITY));
}
END_TEST

/* 2 images of 2x3, the largest in the middle of the second row and at the end of the first. */
START_TEST(max_pool_indices)
{
    const float images[] = {1, 2, 3, 4, 9, 5, 1, 2, 7, 3, 4, 5};
    one_node node = {.op = "MaxPool", .opset = 12, .dst_count = 2};
    one_input(&node, SEG_F32, "2x1x2x3", images);
    INTS(&node, "kernel_shape", 2, 3);
    one_check(&node, 0, SEG_F32, "2x1x1x1", FLOATS(9, 7));
    one_check(&node, 1, SEG_I64, "2x1x1x1", ((int64_t[]){4, 8}));
    one_int(&node, "storage_order", (int64_t[]){1});
    one_check(&node, 1, SEG_I64, "2x1x1x1", ((int64_t[]){3, 10}));
}
END_TEST

START_TEST(max_pool_of_other_values)
{
    const int8_t bytes[] = {-128, -5, 3, -7};
    const float nan[] = {1, (float)NAN, 3, 4};
    one_node node = {.op = "MaxPool", .opset = 12};
    one_input(&node, SEG_I8, "1x1x4", bytes);
    INTS(&node, "kernel_shape", 2);
    one_check(&node, 0, SEG_I8, "1x1x3", ((int8_t[]){-5, 3, 3}));
    node = (one_node){.op = "MaxPool", .opset = 12};
    one_input(&node, SEG_F32, "1x1x1x4", nan);
    INTS(&node, "kernel_shape", 1, 2);
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS((float)NAN, (float)NAN, 4));
}
END_TEST

/* 1..4 under windows -1..1, 1..3, 3..5 (one of padding, one beyond). */
START_TEST(average_pool_divisors)
{
    one_node node = pool("AveragePool", "1x1x1x4", 3, 2);
    INTS(&node, "pads", 0, 1, 0, 1);
    one_int(&node, "ceil_mode", (int64_t[]){1});
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1.5f, 3, 4));
    one_int(&node, "count_include_pad", (int64_t[]){1});
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(1, 3, 2));
    ck_assert(one_is_lowered(&node));
    /* Each second pixel: {1,3}, {2,4}, {3,5}; with padding {2}, ..., {4}. */
    node = pool("AveragePool", "1x1x1x5", 2, 1);
    INTS(&node, "dilations", 1, 2);
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(2, 3, 4));
    INTS(&node, "pads", 0, 1, 0, 1);
    one_check(&node, 0, SEG_F32, "1x1x1x5", FLOATS(2, 2, 3, 4, 4));
    one_int(&node, "count_include_pad", (int64_t[]){1});
    one_check(&node, 0, SEG_F32, "1x1x1x5", FLOATS(1, 2, 3, 4, 2));
    ck_assert(!one_is_lowered(&node));
}
END_TEST

START_TEST(uneven_pads)
{
    one_node node = pool("AveragePool", "1x1x1x5", 3, 2);
    INTS(&node, "pads", 0, 0, 0, 1);
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(2, 4));
    node = pool("MaxPool", "1x1x1x5", 3, 3);
    INTS(&node, "pads", 0, 1, 0, 0);
    one_check(&node, 0, SEG_F32, "1x1x1x2", FLOATS(2, 5));
    ck_assert(one_is_lowered(&node));
    node = pool("MaxPool", "1x1x1x2", 2, 1);
    INTS(&node, "pads", 0, 0, 0, 2); /* the last window lies in padding altogether */
    one_check(&node, 0, SEG_F32, "1x1x1x3", FLOATS(2, 2, -INFINITY));
}
END_TEST

START_TEST(lp_pool)
{
    const float values[] = {3, -4, 0};
    one_node node = {.op = "LpPool", .opset = 18};
    one_input(&node, SEG_F32, "1x1x3", values);
    INTS(&node, "kernel_shape", 2);
    one_check(&node, 0, SEG_F32, "1x1x2", FLOATS(5, 4));
    one_int(&node, "p", (int64_t[]){1});
    one_check(&node, 0, SEG_F32, "1x1x2", FLOATS(7, 4));
}
END_TEST

START_TEST(global_pools)
{
    const float values[] = {1, 2, 3, 6, -3, 4, 0, 0};
    one_node node = {.op = "GlobalAveragePool", .opset = 7};
    one_input(&node, SEG_F32, "1x2x2x2", values);
    one_check(&node, 0, SEG_F32, "1x2x1x1", FLOATS(3, 0.25f));
    node.op = "GlobalMaxPool";
    one_check(&node, 0, SEG_F32, "1x2x1x1", FLOATS(6, 4));
    node.op = "GlobalLpPool";
    one_check(&node, 0, SEG_F32, "1x2x1x1", FLOATS(7.0710678f, 5));
    node = (one_node){.op = "GlobalMaxPool", .opset = 7};
    one_input(&node, SEG_F32, "2x1x4", values);
    one_check(&node, 0, SEG_F32, "2x1x1", FLOATS(6, 4));
    ck_assert(one_is_lowered(&node));
}
END_TEST

START_TEST(max_unpool)
{
    const int64_t places[] = {1, 2}, wrong[] = {1, 4}, wide[] = {1, 1, 6};
    one_node node = {.op = "MaxUnpool", .opset = 11};
    one_input(&node, SEG_F32, "1x1x2", one_to_five);
    one_input(&node, SEG_I64, "1x1x2", places);
    INTS(&node, "kernel_shape", 2);
    INTS(&node, "strides", 2);
    one_check(&node, 0, SEG_F32, "1x1x4", FLOATS(0, 1, 2, 0));
    one_constant(&node, SEG_I64, "3", wide);
    one_check(&node, 0, SEG_F32, "1x1x6", FLOATS(0, 1, 2, 0, 0, 0));
    node = (one_node){.op = "MaxUnpool", .opset = 11};
    one_input(&node, SEG_F32, "1x1x2", one_to_five);
    one_input(&node, SEG_I64, "1x1x2", wrong);
    INTS(&node, "kernel_shape", 2);
    INTS(&node, "strides", 2);
    one_refused(&node, SEG_INVALID, "index 4 at 1 is not within 4 elements");
}
END_TEST

START_TEST(pool_refusals)
{
    one_node node = pool("MaxPool", "1x1x1x5", 6, 1);
    one_refused(&node, SEG_INVALID, "a window of 6 does not fit in 5 along axis 3");
    node = pool("AveragePool", "1x1x1x5", 2, 0);
    one_refused(&node, SEG_INVALID, "strides[1] is 0");
    node = (one_node){.op = "MaxPool", .opset = 12};
    one_input(&node, SEG_F32, "1x1x1x5", one_to_five);
    one_refused(&node, SEG_INVALID, "kernel_shape[0] is 0");
    node = pool("LpPool", "1x1x1x5", 2, 1);
    one_int(&node, "p", (int64_t[]){0});
    one_refused(&node, SEG_INVALID, "p is 0");
}
END_TEST

START_TEST(lack_of_memory)
{
    static const uint16_t half[] = {0x3c00, 0x4000, 0x4400};
    one_node node = conv("1x1x1x5", one_to_five, "1x1x1x3");
    one_torture(&node);
    node = transposed("NOTSET");
    one_torture(&node);
    node = (one_node){.op = "Conv", .opset = 11};
    one_input(&node, SEG_F16, "1x1x3", half);
    one_constant(&node, SEG_F16, "1x1x2", half);
    one_torture(&node);
    node = pool("MaxPool", "1x1x1x5", 2, 1);
    node.dst_count = 2;
    one_torture(&node);
    node = (one_node){.op = "AveragePool", .opset = 11};
    one_input(&node, SEG_F16, "1x1x3", half);
    INTS(&node, "kernel_shape", 2);
    one_torture(&node);
}
END_TEST

Suite *suite_windows(void)
{
    Suite *suite = suite_create("windows");
    TCase *test = tcase_create("windows");
    tcase_add_test(test, conv_in_one_dimension);
    tcase_add_test(test, conv_auto_pad);
    tcase_add_test(test, conv_groups);
    tcase_add_test(test, conv_of_other_types);
    tcase_add_test(test, conv_refusals);
    tcase_add_test(test, conv_transpose_extents);
    tcase_add_test(test, conv_transpose_groups);
    tcase_add_test(test, max_pool_ceil);
    tcase_add_test(test, max_pool_dilated);
    tcase_add_test(test, max_pool_indices);
    tcase_add_test(test, max_pool_of_other_values);
    tcase_add_test(test, average_pool_divisors);
    tcase_add_test(test, uneven_pads);
    tcase_add_test(test, lp_pool);
    tcase_add_test(test, global_pools);
    tcase_add_test(test, max_unpool);
    tcase_add_test(test, pool_refusals);
    tcase_add_test(test, lack_of_memory);
    suite_add_tcase(suite, test);
    return suite;
}
