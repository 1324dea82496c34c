/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* argmax_u8.c: against the first of the largest, in plain loops. */
#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const int64_t c = run->src[0].shape.c;
    const uint8_t *src = run->src[0].data;
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++, src += c) {
        int64_t best = 0;
        for (int64_t k = 1; k < c; k++)
            best = src[k] > src[best] ? k : best;
        ((uint8_t *)dst->data)[i] = (uint8_t)best;
    }
}

START_TEST(random_bytes)
{
    const int64_t counts[] = {1, 2, 7, 15, 16, 17, 21, 31, 32, 33, 63, 64, 65, 150, 255};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const seg_shape src = bytes_shape(2, 3, 5, counts[i]);
        check_bytes(&seg_op_argmax_u8, NULL, 1, &src, reference);
    }
    const seg_shape large = bytes_shape(1, 90, 100, 21);
    check_bytes(&seg_op_argmax_u8, NULL, 1, &large, reference);
}
END_TEST

START_TEST(ties_and_zeros)
{
    uint8_t q[] = {0, 0, 0, 3, 9, 9, 255, 0, 255}, dst[3];
    const uint8_t wanted[] = {0, 1, 0};
    const seg_tensor src = {bytes_shape(1, 1, 3, 3), q};
    bytes_run(&seg_op_argmax_u8, NULL, 1, &src, dst);
    ck_assert_mem_eq(dst, wanted, sizeof dst);
}
END_TEST

START_TEST(refusals)
{
    const seg_shape many = bytes_shape(1, 1, 1, 256);
    check_refused(&seg_op_argmax_u8, NULL, 1, &many, "256 classes");
}
END_TEST

void test_op_argmax_u8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, ties_and_zeros);
    tcase_add_test(test, refusals);
}
