/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* convert.c: elements of any type as float, double, int64_t and back; cases worked by hand. */
#include "runtime/convert.h"

#include <math.h>

#include "base/half.h"
#include "test.h"

START_TEST(bfloat16)
{
    static const struct {
        float value;
        uint16_t half;
    } cases[] = {
        {1.0f, 0x3f80},
        {-2.0f, 0xc000},
        {1.0f + 0x1p-8f, 0x3f80},
        {1.0f + 0x3p-8f, 0x3f82},
        {1.0f + 0x1.2p-8f, 0x3f81},
        {0x1.fffffep127f, 0x7f80},
        {INFINITY, 0x7f80},
        {-0.0f, 0x8000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t half;
        seg_f32_to_bf16(&cases[i].value, &half, 1);
        ck_assert_msg(half == cases[i].half, "%a: %04x, wanted %04x", (double)cases[i].value, half,
                      cases[i].half);
    }
    for (uint32_t bits = 0; bits < 65536; bits++) {
        uint16_t half = (uint16_t)bits, back;
        float value;
        seg_bf16_to_f32(&half, &value, 1);
        seg_f32_to_bf16(&value, &back, 1);
        bool is_nan = (bits & 0x7f80) == 0x7f80 && (bits & 0x7f) != 0;
        ck_assert(is_nan ? isnan(value) && (back & 0x7fc0) == 0x7fc0 : back == half);
    }
}
END_TEST

/* Every value of an 8-bit type, and the ends of the others, come back. */
START_TEST(round_trips)
{
    static const struct {
        seg_dtype dtype;
        int64_t least, most;
    } types[] = {{SEG_U8, 0, 255},
                 {SEG_I8, -128, 127},
                 {SEG_U16, 0, 65535},
                 {SEG_I16, -32768, 32767},
                 {SEG_U32, 0, UINT32_MAX},
                 {SEG_I32, INT32_MIN, INT32_MAX},
                 {SEG_I64, INT64_MIN, INT64_MAX},
                 {SEG_BOOL, 0, 1}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int64_t data[3] = {0}, in[2] = {types[i].least, types[i].most}, out[2];
        double real[2];
        seg_store_i64(types[i].dtype, data, 1, 2, in);
        seg_load_i64(types[i].dtype, data, 1, 2, out);
        ck_assert_msg(memcmp(in, out, sizeof in) == 0, "%s", seg_dtype_name(types[i].dtype));
        seg_load_f64(types[i].dtype, data, 1, 2, real);
        ck_assert(real[0] == (double)in[0] && real[1] == (double)in[1]);
    }
}
END_TEST

START_TEST(reals_become_integers)
{
    double in[6] = {-1.9, 300.7, (double)NAN, (double)INFINITY, -1e30, 127.99};
    int8_t i8[6];
    uint8_t u8[6];
    int64_t i64[6];
    uint64_t u64[6];
    seg_store_f64(SEG_I8, i8, 0, 6, in);
    seg_store_f64(SEG_U8, u8, 0, 6, in);
    seg_store_f64(SEG_I64, i64, 0, 6, in);
    seg_store_f64(SEG_U64, u64, 0, 6, in);
    ck_assert(i8[0] == -1 && i8[1] == 127 && i8[2] == 0 && i8[3] == 127 && i8[4] == -128);
    ck_assert(i8[5] == 127);
    ck_assert(u8[0] == 0 && u8[1] == 255 && u8[2] == 0 && u8[3] == 255 && u8[4] == 0);
    ck_assert(i64[0] == -1 && i64[1] == 300 && i64[3] == INT64_MAX && i64[4] == INT64_MIN);
    ck_assert(u64[0] == 0 && u64[1] == 300 && u64[3] == UINT64_MAX);
}
END_TEST

/* 1 + 2^-11 is a tie of f16; a hair more, which a float cannot hold, is not. */
START_TEST(doubles_round_once)
{
    double in[4] = {1 + 0x1p-11, 1 + 0x1p-11 + 0x1p-40, 1 + 0x3p-11 - 0x1p-40,
                    -1 - 0x1p-11 - 0x1p-40};
    uint16_t half[4];
    seg_store_f64(SEG_F16, half, 0, 4, in);
    ck_assert_uint_eq(half[0], 0x3c00);
    ck_assert_uint_eq(half[1], 0x3c01);
    ck_assert_uint_eq(half[2], 0x3c01);
    ck_assert_uint_eq(half[3], 0xbc01);
    uint64_t big = UINT64_MAX;
    double real;
    seg_load_f64(SEG_U64, &big, 0, 1, &real);
    ck_assert(real == 0x1p64);
}
END_TEST

START_TEST(anything_but_zero_is_true)
{
    double in[4] = {0.5, 0, -0.0, (double)NAN};
    uint8_t out[4];
    seg_store_f64(SEG_BOOL, out, 0, 4, in);
    ck_assert(out[0] == 1 && out[1] == 0 && out[2] == 0 && out[3] == 1);
}
END_TEST

Suite *suite_convert(void)
{
    Suite *suite = suite_create("convert");
    TCase *test = tcase_create("convert");
    tcase_add_test(test, bfloat16);
    tcase_add_test(test, round_trips);
    tcase_add_test(test, reals_become_integers);
    tcase_add_test(test, doubles_round_once);
    tcase_add_test(test, anything_but_zero_is_true);
    suite_add_tcase(suite, test);
    return suite;
}
