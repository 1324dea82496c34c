/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* avgpool2d.c: the op avgpool2d. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_avgpool2d);
}
END_TEST

START_TEST(gradient)
{
    seg_pool2d_params params = {.kh = 3, .kw = 2, .sh = 2, .sw = 1, .ph = 1, .pw = 1};
    for (params.ceil_mode = 0; params.ceil_mode < 2; params.ceil_mode++) {
        for (params.count_pad = 0; params.count_pad < 2; params.count_pad++)
            check_gradient(&(op_gradient){.op = &seg_op_avgpool2d,
                                          .params = &params,
                                          .src_count = 1,
                                          .src = {seg_shape_nhwc(2, 6, 5, 3)}});
    }
}
END_TEST

/* 3x3 of 1..9 under 2x2 windows of stride 2: ceil_mode keeps the partial ones. */
START_TEST(by_hand)
{
    static const float wanted[2][4] = {{3.0f, 4.5f, 7.5f, 9.0f}, {3.0f, 4.5f, 7.5f, 9.0f}};
    seg_pool2d_params params = {.kh = 2, .kw = 2, .sh = 2, .sw = 2, .ceil_mode = 1};
    for (params.count_pad = 0; params.count_pad < 2; params.count_pad++) {
        op_run run;
        seg_shape image = seg_shape_nhwc(1, 3, 3, 1);
        op_run_init(&run, &seg_op_avgpool2d, &params, 1, &image);
        op_run_prepare(&run);
        for (int i = 0; i < 9; i++)
            seg_f32(&run.src[0])[i] = (float)(i + 1);
        op_run_forward(&run, "by hand");
        ck_assert_int_eq(seg_shape_count(&run.dst.shape), 4);
        ck_assert_mem_eq(run.dst.data, wanted[params.count_pad], sizeof wanted[0]);
        op_run_release(&run);
    }
}
END_TEST

/* 1..5 in a row under windows of 3, stride 2, with a column of padding on the right only: {1,2,3},
 * {3,4,5}; on the left only: {1,2}, {2,3,4}, and {4,5} with ceil_mode, which hangs over. */
START_TEST(uneven_padding)
{
    static const struct {
        int64_t pad, more, ceil_mode, count_pad, count;
        float wanted[3];
    } cases[] = {{0, 1, 0, 0, 2, {2.0f, 4.0f}},
                 {1, -1, 0, 0, 2, {1.5f, 3.0f}},
                 {1, -1, 0, 1, 2, {1.0f, 3.0f}},
                 {1, -1, 1, 1, 3, {1.0f, 3.0f, 4.5f}},
                 {1, 0, 1, 1, 3, {1.0f, 3.0f, 3.0f}}};
    for (int i = 0; i < 5; i++) {
        op_run run;
        seg_pool2d_params params = {.kh = 1, .kw = 3, .sh = 1, .sw = 2};
        params.pw = cases[i].pad;
        params.pw_more = cases[i].more;
        params.ceil_mode = cases[i].ceil_mode;
        params.count_pad = cases[i].count_pad;
        seg_shape image = seg_shape_nhwc(1, 1, 5, 1);
        op_run_init(&run, &seg_op_avgpool2d, &params, 1, &image);
        op_run_prepare(&run);
        for (int x = 0; x < 5; x++)
            seg_f32(&run.src[0])[x] = (float)(x + 1);
        op_run_forward(&run, "uneven");
        ck_assert_int_eq(run.dst.shape.w, cases[i].count);
        for (int64_t x = 0; x < cases[i].count; x++)
            ck_assert_float_eq_tol(seg_f32(&run.dst)[x], cases[i].wanted[x], 1e-6f);
        op_run_release(&run);
    }
}
END_TEST

START_TEST(uneven_gradient)
{
    seg_pool2d_params params = {.kh = 3, .kw = 4, .sh = 2, .sw = 3, .ph = 1, .pw = 2};
    params.ph_more = -1;
    params.pw_more = -1;
    for (params.count_pad = 0; params.count_pad < 2; params.count_pad++)
        check_gradient(&(op_gradient){.op = &seg_op_avgpool2d,
                                      .params = &params,
                                      .src_count = 1,
                                      .src = {seg_shape_nhwc(2, 6, 7, 3)}});
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    seg_pool2d_params params = {.kh = 3, .kw = 2, .sh = 2, .sw = 1, .ph = 1};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src = seg_shape_nhwc(2, 5, 4, counts[i]);
        check_isas(&seg_op_avgpool2d, &params, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3);
    seg_pool2d_params params = {.kh = 7, .kw = 2, .sh = 1, .sw = 1, .ph = 1};
    check_refused(&seg_op_avgpool2d, &params, 1, &image, "window of 7 does not fit a height of 4");
    params = (seg_pool2d_params){.kh = 3, .kw = 3, .sh = 1, .sw = 1, .pw = 2};
    check_refused(&seg_op_avgpool2d, &params, 1, &image, "padding 2 of the width");
    params = (seg_pool2d_params){.kh = 3, .kw = 3, .sh = 0, .sw = 1};
    check_refused(&seg_op_avgpool2d, &params, 1, &image, "sh (stride of rows) is 0");
    params = (seg_pool2d_params){.kh = 3, .kw = 3, .sh = 1, .sw = 1, .dh = 2};
    check_refused(&seg_op_avgpool2d, &params, 1, &image, "dilation 2x0");
}
END_TEST

void test_op_avgpool2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, by_hand);
    tcase_add_test(test, uneven_padding);
    tcase_add_test(test, uneven_gradient);
    tcase_add_test(test, refusals);
}
