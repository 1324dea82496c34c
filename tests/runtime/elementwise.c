/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* elementwise.c: arithmetic, comparisons, casts: types, broadcasting, and what must be refused. */
#include <math.h>

#include "runtime/net.h"
#include "test.h"

/* Each integer type wraps at its own width. */
START_TEST(integers_wrap)
{
    static const struct {
        seg_dtype dtype;
        double a, b, sum, product;
    } cases[] = {
        {SEG_U8, 200, 100, 44, 32},
        {SEG_I8, 100, 100, -56, 16},
        {SEG_I16, 32767, 2, -32767, -2},
        {SEG_U16, 65535, 3, 2, 65533},
        {SEG_I32, 0x7fffffff, 1, -0x1p31, 0x7fffffff},
        {SEG_U32, 0xffffffff, 2, 1, 0xfffffffe},
        {SEG_I64, 0x1p62, 0x1p62, -0x1p63, 0},
        {SEG_U64, 0x1p63, 0x1p63, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const seg_shape one = SHAPE(cases[i].dtype, 1);
        net n;
        ck_ok(one_node(&n, "Add", 14, NULL, SOURCES({one, &cases[i].a}, {one, &cases[i].b}), 1),
              n.err);
        net_expect(&n, 0, one, &cases[i].sum);
        net_release(&n);
        ck_ok(one_node(&n, "Mul", 14, NULL, SOURCES({one, &cases[i].a}, {one, &cases[i].b}), 1),
              n.err);
        net_expect(&n, 0, one, &cases[i].product);
        net_release(&n);
    }
}
END_TEST

/* f16 has 11 bits, bf16 8: sums in float, rounded once, ties to even. */
START_TEST(halves_round_once)
{
    net n;
    ck_ok(one_node(&n, "Add", 14, NULL,
                   SOURCES({SHAPE(SEG_F16, 4), VALUES(2048, 2048, 65504, 0x1p-24)},
                           {SHAPE(SEG_F16, 4), VALUES(1, 3, 65504, 0x1p-24)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F16, 4), VALUES(2048, 2052, (double)INFINITY, 0x1p-23));
    net_release(&n);
    ck_ok(
        one_node(&n, "Mul", 14, NULL,
                 SOURCES({SHAPE(SEG_BF16, 2), VALUES(257, 3)}, {SHAPE(SEG_BF16, 2), VALUES(1, 85)}),
                 1),
        n.err);
    net_expect(&n, 0, SHAPE(SEG_BF16, 2), VALUES(256, 255)); /* 257 is none */
    net_release(&n);
    /* 2048 + 1 + 1: 2048 when rounded after each addition. */
    ck_ok(one_node(&n, "Sum", 13, NULL,
                   SOURCES({SHAPE(SEG_F16, 1), VALUES(2048)}, {SHAPE(SEG_F16, 1), VALUES(1)},
                           {SHAPE(SEG_F16, 1), VALUES(1)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F16, 1), VALUES(2050));
    net_release(&n);
}
END_TEST

START_TEST(broadcasting)
{
    net n;
    ck_ok(one_node(&n, "Sub", 14, NULL,
                   SOURCES({SHAPE(SEG_F32, 2, 1, 3), VALUES(1, 2, 3, 4, 5, 6)},
                           {SHAPE(SEG_F32, 2, 1), VALUES(10, 20)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 2, 3),
               VALUES(-9, -8, -7, -19, -18, -17, -6, -5, -4, -16, -15, -14));
    net_release(&n);
    ck_ok(one_node(&n, "Add", 14, NULL,
                   SOURCES({SCALAR(SEG_F64), VALUES(1)}, {SHAPE(SEG_F64, 1, 1), VALUES(2)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F64, 1, 1), VALUES(3));
    net_release(&n);
    /* An extent of 0 broadcasts with 1, and with nothing else. */
    ck_ok(one_node(&n, "Add", 14, NULL,
                   SOURCES({SHAPE(SEG_F32, 0, 3), NO_VALUES}, {SHAPE(SEG_F32, 1, 1), VALUES(2)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 0, 3), NO_VALUES);
    net_release(&n);
    ck_fails(
        one_node(&n, "Add", 14, NULL,
                 SOURCES({SHAPE(SEG_F32, 0, 3), NO_VALUES}, {SHAPE(SEG_F32, 2, 1), VALUES(2, 3)}),
                 1),
        SEG_INVALID, n.err, "f32 0x3 and f32 2x1 do not broadcast");
    net_release(&n);
    ck_fails(
        one_node(&n, "Mul", 14, NULL,
                 SOURCES({SHAPE(SEG_F32, 2), VALUES(1, 2)}, {SHAPE(SEG_F32, 3), VALUES(1, 2, 3)}),
                 1),
        SEG_INVALID, n.err, "Mul 'made': f32 2 and f32 3 do not broadcast");
    net_release(&n);
}
END_TEST

START_TEST(types_must_agree)
{
    net n;
    ck_fails(one_node(&n, "Add", 14, NULL,
                      SOURCES({SHAPE(SEG_F32, 1), VALUES(1)}, {SHAPE(SEG_I32, 1), VALUES(1)}), 1),
             SEG_INVALID, n.err, "input 1 is i32, input 0 is f32");
    net_release(&n);
    ck_fails(one_node(&n, "Add", 14, NULL,
                      SOURCES({SHAPE(SEG_BOOL, 1), VALUES(1)}, {SHAPE(SEG_BOOL, 1), VALUES(1)}), 1),
             SEG_UNSUPPORTED, n.err, "type bool");
    net_release(&n);
    ck_fails(one_node(&n, "Exp", 13, NULL, SOURCES({SHAPE(SEG_I64, 1), VALUES(1)}), 1),
             SEG_UNSUPPORTED, n.err, "Exp 'made': input 0 of type i64 is not supported");
    net_release(&n);
    ck_fails(one_node(&n, "And", 7, NULL,
                      SOURCES({SHAPE(SEG_I32, 1), VALUES(1)}, {SHAPE(SEG_I32, 1), VALUES(1)}), 1),
             SEG_UNSUPPORTED, n.err, "type i32");
    net_release(&n);
}
END_TEST

START_TEST(integer_division)
{
    const seg_shape four = SHAPE(SEG_I64, 4);
    net n;
    ck_ok(one_node(&n, "Div", 14, NULL,
                   SOURCES({four, VALUES(-0x1p63, 7, -7, -7)}, {four, VALUES(-1, -2, 2, -2)}), 1),
          n.err);
    net_expect(&n, 0, four, VALUES(-0x1p63, -3, -3, 3));
    net_release(&n);
    /* The sign of the divisor, or with fmod that of the dividend. */
    ck_ok(one_node(&n, "Mod", 13, NULL,
                   SOURCES({four, VALUES(-0x1p63, 7, -7, -7)}, {four, VALUES(-1, -2, 2, -2)}), 1),
          n.err);
    net_expect(&n, 0, four, VALUES(0, -1, 1, -1));
    net_release(&n);
    ck_ok(one_node(&n, "Mod", 13, ATTRIBUTES(INT("fmod", 1)),
                   SOURCES({four, VALUES(-0x1p63, 7, -7, -7)}, {four, VALUES(-1, -2, 2, -2)}), 1),
          n.err);
    net_expect(&n, 0, four, VALUES(0, 1, -1, -1));
    net_release(&n);
    static const char *const ops[] = {"Div", "Mod"};
    for (int i = 0; i < 2; i++) {
        ck_fails(
            one_node(&n, ops[i], 14, NULL,
                     SOURCES({SHAPE(SEG_U16, 2), VALUES(1, 2)}, {SHAPE(SEG_U16, 2), VALUES(3, 0)}),
                     1),
            SEG_INVALID, n.err, "division by zero (element 1 of input 1)");
        net_release(&n);
    }
    ck_fails(one_node(&n, "Mod", 13, NULL,
                      SOURCES({SHAPE(SEG_F32, 1), VALUES(1)}, {SHAPE(SEG_F32, 1), VALUES(1)}), 1),
             SEG_INVALID, n.err, "fmod must be 1 for type f32");
    net_release(&n);
}
END_TEST

START_TEST(shifts_beyond_the_width)
{
    const seg_shape three = SHAPE(SEG_U8, 3);
    net n;
    ck_ok(one_node(&n, "BitShift", 11, ATTRIBUTES(TEXT("direction", "LEFT")),
                   SOURCES({three, VALUES(255, 255, 255)}, {three, VALUES(1, 8, 200)}), 1),
          n.err);
    net_expect(&n, 0, three, VALUES(254, 0, 0));
    net_release(&n);
    ck_ok(one_node(&n, "BitShift", 11, ATTRIBUTES(TEXT("direction", "RIGHT")),
                   SOURCES({three, VALUES(255, 255, 255)}, {three, VALUES(1, 8, 200)}), 1),
          n.err);
    net_expect(&n, 0, three, VALUES(127, 0, 0));
    net_release(&n);
    ck_fails(one_node(&n, "BitShift", 11, ATTRIBUTES(TEXT("direction", "UP")),
                      SOURCES({three, VALUES(1, 1, 1)}, {three, VALUES(1, 1, 1)}), 1),
             SEG_INVALID, n.err, "direction 'UP'");
    net_release(&n);
}
END_TEST

START_TEST(powers)
{
    net n;
    ck_ok(one_node(&n, "Pow", 15, NULL,
                   SOURCES({SHAPE(SEG_I32, 5), VALUES(2, -3, 2, -1, 2)},
                           {SHAPE(SEG_I64, 5), VALUES(10, 3, -1, -3, 31)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, 5), VALUES(1024, -27, 0, -1, -0x1p31));
    net_release(&n);
    ck_ok(one_node(
              &n, "Pow", 15, NULL,
              SOURCES({SHAPE(SEG_I32, 2), VALUES(9, 2)}, {SHAPE(SEG_F32, 2), VALUES(0.5, 1.5)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, 2), VALUES(3, 2));
    net_release(&n);
}
END_TEST

/* To integers: towards zero, and the nearest end of the range where they do not fit. */
START_TEST(casts)
{
    const seg_shape from = SHAPE(SEG_F32, 6);
    const double *values = VALUES(-1.5, 2.9, 300, -1e30, 1e30, (double)NAN);
    net n;
    ck_ok(one_node(&n, "Cast", 13, ATTRIBUTES(INT("to", 2)), SOURCES({from, values}), 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_U8, 6), VALUES(0, 2, 255, 0, 255, 0));
    net_release(&n);
    ck_ok(one_node(&n, "Cast", 13, ATTRIBUTES(INT("to", 7)), SOURCES({from, values}), 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_I64, 6), VALUES(-1, 2, 300, -0x1p63, 0x1p63, 0));
    net_release(&n);
    ck_ok(one_node(&n, "Cast", 13, ATTRIBUTES(INT("to", 9)),
                   SOURCES({SHAPE(SEG_F32, 3), VALUES(0.25, -0.0, (double)NAN)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_BOOL, 3), VALUES(1, 0, 1));
    net_release(&n);
    ck_ok(one_node(&n, "Cast", 13, ATTRIBUTES(INT("to", 3)),
                   SOURCES({SHAPE(SEG_I32, 2), VALUES(130, -129)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 2), VALUES(-126, 127)); /* integers wrap */
    net_release(&n);
    /* Just above a tie of f16, which float would round to the tie and then down. */
    ck_ok(one_node(&n, "Cast", 13, ATTRIBUTES(INT("to", 10)),
                   SOURCES({SHAPE(SEG_F64, 1), VALUES(1 + 0x1p-11 + 0x1p-40)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F16, 1), VALUES(1 + 0x1p-10));
    net_release(&n);
    ck_fails(one_node(&n, "Cast", 13, ATTRIBUTES(INT("to", 8)), SOURCES({from, values}), 1),
             SEG_UNSUPPORTED, n.err, "element type 8");
    net_release(&n);
}
END_TEST

/* Bounds are attributes before opset 11, sources after; the highest wins over the lowest. */
START_TEST(clip_in_both_forms)
{
    const seg_shape three = SHAPE(SEG_F32, 3);
    net n;
    ck_ok(one_node(&n, "Clip", 6, ATTRIBUTES(FLOAT("min", -1.0f), FLOAT("max", 1.0f)),
                   SOURCES({three, VALUES(-5, 0.5, (double)NAN)}), 1),
          n.err);
    net_expect(&n, 0, three, VALUES(-1, 0.5, (double)NAN));
    net_release(&n);
    ck_ok(one_node(&n, "Clip", 13, NULL,
                   SOURCES({three, VALUES(-5, 0.5, 9)}, {SCALAR(SEG_F32), NULL},
                           {SCALAR(SEG_F32), VALUES(2)}),
                   1),
          n.err);
    net_expect(&n, 0, three, VALUES(-5, 0.5, 2));
    net_release(&n);
    ck_ok(one_node(&n, "Clip", 13, NULL,
                   SOURCES({SHAPE(SEG_U8, 3), VALUES(0, 7, 255)}, {SCALAR(SEG_U8), VALUES(9)},
                           {SCALAR(SEG_U8), VALUES(3)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_U8, 3), VALUES(3, 3, 3));
    net_release(&n);
    ck_fails(one_node(&n, "Clip", 13, NULL,
                      SOURCES({three, VALUES(1, 2, 3)}, {SHAPE(SEG_F32, 2), VALUES(1, 2)}), 1),
             SEG_INVALID, n.err, "min must be one number");
    net_release(&n);
}
END_TEST

START_TEST(nan_and_infinity)
{
    const seg_shape three = SHAPE(SEG_F32, 3), truth = SHAPE(SEG_BOOL, 3);
    const double *values = VALUES((double)NAN, -(double)INFINITY, (double)INFINITY);
    net n;
    ck_ok(one_node(&n, "IsInf", 10, ATTRIBUTES(INT("detect_positive", 0)), SOURCES({three, values}),
                   1),
          n.err);
    net_expect(&n, 0, truth, VALUES(0, 1, 0));
    net_release(&n);
    ck_ok(one_node(&n, "Relu", 14, NULL, SOURCES({three, values}), 1), n.err);
    net_expect(&n, 0, three, VALUES((double)NAN, 0, (double)INFINITY));
    net_release(&n);
    ck_ok(one_node(&n, "Max", 13, NULL,
                   SOURCES({three, values}, {three, VALUES(0, 1, (double)NAN)}), 1),
          n.err);
    net_expect(&n, 0, three, VALUES((double)NAN, 1, (double)NAN));
    net_release(&n);
    ck_ok(one_node(&n, "Equal", 13, NULL, SOURCES({three, values}, {three, values}), 1), n.err);
    net_expect(&n, 0, truth, VALUES(0, 1, 1));
    net_release(&n);
    ck_ok(one_node(&n, "Softplus", 1, NULL, SOURCES({three, VALUES(-1000, 1000, 0)}), 1), n.err);
    net_expect(&n, 0, three, VALUES(0, 1000, 0.69314718055994530942));
    net_release(&n);
}
END_TEST

/* Longer than a block, with rows that cross its bounds; 2 threads share it. */
START_TEST(many_elements)
{
    enum { ROWS = 700, COLUMNS = 131 };
    static double a[ROWS * COLUMNS], b[COLUMNS], wanted[ROWS * COLUMNS];
    net n;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        a[i] = i;
    for (int i = 0; i < COLUMNS; i++)
        b[i] = 1000000.0 + i * i;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        wanted[i] = a[i] + b[i % COLUMNS];
    ck_ok(one_node(&n, "Add", 14, NULL,
                   SOURCES({SHAPE(SEG_I32, ROWS, COLUMNS), a}, {SHAPE(SEG_I32, COLUMNS), b}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, ROWS, COLUMNS), wanted);
    net_release(&n);
}
END_TEST

START_TEST(where_chooses)
{
    const seg_shape two = SHAPE(SEG_U64, 2);
    net n;
    ck_ok(one_node(&n, "Where", 16, NULL,
                   SOURCES({SHAPE(SEG_BOOL, 2, 1), VALUES(1, 0)}, {two, VALUES(0x1p63, 2)},
                           {SCALAR(SEG_U64), VALUES(5)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_U64, 2, 2), VALUES(0x1p63, 2, 5, 5));
    net_release(&n);
    ck_fails(one_node(&n, "Where", 16, NULL,
                      SOURCES({two, VALUES(1, 0)}, {two, VALUES(1, 2)}, {two, VALUES(3, 4)}), 1),
             SEG_UNSUPPORTED, n.err, "input 0 of type u64");
    net_release(&n);
}
END_TEST

Suite *suite_elementwise(void)
{
    Suite *suite = suite_create("elementwise");
    TCase *tests = tcase_create("elementwise");
    tcase_add_test(tests, integers_wrap);
    tcase_add_test(tests, halves_round_once);
    tcase_add_test(tests, broadcasting);
    tcase_add_test(tests, types_must_agree);
    tcase_add_test(tests, integer_division);
    tcase_add_test(tests, shifts_beyond_the_width);
    tcase_add_test(tests, powers);
    tcase_add_test(tests, casts);
    tcase_add_test(tests, clip_in_both_forms);
    tcase_add_test(tests, nan_and_infinity);
    tcase_add_test(tests, many_elements);
    tcase_add_test(tests, where_chooses);
    suite_add_tcase(suite, tests);
    return suite;
}
