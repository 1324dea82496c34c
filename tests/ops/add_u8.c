/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* add_u8.c: against sums of real numbers, within the rounding of a byte. */
#include <math.h>

#include "ops/check_bytes.h"

/* The op's fixed point, found by its rule: shift as large as keeps 256 * (a + b) below 2^29. */
static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_add_u8_params *p = run->call.params;
    const double a = p->a.scale / p->dst.scale, b = p->b.scale / p->dst.scale;
    int shift = 20;
    while (256 * (a + b) * pow(2, shift) > pow(2, 29))
        shift--;
    const double fa = rint(a * pow(2, shift)), fb = rint(b * pow(2, shift));
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++) {
        const double x = ((uint8_t *)run->src[0].data)[i] - (double)p->a.zero;
        const double y = ((uint8_t *)run->src[1].data)[i] - (double)p->b.zero;
        double sum = floor((x * fa + y * fb) / pow(2, shift) + 0.5);
        const double exact = x * a + y * b;
        ck_assert_double_le(fabs(sum - exact), 0.51);
        if (p->activation != SEG_ACT_NONE)
            sum = fmax(0, sum);
        if (p->activation == SEG_ACT_RELU6)
            sum = fmin(rint(6 / p->dst.scale), sum);
        ((uint8_t *)dst->data)[i] = (uint8_t)fmax(0, fmin(255, sum + (double)p->dst.zero));
    }
}

START_TEST(random_bytes)
{
    seg_add_u8_params p = {.a = {0.05, 3}, .b = {0.031, 200}, .dst = {0.07, 128}};
    const seg_shape small[] = {bytes_shape(1, 3, 5, 7), bytes_shape(1, 3, 5, 7)};
    const seg_shape large[] = {bytes_shape(2, 80, 90, 33), bytes_shape(2, 80, 90, 33)};
    for (p.activation = 0; p.activation < 3; p.activation++) {
        check_bytes(&seg_op_add_u8, &p, 2, small, reference);
        check_bytes(&seg_op_add_u8, &p, 2, large, reference);
    }
    p = (seg_add_u8_params){.a = {100, 255}, .b = {1e-6, 255}, .dst = {0.01, 255}};
    check_bytes(&seg_op_add_u8, &p, 2, small, reference);
}
END_TEST

START_TEST(worked_by_hand)
{
    const seg_add_u8_params p = {.a = {0.5, 10}, .b = {0.25, 0}, .dst = {0.5, 5}};
    uint8_t a[] = {10, 12, 0, 255}, b[] = {0, 2, 4, 255}, dst[4];
    const uint8_t wanted[] = {5, 8, 0, 255}; /* 0; 1 + 0.5; -5 + 1; beyond */
    const seg_tensor src[] = {{bytes_shape(1, 1, 1, 4), a}, {bytes_shape(1, 1, 1, 4), b}};
    bytes_run(&seg_op_add_u8, &p, 2, src, dst);
    ck_assert_mem_eq(dst, wanted, sizeof dst);
}
END_TEST

START_TEST(refusals)
{
    const seg_add_u8_params p = {.a = {1e8, 0}, .b = {1, 0}, .dst = {1, 0}};
    const seg_shape src[] = {bytes_shape(1, 1, 1, 2), bytes_shape(1, 1, 1, 2)};
    const seg_shape other[] = {bytes_shape(1, 1, 1, 2), bytes_shape(1, 1, 1, 3)};
    check_refused(&seg_op_add_u8, &p, 2, src, "1e+08");
    check_refused(&seg_op_add_u8, &p, 2, other, "1x1x1x3");
}
END_TEST

void test_op_add_u8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, refusals);
}
