/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resize_bilinear.c: the op resize_bilinear. */
#include <math.h>

#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_resize_bilinear);
}
END_TEST

START_TEST(gradient)
{
    seg_resize_params params[] = {{7, 9, 0}, {7, 9, 1}, {2, 3, 0}, {2, 1, 1}, {4, 5, 0}};
    for (int i = 0; i < 5; i++)
        check_gradient(&(op_gradient){.op = &seg_op_resize_bilinear,
                                      .params = &params[i],
                                      .src_count = 1,
                                      .src = {seg_shape_nhwc(2, 4, 5, 3)}});
}
END_TEST

static double dot(const seg_tensor *a, const seg_tensor *b)
{
    double sum = 0.0;
    for (int64_t i = 0; i < seg_shape_count(&a->shape); i++)
        sum += (double)seg_f32(a)[i] * (double)seg_f32(b)[i];
    return sum;
}

/* <A x, y> = <x, A' y>: backward is forward's transpose, for many sizes and channel counts. */
START_TEST(transpose)
{
    for (int i = 0; i < 60; i++) {
        op_run run;
        seg_resize_params params = {1 + i * 7 % 13, 1 + i * 5 % 17, i % 2};
        seg_shape image = seg_shape_nhwc(1 + i % 2, 1 + i * 3 % 11, 1 + i * 11 % 14, 1 + i % 37);
        op_run_init(&run, &seg_op_resize_bilinear, &params, 1, &image);
        op_run_prepare(&run);
        op_fill(&run.src[0], 1, -1.0, 1.0);
        op_fill(&run.diff_dst, 2, -1.0, 1.0);
        op_run_forward(&run, "transpose");
        double forward = dot(&run.dst, &run.diff_dst);
        op_run_backward(&run, "transpose");
        op_fill(&run.src[0], 1, -1.0, 1.0);
        ck_assert_double_le(fabs(forward - dot(&run.src[0], &run.diff_src[0])),
                            1e-5 * sqrt((double)seg_shape_count(&run.dst.shape)));
        op_run_release(&run);
    }
}
END_TEST

/* Half-pixel centres of 0, 4 doubled: positions -1/4 (clamped), 1/4, 3/4, 5/4 (clamped). Aligned
 * corners of three: 0, 1/3 of the way, ... */
START_TEST(by_hand)
{
    static const float half[4] = {0.0f, 1.0f, 3.0f, 4.0f},
                       aligned[5] = {0.0f, 1.0f, 2.0f, 3.0f, 4.0f};
    seg_resize_params params[2] = {{1, 4, 0}, {1, 5, 1}};
    seg_shape image = seg_shape_nhwc(1, 1, 2, 1);
    for (int i = 0; i < 2; i++) {
        op_run run;
        op_run_init(&run, &seg_op_resize_bilinear, &params[i], 1, &image);
        op_run_prepare(&run);
        seg_f32(&run.src[0])[1] = 4.0f;
        op_run_forward(&run, "by hand");
        ck_assert_mem_eq(run.dst.data, i == 0 ? half : aligned, seg_shape_size(&run.dst.shape));
        op_run_release(&run);
    }
}
END_TEST

/* One row through the op. */
static void resize_row(const seg_resize_params *params, int64_t count, const float *values,
                       const float *wanted)
{
    op_run run;
    seg_shape image = seg_shape_nhwc(1, 1, count, 1);
    op_run_init(&run, &seg_op_resize_bilinear, params, 1, &image);
    op_run_prepare(&run);
    memcpy(run.src[0].data, values, (size_t)count * sizeof *values);
    op_run_forward(&run, "row");
    for (int64_t x = 0; x < params->w; x++)
        ck_assert_msg(fabsf(seg_f32(&run.dst)[x] - wanted[x]) <= 1e-6f, "%lld: %g, wanted %g",
                      (long long)x, (double)seg_f32(&run.dst)[x], (double)wanted[x]);
    op_run_release(&run);
}

/* Doubling 0, 4, asymmetric: positions 0, 1/2, 1, 3/2 (at the edge). The ONNX standard's own
 * example of scale 0.6 (columns of test_resize_downsample_scales_linear): 1 2 3 4 becomes
 * 1.3333333 and 3 with half-pixel centres (positions 1/3 and 2), 1 and 3.142857 with align_corners
 * (2.4 pixels: position 3/1.4). Scale 2.5 of two pixels: 5 at 0, .4, .8, 1.2, 1.6. */
START_TEST(other_positions)
{
    static const float two[2] = {0, 4}, four[4] = {1, 2, 3, 4};
    seg_resize_params params = {1, 4, 0, SEG_COORDINATES_ASYMMETRIC, 0, 0, 0};
    resize_row(&params, 2, two, (const float[]){0, 2, 4, 4});
    params = (seg_resize_params){1, 2, 0, SEG_COORDINATES_HALF_PIXEL, 0, 0, 0.6};
    resize_row(&params, 4, four, (const float[]){1.3333333f, 3.0f});
    params.coordinates = SEG_COORDINATES_ALIGN_CORNERS;
    resize_row(&params, 4, four, (const float[]){1.0f, 3.142857f});
    params = (seg_resize_params){1, 5, 0, SEG_COORDINATES_ASYMMETRIC, 0, 0, 2.5};
    resize_row(&params, 2, two, (const float[]){0, 1.6f, 3.2f, 4, 4});
    params = (seg_resize_params){1, 5, 1, SEG_COORDINATES_USUAL, 0, 0, 0};
    resize_row(&params, 2, two, (const float[]){0, 1, 2, 3, 4});
    params.coordinates = SEG_COORDINATES_ALIGN_CORNERS;
    params.align_corners = 0;
    resize_row(&params, 2, two, (const float[]){0, 1, 2, 3, 4});
}
END_TEST

START_TEST(other_gradients)
{
    for (int64_t c = SEG_COORDINATES_HALF_PIXEL; c < SEG_COORDINATES_COUNT; c++) {
        seg_resize_params params[] = {{7, 9, 0, c, 0, 0, 0}, {2, 3, 0, c, 0, 0.6, 0.7}};
        for (int i = 0; i < 2; i++)
            check_gradient(&(op_gradient){.op = &seg_op_resize_bilinear,
                                          .params = &params[i],
                                          .src_count = 1,
                                          .src = {seg_shape_nhwc(2, 4, 5, 3)}});
    }
}
END_TEST

START_TEST(all_instruction_sets)
{
    static const int64_t counts[] = CHANNEL_COUNTS;
    seg_resize_params params = {9, 8, 0};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        seg_shape src = seg_shape_nhwc(2, 5, 4, counts[i]);
        check_isas(&seg_op_resize_bilinear, &params, 1, &src);
    }
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(3);
    seg_resize_params params = {0, 4, 0};
    check_refused(&seg_op_resize_bilinear, &params, 1, &image, "h (target height) is 0");
    params = (seg_resize_params){4, 4, 2};
    check_refused(&seg_op_resize_bilinear, &params, 1, &image, "align_corners");
    params = (seg_resize_params){4, 4, 0};
    check_refused(&seg_op_resize_bilinear, &params, 1, &vector, "got f32 3");
}
END_TEST

void test_op_resize_bilinear(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, all_instruction_sets);
    tcase_add_test(test, gradient);
    tcase_add_test(test, transpose);
    tcase_add_test(test, by_hand);
    tcase_add_test(test, other_positions);
    tcase_add_test(test, other_gradients);
    tcase_add_test(test, refusals);
}
