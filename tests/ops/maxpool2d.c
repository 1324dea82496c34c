/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* maxpool2d.c: the op maxpool2d. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_maxpool2d);
}
END_TEST

START_TEST(gradient)
{
    seg_pool2d_params params = {.kh = 3, .kw = 2, .sh = 2, .sw = 1, .ph = 1, .pw = 1};
    for (params.ceil_mode = 0; params.ceil_mode < 2; params.ceil_mode++)
        check_gradient(&(op_gradient){.op = &seg_op_maxpool2d,
                                      .params = &params,
                                      .src_count = 1,
                                      .src = {seg_shape_nhwc(2, 6, 5, 3)},
                                      .distinct = true});
}
END_TEST

/* 1..7 in a row under windows of 3 pixels, each second one: {1,3,5}, ...; with a column of padding
 * on both sides {2,4} first and {4,6} last; with one on the right only {4,6} last. */
START_TEST(dilated_by_hand)
{
    static const struct {
        int64_t pad, more, count;
        float wanted[5];
    } cases[] = {{0, 0, 3, {5, 6, 7}}, {1, 0, 5, {4, 5, 6, 7, 6}}, {0, 1, 4, {5, 6, 7, 6}}};
    for (int i = 0; i < 3; i++) {
        op_run run;
        seg_pool2d_params params = {.kh = 1, .kw = 3, .sh = 1, .sw = 1, .dw = 2};
        params.pw = cases[i].pad;
        params.pw_more = cases[i].more;
        seg_shape image = seg_shape_nhwc(1, 1, 7, 1);
        op_run_init(&run, &seg_op_maxpool2d, &params, 1, &image);
        op_run_prepare(&run);
        for (int x = 0; x < 7; x++)
            seg_f32(&run.src[0])[x] = (float)(x + 1);
        op_run_forward(&run, "dilated");
        ck_assert_int_eq(run.dst.shape.w, cases[i].count);
        ck_assert_mem_eq(run.dst.data, cases[i].wanted, (size_t)cases[i].count * sizeof(float));
        op_run_release(&run);
    }
}
END_TEST

START_TEST(dilated_gradient)
{
    seg_pool2d_params params = {.kh = 3, .kw = 2, .sh = 2, .sw = 1, .ph = 1, .pw = 1};
    params.ph_more = -1;
    params.dh = 2;
    params.dw = 3;
    for (params.ceil_mode = 0; params.ceil_mode < 2; params.ceil_mode++)
        check_gradient(&(op_gradient){.op = &seg_op_maxpool2d,
                                      .params = &params,
                                      .src_count = 1,
                                      .src = {seg_shape_nhwc(2, 9, 8, 3)},
                                      .distinct = true});
}
END_TEST

/* Row 0 of 2x4: a window of equals, a window with a NaN. Equal values: the first gets the gradient.
 */
START_TEST(ties_and_nan)
{
    const float values[8] = {-2.0f, -2.0f, 5.0f, NAN, -2.0f, -2.0f, INFINITY, 1.0f};
    const float wanted[8] = {10.0f, 0.0f, 0.0f, 20.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    seg_pool2d_params params = {.kh = 2, .kw = 2, .sh = 2, .sw = 2};
    seg_shape image = seg_shape_nhwc(1, 2, 4, 1);
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        op_run run;
        if (!supported)
            continue;
        op_run_init(&run, &seg_op_maxpool2d, &params, 1, &image);
        run.call.kernels = seg_kernels_at(i, &supported);
        op_run_prepare(&run);
        memcpy(run.src[0].data, values, sizeof values);
        op_run_forward(&run, "ties");
        ck_assert(seg_f32(&run.dst)[0] == -2.0f);
        ck_assert(isnan(seg_f32(&run.dst)[1]));
        seg_f32(&run.diff_dst)[0] = 10.0f;
        seg_f32(&run.diff_dst)[1] = 20.0f;
        op_run_backward(&run, "ties");
        ck_assert_mem_eq(run.diff_src[0].data, wanted, sizeof wanted);
        op_run_release(&run);
    }
}
END_TEST

START_TEST(no_workspace_in_inference)
{
    op_run run;
    seg_pool2d_params params = {.kh = 2, .kw = 2, .sh = 2, .sw = 2};
    seg_shape image = seg_shape_nhwc(1, 4, 4, 3);
    op_run_init(&run, &seg_op_maxpool2d, &params, 1, &image);
    run.call.train = false;
    op_run_prepare(&run);
    ck_assert_uint_eq(run.workspace_size, 0);
    op_fill_distinct(&run.src[0], 3);
    op_run_forward(&run, "inference");
    op_run_release(&run);
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    seg_pool2d_params params = {.kh = 3, .kw = 2, .sh = 2, .sw = 1, .ph = 1};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src = seg_shape_nhwc(2, 5, 4, counts[i]);
        check_isas(&seg_op_maxpool2d, &params, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), huge = seg_shape_nhwc(1, 65536, 65536, 1);
    seg_pool2d_params params = {.kh = 2, .kw = 9, .sh = 1, .sw = 1, .pw = 1};
    check_refused(&seg_op_maxpool2d, &params, 1, &image, "window of 9 does not fit a width of 5");
    params = (seg_pool2d_params){.kh = 3, .kw = 3, .sh = 1, .sw = 1, .ph = 2};
    check_refused(&seg_op_maxpool2d, &params, 1, &image, "padding 2 of the height");
    params = (seg_pool2d_params){.kh = 2, .kw = 2, .sh = 1, .sw = 1, .count_pad = 1};
    check_refused(&seg_op_maxpool2d, &params, 1, &image, "count_pad is 1");
    params = (seg_pool2d_params){.kh = 2, .kw = 2, .sh = 2, .sw = 2};
    check_refused(&seg_op_maxpool2d, &params, 1, &huge, "65536x65536 pixels");
    params = (seg_pool2d_params){.kh = 3, .kw = 3, .sh = 1, .sw = 1, .ph_more = -1};
    check_refused(&seg_op_maxpool2d, &params, 1, &image, "padding -1 behind the height");
    params = (seg_pool2d_params){.kh = 1, .kw = 2, .sh = 1, .sw = 1, .pw = 1, .dw = 5};
    check_refused(&seg_op_maxpool2d, &params, 1, &huge, "65536x65536 pixels");
    image.w = 4;
    check_refused(&seg_op_maxpool2d, &params, 1, &image,
                  "window 0 meets none of the 4 pixels of the width");
}
END_TEST

void test_op_maxpool2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, dilated_by_hand);
    tcase_add_test(test, dilated_gradient);
    tcase_add_test(test, ties_and_nan);
    tcase_add_test(test, no_workspace_in_inference);
    tcase_add_test(test, refusals);
}
