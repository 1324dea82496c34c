/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* crop.c: the op crop. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_crop);
}
END_TEST

START_TEST(gradient)
{
    seg_crop_params params = {.top = 1, .left = 2, .h = 2, .w = 3};
    check_gradient(&(op_gradient){.op = &seg_op_crop,
                                  .params = &params,
                                  .src_count = 1,
                                  .src = {seg_shape_nhwc(2, 4, 5, 3)}});
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(9);
    seg_crop_params params = {.top = 2, .left = 0, .h = 3, .w = 5};
    check_refused(&seg_op_crop, &params, 1, &image, "rows 2..4");
    params = (seg_crop_params){.top = 0, .left = 1, .h = 4, .w = 5};
    check_refused(&seg_op_crop, &params, 1, &image, "columns 1..5");
    params = (seg_crop_params){.top = -1, .left = 0, .h = 1, .w = 1};
    check_refused(&seg_op_crop, &params, 1, &image, "top (first row kept) is -1");
    params = (seg_crop_params){.top = 0, .left = 0, .h = 1, .w = 1};
    check_refused(&seg_op_crop, &params, 1, &vector, "got f32 9");
    check_refused(&seg_op_crop, &params, 2, &image, "got 2");
}
END_TEST

void test_op_crop(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
