/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* concat.c: the op concat. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_concat);
}
END_TEST

START_TEST(gradient)
{
    check_gradient(&(op_gradient){
        .op = &seg_op_concat,
        .src_count = 3,
        .src = {seg_shape_nhwc(2, 3, 2, 5), seg_shape_nhwc(2, 3, 2, 1), seg_shape_nhwc(2, 3, 2, 9)},
        .skip = 1u << 1});
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src[2] = {seg_shape_nhwc(2, 5, 4, counts[i]), seg_shape_nhwc(2, 5, 4, 5)};
        check_isas(&seg_op_concat, NULL, 2, src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape two[2] = {seg_shape_nhwc(1, 4, 5, 3), seg_shape_nhwc(1, 4, 6, 3)}, nine[9];
    check_refused(&seg_op_concat, NULL, 2, two, "source 1 is f32 1x4x6x3");
    two[1] = seg_shape_vector(3);
    check_refused(&seg_op_concat, NULL, 2, two, "got f32 3");
    for (int i = 0; i < 9; i++)
        nine[i] = two[0];
    check_refused(&seg_op_concat, NULL, 9, nine, "got 9");
}
END_TEST

void test_op_concat(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
