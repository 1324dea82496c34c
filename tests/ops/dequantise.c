/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* dequantise.c: every byte, at every instruction set. */
#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_quant *q = run->call.params;
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++)
        seg_f32(dst)[i] =
            (float)(((const uint8_t *)run->src[0].data)[i] - q->zero) * (float)q->scale;
}

START_TEST(random_bytes)
{
    const seg_quant_params p = {{0.005, 77}};
    const seg_shape small = bytes_shape(1, 3, 5, 7), large = bytes_shape(2, 80, 90, 33);
    check_bytes(&seg_op_dequantise, &p, 1, &small, reference);
    check_bytes(&seg_op_dequantise, &p, 1, &large, reference);
}
END_TEST

START_TEST(worked_by_hand)
{
    const seg_quant_params p = {{0.5, 100}};
    uint8_t q[] = {100, 101, 0, 255};
    float dst[4];
    const float wanted[] = {0, 0.5f, -50, 77.5f};
    const seg_tensor src = {bytes_shape(1, 1, 1, 4), q};
    bytes_run(&seg_op_dequantise, &p, 1, &src, dst);
    ck_assert_mem_eq(dst, wanted, sizeof dst);
}
END_TEST

START_TEST(refusals)
{
    const seg_quant_params p = {{1, 0}};
    const seg_shape src = seg_shape_nhwc(1, 1, 1, 1);
    check_refused(&seg_op_dequantise, &p, 1, &src, "f32");
}
END_TEST

void test_op_dequantise(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, refusals);
}
