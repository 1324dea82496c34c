/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* relu6.c: the op relu6. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_relu6);
}
END_TEST

/* Corners, infinity and NaN, which random numbers do not meet. */
START_TEST(corners)
{
    const float values[] = {-2, -0.5f, 0, 0.25f, 6, 7, INFINITY, NAN};
    const float wanted[] = {0, 0, 0, 0.25f, 6, 6, 6, NAN};
    seg_shape shape = seg_shape_nhwc(1, 1, 1, 8);
    op_run run;
    op_run_init(&run, &seg_op_relu6, NULL, 1, &shape);
    op_run_prepare(&run);
    memcpy(run.src[0].data, values, sizeof values);
    op_run_forward(&run, "corners");
    for (int i = 0; i < 7; i++)
        ck_assert_msg(seg_f32(&run.dst)[i] == wanted[i], "element %d", i);
    ck_assert(isnan(seg_f32(&run.dst)[7]));
    op_run_release(&run);
}
END_TEST

START_TEST(gradient_stops_at_corners)
{
    const float values[] = {-1, 0, 3, 6, 9};
    const float wanted[] = {0, 0, 3, 0, 0};
    seg_shape shape = seg_shape_nhwc(1, 1, 1, 5);
    op_run run;
    op_run_init(&run, &seg_op_relu6, NULL, 1, &shape);
    op_run_prepare(&run);
    memcpy(run.src[0].data, values, sizeof values);
    for (int i = 0; i < 5; i++)
        seg_f32(&run.diff_dst)[i] = (float)(i + 1);
    op_run_forward(&run, "corners");
    op_run_backward(&run, "corners");
    for (int i = 0; i < 5; i++)
        ck_assert_msg(seg_f32(&run.diff_src[0])[i] == wanted[i], "element %d", i);
    op_run_release(&run);
}
END_TEST

START_TEST(refusals)
{
    seg_shape bytes = seg_shape_nhwc(1, 2, 3, 4);
    bytes.dtype = SEG_U8;
    check_refused(&seg_op_relu6, NULL, 1, &bytes, "u8 1x2x3x4");
}
END_TEST

void test_op_relu6(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, corners);
    tcase_add_test(test, gradient_stops_at_corners);
    tcase_add_test(test, refusals);
}
