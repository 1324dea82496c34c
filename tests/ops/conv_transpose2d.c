/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv_transpose2d.c: the op conv_transpose2d. All geometries and instruction sets: suite igemm. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_conv_transpose2d);
}
END_TEST

START_TEST(gradient)
{
    seg_conv_transpose2d_params params = {
        .sh = 3, .sw = 2, .ph = 1, .pw_end = 2, .dh = 1, .dw = 3, .out_pad_h = 1};
    check_gradient(&(op_gradient){
        .op = &seg_op_conv_transpose2d,
        .params = &params,
        .src_count = 3,
        .src = {seg_shape_nhwc(2, 4, 5, 6), seg_shape_nhwc(4, 2, 6, 18), seg_shape_vector(18)},
        .seed = 3});
}
END_TEST

START_TEST(refusals)
{
    seg_conv_transpose2d_params params = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .ph = 4, .ph_end = 3};
    seg_shape src[3] = {seg_shape_nhwc(1, 5, 6, 4), seg_shape_nhwc(3, 3, 4, 8),
                        seg_shape_vector(8)};
    check_refused(&seg_op_conv_transpose2d, &params, 3, src, "leaves 0x8 pixels");
    params.ph = 0;
    src[2] = seg_shape_vector(4);
    check_refused(&seg_op_conv_transpose2d, &params, 3, src, "bias must be f32 8, is f32 4");
    src[1].ic = 5;
    check_refused(&seg_op_conv_transpose2d, &params, 2, src, "weights take 5 channels, src has 4");
    params.sw = 0;
    check_refused(&seg_op_conv_transpose2d, &params, 2, src, "sw (stride, columns) is 0");
}
END_TEST

void test_op_conv_transpose2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
