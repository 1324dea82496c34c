/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv_transpose2d.c: the op conv_transpose2d. All geometries and instruction sets: suite igemm. */
#include "ops/check_op.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_conv_transpose2d);
}
END_TEST

START_TEST(gradient)
{
    seg_conv_transpose2d_params params = {
        .sh = 3, .sw = 2, .ph = 1, .pw_end = 2, .dh = 1, .dw = 3, .out_pad_h = 1};
    check_gradient(&(op_gradient){
        .op = &seg_op_conv_transpose2d,
        .params = &params,
        .src_count = 3,
        .src = {seg_shape_nhwc(2, 4, 5, 6), seg_shape_nhwc(4, 2, 6, 18), seg_shape_vector(18)},
        .seed = 3});
}
END_TEST

/* Each group is a transposed convolution of its own channels. */
START_TEST(groups)
{
    const seg_conv_transpose2d_params one = {
        .sh = 2, .sw = 3, .ph = 1, .pw_end = 1, .dh = 2, .dw = 1, .out_pad_w = 1};
    seg_conv_transpose2d_params all = one;
    all.groups = 3;
    seg_shape src[3] = {seg_shape_nhwc(2, 4, 3, 6), seg_shape_nhwc(3, 2, 2, 12),
                        seg_shape_vector(12)};
    op_run whole;
    op_run_init(&whole, &seg_op_conv_transpose2d, &all, 3, src);
    op_run_prepare(&whole);
    for (int i = 0; i < 3; i++)
        op_fill(&whole.src[i], (uint64_t)i, -1.0, 1.0);
    op_run_forward(&whole, "groups");
    for (int64_t g = 0; g < 3; g++) {
        op_run part;
        seg_shape cut[3] = {seg_shape_nhwc(2, 4, 3, 2), seg_shape_nhwc(3, 2, 2, 4),
                            seg_shape_vector(4)};
        op_run_init(&part, &seg_op_conv_transpose2d, &one, 3, cut);
        op_run_prepare(&part);
        for (int i = 0; i < 3; i++) {
            const int64_t c = cut[i].dim[cut[i].rank - 1];
            for (int64_t k = 0; k < seg_shape_count(&cut[i]); k++)
                seg_f32(&part.src[i])[k] = seg_f32(&whole.src[i])[k / c * (3 * c) + g * c + k % c];
        }
        op_run_forward(&part, "a group");
        for (int64_t k = 0; k < seg_shape_count(&part.dst.shape); k++)
            ck_assert_float_eq_tol(seg_f32(&part.dst)[k],
                                   seg_f32(&whole.dst)[k / 4 * 12 + g * 4 + k % 4], 1e-5f);
        op_run_release(&part);
    }
    op_run_release(&whole);
}
END_TEST

START_TEST(gradient_of_groups)
{
    seg_conv_transpose2d_params params = {
        .sh = 3, .sw = 2, .ph = 1, .pw_end = 2, .dh = 1, .dw = 3, .out_pad_h = 1};
    for (params.groups = 3; params.groups <= 6; params.groups += 3)
        check_gradient(&(op_gradient){.op = &seg_op_conv_transpose2d,
                                      .params = &params,
                                      .src_count = 3,
                                      .src = {seg_shape_nhwc(2, 4, 5, 6),
                                              seg_shape_nhwc(4, 2, 6 / params.groups, 18),
                                              seg_shape_vector(18)},
                                      .seed = 3});
}
END_TEST

START_TEST(refusals)
{
    seg_conv_transpose2d_params params = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .ph = 4, .ph_end = 3};
    seg_shape src[3] = {seg_shape_nhwc(1, 5, 6, 4), seg_shape_nhwc(3, 3, 4, 8),
                        seg_shape_vector(8)};
    check_refused(&seg_op_conv_transpose2d, &params, 3, src, "leaves 0x8 pixels");
    params.ph = 0;
    src[2] = seg_shape_vector(4);
    check_refused(&seg_op_conv_transpose2d, &params, 3, src, "bias must be f32 8, is f32 4");
    src[1].ic = 5;
    check_refused(&seg_op_conv_transpose2d, &params, 2, src, "weights take 5 channels, src has 4");
    params.groups = 3;
    check_refused(&seg_op_conv_transpose2d, &params, 2, src,
                  "3 groups do not divide 4 and 8 channels");
    params.groups = 0;
    params.sw = 0;
    check_refused(&seg_op_conv_transpose2d, &params, 2, src, "sw (stride, columns) is 0");
}
END_TEST

void test_op_conv_transpose2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, groups);
    tcase_add_test(test, gradient_of_groups);
    tcase_add_test(test, refusals);
}
