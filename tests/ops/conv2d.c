/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* conv2d.c: the op conv2d. All geometries and instruction sets: suite igemm. */
#include <stdlib.h>

#include "ops/check_op.h"
#include "ops/convolution.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_conv2d);
}
END_TEST

static void gradient_of(seg_conv2d_params params, seg_shape image, seg_shape weights)
{
    check_gradient(&(op_gradient){.op = &seg_op_conv2d,
                                  .params = &params,
                                  .src_count = 3,
                                  .src = {image, weights, seg_shape_vector(weights.oc)},
                                  .seed = 3});
}

START_TEST(gradient)
{
    gradient_of((seg_conv2d_params){.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1},
                seg_shape_nhwc(2, 5, 4, 17), seg_shape_nhwc(1, 1, 17, 35));
    gradient_of((seg_conv2d_params){.sh = 2,
                                    .sw = 3,
                                    .ph = 2,
                                    .pw = 1,
                                    .ph_end = 1,
                                    .pw_end = 4,
                                    .dh = 3,
                                    .dw = 2,
                                    .groups = 2},
                seg_shape_nhwc(2, 9, 11, 6), seg_shape_nhwc(3, 4, 3, 4));
}
END_TEST

START_TEST(refusals)
{
    seg_conv2d_params params = {.sh = 1, .sw = 1, .dh = 3, .dw = 1, .groups = 1};
    seg_shape src[3] = {seg_shape_nhwc(1, 5, 6, 4), seg_shape_nhwc(3, 3, 4, 8),
                        seg_shape_vector(8)};
    check_refused(&seg_op_conv2d, &params, 3, src, "window of 7 does not fit a height of 5");
    params.dh = 0;
    check_refused(&seg_op_conv2d, &params, 3, src, "dh (dilation, rows) is 0");
    params.dh = 1;
    params.groups = 3;
    check_refused(&seg_op_conv2d, &params, 3, src, "3 groups do not divide 4 and 8");
    params.groups = 2;
    check_refused(&seg_op_conv2d, &params, 3, src, "weights take 4 channels, a group has 2");
    params.groups = 1;
    src[2] = seg_shape_vector(7);
    check_refused(&seg_op_conv2d, &params, 3, src, "bias must be f32 8, is f32 7");
    src[1] = seg_shape_vector(36);
    check_refused(&seg_op_conv2d, &params, 2, src, "is f32 36");
    src[0].dtype = SEG_U8;
    check_refused(&seg_op_conv2d, &params, 2, src, "is u8 1x5x6x4");
}
END_TEST

/* Weights kh,kw,ic/g,oc whose axes lie in another order (order[0] outermost) pack to the same. */
static void check_packing(const seg_kernels *kernels, const int64_t *extent, int64_t groups,
                          const int *order)
{
    const seg_convolution conv = {.kernels = kernels,
                                  .threads = 2,
                                  .n = 1,
                                  .groups = groups,
                                  .y = {9, 9, extent[0], 1, 0, 1},
                                  .x = {9, 9, extent[1], 1, 0, 1},
                                  .ic = extent[2] * groups,
                                  .oc = extent[3]};
    const int64_t count = extent[0] * extent[1] * extent[2] * extent[3];
    const size_t packed = seg_conv_pack_count(&conv, false) * sizeof(float);
    float *weights = malloc((size_t)count * sizeof *weights);
    float *moved = malloc((size_t)count * sizeof *moved);
    float *wanted = malloc(packed), *got = malloc(packed);
    int64_t steps[4], step = 1;
    ck_assert(weights != NULL && moved != NULL && wanted != NULL && got != NULL);
    for (int d = 4; d-- > 0; step *= extent[order[d]])
        steps[order[d]] = step;
    for (int64_t i = 0; i < count; i++) {
        const int64_t oc = i % extent[3], ic = i / extent[3] % extent[2];
        const int64_t kw = i / extent[3] / extent[2] % extent[1];
        const int64_t kh = i / extent[3] / extent[2] / extent[1];
        weights[i] = (float)i + 1;
        moved[kh * steps[0] + kw * steps[1] + ic * steps[2] + oc * steps[3]] = weights[i];
    }
    memset(wanted, 0x11, packed);
    memset(got, 0x22, packed);
    const seg_conv_kernel plain = seg_conv_kernel_at(&conv, weights, NULL, weights);
    const seg_conv_kernel other = seg_conv_kernel_at(&conv, moved, steps, weights);
    seg_conv_pack_run(&conv, false, &plain, wanted);
    seg_conv_pack_run(&conv, false, &other, got);
    ck_assert_msg(memcmp(wanted, got, packed) == 0, "%s: %dx%dx%dx%d in order %d%d%d%d",
                  kernels->isa, (int)extent[0], (int)extent[1], (int)extent[2], (int)extent[3],
                  order[0], order[1], order[2], order[3]);
    free(weights);
    free(moved);
    free(wanted);
    free(got);
}

START_TEST(weights_in_any_order)
{
    static const int64_t extents[][4] = {{1, 1, 1, 1},   {1, 1, 37, 50}, {3, 3, 5, 7},
                                         {3, 2, 61, 70}, {1, 5, 33, 64}, {17, 15, 3, 18}};
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        for (int o = 0; supported && o < 256; o++) {
            const int order[4] = {o & 3, o >> 2 & 3, o >> 4 & 3, o >> 6};
            if ((1 << order[0] | 1 << order[1] | 1 << order[2] | 1 << order[3]) != 15)
                continue;
            for (size_t e = 0; e < sizeof extents / sizeof *extents; e++) {
                check_packing(seg_kernels_at(i, &supported), extents[e], 1, order);
                if (extents[e][3] % 2 == 0)
                    check_packing(seg_kernels_at(i, &supported), extents[e], 2, order);
            }
        }
    }
}
END_TEST

void test_op_conv2d(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, refusals);
    tcase_add_test(test, weights_in_any_order);
}
