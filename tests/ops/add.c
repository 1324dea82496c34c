/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* add.c: the op add. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_add);
}
END_TEST

START_TEST(refusals)
{
    seg_shape src[2] = {seg_shape_nhwc(1, 2, 3, 4), seg_shape_nhwc(1, 2, 3, 5)};
    seg_add_params params = {.activation = SEG_ACT_NONE};
    check_refused(&seg_op_add, &params, 2, src, "f32 1x2x3x4 and f32 1x2x3x5");
    src[1] = src[0];
    params.activation = 3;
    check_refused(&seg_op_add, &params, 2, src, "is 3");
    params.activation = SEG_ACT_NONE;
    src[0].dtype = src[1].dtype = SEG_U8;
    check_refused(&seg_op_add, &params, 2, src, "u8");
}
END_TEST

void test_op_add(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, refusals);
}
