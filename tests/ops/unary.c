/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* unary.c: the op unary. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_unary);
}
END_TEST

/* Every function away from its corners. */
START_TEST(gradient)
{
    seg_unary_params params = {.function = _i, .a = 0.3, .b = 0.6};
    if (_i == SEG_UNARY_LOG || _i == SEG_UNARY_SQRT)
        return; /* the random sources are negative too: golden values cover these */
    check_gradient(&(op_gradient){.op = &seg_op_unary,
                                  .params = &params,
                                  .src_count = 1,
                                  .src = {seg_shape_nhwc(1, 3, 5, 4)},
                                  .distinct = true});
}
END_TEST

START_TEST(not_a_number_stays)
{
    seg_shape shape = seg_shape_nhwc(1, 1, 1, 1);
    seg_unary_params params = {.function = _i, .a = 0.3, .b = 0.6};
    op_run run;
    op_run_init(&run, &seg_op_unary, &params, 1, &shape);
    op_run_prepare(&run);
    seg_f32(&run.src[0])[0] = NAN;
    op_run_forward(&run, "NaN");
    ck_assert_msg(isnan(seg_f32(&run.dst)[0]), "function %d", _i);
    op_run_release(&run);
}
END_TEST

START_TEST(refusals)
{
    seg_shape shape = seg_shape_nhwc(1, 2, 3, 4);
    seg_unary_params params = {.function = SEG_UNARY_FUNCTIONS};
    check_refused(&seg_op_unary, &params, 1, &shape, "function");
    params.function = 0;
    shape.dtype = SEG_I32;
    check_refused(&seg_op_unary, &params, 1, &shape, "i32 1x2x3x4");
}
END_TEST

void test_op_unary(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_loop_test(test, gradient, 0, SEG_UNARY_FUNCTIONS);
    tcase_add_loop_test(test, not_a_number_stays, 0, SEG_UNARY_FUNCTIONS);
    tcase_add_test(test, refusals);
}
