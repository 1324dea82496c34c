/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv2d_u8.c: against plain integer sums, at every instruction set; and cases worked by hand. */
#include "ops/check_bytes.h"
#include "ops/reference_u8.h"

static const seg_conv2d_u8_params PLAIN = {.conv = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1},
                                           .src = {0.05, 0},
                                           .dst = {0.3, 128}};

static void check(seg_conv2d_u8_params p, seg_shape image, int64_t kernel, int64_t oc, bool bias)
{
    const seg_shape src[3] = {image, seg_shape_nhwc(kernel, kernel, image.c, oc),
                              seg_shape_vector(oc)};
    check_bytes(&seg_op_conv2d_u8, &p, bias ? 3 : 2, src, reference_conv_u8);
    p.to_float = 1;
    check_bytes(&seg_op_conv2d_u8, &p, bias ? 3 : 2, src, reference_conv_u8);
}

START_TEST(channels)
{
    const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        check(PLAIN, bytes_shape(1, 3, 5, counts[i]), 1, 20, true);
        check(PLAIN, bytes_shape(2, 4, 9, 6), 1, counts[i], false);
    }
}
END_TEST

START_TEST(padding_reads_the_zero_point)
{
    seg_conv2d_u8_params p = PLAIN;
    p.conv.ph = p.conv.pw = p.conv.ph_end = p.conv.pw_end = 1;
    for (int64_t zero = 0; zero <= 255; zero += 51) {
        p.src.zero = zero;
        check(p, bytes_shape(2, 5, 7, 3), 3, 33, true);
        check(p, bytes_shape(1, 4, 4, 8), 3, 5, true);
        check(p, bytes_shape(1, 1, 2, 4), 3, 5, true);
    }
}
END_TEST

START_TEST(strides_dilations_activations)
{
    for (int64_t a = SEG_ACT_NONE; a <= SEG_ACT_RELU6; a++) {
        seg_conv2d_u8_params p = PLAIN;
        p.conv.activation = a;
        p.dst.zero = a == SEG_ACT_NONE ? 100 : 0;
        p.dst.scale = 0.05;
        p.src.zero = 9;
        p.conv.sh = 2, p.conv.sw = 3, p.conv.ph = 2, p.conv.pw_end = 4;
        check(p, bytes_shape(1, 9, 20, 5), 3, 18, true);
        p.conv.dh = 3, p.conv.dw = 2, p.conv.sh = p.conv.sw = 1, p.conv.pw = 7;
        check(p, bytes_shape(1, 9, 11, 12), 3, 40, true);
        p.conv.dw = 1, p.conv.dh = 6, p.conv.ph = p.conv.ph_end = 6;
        check(p, bytes_shape(2, 5, 17, 16), 3, 33, false);
    }
}
END_TEST

START_TEST(long_sums_do_not_overflow)
{
    check(PLAIN, bytes_shape(1, 1, 2, SEG_U8_DEPTH_MAX), 1, 3, true);
}
END_TEST

/* Weights 1, -0.5: step 1/127, integers 127 and -64 (63.5 to even). src (q - 10) * 0.5.
 * q = 30, 50: sum 20*127 - 40*64 = -20, bias 0.1 / (0.5/127) = 25.4 -> 25: 5 * 0.5/127 / 0.25. */
START_TEST(worked_by_hand)
{
    uint8_t q[] = {30, 50, 255, 0}, dst[2];
    float w[] = {1, -0.5f}, b[] = {0.1f}, wide[2];
    seg_conv2d_u8_params p = PLAIN;
    p.src = (seg_quant){0.5, 10};
    p.dst = (seg_quant){0.01, 20};
    const seg_tensor src[] = {{bytes_shape(1, 1, 2, 2), q},
                              {seg_shape_nhwc(1, 1, 2, 1), w},
                              {seg_shape_vector(1), b}};
    bytes_run(&seg_op_conv2d_u8, &p, 3, src, dst);
    ck_assert_int_eq(dst[0], 22);  /* 5 * 0.5/127/0.01 = 1.97 */
    ck_assert_int_eq(dst[1], 255); /* 245*127 + 10*64 + 25: far above */
    p.to_float = 1;
    bytes_run(&seg_op_conv2d_u8, &p, 3, src, wide);
    ck_assert_float_eq_tol(wide[0], 5 * 0.5f / 127, 1e-6f);
    ck_assert_float_eq_tol(wide[1], (245 * 127 + 640 + 25) * 0.5f / 127, 1e-3f);
}
END_TEST

/* A bias of 1e9 steps would not leave room for products: the step grows instead. */
START_TEST(large_bias_and_zero_weights)
{
    uint8_t q[] = {255}, dst[2];
    float w[] = {1e-9f, 0}, b[] = {10, 3};
    seg_conv2d_u8_params p = PLAIN;
    p.src = (seg_quant){1e-3, 0};
    p.dst = (seg_quant){0.1, 0};
    const seg_tensor src[] = {{bytes_shape(1, 1, 1, 1), q},
                              {seg_shape_nhwc(1, 1, 1, 2), w},
                              {seg_shape_vector(2), b}};
    bytes_run(&seg_op_conv2d_u8, &p, 3, src, dst);
    ck_assert_int_eq(dst[0], 100);
    ck_assert_int_eq(dst[1], 30);
}
END_TEST

START_TEST(refusals)
{
    seg_conv2d_u8_params p = PLAIN;
    seg_shape src[3] = {bytes_shape(1, 4, 4, 2), seg_shape_nhwc(3, 3, 2, 4), seg_shape_vector(4)};
    p.src.scale = 0;
    check_refused(&seg_op_conv2d_u8, &p, 3, src, "src_scale");
    p = PLAIN;
    p.dst.zero = 256;
    check_refused(&seg_op_conv2d_u8, &p, 3, src, "dst_zero");
    p = PLAIN;
    src[0].dtype = SEG_F32;
    check_refused(&seg_op_conv2d_u8, &p, 3, src, "f32");
    src[0].dtype = SEG_U8;
    src[1].ic = 3;
    check_refused(&seg_op_conv2d_u8, &p, 3, src, "3 channels");
    src[0].c = src[1].ic = SEG_U8_DEPTH_MAX;
    check_refused(&seg_op_conv2d_u8, &p, 3, src, "products");
}
END_TEST

void test_op_conv2d_u8(TCase *test)
{
    tcase_add_test(test, channels);
    tcase_add_test(test, padding_reads_the_zero_point);
    tcase_add_test(test, strides_dilations_activations);
    tcase_add_test(test, long_sums_do_not_overflow);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, large_bias_and_zero_weights);
    tcase_add_test(test, refusals);
}
