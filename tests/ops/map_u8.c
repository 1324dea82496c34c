/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* map_u8.c: against looking up byte by byte. */
#include "ops/check_bytes.h"

static const seg_shape TABLE = {.dtype = SEG_U8, .rank = 1, .dim = {256}};

static void reference(const op_run *run, seg_tensor *dst)
{
    const uint8_t *src = run->src[0].data, *table = run->src[1].data;
    for (int64_t i = 0; i < seg_shape_count(&dst->shape); i++)
        ((uint8_t *)dst->data)[i] = table[src[i]];
}

START_TEST(random_bytes)
{
    const seg_shape small[] = {bytes_shape(1, 3, 5, 7), TABLE};
    const seg_shape large[] = {bytes_shape(2, 80, 90, 33), TABLE};
    check_bytes(&seg_op_map_u8, NULL, 2, small, reference);
    check_bytes(&seg_op_map_u8, NULL, 2, large, reference);
}
END_TEST

START_TEST(flips)
{
    uint8_t q[] = {0, 127, 128, 255}, table[256], dst[4];
    const uint8_t wanted[] = {0x80, 0xff, 0, 0x7f};
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)(i ^ 0x80);
    const seg_tensor src[] = {{bytes_shape(1, 1, 1, 4), q}, {TABLE, table}};
    bytes_run(&seg_op_map_u8, NULL, 2, src, dst);
    ck_assert_mem_eq(dst, wanted, sizeof dst);
}
END_TEST

START_TEST(refusals)
{
    seg_shape src[] = {bytes_shape(1, 3, 5, 7), TABLE};
    src[1].dim[0] = 255;
    check_refused(&seg_op_map_u8, NULL, 2, src, "u8 255");
    src[1] = TABLE;
    src[0].dtype = SEG_F32;
    check_refused(&seg_op_map_u8, NULL, 2, src, "f32");
}
END_TEST

void test_op_map_u8(TCase *test)
{
    tcase_add_test(test, random_bytes);
    tcase_add_test(test, flips);
    tcase_add_test(test, refusals);
}
