/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* depthwise2d_q8.c: against plain integer sums, at every instruction set. */
#include "ops/check_bytes.h"
#include "ops/reference_q8.h"

static const seg_conv2d_q8_params PLAIN = {.conv = {.sh = 1,
                                                    .sw = 1,
                                                    .ph = 1,
                                                    .pw = 1,
                                                    .ph_end = 1,
                                                    .pw_end = 1,
                                                    .dh = 1,
                                                    .dw = 1,
                                                    .groups = 1},
                                           .src_zero = 3,
                                           .dst_zero = 100,
                                           .lowest = 2,
                                           .highest = 250};

static void sources(seg_shape src[4], seg_shape image, seg_shape weights)
{
    src[0] = image;
    src[1] = weights;
    src[2] = src[3] = seg_shape_vector(weights.oc);
    src[2].dtype = SEG_I32;
}

/* Weights less their zero are -255..254 at most, which 1..255 leave. */
static void check(seg_conv2d_q8_params p, seg_shape image, int64_t kh, int64_t kw)
{
    seg_shape src[4], weights = seg_shape_nhwc(kh, kw, 1, image.c);
    weights.dtype = SEG_U8;
    sources(src, image, weights);
    for (p.weights_zero = 1; p.weights_zero <= 255; p.weights_zero += 127)
        check_bytes_within(&seg_op_depthwise2d_q8, &p, 4, src, 1e-3, reference_conv_q8);
    src[1].dtype = SEG_I8;
    p.weights_zero = 0;
    p.weights_fit = 1;
    check_bytes_within(&seg_op_depthwise2d_q8, &p, 4, src, 1e-3, reference_conv_q8);
}

START_TEST(channels)
{
    const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 1; i < sizeof counts / sizeof *counts; i++) { /* 1 is a dense convolution */
        check(PLAIN, bytes_shape(1, 3, 5, counts[i]), 3, 3);
        check(PLAIN, bytes_shape(2, 4, 19, counts[i]), 3, 3);
    }
    check(PLAIN, bytes_shape(1, 3, 40, 200), 3, 3);
}
END_TEST

START_TEST(kernels_strides_dilations)
{
    for (int64_t zero = 0; zero <= 255; zero += 85) {
        seg_conv2d_q8_params p = PLAIN;
        p.src_zero = zero;
        check(p, bytes_shape(1, 5, 5, 33), 1, 1);
        check(p, bytes_shape(1, 6, 9, 33), 5, 2);
        p.conv.sh = 2, p.conv.sw = 2;
        check(p, bytes_shape(2, 9, 10, 24), 3, 3);
        p.conv.sh = p.conv.sw = 1, p.conv.dh = 2, p.conv.dw = 3;
        p.conv.ph = p.conv.ph_end = 2, p.conv.pw = p.conv.pw_end = 3;
        check(p, bytes_shape(1, 9, 21, 65), 3, 3);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_conv2d_q8_params p = PLAIN;
    seg_shape src[4], weights = seg_shape_nhwc(3, 3, 1, 4);
    weights.dtype = SEG_I8;
    sources(src, bytes_shape(1, 4, 4, 4), weights);
    p.highest = 256;
    check_refused(&seg_op_depthwise2d_q8, &p, 4, src, "highest");
    src[0].c = 5;
    check_refused(&seg_op_depthwise2d_q8, &PLAIN, 4, src, "5");
    src[0] = bytes_shape(1, 40, 40, 4);
    src[1].kh = src[1].kw = 17;
    check_refused(&seg_op_depthwise2d_q8, &PLAIN, 4, src, "17x17 taps");
}
END_TEST

void test_op_depthwise2d_q8(TCase *test)
{
    tcase_add_test(test, channels);
    tcase_add_test(test, kernels_strides_dilations);
    tcase_add_test(test, refusals);
}
