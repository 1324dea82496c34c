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
}
END_TEST

void test_op_avgpool2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, by_hand);
    tcase_add_test(test, refusals);
}
