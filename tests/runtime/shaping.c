/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* shaping.c: operators that move, pick and make elements: old and new forms, and refusals. */
#include <math.h>

#include "runtime/net.h"
#include "test.h"

static const double sequence[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

START_TEST(reshape_refuses)
{
    static const struct {
        double wanted[2];
        const char *why;
    } cases[] = {
        {{-1, -1}, "an extent of -1 (axis 1)"},
        {{5, -1}, "nothing fits -1"},
        {{2, 2}, "f32 2x3 cannot be reshaped to f32 2x2"},
        {{-2, 3}, "an extent of -2"},
        {{0x1p62, 0x1p62}, "cannot be reshaped"},
    };
    net n;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_fails(one_node(&n, "Reshape", 13, NULL,
                          SOURCES({SHAPE(SEG_F32, 2, 3), sequence},
                                  {SHAPE(SEG_I64, 2), cases[i].wanted}),
                          1),
                 SEG_INVALID, n.err, cases[i].why);
        net_release(&n);
    }
    ck_fails(one_node(&n, "Reshape", 13, NULL,
                      SOURCES({SHAPE(SEG_F32, 6), sequence}, {SHAPE(SEG_I64, 2), VALUES(6, 0)}), 1),
             SEG_INVALID, n.err, "0 takes the extent of axis 1");
    net_release(&n);
    ck_ok(one_node(&n, "Reshape", 14, ATTRIBUTES(INT("allowzero", 1)),
                   SOURCES({SHAPE(SEG_F32, 0, 3), sequence}, {SHAPE(SEG_I64, 3), VALUES(3, 0, 7)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 3, 0, 7), NO_VALUES);
    net_release(&n);
}
END_TEST

/* Axes: an attribute up to opset 12, a source from 13 on. */
START_TEST(squeeze_in_both_forms)
{
    const one_source data = {SHAPE(SEG_I8, 1, 3, 1), VALUES(1, 2, 3)};
    net n;
    ck_ok(one_node(&n, "Squeeze", 11, ATTRIBUTES(INTS("axes", -1)), 1, &data, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 1, 3), VALUES(1, 2, 3));
    net_release(&n);
    ck_ok(one_node(&n, "Squeeze", 13, NULL, SOURCES(data, {SHAPE(SEG_I64, 1), VALUES(0)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 3, 1), VALUES(1, 2, 3));
    net_release(&n);
    ck_ok(one_node(&n, "Squeeze", 13, NULL, 1, &data, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 3), VALUES(1, 2, 3));
    net_release(&n);
    ck_fails(one_node(&n, "Squeeze", 11, ATTRIBUTES(INTS("axes", 1)), 1, &data, 1), SEG_INVALID,
             n.err, "axis 1 has an extent of 3, not 1");
    net_release(&n);
    ck_fails(one_node(&n, "Squeeze", 11, ATTRIBUTES(INTS("axes", 3)), 1, &data, 1), SEG_INVALID,
             n.err, "axis 3 is not one of 3 axes");
    net_release(&n);
    ck_ok(one_node(&n, "Unsqueeze", 11, ATTRIBUTES(INTS("axes", -1, 0)), 1, &data, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 1, 1, 3, 1, 1), VALUES(1, 2, 3));
    net_release(&n);
    ck_fails(one_node(&n, "Unsqueeze", 11, ATTRIBUTES(INTS("axes", 0, 0)), 1, &data, 1),
             SEG_INVALID, n.err, "axis 0 is named twice");
    net_release(&n);
    ck_fails(one_node(&n, "Unsqueeze", 11, ATTRIBUTES(INTS("axes", 0, 1, 2, 3, 4, 5)), 1, &data, 1),
             SEG_LIMIT, n.err, "a result of 9 axes");
    net_release(&n);
}
END_TEST

START_TEST(slices)
{
    const one_source data = {SHAPE(SEG_F32, 3, 4), sequence};
    net n;
    ck_ok(one_node(&n, "Slice", 1, ATTRIBUTES(INTS("starts", 1, -3), INTS("ends", 100, -1)), 1,
                   &data, 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 2), VALUES(5, 6, 9, 10));
    net_release(&n);
    /* Backwards, from beyond the end to before the start, with the lowest possible numbers. */
    ck_ok(one_node(&n, "Slice", 13, NULL,
                   SOURCES(data, {SHAPE(SEG_I64, 2), VALUES(0x1p63, 0x1p63)},
                           {SHAPE(SEG_I64, 2), VALUES(-0x1p63, -0x1p63)},
                           {SHAPE(SEG_I64, 2), VALUES(1, 0)},
                           {SHAPE(SEG_I64, 2), VALUES(-2, -0x1p63)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 1, 2), VALUES(11, 9));
    net_release(&n);
    ck_ok(one_node(&n, "Slice", 13, NULL,
                   SOURCES(data, {SHAPE(SEG_I32, 1), VALUES(2)}, {SHAPE(SEG_I32, 1), VALUES(1)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 0, 4), NO_VALUES);
    net_release(&n);
    const one_source one = {SHAPE(SEG_I64, 1), VALUES(1)};
    ck_fails(one_node(&n, "Slice", 13, NULL,
                      SOURCES(data, one, one, one, {SHAPE(SEG_I64, 1), VALUES(0)}), 1),
             SEG_INVALID, n.err, "the step of axis 1 is 0");
    net_release(&n);
    ck_fails(
        one_node(&n, "Slice", 13, NULL, SOURCES(data, one, {SHAPE(SEG_I64, 2), VALUES(1, 2)}), 1),
        SEG_INVALID, n.err, "1, 2, -1 and -1 elements");
    net_release(&n);
}
END_TEST

START_TEST(splits)
{
    const one_source data = {SHAPE(SEG_F32, 2, 5), sequence};
    net n;
    ck_ok(one_node(&n, "Split", 11, ATTRIBUTES(INT("axis", 1), INTS("split", 2, 3)), 1, &data, 2),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 2), VALUES(0, 1, 5, 6));
    net_expect(&n, 1, SHAPE(SEG_F32, 2, 3), VALUES(2, 3, 4, 7, 8, 9));
    net_release(&n);
    ck_ok(one_node(&n, "Split", 13, ATTRIBUTES(INT("axis", -1)),
                   SOURCES(data, {SHAPE(SEG_I64, 3), VALUES(0, 4, 1)}), 3),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 0), NO_VALUES);
    net_expect(&n, 2, SHAPE(SEG_F32, 2, 1), VALUES(4, 9));
    net_release(&n);
    ck_ok(one_node(&n, "Split", 18, ATTRIBUTES(INT("axis", 1), INT("num_outputs", 3)), 1, &data, 3),
          n.err);
    net_expect(&n, 1, SHAPE(SEG_F32, 2, 2), VALUES(2, 3, 7, 8));
    net_expect(&n, 2, SHAPE(SEG_F32, 2, 1), VALUES(4, 9));
    net_release(&n);
    ck_fails(one_node(&n, "Split", 13, ATTRIBUTES(INT("axis", 1)), 1, &data, 2), SEG_INVALID, n.err,
             "an extent of 5 cannot be split in 2");
    net_release(&n);
    ck_fails(
        one_node(&n, "Split", 11, ATTRIBUTES(INT("axis", 1), INTS("split", 2, 2)), 1, &data, 2),
        SEG_INVALID, n.err, "2 parts leave 1 of an extent of 5");
    net_release(&n);
    ck_fails(
        one_node(&n, "Split", 11, ATTRIBUTES(INT("axis", 1), INTS("split", 9, -4)), 1, &data, 2),
        SEG_INVALID, n.err, "split in 9 (part 0)");
    net_release(&n);
}
END_TEST

START_TEST(concat_and_transpose)
{
    net n;
    ck_ok(one_node(&n, "Concat", 13, ATTRIBUTES(INT("axis", -1)),
                   SOURCES({SHAPE(SEG_U16, 2, 1), VALUES(1, 2)}, {SHAPE(SEG_U16, 2, 0), NO_VALUES},
                           {SHAPE(SEG_U16, 2, 2), VALUES(3, 4, 5, 6)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_U16, 2, 3), VALUES(1, 3, 4, 2, 5, 6));
    net_release(&n);
    ck_fails(one_node(&n, "Concat", 13, ATTRIBUTES(INT("axis", 0)),
                      SOURCES({SHAPE(SEG_F32, 2, 1), sequence}, {SHAPE(SEG_F32, 2, 2), sequence}),
                      1),
             SEG_INVALID, n.err, "f32 2x1 and f32 2x2 cannot be joined along axis 0");
    net_release(&n);
    ck_ok(one_node(&n, "Transpose", 13, NULL, SOURCES({SHAPE(SEG_F64, 2, 3), sequence}), 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_F64, 3, 2), VALUES(0, 3, 1, 4, 2, 5));
    net_release(&n);
    ck_fails(one_node(&n, "Transpose", 13, ATTRIBUTES(INTS("perm", 0, 0)),
                      SOURCES({SHAPE(SEG_F64, 2, 3), sequence}), 1),
             SEG_INVALID, n.err, "perm names axis 0 twice");
    net_release(&n);
    ck_fails(one_node(&n, "Transpose", 13, ATTRIBUTES(INTS("perm", 0)),
                      SOURCES({SHAPE(SEG_F64, 2, 3), sequence}), 1),
             SEG_INVALID, n.err, "perm has 1 axes, the input has 2");
    net_release(&n);
}
END_TEST

/* Sizes are refused before memory is asked for. */
START_TEST(huge_results)
{
    net n;
    ck_fails(one_node(&n, "Expand", 13, NULL,
                      SOURCES({SHAPE(SEG_F32, 1), sequence},
                              {SHAPE(SEG_I64, 2), VALUES(0x1p40, 0x1p40)}),
                      1),
             SEG_LIMIT, n.err, "is too large");
    net_release(&n);
    ck_fails(one_node(&n, "Tile", 13, NULL,
                      SOURCES({SHAPE(SEG_F32, 2), sequence}, {SHAPE(SEG_I64, 1), VALUES(0x1p40)}),
                      1),
             SEG_LIMIT, n.err, "exceeds the memory limit");
    net_release(&n);
    ck_fails(one_node(&n, "Tile", 13, NULL,
                      SOURCES({SHAPE(SEG_F32, 2), sequence}, {SHAPE(SEG_I64, 1), VALUES(-1)}), 1),
             SEG_INVALID, n.err, "axis 0 cannot be repeated -1 times");
    net_release(&n);
    ck_fails(one_node(&n, "ConstantOfShape", 9, NULL,
                      SOURCES({SHAPE(SEG_I64, 2), VALUES(0x1p62, 4)}), 1),
             SEG_LIMIT, n.err, "is too large");
    net_release(&n);
    ck_fails(one_node(&n, "ConstantOfShape", 9, NULL, SOURCES({SHAPE(SEG_I64, 1), VALUES(-1)}), 1),
             SEG_LIMIT, n.err, "f32 -1");
    net_release(&n);
    ck_fails(one_node(&n, "Range", 11, NULL,
                      SOURCES({SCALAR(SEG_I64), VALUES(-0x1p63)}, {SCALAR(SEG_I64), VALUES(0x1p63)},
                              {SCALAR(SEG_I64), VALUES(1)}),
                      1),
             SEG_INVALID, n.err, "a range from -9223372036854775808");
    net_release(&n);
    ck_fails(one_node(&n, "Range", 11, NULL,
                      SOURCES({SCALAR(SEG_F32), VALUES(0)}, {SCALAR(SEG_F32), VALUES(1)},
                              {SCALAR(SEG_F32), VALUES(0)}),
                      1),
             SEG_INVALID, n.err, "a range of inf elements");
    net_release(&n);
    ck_fails(one_node(&n, "OneHot", 11, NULL,
                      SOURCES({SHAPE(SEG_I64, 4), sequence}, {SCALAR(SEG_I64), VALUES(0x1p60)},
                              {SHAPE(SEG_F32, 2), VALUES(0, 1)}),
                      1),
             SEG_LIMIT, n.err, "is too large");
    net_release(&n);
}
END_TEST

START_TEST(indices_are_checked)
{
    const one_source data = {SHAPE(SEG_F32, 2, 3), sequence};
    net n;
    ck_ok(one_node(&n, "Gather", 13, ATTRIBUTES(INT("axis", 1)),
                   SOURCES(data, {SHAPE(SEG_I32, 2, 1), VALUES(-1, 0)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 2, 1), VALUES(2, 0, 5, 3));
    net_release(&n);
    static const char *const ops[] = {"Gather", "GatherElements", "GatherND"};
    static const double outside[] = {2, -3, 0x1p63, -0x1p63};
    for (int o = 0; o < 3; o++) {
        for (int i = 0; i < 4; i++) {
            ck_fails(one_node(&n, ops[o], 13, NULL,
                              SOURCES(data, {SHAPE(SEG_I64, 1, 1), &outside[i]}), 1),
                     SEG_INVALID, n.err, "is outside of an extent of 2");
            net_release(&n);
        }
    }
    ck_fails(one_node(&n, "ScatterElements", 13, NULL,
                      SOURCES(data, {SHAPE(SEG_I64, 1, 1), VALUES(2)},
                              {SHAPE(SEG_F32, 1, 1), VALUES(9)}),
                      1),
             SEG_INVALID, n.err, "index 2 is outside of an extent of 2");
    net_release(&n);
    ck_fails(one_node(&n, "ScatterND", 13, NULL,
                      SOURCES(data, {SHAPE(SEG_I64, 1, 1), VALUES(1)},
                              {SHAPE(SEG_F32, 1, 2), VALUES(9, 9)}),
                      1),
             SEG_INVALID, n.err, "updates must be f32 1x3, are f32 1x2");
    net_release(&n);
    ck_fails(
        one_node(&n, "GatherND", 13, NULL, SOURCES(data, {SHAPE(SEG_I64, 3), VALUES(0, 0, 0)}), 1),
        SEG_INVALID, n.err, "indices i64 3 do not fit into f32 2x3");
    net_release(&n);
    ck_fails(one_node(&n, "Gather", 13, NULL, SOURCES(data, {SHAPE(SEG_F32, 1), VALUES(0)}), 1),
             SEG_UNSUPPORTED, n.err, "input 1 of type f32");
    net_release(&n);
}
END_TEST

START_TEST(scatters_combine)
{
    const one_source data = {SHAPE(SEG_I8, 1, 3), VALUES(100, 2, 3)};
    const one_source indices = {SHAPE(SEG_I64, 1, 2), VALUES(0, -3)};
    const one_source updates = {SHAPE(SEG_I8, 1, 2), VALUES(20, 20)};
    static const struct {
        const char *reduction;
        double first;
    } cases[] = {{"none", 20}, {"add", -116}, {"mul", 64}, {"min", 20}, {"max", 100}};
    net n;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_ok(one_node(&n, "ScatterElements", 18,
                       ATTRIBUTES(INT("axis", 1), TEXT("reduction", cases[i].reduction)),
                       SOURCES(data, indices, updates), 1),
              n.err);
        net_expect(&n, 0, SHAPE(SEG_I8, 1, 3), VALUES(cases[i].first, 2, 3));
        net_release(&n);
    }
    ck_fails(one_node(&n, "ScatterElements", 18, ATTRIBUTES(TEXT("reduction", "xor")),
                      SOURCES(data, indices, updates), 1),
             SEG_UNSUPPORTED, n.err, "reduction 'xor'");
    net_release(&n);
}
END_TEST

START_TEST(nothing_at_all)
{
    const one_source empty = {SHAPE(SEG_F32, 2, 0, 3), NO_VALUES};
    net n;
    ck_ok(one_node(&n, "Transpose", 13, NULL, 1, &empty, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 3, 0, 2), NO_VALUES);
    net_release(&n);
    ck_ok(one_node(&n, "Flatten", 13, NULL, 1, &empty, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 0), NO_VALUES);
    net_release(&n);
    ck_ok(one_node(&n, "NonZero", 13, NULL, 1, &empty, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_I64, 3, 0), NO_VALUES);
    net_release(&n);
    ck_ok(one_node(&n, "Trilu", 14, NULL, 1, &empty, 1), n.err);
    net_release(&n);
    ck_ok(one_node(&n, "Gather", 13, NULL, SOURCES(empty, {SHAPE(SEG_I64, 0), NO_VALUES}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 0, 0, 3), NO_VALUES);
    net_release(&n);
    ck_ok(one_node(&n, "Range", 11, NULL,
                   SOURCES({SCALAR(SEG_I32), VALUES(5)}, {SCALAR(SEG_I32), VALUES(1)},
                           {SCALAR(SEG_I32), VALUES(2)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, 0), NO_VALUES);
    net_release(&n);
    ck_ok(one_node(&n, "Shape", 15, ATTRIBUTES(INT("start", 2), INT("end", 1)), 1, &empty, 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I64, 0), NO_VALUES);
    net_release(&n);
    ck_ok(one_node(&n, "Compress", 11, NULL,
                   SOURCES({SHAPE(SEG_F32, 2, 2), sequence}, {SHAPE(SEG_BOOL, 2), VALUES(0, 0)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 0), NO_VALUES);
    net_release(&n);
}
END_TEST

/* A node may ask for fewer results than its operator has, even for none. */
START_TEST(fewer_results)
{
    static const char *const ops[] = {"TopK", "Split", "Dropout", "DynamicQuantizeLinear",
                                      "MaxPool"};
    const one_source data = {SHAPE(SEG_F32, 1, 1, 2, 2), VALUES(4, 3, 2, 1)};
    net n;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        ck_ok(one_node(&n, ops[i], 11, ATTRIBUTES(INT("k", 1), INTS("kernel_shape", 1, 1)), 1,
                       &data, 1),
              n.err);
        net_release(&n);
        net_init(&n, 11);
        seg_slot x = net_input(&n, data.shape, data.values);
        net_node(&n, ops[i], ATTRIBUTES(INT("k", 1), INTS("kernel_shape", 1, 1)), SRC(x), 0, NULL);
        net_output(&n, net_op(&n, "Identity", NULL, SRC(x)));
        ck_ok(net_run(&n, true), n.err);
        ck_ok(net_run(&n, false), n.err);
        net_release(&n);
    }
}
END_TEST

Suite *suite_shaping(void)
{
    Suite *suite = suite_create("shaping");
    TCase *tests = tcase_create("shaping");
    tcase_add_test(tests, reshape_refuses);
    tcase_add_test(tests, squeeze_in_both_forms);
    tcase_add_test(tests, slices);
    tcase_add_test(tests, splits);
    tcase_add_test(tests, concat_and_transpose);
    tcase_add_test(tests, huge_results);
    tcase_add_test(tests, indices_are_checked);
    tcase_add_test(tests, scatters_combine);
    tcase_add_test(tests, nothing_at_all);
    tcase_add_test(tests, fewer_results);
    suite_add_tcase(suite, tests);
    return suite;
}
