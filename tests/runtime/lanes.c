/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lanes.c: reductions, softmax, order, sums along an axis, and products of matrices. */
#include <math.h>

#include "runtime/net.h"
#include "test.h"

START_TEST(reductions_of_types)
{
    const one_source bytes = {SHAPE(SEG_I8, 2, 2), VALUES(100, 100, -128, -3)};
    net n;
    ck_ok(one_node(&n, "ReduceSum", 13, NULL, SOURCES(bytes, {SHAPE(SEG_I64, 1), VALUES(1)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 2, 1), VALUES(-56, 125)); /* wraps */
    net_release(&n);
    ck_ok(one_node(&n, "ReduceMean", 13, ATTRIBUTES(INTS("axes", 1), INT("keepdims", 0)), 1, &bytes,
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 2), VALUES(100, -65)); /* towards zero */
    net_release(&n);
    ck_ok(one_node(&n, "ReduceMin", 13, ATTRIBUTES(INT("keepdims", 0)), 1, &bytes, 1), n.err);
    net_expect(&n, 0, SCALAR(SEG_I8), VALUES(-128));
    net_release(&n);
    ck_ok(one_node(&n, "ReduceMax", 13, ATTRIBUTES(INT("keepdims", 0)),
                   SOURCES({SHAPE(SEG_U64, 2), VALUES(0x1p63, 1)}), 1),
          n.err);
    net_expect(&n, 0, SCALAR(SEG_U64), VALUES(0x1p63));
    net_release(&n);
    ck_ok(one_node(&n, "ReduceL2", 13, ATTRIBUTES(INT("keepdims", 0)),
                   SOURCES({SHAPE(SEG_I32, 2), VALUES(3, -4)}), 1),
          n.err);
    net_expect(&n, 0, SCALAR(SEG_I32), VALUES(5));
    net_release(&n);
    /* 65504 + 65504 does not fit f16, their mean does. */
    ck_ok(
        one_node(&n, "ReduceMean", 13, NULL, SOURCES({SHAPE(SEG_F16, 2), VALUES(65504, 65504)}), 1),
        n.err);
    net_expect(&n, 0, SHAPE(SEG_F16, 1), VALUES(65504));
    net_release(&n);
}
END_TEST

/* A small number after a large one is not lost. */
START_TEST(sums_are_exact)
{
    enum { COUNT = 5000 };
    static double values[2 * COUNT];
    net n;
    for (int i = 0; i < COUNT; i++) {
        values[2 * i] = i == 0 ? 16777216.0 : 1.0; /* 2^24: +1 is lost in float */
        values[2 * i + 1] = i == COUNT - 1 ? 3.0 : -1.0;
    }
    ck_ok(one_node(&n, "ReduceSum", 11, ATTRIBUTES(INTS("axes", 0)),
                   SOURCES({SHAPE(SEG_F32, COUNT, 2), values}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 1, 2), VALUES(16777216.0 + COUNT, 4.0 - COUNT));
    net_release(&n);
    ck_ok(one_node(&n, "ReduceLogSumExp", 13, NULL,
                   SOURCES({SHAPE(SEG_F32, 3), VALUES(1000, 1000, -(double)INFINITY)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 1), VALUES(1000.693147180559945));
    net_release(&n);
}
END_TEST

START_TEST(reductions_of_nothing)
{
    static const struct {
        const char *op;
        double result;
    } cases[] = {
        {"ReduceSum", 0},
        {"ReduceProd", 1},
        {"ReduceMax", -HUGE_VAL},
        {"ReduceMin", HUGE_VAL},
        {"ReduceL1", 0},
        {"ReduceLogSumExp", -HUGE_VAL},
        {"ReduceMean", (double)NAN},
    };
    net n;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_ok(one_node(&n, cases[i].op, 11, ATTRIBUTES(INTS("axes", 1), INT("keepdims", 0)),
                       SOURCES({SHAPE(SEG_F32, 2, 0), NO_VALUES}), 1),
              n.err);
        net_expect(&n, 0, SHAPE(SEG_F32, 2), VALUES(cases[i].result, cases[i].result));
        net_release(&n);
    }
    ck_fails(one_node(&n, "ReduceMean", 11, ATTRIBUTES(INTS("axes", 0)),
                      SOURCES({SHAPE(SEG_I32, 0), NO_VALUES}), 1),
             SEG_INVALID, n.err, "the mean of no integers");
    net_release(&n);
    ck_fails(one_node(&n, "ArgMax", 13, ATTRIBUTES(INT("axis", 1)),
                      SOURCES({SHAPE(SEG_F32, 2, 0), NO_VALUES}), 1),
             SEG_INVALID, n.err, "axis 1 has no elements");
    net_release(&n);
    ck_fails(one_node(&n, "ReduceMax", 11, ATTRIBUTES(INTS("axes", 2)),
                      SOURCES({SHAPE(SEG_F32, 2), VALUES(1, 2)}), 1),
             SEG_INVALID, n.err, "axis 2 is not one of 1 axes");
    net_release(&n);
}
END_TEST

/* Up to opset 12 all axes from `axis` on are one. */
START_TEST(softmax_in_both_meanings)
{
    const one_source four = {SHAPE(SEG_F32, 1, 2, 2), VALUES(0, 0, 0, 0)};
    net n;
    ck_ok(one_node(&n, "Softmax", 12, NULL, 1, &four, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 1, 2, 2), VALUES(0.25, 0.25, 0.25, 0.25));
    net_release(&n);
    ck_ok(one_node(&n, "Softmax", 13, NULL, 1, &four, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 1, 2, 2), VALUES(0.5, 0.5, 0.5, 0.5));
    net_release(&n);
    ck_ok(one_node(&n, "Softmax", 13, ATTRIBUTES(INT("axis", 0)),
                   SOURCES({SHAPE(SEG_F64, 2, 2), VALUES(0, 1000, log(3), 1000)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F64, 2, 2), VALUES(0.25, 0.5, 0.75, 0.5));
    net_release(&n);
    ck_ok(one_node(&n, "Hardmax", 13, ATTRIBUTES(INT("axis", 0)),
                   SOURCES({SHAPE(SEG_F16, 3, 2), VALUES(1, 5, 2, 5, 2, 4)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F16, 3, 2), VALUES(0, 1, 1, 0, 0, 0));
    net_release(&n);
    ck_fails(one_node(&n, "Softmax", 13, NULL, SOURCES({SHAPE(SEG_I32, 2), VALUES(1, 2)}), 1),
             SEG_UNSUPPORTED, n.err, "type i32");
    net_release(&n);
}
END_TEST

/* Of equals the first, whatever the type; -0 equals 0. */
START_TEST(order_of_equals)
{
    const one_source zeros = {SHAPE(SEG_F32, 4), VALUES(-1, -0.0, 0.0, -0.0)};
    net n;
    ck_ok(one_node(&n, "ArgMax", 13, NULL, 1, &zeros, 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_I64, 1), VALUES(1));
    net_release(&n);
    ck_ok(one_node(&n, "ArgMax", 13, ATTRIBUTES(INT("select_last_index", 1), INT("keepdims", 0)), 1,
                   &zeros, 1),
          n.err);
    net_expect(&n, 0, SCALAR(SEG_I64), VALUES(3));
    net_release(&n);
    ck_ok(one_node(&n, "ArgMin", 13, NULL, SOURCES({SHAPE(SEG_U64, 3), VALUES(0x1p63, 5, 5)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I64, 1), VALUES(1));
    net_release(&n);
    ck_ok(one_node(&n, "TopK", 11, ATTRIBUTES(INT("axis", 0)),
                   SOURCES({SHAPE(SEG_I32, 6, 1), VALUES(3, 7, -1, 7, 3, 7)},
                           {SHAPE(SEG_I64, 1), VALUES(4)}),
                   2),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, 4, 1), VALUES(7, 7, 7, 3));
    net_expect(&n, 1, SHAPE(SEG_I64, 4, 1), VALUES(1, 3, 5, 0));
    net_release(&n);
    ck_ok(one_node(&n, "TopK", 11, ATTRIBUTES(INT("largest", 0)),
                   SOURCES({SHAPE(SEG_F32, 2, 3), VALUES(2, 1, 1, -5, 0, -5)},
                           {SHAPE(SEG_I64, 1), VALUES(2)}),
                   2),
          n.err);
    net_expect(&n, 1, SHAPE(SEG_I64, 2, 2), VALUES(1, 2, 0, 2));
    net_release(&n);
    ck_fails(one_node(&n, "TopK", 1, ATTRIBUTES(INT("k", 4)),
                      SOURCES({SHAPE(SEG_F32, 3), VALUES(1, 2, 3)}), 2),
             SEG_INVALID, n.err, "the first 4 of 3 elements");
    net_release(&n);
}
END_TEST

/* Every k against a sort by selection. */
START_TEST(top_k_of_every_size)
{
    enum { COUNT = 37 };
    double values[COUNT], sorted[COUNT], indices[COUNT];
    bool taken[COUNT] = {false};
    for (int i = 0; i < COUNT; i++)
        values[i] = (i * 17 + 5) % 11;
    for (int k = 0; k < COUNT; k++) {
        int best = -1;
        for (int i = 0; i < COUNT; i++) {
            if (!taken[i] && (best < 0 || values[i] > values[best]))
                best = i;
        }
        taken[best] = true;
        sorted[k] = values[best];
        indices[k] = best;
    }
    for (int k = 0; k <= COUNT; k++) {
        net n;
        ck_ok(one_node(&n, "TopK", 11, NULL,
                       SOURCES({SHAPE(SEG_F32, COUNT), values}, {SHAPE(SEG_I64, 1), VALUES(k)}), 2),
              n.err);
        net_expect(&n, 0, SHAPE(SEG_F32, k), sorted);
        net_expect(&n, 1, SHAPE(SEG_I64, k), indices);
        net_release(&n);
    }
}
END_TEST

/* Along each axis of a tensor larger than what is looked at at once. */
START_TEST(arg_of_every_axis)
{
    enum { A = 5, B = 7, C = 601 };
    static double values[A * B * C], wanted[A * B * C];
    const int extents[] = {A, B, C}, steps[] = {B * C, C, 1};
    for (int i = 0; i < A * B * C; i++)
        values[i] = i * 7919 % 13;
    for (int axis = 0; axis < 3; axis++) {
        seg_shape shape = SHAPE(SEG_I64, A, B, C);
        net n;
        int count = 0;
        for (int i = 0; i < A * B * C; i++) {
            if (i / steps[axis] % extents[axis] != 0)
                continue;
            int best = 0;
            for (int k = 1; k < extents[axis]; k++) {
                if (values[i + k * steps[axis]] < values[i + best * steps[axis]])
                    best = k;
            }
            wanted[count++] = best;
        }
        shape.dim[axis] = 1;
        ck_ok(one_node(&n, "ArgMin", 13, ATTRIBUTES(INT("axis", axis)),
                       SOURCES({SHAPE(SEG_U8, A, B, C), values}), 1),
              n.err);
        net_expect(&n, 0, shape, wanted);
        net_release(&n);
    }
}
END_TEST

START_TEST(running_sums)
{
    const one_source data = {SHAPE(SEG_I32, 2, 3), VALUES(1, 2, 3, 4, 5, 6)};
    net n;
    ck_ok(one_node(&n, "CumSum", 14, ATTRIBUTES(INT("exclusive", 1), INT("reverse", 1)),
                   SOURCES(data, {SCALAR(SEG_I32), VALUES(-1)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, 2, 3), VALUES(5, 3, 0, 11, 6, 0));
    net_release(&n);
    ck_ok(one_node(&n, "CumSum", 14, NULL, SOURCES(data, {SCALAR(SEG_I64), VALUES(0)}), 1), n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, 2, 3), VALUES(1, 2, 3, 5, 7, 9));
    net_release(&n);
    ck_fails(one_node(&n, "CumSum", 14, NULL, SOURCES(data, {SCALAR(SEG_I64), VALUES(2)}), 1),
             SEG_INVALID, n.err, "axis 2 is not one of 2 axes");
    net_release(&n);
}
END_TEST

/* ---- products ---- */

/* Sizes around a tile of the kernels and the few rows that go without; values are small integers,
 * so that every type is exact. */
START_TEST(products_of_sizes)
{
    static const int sizes[] = {1, 2, 3, 4, 5, 16, 17, 33};
    static const seg_dtype dtypes[] = {SEG_F32, SEG_F64, SEG_F16, SEG_I32, SEG_U8};
    static double a[33 * 33], b[33 * 40], c[33 * 40];
    for (int i = 0; i < 33 * 33; i++)
        a[i] = i % 3;
    for (int i = 0; i < 33 * 40; i++)
        b[i] = i % 2 + (i % 7 == 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int rows = sizes[s], depth = sizes[7 - s], cols = 40 - rows;
        for (int i = 0; i < rows * cols; i++) {
            c[i] = 0;
            for (int k = 0; k < depth; k++)
                c[i] += a[i / cols * depth + k] * b[k * cols + i % cols];
        }
        for (size_t t = 0; t < sizeof dtypes / sizeof *dtypes; t++) {
            net n;
            ck_ok(one_node(&n, "MatMul", 13, NULL,
                           SOURCES({SHAPE(dtypes[t], rows, depth), a},
                                   {SHAPE(dtypes[t], depth, cols), b}),
                           1),
                  n.err);
            net_expect(&n, 0, SHAPE(dtypes[t], rows, cols), c);
            net_release(&n);
        }
    }
}
END_TEST

START_TEST(products_of_batches)
{
    net n;
    /* [2,1,1,2] x [3,2,1]: batches 2 and 3 broadcast. */
    ck_ok(one_node(&n, "MatMul", 13, NULL,
                   SOURCES({SHAPE(SEG_F32, 2, 1, 1, 2), VALUES(1, 2, 3, 4)},
                           {SHAPE(SEG_F32, 3, 2, 1), VALUES(1, 0, 0, 1, 1, 1)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 3, 1, 1), VALUES(1, 2, 3, 3, 4, 7));
    net_release(&n);
    ck_ok(one_node(&n, "MatMul", 13, NULL,
                   SOURCES({SHAPE(SEG_I64, 2), VALUES(1, 2)}, {SHAPE(SEG_I64, 2), VALUES(3, 4)}),
                   1),
          n.err);
    net_expect(&n, 0, SCALAR(SEG_I64), VALUES(11));
    net_release(&n);
    ck_ok(one_node(&n, "MatMul", 13, NULL,
                   SOURCES({SHAPE(SEG_F32, 2, 0), NO_VALUES}, {SHAPE(SEG_F32, 0, 2), NO_VALUES}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 2), VALUES(0, 0, 0, 0));
    net_release(&n);
    ck_ok(one_node(&n, "MatMul", 13, NULL,
                   SOURCES({SHAPE(SEG_F32, 5, 0), NO_VALUES}, {SHAPE(SEG_F32, 0, 1), NO_VALUES}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 5, 1), VALUES(0, 0, 0, 0, 0));
    net_release(&n);
    ck_fails(
        one_node(&n, "MatMul", 13, NULL,
                 SOURCES({SHAPE(SEG_F32, 2), VALUES(1, 2)}, {SHAPE(SEG_F32, 3), VALUES(1, 2, 3)}),
                 1),
        SEG_INVALID, n.err, "f32 2 and f32 3 cannot be multiplied");
    net_release(&n);
    ck_fails(one_node(&n, "MatMul", 13, NULL,
                      SOURCES({SHAPE(SEG_F32, 2, 1, 1), VALUES(1, 2)},
                              {SHAPE(SEG_F32, 3, 1, 1), VALUES(1, 2, 3)}),
                      1),
             SEG_INVALID, n.err, "do not broadcast");
    net_release(&n);
    ck_fails(one_node(&n, "MatMul", 13, NULL,
                      SOURCES({SCALAR(SEG_F32), VALUES(1)}, {SHAPE(SEG_F32, 1), VALUES(1)}), 1),
             SEG_INVALID, n.err, "cannot be multiplied");
    net_release(&n);
}
END_TEST

START_TEST(gemm_forms)
{
    const one_source a = {SHAPE(SEG_F32, 2, 3), VALUES(1, 2, 3, 4, 5, 6)};
    const one_source b = {SHAPE(SEG_F32, 2, 3), VALUES(1, 0, 1, 0, 1, 0)};
    net n;
    ck_ok(one_node(&n, "Gemm", 13,
                   ATTRIBUTES(INT("transB", 1), FLOAT("alpha", 2.0f), FLOAT("beta", 0.5f)),
                   SOURCES(a, b, {SHAPE(SEG_F32, 2), VALUES(10, 20)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 2), VALUES(13, 14, 25, 20));
    net_release(&n);
    ck_ok(one_node(&n, "Gemm", 13, ATTRIBUTES(INT("transA", 1), FLOAT("alpha", -1.0f)),
                   SOURCES(a, b), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 3, 3), VALUES(-1, -4, -1, -2, -5, -2, -3, -6, -3));
    net_release(&n);
    ck_ok(one_node(&n, "Gemm", 13, ATTRIBUTES(FLOAT("alpha", 3.0f)),
                   SOURCES({SHAPE(SEG_I32, 1, 1), VALUES(0x40000000)},
                           {SHAPE(SEG_I32, 1, 1), VALUES(2)}, {SCALAR(SEG_I32), VALUES(1)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I32, 1, 1), VALUES(-0x1p31 + 1));
    net_release(&n);
    ck_fails(one_node(&n, "Gemm", 13, NULL, SOURCES(a, b), 1), SEG_INVALID, n.err,
             "f32 2x3 and f32 2x3 cannot be multiplied");
    net_release(&n);
    ck_fails(one_node(&n, "Gemm", 13, ATTRIBUTES(INT("transB", 1)),
                      SOURCES(a, b, {SHAPE(SEG_F32, 3), VALUES(1, 2, 3)}), 1),
             SEG_INVALID, n.err, "C of f32 3 does not broadcast to f32 2x2");
    net_release(&n);
    ck_fails(one_node(&n, "Gemm", 13, ATTRIBUTES(FLOAT("alpha", 0.5f)),
                      SOURCES({SHAPE(SEG_I32, 1, 1), VALUES(1)}, {SHAPE(SEG_I32, 1, 1), VALUES(2)}),
                      1),
             SEG_UNSUPPORTED, n.err, "a factor of 0.5 for integers");
    net_release(&n);
}
END_TEST

/* Expected by hand: a is [[0,1,2],[3,4,5]], b [[1,2],[3,4],[5,6]]. */
START_TEST(einsum_equations)
{
    const one_source a = {SHAPE(SEG_F32, 2, 3), VALUES(0, 1, 2, 3, 4, 5)};
    const one_source b = {SHAPE(SEG_F32, 3, 2), VALUES(1, 2, 3, 4, 5, 6)};
    static const struct {
        const char *equation;
        seg_shape shape;
        double values[12];
    } cases[] = {
        {"ij,jk->ik", {SEG_F32, 2, {{2, 2}}}, {13, 16, 40, 52}},
        {"ij,jk->ki", {SEG_F32, 2, {{2, 2}}}, {13, 40, 16, 52}},
        {" ij , jk ", {SEG_F32, 2, {{2, 2}}}, {13, 16, 40, 52}},
        {"ij,ji->j", {SEG_F32, 1, {{3}}}, {6, 19, 40}},
        {"ij,ji->", {SEG_F32, 0, {{0}}}, {65}},
        {"Ba,ac", {SEG_F32, 2, {{2, 2}}}, {13, 16, 40, 52}},
        {"ij,kl->j", {SEG_F32, 1, {{3}}}, {63, 105, 147}},
        {"...j,jk->...k", {SEG_F32, 2, {{2, 2}}}, {13, 16, 40, 52}},
    };
    net n;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_ok(one_node(&n, "Einsum", 12, ATTRIBUTES(TEXT("equation", cases[i].equation)),
                       SOURCES(a, b), 1),
              n.err);
        net_expect(&n, 0, cases[i].shape, cases[i].values);
        net_release(&n);
    }
    ck_ok(one_node(&n, "Einsum", 12, ATTRIBUTES(TEXT("equation", "ii->i")),
                   SOURCES({SHAPE(SEG_U8, 2, 2), VALUES(1, 2, 3, 4)}), 1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_U8, 2), VALUES(1, 4));
    net_release(&n);
    /* Three sources, an ellipsis that broadcasts, wrapping integers. */
    ck_ok(one_node(&n, "Einsum", 12, ATTRIBUTES(TEXT("equation", "...i,...i,i->...")),
                   SOURCES({SHAPE(SEG_I8, 2, 1, 2), VALUES(1, 2, 3, 4)},
                           {SHAPE(SEG_I8, 3, 2), VALUES(1, 0, 0, 1, 10, 10)},
                           {SHAPE(SEG_I8, 2), VALUES(1, 10)}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_I8, 2, 3), VALUES(1, 20, -46, 3, 40, -82));
    net_release(&n);
    ck_ok(one_node(&n, "Einsum", 12, ATTRIBUTES(TEXT("equation", "ij,jk->ik")),
                   SOURCES({SHAPE(SEG_F32, 2, 0), NO_VALUES}, {SHAPE(SEG_F32, 0, 1), NO_VALUES}),
                   1),
          n.err);
    net_expect(&n, 0, SHAPE(SEG_F32, 2, 1), VALUES(0, 0));
    net_release(&n);
}
END_TEST

START_TEST(einsum_refuses)
{
    const one_source a = {SHAPE(SEG_F32, 2, 3), VALUES(0, 1, 2, 3, 4, 5)};
    const one_source huge = {SHAPE(SEG_U8, 4096), NO_VALUES};
    static const struct {
        const char *equation, *why;
    } cases[] = {
        {"ij", "not one of 2 inputs"},
        {"ij,kj,kl", "not one of 2 inputs"},
        {"i,jk", "input 0 has 2 axes, its term 1 labels"},
        {"ij,jk", "a label has extents 3 and 2"},
        {"ij,kj->z", "one that no input has"},
        {"ij,kj->ii", "a label twice"},
        {"i1,kj->i", "cannot be read at '1,kj->i'"},
        {"ij,kj=i", "cannot be read at '=i'"},
        {"ij,kj-", "cannot be read at '-'"},
        {"......ij,kj->i", "a term has"},
        {"...ijk,kj->i", "more labels than axes"},
    };
    net n;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_fails(one_node(&n, "Einsum", 12, ATTRIBUTES(TEXT("equation", cases[i].equation)),
                          SOURCES(a, a), 1),
                 SEG_INVALID, n.err, cases[i].why);
        net_release(&n);
    }
    net_init(&n, 12);
    seg_slot x = net_input(&n, huge.shape, NULL);
    net_output(
        &n, net_op(&n, "Einsum", ATTRIBUTES(TEXT("equation", "a,b,c,d->abcd")), SRC(x, x, x, x)));
    ck_fails(net_run(&n, true), SEG_LIMIT, n.err, "exceeds the memory limit");
    net_release(&n);
}
END_TEST

Suite *suite_lanes(void)
{
    Suite *suite = suite_create("lanes");
    TCase *tests = tcase_create("lanes");
    tcase_add_test(tests, reductions_of_types);
    tcase_add_test(tests, sums_are_exact);
    tcase_add_test(tests, reductions_of_nothing);
    tcase_add_test(tests, softmax_in_both_meanings);
    tcase_add_test(tests, order_of_equals);
    tcase_add_test(tests, top_k_of_every_size);
    tcase_add_test(tests, arg_of_every_axis);
    tcase_add_test(tests, running_sums);
    tcase_add_test(tests, products_of_sizes);
    tcase_add_test(tests, products_of_batches);
    tcase_add_test(tests, gemm_forms);
    tcase_add_test(tests, einsum_equations);
    tcase_add_test(tests, einsum_refuses);
    suite_add_tcase(suite, tests);
    return suite;
}
