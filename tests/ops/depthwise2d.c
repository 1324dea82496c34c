/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* depthwise2d.c: the op depthwise2d. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_depthwise2d);
}
END_TEST

static void gradient_of(seg_conv2d_params params, seg_shape image, int64_t kh, int64_t kw)
{
    seg_shape weights = seg_shape_nhwc(kh, kw, 1, image.c);
    params.groups = 1;
    check_gradient(&(op_gradient){.op = &seg_op_depthwise2d,
                                  .params = &params,
                                  .src_count = 3,
                                  .src = {image, weights, seg_shape_vector(image.c)},
                                  .seed = 5});
}

/* Strides with and without a common factor with the dilation; padding larger than the image;
 * pixels that no window sees; kernels that are not square. */
START_TEST(gradient)
{
    gradient_of(
        (seg_conv2d_params){
            .sh = 1, .sw = 1, .ph = 1, .pw = 1, .ph_end = 1, .pw_end = 1, .dh = 1, .dw = 1},
        seg_shape_nhwc(2, 5, 21, 19), 3, 3);
    gradient_of((seg_conv2d_params){.sh = 2, .sw = 3, .ph = 2, .pw = 1, .dh = 4, .dw = 2},
                seg_shape_nhwc(1, 9, 11, 5), 3, 3);
    gradient_of(
        (seg_conv2d_params){
            .sh = 1, .sw = 1, .ph = 12, .pw = 12, .ph_end = 12, .pw_end = 12, .dh = 12, .dw = 12},
        seg_shape_nhwc(1, 6, 15, 4), 3, 3);
    gradient_of((seg_conv2d_params){.sh = 4, .sw = 5, .dh = 1, .dw = 1},
                seg_shape_nhwc(1, 11, 13, 3), 2, 1);
    gradient_of((seg_conv2d_params){.sh = 6, .sw = 4, .ph = 3, .pw_end = 7, .dh = 9, .dw = 6},
                seg_shape_nhwc(1, 20, 17, 2), 2, 3);
}
END_TEST

START_TEST(refusals)
{
    seg_conv2d_params params = {.sh = 1, .sw = 1, .dh = 2, .dw = 2, .groups = 1};
    seg_shape src[3] = {seg_shape_nhwc(1, 4, 8, 6), seg_shape_nhwc(3, 3, 1, 6),
                        seg_shape_vector(6)};
    check_refused(&seg_op_depthwise2d, &params, 3, src, "window of 5 does not fit a height of 4");
    params.dh = 1;
    src[2] = seg_shape_vector(5);
    check_refused(&seg_op_depthwise2d, &params, 3, src, "bias must be f32 6, is f32 5");
    src[1] = seg_shape_nhwc(3, 3, 6, 6);
    check_refused(&seg_op_depthwise2d, &params, 2, src, "KHxKWx1x6, are f32 3x3x6x6");
    src[1] = seg_shape_nhwc(3, 3, 1, 6);
    params.sw = 0;
    check_refused(&seg_op_depthwise2d, &params, 2, src, "sw (stride, columns) is 0");
}
END_TEST

void test_op_depthwise2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
