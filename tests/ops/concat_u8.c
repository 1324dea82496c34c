/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* concat_u8.c: bytes side by side. */
#include "ops/check_bytes.h"

static void reference(const op_run *run, seg_tensor *dst)
{
    const int64_t c = dst->shape.c, pixels = seg_shape_count(&dst->shape) / c;
    int64_t first = 0;
    for (int i = 0; i < run->call.src_count; first += run->src[i++].shape.c) {
        const int64_t part = run->src[i].shape.c;
        for (int64_t k = 0; k < pixels * part; k++)
            ((uint8_t *)dst->data)[k / part * c + first + k % part] =
                ((uint8_t *)run->src[i].data)[k];
    }
}

START_TEST(random_bytes)
{
    const seg_shape src[] = {bytes_shape(2, 5, 6, 7), bytes_shape(2, 5, 6, 1),
                             bytes_shape(2, 5, 6, 100)};
    check_bytes(&seg_op_concat_u8, NULL, 3, src, reference);
    check_bytes(&seg_op_concat_u8, NULL, 1, src, reference);
}
END_TEST

START_TEST(refusals)
{
    seg_shape src[] = {bytes_shape(1, 1, 1, 2), seg_shape_nhwc(1, 1, 1, 3)};
    check_refused(&seg_op_concat_u8, NULL, 2, src, "f32");
    src[1] = bytes_shape(1, 1, 2, 2);
    check_refused(&seg_op_concat_u8, NULL, 2, src, "1x1x2x2");
}
END_TEST

void test_op_concat_u8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, refusals);
}
