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
    params = (seg_crop_params){.top = 1, .left = 2, .h = 2, .w = 3, .channel = 1, .c = 2};
    check_gradient(&(op_gradient){.op = &seg_op_crop,
                                  .params = &params,
                                  .src_count = 1,
                                  .src = {seg_shape_nhwc(2, 4, 5, 4)}});
}
END_TEST

/* Elements that are their own place: the window's are told one by one. */
START_TEST(channels)
{
    const seg_crop_params params = {.top = 1, .left = 1, .h = 2, .w = 2, .channel = 2, .c = 0};
    const seg_shape image = seg_shape_nhwc(1, 3, 3, 5);
    const float wanted[] = {22, 23, 24, 27, 28, 29, 37, 38, 39, 42, 43, 44};
    op_run run;
    op_run_init(&run, &seg_op_crop, &params, 1, &image);
    op_run_prepare(&run);
    for (int i = 0; i < 45; i++)
        seg_f32(&run.src[0])[i] = (float)i;
    op_run_forward(&run, "channels");
    ck_assert_int_eq(run.dst.shape.c, 3);
    ck_assert_mem_eq(run.dst.data, wanted, sizeof wanted);
    op_run_release(&run);
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
    params = (seg_crop_params){.top = 0, .left = 0, .h = 1, .w = 1, .channel = 2, .c = 2};
    check_refused(&seg_op_crop, &params, 1, &image, "2 channels from 2 on");
    params = (seg_crop_params){.top = 0, .left = 0, .h = 1, .w = 1};
    check_refused(&seg_op_crop, &params, 1, &vector, "got f32 9");
    check_refused(&seg_op_crop, &params, 2, &image, "got 2");
}
END_TEST

void test_op_crop(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, channels);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
}
