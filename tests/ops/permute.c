/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* permute.c: the op permute. */
#include <stdlib.h>

#include "ops/check_op.h"
#include "ops/move.h"

START_TEST(golden_values)
{
    check_golden(&seg_op_permute);
}
END_TEST

START_TEST(gradient)
{
    seg_permute_params params = {{3, 0, 2, 1}};
    check_gradient(&(op_gradient){.op = &seg_op_permute,
                                  .params = &params,
                                  .src_count = 1,
                                  .src = {seg_shape_nhwc(2, 4, 5, 3)}});
}
END_TEST

START_TEST(refusals)
{
    seg_shape image = seg_shape_nhwc(1, 4, 5, 3), vector = seg_shape_vector(9);
    seg_permute_params params = {{0, 1, 1, 3}};
    check_refused(&seg_op_permute, &params, 1, &image, "0 1 1 3");
    params = (seg_permute_params){{0, 1, 2, 4}};
    check_refused(&seg_op_permute, &params, 1, &image, "is 4");
    params = (seg_permute_params){{0, 1, 2, 3}};
    check_refused(&seg_op_permute, &params, 1, &vector, "got f32 9");
}
END_TEST

/* Extents around the blocks of work, all orders: element by element, the same for 1 and 2 threads. */
static void check_order(const int64_t *extent, const int64_t *axis)
{
    seg_move move;
    int64_t stride[4], count = 1;
    for (int a = 4; a-- > 0; count *= extent[a])
        stride[a] = count;
    float *src = malloc((size_t)count * sizeof *src), *dst = malloc((size_t)count * sizeof *dst);
    ck_assert(src != NULL && dst != NULL);
    for (int64_t i = 0; i < count; i++)
        src[i] = (float)i;
    count = 1;
    for (int d = 4; d-- > 0; count *= move.extent[d]) {
        move.extent[d] = extent[axis[d]];
        move.from[d] = stride[axis[d]];
        move.to[d] = count;
    }
    for (int threads = 1; threads <= 2; threads++) {
        memset(dst, 0xff, (size_t)count * sizeof *dst);
        seg_move_run(seg_kernels_get(), threads, &move, src, dst);
        for (int64_t i = 0; i < count; i++) {
            int64_t from = 0;
            for (int d = 0; d < 4; d++)
                from += i / move.to[d] % move.extent[d] * move.from[d];
            if (dst[i] != (float)from)
                ck_abort_msg("element %d is %g, wanted %d", (int)i, (double)dst[i], (int)from);
        }
    }
    free(src);
    free(dst);
}

START_TEST(orders)
{
    static const int64_t extents[][4] = {
        {1, 1, 1, 1}, {1, 1, 1, 9}, {2, 3, 4, 5}, {1, 67, 71, 21}, {2, 66, 1, 300}, {3, 5, 130, 70},
        {1, 1, 20000, 3}, {2, 1, 3, 40000}};
    for (size_t e = 0; e < sizeof extents / sizeof *extents; e++) {
        for (int64_t order = 0; order < 256; order++) {
            const int64_t axis[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6};
            if ((1 << axis[0] | 1 << axis[1] | 1 << axis[2] | 1 << axis[3]) == 15)
                check_order(extents[e], axis);
        }
    }
}
END_TEST

void test_op_permute(TCase *test)
{
    tcase_add_test(test, golden_values);
    tcase_add_test(test, gradient);
    tcase_add_test(test, orders);
    tcase_add_test(test, refusals);
}
