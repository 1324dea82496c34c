/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* scale.c: the op scale. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_scale);
}
END_TEST

START_TEST(refusals)
{
    seg_shape shape = seg_shape_nhwc(1, 2, 3, 4);
    seg_scale_params params = {.factor = NAN};
    check_refused(&seg_op_scale, &params, 1, &shape, "nan");
    params.factor = 1e39;
    check_refused(&seg_op_scale, &params, 1, &shape, "1e+39");
    params.factor = 2;
    shape.dtype = SEG_I32;
    check_refused(&seg_op_scale, &params, 1, &shape, "i32 1x2x3x4");
}
END_TEST

void test_op_scale(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, refusals);
}
