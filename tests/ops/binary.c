/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* binary.c: the op binary. */
#include "ops/check_op.h"

/* A repeated source's gradient is a sum whose terms may nearly cancel. */
START_TEST(golden_values)
{
    check_golden_within(&seg_op_binary, 3e-5);
}
END_TEST

/* Sources repeated along every axis in turn; division is by numbers of either sign near zero, which
 * golden values cover instead. */
START_TEST(gradient)
{
    static const seg_shape other[] = {{SEG_F32, 4, {{2, 4, 3, 5}}}, {SEG_F32, 4, {{1, 4, 3, 5}}},
                                      {SEG_F32, 4, {{2, 1, 3, 1}}}, {SEG_F32, 4, {{1, 1, 1, 5}}},
                                      {SEG_F32, 4, {{2, 4, 1, 5}}}, {SEG_F32, 4, {{1, 1, 1, 1}}}};
    seg_binary_params params = {.function = _i};
    if (_i == SEG_BINARY_DIV)
        return;
    for (size_t k = 0; k < sizeof other / sizeof *other; k++)
        check_gradient(&(op_gradient){.op = &seg_op_binary,
                                      .params = &params,
                                      .src_count = 2,
                                      .src = {seg_shape_nhwc(2, 4, 3, 5), other[k]},
                                      .seed = 7});
}
END_TEST

START_TEST(refusals)
{
    seg_shape shapes[] = {seg_shape_nhwc(1, 2, 3, 4), seg_shape_nhwc(1, 2, 2, 4)};
    seg_binary_params params = {.function = 0};
    check_refused(&seg_op_binary, &params, 2, shapes, "1x2x2x4");
    shapes[1] = seg_shape_vector(4);
    check_refused(&seg_op_binary, &params, 2, shapes, "got f32 4");
    params.function = SEG_BINARY_FUNCTIONS;
    check_refused(&seg_op_binary, &params, 2, shapes, "function");
}
END_TEST

void test_op_binary(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_loop_test(test, gradient, 0, SEG_BINARY_FUNCTIONS);
    tcase_add_test(test, refusals);
}
