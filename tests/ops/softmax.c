/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* softmax.c: the op softmax. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_softmax);
}
END_TEST

START_TEST(gradient)
{
    check_gradient(&(op_gradient){
        .op = &seg_op_softmax, .src_count = 1, .src = {seg_shape_nhwc(2, 3, 2, 11)}});
    check_gradient(&(op_gradient){
        .op = &seg_op_softmax, .src_count = 1, .src = {seg_shape_nhwc(1, 2, 2, 33)}});
}
END_TEST

/* More pixels than a block, every count of channels: each pixel sums to 1, order is kept. */
START_TEST(sums_to_one)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        for (int64_t c = 1; supported && c <= 35; c++) {
            op_run run;
            seg_shape image = seg_shape_nhwc(1, 7, 157, c);
            op_run_init(&run, &seg_op_softmax, NULL, 1, &image);
            run.call.kernels = seg_kernels_at(i, &supported);
            run.call.threads = 2;
            op_run_prepare(&run);
            op_fill(&run.src[0], (uint64_t)c, -40.0, 40.0);
            op_run_forward(&run, "sums");
            for (int64_t p = 0; p < 7 * 157; p++) {
                double sum = 0.0;
                for (int64_t k = 0; k < c; k++)
                    sum += (double)seg_f32(&run.dst)[p * c + k];
                ck_assert_double_le(fabs(sum - 1.0), 1e-5);
            }
            op_run_release(&run);
        }
    }
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src = seg_shape_nhwc(2, 5, 4, counts[i]);
        check_isas(&seg_op_softmax, NULL, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3);
    image.dtype = SEG_U8;
    check_refused(&seg_op_softmax, NULL, 1, &image, "got u8 1x4x5x3");
}
END_TEST

void test_op_softmax(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, sums_to_one);
    tcase_add_test(test, refusals);
}
