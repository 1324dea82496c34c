/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* argmax.c: the op argmax. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_argmax);
}
END_TEST

static void check_class(const seg_kernels *kernels, int64_t classes, int64_t at, float low,
                        float high)
{
    op_run run;
    seg_shape image = seg_shape_nhwc(1, 1, 3, classes);
    op_run_init(&run, &seg_op_argmax, NULL, 1, &image);
    run.call.kernels = kernels;
    op_run_prepare(&run);
    for (int64_t i = 0; i < 3 * classes; i++)
        seg_f32(&run.src[0])[i] = i < classes || i >= 2 * classes ? INFINITY : low;
    seg_f32(&run.src[0])[classes + at] = high;
    op_run_forward(&run, "one class");
    ck_assert_int_eq(((uint8_t *)run.dst.data)[0], 0);
    ck_assert_msg(((uint8_t *)run.dst.data)[1] == at, "%s: class %d of %d, wanted %d", kernels->isa,
                  ((uint8_t *)run.dst.data)[1], (int)classes, (int)at);
    op_run_release(&run);
}

/* Every class of every count can win, between neighbours that hold infinity. */
START_TEST(every_class_wins)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        for (int64_t c = 1; supported && c <= 70; c++) {
            for (int64_t at = 0; at < c; at++) {
                check_class(seg_kernels_at(i, &supported), c, at, -INFINITY, -3e38f);
                check_class(seg_kernels_at(i, &supported), c, at, -1.0f, 0.0f);
            }
        }
    }
}
END_TEST

START_TEST(nan_gives_a_class)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        for (int64_t c = 1; supported && c <= 40; c++) {
            op_run run;
            seg_shape image = seg_shape_nhwc(1, 1, 5, c);
            op_run_init(&run, &seg_op_argmax, NULL, 1, &image);
            run.call.kernels = seg_kernels_at(i, &supported);
            op_run_prepare(&run);
            for (int64_t k = 0; k < 5 * c; k++)
                seg_f32(&run.src[0])[k] = k % 3 == 0 || k < 2 * c ? NAN : (float)k;
            op_run_forward(&run, "NaN");
            for (int k = 0; k < 5; k++)
                ck_assert_int_lt(((uint8_t *)run.dst.data)[k], c);
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
        check_isas(&seg_op_argmax, NULL, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 2, 2, 256), vector = seg_shape_vector(4);
    check_refused(&seg_op_argmax, NULL, 1, &image, "256 classes");
    check_refused(&seg_op_argmax, NULL, 1, &vector, "got f32 4");
    check_refused(&seg_op_argmax, NULL, 0, &image, "got 0");
}
END_TEST

void test_op_argmax(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, every_class_wins);
    tcase_add_test(test, nan_gives_a_class);
    tcase_add_test(test, refusals);
}
