/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* quantise.c: rounding, clamping and NaN, at every instruction set. */
#include <math.h>

#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const seg_quant *q = run->call.params;
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++) {
        const float y = rintf(seg_f32(&run->src[0])[i] * (float)(1 / q->scale)) + (float)q->zero;
        ((uint8_t *)dst->data)[i] = (uint8_t)fmaxf(0, fminf(255, y));
    }
}

START_TEST(random_numbers)
{
    const seg_quant_params p = {{0.005, 77}};
    const seg_shape small = seg_shape_nhwc(1, 3, 5, 7), large = seg_shape_nhwc(2, 80, 90, 33);
    check_bytes(&seg_op_quantise, &p, 1, &small, reference);
    check_bytes(&seg_op_quantise, &p, 1, &large, reference);
}
END_TEST

START_TEST(worked_by_hand)
{
    const seg_quant_params p = {{0.5, 100}};
    float x[] = {0, 0.25f, 0.75f, -0.25f, 1000, -1000, NAN, INFINITY, -INFINITY, 77.4f};
    const uint8_t wanted[] = {100, 100, 102, 100, 255, 0, 0, 255, 0, 255}; /* ties to even */
    uint8_t dst[10];
    const seg_tensor src = {seg_shape_nhwc(1, 1, 1, 10), x};
    bytes_run(&seg_op_quantise, &p, 1, &src, dst);
    ck_assert_mem_eq(dst, wanted, sizeof dst);
}
END_TEST

START_TEST(refusals)
{
    seg_quant_params p = {{NAN, 0}};
    const seg_shape bytes = bytes_shape(1, 1, 1, 1), src = seg_shape_nhwc(1, 1, 1, 1);
    check_refused(&seg_op_quantise, &p, 1, &src, "scale");
    p.quant.scale = 1;
    check_refused(&seg_op_quantise, &p, 1, &bytes, "u8");
}
END_TEST

void test_op_quantise(TCase *test)
{
    tcase_add_test(test, random_numbers);
    tcase_add_test(test, worked_by_hand);
    tcase_add_test(test, refusals);
}
