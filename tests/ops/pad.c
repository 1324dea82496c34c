/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* pad.c: the op pad. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_pad);
}
END_TEST

START_TEST(gradient)
{
    seg_pad_params params = {.top = 1, .bottom = 0, .left = 2, .right = 3, .value = 0.5};
    check_gradient(&(op_gradient){
        .op = &seg_op_pad, .params = &params, .src_count = 1, .src = {seg_shape_nhwc(2, 3, 2, 5)}});
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(3);
    seg_pad_params params = {.top = 1, .left = -1};
    check_refused(&seg_op_pad, &params, 1, &image, "left (columns to the left) is -1");
    params = (seg_pad_params){.value = (double)NAN};
    check_refused(&seg_op_pad, &params, 1, &image, "nan");
    params = (seg_pad_params){.top = 1};
    check_refused(&seg_op_pad, &params, 1, &vector, "got f32 3");
}
END_TEST

void test_op_pad(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
