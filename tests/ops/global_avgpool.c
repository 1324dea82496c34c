/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* global_avgpool.c: the op global_avgpool. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_global_avgpool);
}
END_TEST

START_TEST(gradient)
{
    check_gradient(&(op_gradient){
        .op = &seg_op_global_avgpool, .src_count = 1, .src = {seg_shape_nhwc(2, 3, 5, 7)}});
}
END_TEST

/* A million pixels near 1000: one chain of float additions would be off by 1 and more. */
START_TEST(large_map)
{
    op_run run;
    seg_shape image = seg_shape_nhwc(1, 1024, 1000, 1);
    op_run_init(&run, &seg_op_global_avgpool, NULL, 1, &image);
    op_run_prepare(&run);
    double sum = 0.0;
    for (int64_t i = 0; i < 1024000; i++) {
        seg_f32(&run.src[0])[i] = 1000.0f + (float)(i % 7);
        sum += (double)seg_f32(&run.src[0])[i];
    }
    op_run_forward(&run, "large map");
    ck_assert_double_le(fabs((double)seg_f32(&run.dst)[0] - sum / 1024000.0), 1e-2);
    op_run_release(&run);
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src = seg_shape_nhwc(2, 5, 4, counts[i]);
        check_isas(&seg_op_global_avgpool, NULL, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 0, 5, 3), vector = seg_shape_vector(9);
    check_refused(&seg_op_global_avgpool, NULL, 1, &image, "1x0x5x3");
    check_refused(&seg_op_global_avgpool, NULL, 1, &vector, "got f32 9");
}
END_TEST

void test_op_global_avgpool(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, large_map);
    tcase_add_test(test, refusals);
}
