/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv2d.c: the op conv2d. All geometries and instruction sets: suite igemm. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_conv2d);
}
END_TEST

static void gradient_of(seg_conv2d_params params, seg_shape image, seg_shape weights)
{
    check_gradient(&(op_gradient){.op = &seg_op_conv2d,
                                  .params = &params,
                                  .src_count = 3,
                                  .src = {image, weights, seg_shape_vector(weights.oc)},
                                  .seed = 3});
}

START_TEST(gradient)
{
    gradient_of((seg_conv2d_params){.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1},
                seg_shape_nhwc(2, 5, 4, 17), seg_shape_nhwc(1, 1, 17, 35));
    gradient_of((seg_conv2d_params){.sh = 2,
                                    .sw = 3,
                                    .ph = 2,
                                    .pw = 1,
                                    .ph_end = 1,
                                    .pw_end = 4,
                                    .dh = 3,
                                    .dw = 2,
                                    .groups = 2},
                seg_shape_nhwc(2, 9, 11, 6), seg_shape_nhwc(3, 4, 3, 4));
}
END_TEST

START_TEST(refusals)
{
    seg_conv2d_params params = {.sh = 1, .sw = 1, .dh = 3, .dw = 1, .groups = 1};
    seg_shape src[3] = {seg_shape_nhwc(1, 5, 6, 4), seg_shape_nhwc(3, 3, 4, 8),
                        seg_shape_vector(8)};
    check_refused(&seg_op_conv2d, &params, 3, src, "window of 7 does not fit a height of 5");
    params.dh = 0;
    check_refused(&seg_op_conv2d, &params, 3, src, "dh (dilation, rows) is 0");
    params.dh = 1;
    params.groups = 3;
    check_refused(&seg_op_conv2d, &params, 3, src, "3 groups do not divide 4 and 8");
    params.groups = 2;
    check_refused(&seg_op_conv2d, &params, 3, src, "weights take 4 channels, a group has 2");
    params.groups = 1;
    src[2] = seg_shape_vector(7);
    check_refused(&seg_op_conv2d, &params, 3, src, "bias must be f32 8, is f32 7");
    src[1] = seg_shape_vector(36);
    check_refused(&seg_op_conv2d, &params, 2, src, "is f32 36");
    src[0].dtype = SEG_U8;
    check_refused(&seg_op_conv2d, &params, 2, src, "is u8 1x5x6x4");
}
END_TEST

void test_op_conv2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
