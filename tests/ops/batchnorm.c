/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* batchnorm.c: the op batchnorm. */
#include <math.h>

#include "ops/check_op.h"

static seg_batchnorm_params defaults(void)
{
    return (seg_batchnorm_params){.activation = SEG_ACT_NONE, .epsilon = 1e-5, .momentum = 0.1};
}

static void shapes_of(seg_shape src[5], int64_t n, int64_t h, int64_t w, int64_t c)
{
    src[0] = seg_shape_nhwc(n, h, w, c);
    for (int i = 1; i < 5; i++)
        src[i] = seg_shape_vector(c);
}

/* gamma 1, beta 2, running mean 3, running variance 4 in every channel */
static void fill_vectors(op_run *run)
{
    for (int i = 1; i < 5; i++) {
        for (int64_t c = 0; c < run->src[i].shape.dim[0]; c++)
            seg_f32(&run->src[i])[c] = (float)i;
    }
}

START_TEST(golden_values)
{
    check_golden(&seg_op_batchnorm);
}
END_TEST

START_TEST(gradient)
{
    for (int frozen = 0; frozen < 2; frozen++) {
        seg_batchnorm_params params = defaults();
        params.frozen = frozen;
        op_gradient check = {.op = &seg_op_batchnorm,
                             .params = &params,
                             .src_count = 5,
                             .skip = 1u << 3 | 1u << 4,
                             .seed = 3};
        shapes_of(check.src, 2, 3, 4, 19);
        check_gradient(&check);
    }
}
END_TEST

/* One pixel has no variance: the result is beta, the running variance stays, gradients are 0. */
START_TEST(one_pixel)
{
    seg_batchnorm_params params = defaults();
    seg_shape src[5];
    op_run run;
    shapes_of(src, 1, 1, 1, 17);
    op_run_init(&run, &seg_op_batchnorm, &params, 5, src);
    op_run_prepare(&run);
    op_fill(&run.src[0], 1, -5, 5);
    fill_vectors(&run);
    op_fill(&run.diff_dst, 2, -1, 1);
    op_run_forward(&run, "one pixel");
    for (int c = 0; c < 17; c++) {
        ck_assert_float_eq(seg_f32(&run.dst)[c], 2.0f);
        ck_assert_float_eq(seg_f32(&run.src[4])[c], 4.0f);
        ck_assert_float_eq_tol(seg_f32(&run.src[3])[c], 2.7f + 0.1f * seg_f32(&run.src[0])[c],
                               1e-6f);
    }
    op_run_backward(&run, "one pixel");
    for (int c = 0; c < 17; c++)
        ck_assert_float_eq(seg_f32(&run.diff_src[0])[c], 0.0f);
    op_run_release(&run);
}
END_TEST

/*
 * 2 x 90 x 70 pixels (many blocks, the last one short) of mean 1000 and deviation about 1: the
 * running statistics with momentum 1 are the batch's, to be met to 1e-5 of the variance.
 */
START_TEST(statistics_far_from_zero)
{
    seg_batchnorm_params params = defaults();
    seg_shape src[5];
    op_run run;
    params.momentum = 1.0;
    shapes_of(src, 2, 90, 70, 33);
    op_run_init(&run, &seg_op_batchnorm, &params, 5, src);
    op_run_prepare(&run);
    op_fill(&run.src[0], 7, 998, 1002);
    fill_vectors(&run);
    op_run_forward(&run, "far from zero");
    const int64_t rows = 2 * 90 * 70, channels = 33;
    for (int64_t c = 0; c < channels; c++) {
        double mean = 0, m2 = 0;
        for (int64_t r = 0; r < rows; r++)
            mean += (double)seg_f32(&run.src[0])[r * channels + c] / (double)rows;
        for (int64_t r = 0; r < rows; r++)
            m2 += pow((double)seg_f32(&run.src[0])[r * channels + c] - mean, 2);
        ck_assert_double_eq_tol((double)seg_f32(&run.src[3])[c], mean, 1e-4);
        double var = m2 / (double)(rows - 1);
        ck_assert_double_eq_tol((double)seg_f32(&run.src[4])[c], var, 1e-5 * var);
    }
    op_run_release(&run);
}
END_TEST

typedef struct many_blocks {
    op_run run;
    seg_batchnorm_params params;
} many_blocks;

static void run_many_blocks(many_blocks *m, int threads)
{
    seg_shape src[5];
    m->params = defaults();
    m->params.activation = SEG_ACT_RELU6;
    shapes_of(src, 2, 90, 70, 33);
    op_run_init(&m->run, &seg_op_batchnorm, &m->params, 5, src);
    m->run.call.threads = threads;
    op_run_prepare(&m->run);
    op_fill(&m->run.src[0], 7, -3, 5);
    fill_vectors(&m->run);
    op_fill(&m->run.diff_dst, 8, -1, 1);
    op_run_forward(&m->run, "many blocks");
    op_run_backward(&m->run, "many blocks");
}

/* Sums that run over many blocks: against double precision, and the same bytes on two threads. */
START_TEST(many_blocks_backward)
{
    many_blocks one, two;
    run_many_blocks(&one, 1);
    run_many_blocks(&two, 2);
    ck_assert(memcmp(one.run.dst.data, two.run.dst.data, seg_shape_size(&one.run.dst.shape)) == 0);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(memcmp(one.run.diff_src[i].data, two.run.diff_src[i].data,
                             seg_shape_size(&one.run.src[i].shape)) == 0,
                      "diff_src %d differs between threads", i);
    for (int i = 3; i < 5; i++)
        ck_assert(memcmp(one.run.src[i].data, two.run.src[i].data, 33 * sizeof(float)) == 0);
    const float *dst = seg_f32(&one.run.dst), *diff = seg_f32(&one.run.diff_dst);
    for (int64_t c = 0; c < 33; c++) {
        double beta = 0, gamma = 0; /* gamma is 1 and beta 2: dst - 2 is the normalised source */
        for (int64_t i = c; i < seg_shape_count(&one.run.dst.shape); i += 33) {
            double g = dst[i] > 0 && dst[i] < 6 ? (double)diff[i] : 0.0;
            beta += g;
            gamma += g * ((double)dst[i] - 2.0);
        }
        ck_assert_double_eq_tol((double)seg_f32(&one.run.diff_src[2])[c], beta, 1e-3);
        ck_assert_double_eq_tol((double)seg_f32(&one.run.diff_src[1])[c], gamma, 1e-3);
    }
    op_run_release(&one.run);
    op_run_release(&two.run);
}
END_TEST

START_TEST(constant_channel_stays_finite)
{
    seg_batchnorm_params params = defaults();
    seg_shape src[5];
    op_run run;
    shapes_of(src, 1, 40, 40, 16);
    op_run_init(&run, &seg_op_batchnorm, &params, 5, src);
    op_run_prepare(&run);
    for (int64_t i = 0; i < seg_shape_count(&src[0]); i++)
        seg_f32(&run.src[0])[i] = 0.1f;
    fill_vectors(&run);
    op_run_forward(&run, "constant");
    float worst = 0.0f;
    for (int64_t i = 0; i < seg_shape_count(&src[0]); i++)
        worst = fmaxf(worst, fabsf(seg_f32(&run.dst)[i] - 2.0f));
    ck_assert_float_le(worst, 1e-4f);
    op_run_release(&run);
}
END_TEST

START_TEST(refusals)
{
    seg_batchnorm_params params = defaults();
    seg_shape src[5];
    shapes_of(src, 1, 2, 3, 8);
    src[2] = seg_shape_vector(7);
    check_refused(&seg_op_batchnorm, &params, 5, src, "beta must be f32 8, is f32 7");
    shapes_of(src, 1, 2, 3, 8);
    check_refused(&seg_op_batchnorm, &params, 3, src, "got 3");
    params.epsilon = 0;
    check_refused(&seg_op_batchnorm, &params, 5, src, "epsilon");
    params.epsilon = 1e-5;
    params.momentum = 1.5;
    check_refused(&seg_op_batchnorm, &params, 5, src, "1.5");
    params.momentum = 0.1;
    src[0] = seg_shape_vector(8);
    check_refused(&seg_op_batchnorm, &params, 5, src, "got f32 8");
}
END_TEST

void test_op_batchnorm(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, one_pixel);
    tcase_add_test(test, statistics_far_from_zero);
    tcase_add_test(test, many_blocks_backward);
    tcase_add_test(test, constant_channel_stays_finite);
    tcase_add_test(test, refusals);
}
