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

/* 4 pixels to 8 and to 3 by every rounding: half-pixel positions -1/4, 1/4, 3/4, 5/4, ..., 13/4 and
 * 1/6, 3/2, 17/6; asymmetric ones 0, 1/2, ..., 7/2 and 0, 4/3, 8/3. */
START_TEST(positions_and_roundings)
{
    static const struct {
        int64_t w, coordinates;
        int wanted[SEG_ROUNDING_COUNT][8];
    } cases[] = {
        {8,
         SEG_COORDINATES_HALF_PIXEL,
         {{0, 0, 0, 1, 1, 2, 2, 3},
          {0, 0, 1, 1, 2, 2, 3, 3},
          {0, 0, 1, 1, 2, 2, 3, 3},
          {0, 1, 1, 2, 2, 3, 3, 3}}},
        {3, SEG_COORDINATES_HALF_PIXEL, {{0, 1, 2}, {0, 1, 3}, {0, 2, 3}, {1, 2, 3}}},
        {8,
         SEG_COORDINATES_ASYMMETRIC,
         {{0, 0, 1, 1, 2, 2, 3, 3},
          {0, 0, 1, 1, 2, 2, 3, 3},
          {0, 1, 1, 2, 2, 3, 3, 3},
          {0, 1, 1, 2, 2, 3, 3, 3}}},
        {3, SEG_COORDINATES_USUAL, {{0, 1, 2}, {0, 1, 3}, {0, 1, 3}, {0, 2, 3}}},
        {7,
         SEG_COORDINATES_ALIGN_CORNERS,
         {{0, 0, 1, 1, 2, 2, 3},
          {0, 0, 1, 1, 2, 2, 3},
          {0, 1, 1, 2, 2, 3, 3},
          {0, 1, 1, 2, 2, 3, 3}}},
    };
    for (int i = 0; i < 5 * SEG_ROUNDING_COUNT; i++) {
        op_run run;
        const int c = i / SEG_ROUNDING_COUNT, rounding = i % SEG_ROUNDING_COUNT;
        seg_resize_params params = {1, cases[c].w, 0, cases[c].coordinates, rounding, 0, 0};
        seg_shape image = seg_shape_nhwc(1, 1, 4, 1);
        op_run_init(&run, &seg_op_resize_nearest, &params, 1, &image);
        op_run_prepare(&run);
        for (int x = 0; x < 4; x++)
            seg_f32(&run.src[0])[x] = (float)x;
        op_run_forward(&run, "roundings");
        for (int64_t x = 0; x < cases[c].w; x++)
            ck_assert_msg(seg_f32(&run.dst)[x] == (float)cases[c].wanted[rounding][x],
                          "case %d, rounding %d, pixel %d: %g", c, rounding, (int)x,
                          (double)seg_f32(&run.dst)[x]);
        op_run_release(&run);
    }
}
END_TEST

START_TEST(other_gradients)
{
    seg_resize_params params[] = {
        {7, 9, 0, SEG_COORDINATES_HALF_PIXEL, SEG_ROUNDING_HALF_UP, 0, 0},
        {2, 3, 0, SEG_COORDINATES_ASYMMETRIC, SEG_ROUNDING_CEIL, 0.6, 0.7}};
    for (int i = 0; i < 2; i++)
        check_gradient(&(op_gradient){.op = &seg_op_resize_nearest,
                                      .params = &params[i],
                                      .src_count = 1,
                                      .src = {seg_shape_nhwc(2, 4, 5, 3)}});
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
    tcase_add_test(test, positions_and_roundings);
    tcase_add_test(test, other_gradients);
    tcase_add_test(test, refusals);
}
