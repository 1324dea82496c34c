/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* concat.c: the op concat. */
#include <stdlib.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_concat);
}
END_TEST

START_TEST(gradient)
{
    check_gradient(&(op_gradient){
        .op = &seg_op_concat,
        .src_count = 3,
        .src = {seg_shape_nhwc(2, 3, 2, 5), seg_shape_nhwc(2, 3, 2, 1), seg_shape_nhwc(2, 3, 2, 9)},
        .skip = 1u << 1});
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src[2] = {seg_shape_nhwc(2, 5, 4, counts[i]), seg_shape_nhwc(2, 5, 4, 5)};
        check_isas(&seg_op_concat, NULL, 2, src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape two[2] = {seg_shape_nhwc(1, 4, 5, 3), seg_shape_nhwc(1, 4, 6, 3)}, nine[9];
    check_refused(&seg_op_concat, NULL, 2, two, "source 1 is f32 1x4x6x3");
    two[1] = seg_shape_vector(3);
    check_refused(&seg_op_concat, NULL, 2, two, "got f32 3");
    for (int i = 0; i < 9; i++)
        nine[i] = two[0];
    check_refused(&seg_op_concat, NULL, 9, nine, "got 9");
}
END_TEST

/* An op that can leave gaps writes the same into some channels of a larger tensor, and nothing
 * beside them. */
static void check_gaps(const seg_op *op, const void *params, int src_count, const seg_shape *src,
                       const seg_kernels *kernels, int64_t before, int64_t behind)
{
    op_run run;
    op_run_init(&run, op, params, src_count, src);
    run.call.kernels = kernels;
    run.call.train = false;
    op_run_prepare(&run);
    for (int k = 0; k < src_count; k++)
        op_fill(&run.src[k], 5 + (uint64_t)k, -1.0, 1.0);
    op_run_forward(&run, op->name);
    const float *wanted = run.dst.data;
    const int64_t c = run.dst.shape.c, step = before + c + behind;
    const int64_t count = seg_shape_count(&run.dst.shape) / c * step;
    float *whole = malloc((size_t)count * sizeof *whole);
    ck_assert_ptr_nonnull(whole);
    for (int64_t i = 0; i < count; i++)
        whole[i] = 77;
    const seg_tensor part = {run.dst.shape, whole + before};
    run.call.dst = &part;
    run.call.dst_step = step;
    op->forward(&run.call);
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = i % step - before;
        const float value = at >= 0 && at < c ? wanted[i / step * c + at] : 77;
        if (whole[i] != value)
            ck_abort_msg("%s, %s: pixel %d, channel %d of %d", op->name, kernels->isa,
                         (int)(i / step), (int)at, (int)c);
    }
    free(whole);
    op_run_release(&run);
}

START_TEST(parts_are_written_in_place)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    const seg_conv2d_params one = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1};
    const seg_conv2d_params three = {
        .sh = 1, .sw = 2, .ph = 1, .pw = 1, .ph_end = 1, .dh = 1, .dw = 1, .groups = 1};
    const seg_conv_transpose2d_params up = {.sh = 2, .sw = 2, .dh = 1, .dw = 1, .groups = 1};
    const seg_resize_params resize = {9, 11, 0};
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        const seg_kernels *kernels = seg_kernels_at(i, &supported);
        for (size_t n = 0; supported && n < sizeof counts / sizeof *counts; n++) {
            const int64_t c = counts[n];
            const seg_shape image = seg_shape_nhwc(2, 6, 7, c);
            const seg_shape pointwise[] = {seg_shape_nhwc(2, 6, 7, 5), seg_shape_nhwc(1, 1, 5, c)};
            const seg_shape square[] = {pointwise[0], seg_shape_nhwc(3, 3, 5, c),
                                        seg_shape_vector(c)};
            const seg_shape doubled[] = {pointwise[0], seg_shape_nhwc(2, 2, 5, c)};
            for (int64_t before = 0; before < 20; before += 8 + before / 2) {
                check_gaps(&seg_op_resize_bilinear, &resize, 1, &image, kernels, before, 3);
                check_gaps(&seg_op_conv2d, &one, 2, pointwise, kernels, before, 1);
                check_gaps(&seg_op_conv2d, &three, 3, square, kernels, before, 16);
                check_gaps(&seg_op_conv_transpose2d, &up, 2, doubled, kernels, before, 2);
            }
        }
    }
}
END_TEST

void test_op_concat(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
    tcase_add_test(test, parts_are_written_in_place);
}
