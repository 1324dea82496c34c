/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* depthwise2d_u8.c: against plain integer sums, at every instruction set. */
#include "ops/check_bytes.h"
#include "ops/reference_u8.h"

static const seg_conv2d_u8_params PLAIN = {
    .conv = {.sh = 1, .sw = 1, .ph = 1, .pw = 1, .ph_end = 1, .pw_end = 1, .dh = 1, .dw = 1,
             .groups = 1},
    .src = {0.05, 0},
    .dst = {0.02, 128}};

static void check(seg_conv2d_u8_params p, seg_shape image, int64_t kh, int64_t kw, bool bias)
{
    const seg_shape src[3] = {image, seg_shape_nhwc(kh, kw, 1, image.c),
                              seg_shape_vector(image.c)};
    check_bytes(&seg_op_depthwise2d_u8, &p, bias ? 3 : 2, src, reference_conv_u8);
}

START_TEST(channels)
{
    const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 1; i < sizeof counts / sizeof *counts; i++) { /* 1 is a dense convolution */
        check(PLAIN, bytes_shape(1, 3, 5, counts[i]), 3, 3, true);
        check(PLAIN, bytes_shape(2, 4, 19, counts[i]), 3, 3, false);
    }
    check(PLAIN, bytes_shape(1, 3, 40, 200), 3, 3, true);
}
END_TEST

START_TEST(kernels_strides_dilations)
{
    for (int64_t zero = 0; zero <= 255; zero += 85) {
        seg_conv2d_u8_params p = PLAIN;
        p.src.zero = zero;
        check(p, bytes_shape(1, 5, 5, 33), 1, 1, true);
        check(p, bytes_shape(1, 6, 9, 33), 5, 2, true);
        check(p, bytes_shape(1, 9, 18, 70), 7, 8, true);
        p.conv.sh = 2, p.conv.sw = 2;
        check(p, bytes_shape(2, 9, 10, 24), 3, 3, true);
        p.conv.dh = 4, p.conv.dw = 5, p.conv.ph = p.conv.ph_end = 4, p.conv.pw = p.conv.pw_end = 5;
        check(p, bytes_shape(1, 6, 12, 20), 3, 3, true);
        p.conv.activation = SEG_ACT_RELU6;
        p.dst = (seg_quant){6.0 / 255, 0};
        check(p, bytes_shape(1, 6, 12, 65), 3, 3, true);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_conv2d_u8_params p = PLAIN;
    seg_shape src[3] = {bytes_shape(1, 40, 40, 2), seg_shape_nhwc(3, 3, 1, 4), seg_shape_vector(4)};
    check_refused(&seg_op_depthwise2d_u8, &p, 3, src, "KHxKWx1x2");
    src[1] = seg_shape_nhwc(17, 17, 1, 2), src[2] = seg_shape_vector(2);
    check_refused(&seg_op_depthwise2d_u8, &p, 3, src, "17x17");
    p.to_float = 1;
    check_refused(&seg_op_depthwise2d_u8, &p, 3, src, "to_float");
}
END_TEST

void test_op_depthwise2d_u8(TCase *test)
{
    tcase_add_test(test, channels);
    tcase_add_test(test, kernels_strides_dilations);
    tcase_add_test(test, refusals);
}
