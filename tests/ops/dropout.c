/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* dropout.c: the op dropout. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_dropout);
}
END_TEST

START_TEST(gradient)
{
    seg_dropout_params params = {.rate = 0.3};
    check_gradient(&(op_gradient){.op = &seg_op_dropout,
                                  .params = &params,
                                  .src_count = 1,
                                  .src = {seg_shape_nhwc(2, 5, 7, 3)},
                                  .seed = 99});
}
END_TEST

/* Ones through dropout in training, odd count over several blocks. */
static void run_ones(op_run *run, const seg_dropout_params *params, uint64_t seed, int threads)
{
    seg_shape image = seg_shape_nhwc(1, 99, 111, 3);
    op_run_init(run, &seg_op_dropout, params, 1, &image);
    run->call.seed = seed;
    run->call.threads = threads;
    op_run_prepare(run);
    for (int64_t i = 0; i < seg_shape_count(&image); i++)
        seg_f32(&run->src[0])[i] = seg_f32(&run->diff_dst)[i] = 1.0f;
    op_run_forward(run, "ones");
}

START_TEST(share_and_scale)
{
    seg_dropout_params params = {.rate = 0.25};
    op_run run;
    run_ones(&run, &params, 7, 1);
    int64_t count = seg_shape_count(&run.dst.shape), zeros = 0;
    for (int64_t i = 0; i < count; i++) {
        float value = seg_f32(&run.dst)[i];
        ck_assert(value == 0.0f || fabsf(value - 4.0f / 3.0f) < 1e-6f);
        zeros += value == 0.0f;
    }
    /* Binomial: 5 standard deviations of sqrt(32967 * 0.25 * 0.75) = 79. */
    ck_assert_double_le(fabs((double)zeros - 0.25 * (double)count), 395.0);
    op_run_release(&run);
}
END_TEST

START_TEST(mask_follows_the_seed)
{
    seg_dropout_params params = {.rate = 0.5};
    op_run first, again, other;
    run_ones(&first, &params, 7, 1);
    run_ones(&again, &params, 7, 2);
    run_ones(&other, &params, 8, 1);
    size_t size = seg_shape_size(&first.dst.shape);
    ck_assert_int_eq(memcmp(first.dst.data, again.dst.data, size), 0);
    ck_assert_int_ne(memcmp(first.dst.data, other.dst.data, size), 0);
    op_run_backward(&other, "mask");
    /* Gradient of ones is the mask: what forward gave for ones, which `again` may show with seed 8.
     */
    op_run_release(&again);
    run_ones(&again, &params, 8, 2);
    ck_assert_int_eq(memcmp(other.diff_src[0].data, again.dst.data, size), 0);
    op_run_release(&first);
    op_run_release(&again);
    op_run_release(&other);
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    seg_dropout_params params = {.rate = 0.4};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src = seg_shape_nhwc(2, 5, 4, counts[i]);
        check_isas(&seg_op_dropout, &params, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(3);
    seg_dropout_params params = {.rate = 1.5};
    check_refused(&seg_op_dropout, &params, 1, &image, "rate (share of elements dropped) is 1.5");
    params.rate = 0.5;
    check_refused(&seg_op_dropout, &params, 1, &vector, "got f32 3");
}
END_TEST

void test_op_dropout(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, share_and_scale);
    tcase_add_test(test, mask_follows_the_seed);
    tcase_add_test(test, refusals);
}
