/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv2d_q8.c: against plain integer sums, at every instruction set; and a case worked by hand. */
#include "ops/check_bytes.h"
#include "ops/reference_q8.h"

static const seg_conv2d_q8_params PLAIN = {
    .conv = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1}, .dst_zero = 128, .highest = 255};

static void sources(seg_shape src[4], seg_shape image, seg_shape weights)
{
    src[0] = image;
    src[1] = weights;
    src[2] = src[3] = seg_shape_vector(weights.oc);
    src[2].dtype = SEG_I32;
}

/* Weights of u8 around many zero points, and of i8 around 0: bytes_fill gives all of them. */
static void check(seg_conv2d_q8_params p, seg_shape image, int64_t kernel, int64_t oc)
{
    seg_shape src[4], weights = seg_shape_nhwc(kernel, kernel, image.c, oc);
    weights.dtype = SEG_U8;
    sources(src, image, weights);
    for (p.weights_zero = 0; p.weights_zero <= 255; p.weights_zero += 85)
        check_bytes_within(&seg_op_conv2d_q8, &p, 4, src, 1e-3, reference_conv_q8);
    p.weights_zero = 128;
    p.weights_fit = 1;
    check_bytes_within(&seg_op_conv2d_q8, &p, 4, src, 1e-3, reference_conv_q8);
    src[1].dtype = SEG_I8;
    p.weights_zero = 0;
    check_bytes_within(&seg_op_conv2d_q8, &p, 4, src, 1e-3, reference_conv_q8);
    p.weights_zero = -3;
    p.weights_fit = 0;
    check_bytes_within(&seg_op_conv2d_q8, &p, 4, src, 1e-3, reference_conv_q8);
}

START_TEST(channels)
{
    const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        check(PLAIN, bytes_shape(1, 3, 5, counts[i]), 1, 20);
        check(PLAIN, bytes_shape(2, 4, 9, 6), 1, counts[i]);
    }
}
END_TEST

START_TEST(padding_reads_the_zero_point)
{
    seg_conv2d_q8_params p = PLAIN;
    p.conv.ph = p.conv.pw = p.conv.ph_end = p.conv.pw_end = 1;
    for (p.src_zero = 0; p.src_zero <= 255; p.src_zero += 85) {
        check(p, bytes_shape(2, 5, 7, 3), 3, 33);
        check(p, bytes_shape(1, 4, 4, 8), 3, 5);
        check(p, bytes_shape(1, 1, 2, 4), 3, 5);
    }
}
END_TEST

START_TEST(strides_dilations_ranges)
{
    seg_conv2d_q8_params p = PLAIN;
    p.lowest = 17, p.highest = 201, p.dst_zero = 17;
    p.src_zero = 9;
    p.conv.sh = 2, p.conv.sw = 3, p.conv.ph = 2, p.conv.pw_end = 4;
    check(p, bytes_shape(1, 9, 20, 5), 3, 18);
    p.conv.dh = 3, p.conv.dw = 2, p.conv.sh = p.conv.sw = 1, p.conv.pw = 7;
    check(p, bytes_shape(1, 9, 11, 12), 3, 40);
    p.conv.dw = 1, p.conv.dh = 6, p.conv.ph = p.conv.ph_end = 6;
    check(p, bytes_shape(2, 5, 17, 16), 3, 33);
}
END_TEST

/* Weights 3 and 250 around 5: -2 and 245. src 10 and 20 around 4: 6 and 16. */
START_TEST(worked_by_hand)
{
    uint8_t q[] = {10, 20}, w[] = {3, 250}, dst[1];
    int32_t bias[] = {92};
    float scale[] = {0.0625f};
    seg_conv2d_q8_params p = PLAIN;
    p.src_zero = 4, p.weights_zero = 5, p.dst_zero = 1;
    const seg_tensor src[] = {{bytes_shape(1, 1, 1, 2), q},
                              {{.dtype = SEG_U8, .rank = 4, .dim = {1, 1, 2, 1}}, w},
                              {{.dtype = SEG_I32, .rank = 1, .dim = {1}}, bias},
                              {seg_shape_vector(1), scale}};
    bytes_run(&seg_op_conv2d_q8, &p, 4, src, dst);
    ck_assert_int_eq(dst[0], 251); /* 92 - 12 + 3920 = 4000; / 16 = 250 */
}
END_TEST

START_TEST(refusals)
{
    seg_conv2d_q8_params p = PLAIN;
    seg_shape src[4], weights = seg_shape_nhwc(3, 3, 2, 4);
    weights.dtype = SEG_U8;
    sources(src, bytes_shape(1, 4, 4, 2), weights);
    p.weights_zero = 256;
    check_refused(&seg_op_conv2d_q8, &p, 4, src, "weights_zero");
    p = PLAIN;
    src[1].dtype = SEG_F32;
    check_refused(&seg_op_conv2d_q8, &p, 4, src, "f32");
    src[1].dtype = SEG_I8;
    src[2].dtype = SEG_F32;
    check_refused(&seg_op_conv2d_q8, &p, 4, src, "bias");
    src[2].dtype = SEG_I32;
    src[3].dim[0] = 3;
    check_refused(&seg_op_conv2d_q8, &p, 4, src, "scales");
    src[3].dim[0] = 4;
    src[1].ic = 3;
    check_refused(&seg_op_conv2d_q8, &p, 4, src, "3 channels");
    src[0].c = src[1].ic = SEG_U8_DEPTH_MAX;
    check_refused(&seg_op_conv2d_q8, &p, 4, src, "products");
}
END_TEST

void test_op_conv2d_q8(TCase *test)
{
    tcase_add_test(test, channels);
    tcase_add_test(test, padding_reads_the_zero_point);
    tcase_add_test(test, strides_dilations_ranges);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, refusals);
}
