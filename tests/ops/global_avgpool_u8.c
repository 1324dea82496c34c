/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* global_avgpool_u8.c: means of bytes, in other steps. */
#include <math.h>

#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_quants_params *p = run->call.params;
    const seg_shape *s = &run->src[0].shape;
    const int64_t pixels = s->h * s->w;
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++) {
        int64_t sum = -pixels * p->src.zero;
        for (int64_t k = 0; k < pixels; k++)
            sum += ((uint8_t *)run->src[0].data)[(i / s->c * pixels + k) * s->c + i % s->c];
        const double y = rint((double)sum * (p->src.scale / p->dst.scale / (double)pixels));
        ((uint8_t *)dst->data)[i] = (uint8_t)fmax(0, fmin(255, y + (double)p->dst.zero));
    }
}

START_TEST(random_bytes)
{
    const seg_quants_params p = {.src = {0.1, 30}, .dst = {0.06, 20}};
    const seg_shape src = bytes_shape(2, 7, 9, 150);
    check_bytes(&seg_op_global_avgpool_u8, &p, 1, &src, reference);
}
END_TEST

/* (10 + 21)/2 - 5 = 10.5 steps of 0.2 = 2.1: 21 steps of 0.1. */
START_TEST(worked_by_hand)
{
    const seg_quants_params p = {.src = {0.2, 5}, .dst = {0.1, 100}};
    uint8_t q[] = {10, 21}, dst;
    const seg_tensor src = {bytes_shape(1, 1, 2, 1), q};
    bytes_run(&seg_op_global_avgpool_u8, &p, 1, &src, &dst);
    ck_assert_int_eq(dst, 121);
}
END_TEST

START_TEST(refusals)
{
    const seg_quants_params p = {.src = {0.1, 30}, .dst = {0.06, 20}};
    const seg_shape src = seg_shape_nhwc(1, 4, 4, 1), large = bytes_shape(1, 1 << 13, 1 << 13, 1);
    check_refused(&seg_op_global_avgpool_u8, &p, 1, &src, "f32");
    check_refused(&seg_op_global_avgpool_u8, &p, 1, &large, "8192x8192");
}
END_TEST

void test_op_global_avgpool_u8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, refusals);
}
