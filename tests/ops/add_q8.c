/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* add_q8.c: against the same fixed point in plain loops. */
#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_add_q8_params *p = run->call.params;
    const uint8_t *a = run->src[0].data, *b = run->src[1].data;
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++) {
        int64_t y = ((a[i] * p->a_factor + b[i] * p->b_factor + p->offset) >> p->shift) + p->zero;
        y = y < p->lowest ? p->lowest : y > p->highest ? p->highest : y;
        ((uint8_t *)dst->data)[i] = (uint8_t)y;
    }
}

START_TEST(random_bytes)
{
    const seg_add_q8_params all[] = {
        {.a_factor = 1 << 20, .b_factor = 1 << 20, .shift = 20, .highest = 255},
        {.a_factor = 1 << 20, .b_factor = -(1 << 20), .shift = 20, .zero = 128, .highest = 255},
        {.a_factor = 1300000,
         .b_factor = 700001,
         .offset = -255000000,
         .shift = 19,
         .zero = 3,
         .lowest = 3,
         .highest = 200},
        {.a_factor = 5,
         .b_factor = 2000000,
         .offset = -1000000000,
         .shift = 30,
         .zero = 255,
         .highest = 255},
    };
    const seg_shape small[] = {bytes_shape(1, 3, 5, 7), bytes_shape(1, 3, 5, 7)};
    const seg_shape large[] = {bytes_shape(2, 80, 90, 33), bytes_shape(2, 80, 90, 33)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        check_bytes(&seg_op_add_q8, &all[i], 2, small, reference);
        check_bytes(&seg_op_add_q8, &all[i], 2, large, reference);
    }
}
END_TEST

START_TEST(refusals)
{
    const seg_shape src[] = {bytes_shape(1, 1, 1, 2), bytes_shape(1, 1, 1, 2)};
    const seg_shape other[] = {bytes_shape(1, 1, 1, 2), bytes_shape(1, 1, 1, 3)};
    seg_add_q8_params p = {
        .a_factor = 1 << 21, .b_factor = 1 << 21, .offset = 3 << 29, .shift = 20};
    check_refused(&seg_op_add_q8, &p, 2, src, "sums");
    p.shift = 32;
    check_refused(&seg_op_add_q8, &p, 2, src, "shift");
    p = (seg_add_q8_params){.shift = 1};
    check_refused(&seg_op_add_q8, &p, 2, other, "1x1x1x3");
}
END_TEST

void test_op_add_q8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, refusals);
}
