/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* permute.c: the op permute. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_permute);
}
END_TEST

START_TEST(gradient)
{
    seg_permute_params params = {{3, 0, 2, 1}};
    check_gradient(&(op_gradient){.op = &seg_op_permute,
                                  .params = &params,
                                  .src_count = 1,
                                  .src = {seg_shape_nhwc(2, 4, 5, 3)}});
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(9);
    seg_permute_params params = {{0, 1, 1, 3}};
    check_refused(&seg_op_permute, &params, 1, &image, "0 1 1 3");
    params = (seg_permute_params){{0, 1, 2, 4}};
    check_refused(&seg_op_permute, &params, 1, &image, "is 4");
    params = (seg_permute_params){{0, 1, 2, 3}};
    check_refused(&seg_op_permute, &params, 1, &vector, "got f32 9");
}
END_TEST

void test_op_permute(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
