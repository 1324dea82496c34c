/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize_nearest.c: the op resize_nearest. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden_within(&seg_op_resize_nearest, 1e-6);
}
END_TEST

START_TEST(gradient)
{
    seg_resize_params params[] = {{7, 9, 0}, {2, 3, 0}, {4, 5, 0}};
    for (int i = 0; i < 3; i++)
        check_gradient(&(op_gradient){.op = &seg_op_resize_nearest,
                                      .params = &params[i],
                                      .src_count = 1,
                                      .src = {seg_shape_nhwc(2, 4, 5, 3)}});
}
END_TEST

/* Every pixel is a copy of pixel floor(x * in / out), bit by bit, at sizes where float scales slip.
 */
START_TEST(copies)
{
    for (int64_t out = 1; out < 200; out += 3) {
        op_run run;
        seg_resize_params params = {1, out, 0};
        seg_shape image = seg_shape_nhwc(1, 1, 1 + out * 7 % 45, 2);
        op_run_init(&run, &seg_op_resize_nearest, &params, 1, &image);
        op_run_prepare(&run);
        op_fill(&run.src[0], (uint64_t)out, -1.0, 1.0);
        op_run_forward(&run, "copies");
        for (int64_t x = 0; x < out; x++)
            ck_assert_mem_eq(seg_f32(&run.dst) + 2 * x,
                             seg_f32(&run.src[0]) + 2 * (x * image.w / out), 2 * sizeof(float));
        op_run_release(&run);
    }
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    seg_resize_params params = {9, 8, 0};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src = seg_shape_nhwc(2, 5, 4, counts[i]);
        check_isas(&seg_op_resize_nearest, &params, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(3);
    seg_resize_params params = {4, 0, 0};
    check_refused(&seg_op_resize_nearest, &params, 1, &image, "w (target width) is 0");
    params = (seg_resize_params){4, 4, 1};
    check_refused(&seg_op_resize_nearest, &params, 1, &image, "align_corners");
    params = (seg_resize_params){4, 4, 0};
    check_refused(&seg_op_resize_nearest, &params, 1, &vector, "got f32 3");
}
END_TEST

void test_op_resize_nearest(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, copies);
    tcase_add_test(test, refusals);
}
