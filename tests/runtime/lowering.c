/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lowering.c: the same programs as layers and node by node; which nodes become layers. */
#include "runtime/net.h"
#include "test.h"

/* One more node, whose result is all that is wanted. */
static void check_one(const char *op, int src_count, const seg_slot *src, net *n, int evaluated)
{
    net_output(n, net_op(n, op, NULL, src_count, src));
    net_check_lowered(n, evaluated, 1e-6);
    net_release(n);
}

START_TEST(functions_of_one_source)
{
    static const char *const ops[] = {"Abs",      "Elu",       "Exp", "HardSigmoid", "HardSwish",
                                      "Identity", "LeakyRelu", "Neg", "Reciprocal",  "Relu",
                                      "Sigmoid",  "Softplus",  "Erf", "Gelu",        "Mish",
                                      "Tanh",     "Dropout",   "Clip"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        net n;
        net_init(&n, 14);
        seg_slot x = net_input(&n, SHAPE(SEG_F32, 2, 5, 4, 3), NULL);
        check_one(ops[i], SRC(x), &n, 0);
    }
    for (int rank = 0; rank <= 4; rank++) {
        net n;
        net_init(&n, 14);
        seg_shape shape = SHAPE(SEG_F32, 2, 3, 2, 5);
        shape.rank = rank;
        seg_slot x = net_input(&n, shape, NULL);
        check_one("Sigmoid", SRC(x), &n, 0);
    }
}
END_TEST

START_TEST(functions_of_two_sources)
{
    static const char *const ops[] = {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"};
    static const seg_shape seconds[] = {
        {SEG_F32, 4, {{2, 5, 4, 3}}}, {SEG_F32, 4, {{1, 5, 1, 1}}}, {SEG_F32, 3, {{5, 1, 1}}},
        {SEG_F32, 1, {{3}}},          {SEG_F32, 0, {{0}}},          {SEG_F32, 2, {{4, 1}}},
    };
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++) {
        for (size_t s = 0; s < sizeof seconds / sizeof *seconds; s++) {
            for (int form = 0; form < 4; form++) { /* which is first, and is the second fixed */
                net n;
                net_init(&n, 14);
                seg_slot x = net_input(&n, SHAPE(SEG_F32, 2, 5, 4, 3), NULL);
                seg_slot y =
                    form & 1 ? net_constant(&n, seconds[s], NULL) : net_input(&n, seconds[s], NULL);
                const seg_slot forward[] = {x, y}, backward[] = {y, x};
                check_one(ops[o], 2, form & 2 ? backward : forward, &n, 0);
            }
        }
    }
}
END_TEST

START_TEST(powers_and_slopes)
{
    static const struct {
        double exponent;
        int evaluated;
    } cases[] = {{1, 0}, {2, 0}, {3, 0}, {2.5, 1}, {-1, 1}};
    net n;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        net_init(&n, 14);
        seg_slot x = net_op(&n, "Abs", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 2, 3), NULL)));
        seg_slot e = net_constant(&n, SCALAR(SEG_F32), &cases[i].exponent);
        check_one("Pow", SRC(x, e), &n, cases[i].evaluated);
    }
    static const double slopes[4][3] = {{0.25, -3, 0}, {1, 2, 1.5}, {0.5, 2, 1}, {1, 1, 1}};
    for (int i = 0; i < 4; i++) {
        net_init(&n, 14);
        seg_slot x = net_input(&n, SHAPE(SEG_F32, 1, 3, 4, 5), NULL);
        seg_slot slope = net_constant(&n, SHAPE(SEG_F32, 3, 1, 1), slopes[i]);
        check_one("PRelu", SRC(x, slope), &n, i == 2);
    }
}
END_TEST

/* Renaming axes moves nothing, and later operators know where they lie. */
START_TEST(chains_of_names)
{
    net n;
    net_init(&n, 13);
    seg_slot x = net_input(&n, SHAPE(SEG_F32, 1, 6, 4, 5), NULL);
    x = net_op(&n, "Tanh", NULL, SRC(x));
    x = net_op(&n, "Transpose", ATTRIBUTES(INTS("perm", 0, 2, 3, 1)), SRC(x));
    x = net_op(&n, "Add", NULL, SRC(x, net_constant(&n, SHAPE(SEG_F32, 6), NULL)));
    x = net_op(&n, "Squeeze", NULL, SRC(x, net_constant(&n, SHAPE(SEG_I64, 1), VALUES(0))));
    x = net_op(&n, "Mul", NULL, SRC(x, net_constant(&n, SHAPE(SEG_F32, 4, 1, 1), NULL)));
    x = net_op(&n, "Transpose", ATTRIBUTES(INTS("perm", 2, 0, 1)), SRC(x));
    x = net_op(&n, "Unsqueeze", NULL, SRC(x, net_constant(&n, SHAPE(SEG_I64, 1), VALUES(-1))));
    net_output(&n, x);
    x = net_op(&n, "Reshape", NULL,
               SRC(x, net_constant(&n, SHAPE(SEG_I64, 4), VALUES(1, 6, 4, 5))));
    net_output(&n, net_op(&n, "Softmax", ATTRIBUTES(INT("axis", 1)), SRC(x)));
    net_output(&n, net_op(&n, "Softmax", ATTRIBUTES(INT("axis", 3)), SRC(x)));
    net_check_lowered(&n, 0, 1e-6);
    net_release(&n);
}
END_TEST

/* A reshape that splits or merges is evaluated. */
START_TEST(other_reshapes)
{
    net n;
    net_init(&n, 13);
    seg_slot x = net_input(&n, SHAPE(SEG_F32, 2, 6, 4, 1), NULL);
    x = net_op(&n, "Relu", NULL, SRC(x));
    x = net_op(&n, "Flatten", NULL, SRC(x));
    net_output(&n, net_op(&n, "Neg", NULL, SRC(x)));
    net_check_lowered(&n, 1, 0.0);
    net_release(&n);
    net_init(&n, 13);
    x = net_op(&n, "Relu", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 2, 6, 1, 1), NULL)));
    x = net_op(&n, "Flatten", NULL, SRC(x));
    net_output(&n, net_op(&n, "Neg", NULL, SRC(x)));
    net_check_lowered(&n, 0, 0.0);
    net_release(&n);
}
END_TEST

START_TEST(joined_and_cut)
{
    for (int axis = 0; axis < 4; axis++) {
        net n;
        net_init(&n, 13);
        seg_slot x = net_op(&n, "Relu", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 2, 6, 4, 5), NULL)));
        seg_slot y = net_op(&n, "Transpose", ATTRIBUTES(INTS("perm", 0, 1, 2, 3)), SRC(x));
        seg_slot parts[3], many[10];
        net_node(&n, "Split", ATTRIBUTES(INT("axis", axis)),
                 SRC(x, net_constant(&n, SHAPE(SEG_I64, 2),
                                     axis == 0   ? VALUES(1, 1)
                                     : axis == 1 ? VALUES(2, 4)
                                     : axis == 2 ? VALUES(1, 3)
                                                 : VALUES(4, 1))),
                 2, parts);
        for (int i = 0; i < 10; i++)
            many[i] = i % 3 == 0 ? y : parts[i % 2];
        net_output(&n, parts[0]);
        net_output(&n, parts[1]);
        net_output(&n, net_op(&n, "Concat", ATTRIBUTES(INT("axis", axis)), 10, many));
        /* Batches are not cut by layers; all else is lowered. */
        net_check_lowered(&n, axis == 0 ? 1 : 0, 0.0);
        net_release(&n);
    }
}
END_TEST

START_TEST(slices_become_crops)
{
    net n;
    net_init(&n, 9);
    seg_slot x = net_op(&n, "Relu", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 1, 6, 4, 5), NULL)));
    net_output(&n, net_op(&n, "Slice",
                          ATTRIBUTES(INTS("starts", 1, 2, -4), INTS("ends", 9, 3, -1),
                                     INTS("axes", 1, 2, 3)),
                          SRC(x)));
    net_output(&n, net_op(&n, "Slice",
                          ATTRIBUTES(INTS("starts", 0), INTS("ends", 9), INTS("axes", 1)), SRC(x)));
    net_check_lowered(&n, 0, 0.0);
    net_release(&n);
    net_init(&n, 13);
    x = net_op(&n, "Relu", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 1, 6, 4, 5), NULL)));
    const seg_slot one = net_constant(&n, SHAPE(SEG_I64, 1), VALUES(1));
    const seg_slot two = net_constant(&n, SHAPE(SEG_I64, 1), VALUES(2));
    const seg_slot end = net_constant(&n, SHAPE(SEG_I64, 1), VALUES(5));
    net_output(&n, net_op(&n, "Slice", NULL, SRC(x, one, end, one, two)));
    net_check_lowered(&n, 1, 0.0);
    net_release(&n);
}
END_TEST

/* Every set of axes of four, kept and not. */
START_TEST(means_of_all_axes)
{
    for (int set = 1; set < 16; set++) {
        int64_t axes[4];
        int count = 0;
        for (int i = 0; i < 4; i++) {
            if (set >> i & 1)
                axes[count++] = i;
        }
        for (int form = 0; form < 4; form++) {
            const net_attribute attributes[] = {
                {.name = "axes", .type = SEG_ATTRIBUTE_INTS, .ints = axes, .count = count},
                INT("keepdims", form & 1),
                {0}};
            net n;
            net_init(&n, 12);
            seg_slot x = net_input(&n, SHAPE(SEG_F32, 2, 6, 4, 5), NULL);
            x = net_op(&n, "Exp", NULL, SRC(x));
            x = net_op(&n, form & 2 ? "ReduceSum" : "ReduceMean", attributes, SRC(x));
            net_output(&n, x);
            net_output(&n, net_op(&n, "Sqrt", NULL, SRC(x)));
            net_check_lowered(&n, count == 2 ? 0 : 1, 1e-6);
            net_release(&n);
        }
    }
    net n;
    net_init(&n, 12);
    seg_slot x = net_op(&n, "Exp", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 1, 6, 4, 5), NULL)));
    net_output(&n, net_op(&n, "ReduceMean", ATTRIBUTES(INTS("axes", 1)), SRC(x)));
    net_output(&n,
               net_op(&n, "ReduceMean", ATTRIBUTES(INTS("axes", 3), INT("keepdims", 0)), SRC(x)));
    net_check_lowered(&n, 0, 1e-6); /* with a batch of 1, two long axes are left */
    net_release(&n);
}
END_TEST

START_TEST(softmax_of_any_axis)
{
    for (int axis = 0; axis < 4; axis++) {
        net n;
        net_init(&n, 13);
        seg_slot x = net_op(&n, "Neg", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 2, 6, 4, 5), NULL)));
        net_output(&n, net_op(&n, "Softmax", ATTRIBUTES(INT("axis", axis)), SRC(x)));
        net_check_lowered(&n, 0, 1e-6);
        net_release(&n);
    }
    net n;
    net_init(&n, 12);
    seg_slot x = net_op(&n, "Neg", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 2, 6, 1, 1), NULL)));
    net_output(&n, net_op(&n, "Softmax", NULL, SRC(x)));
    net_output(&n, net_op(&n, "Softmax", ATTRIBUTES(INT("axis", 0)), SRC(x))); /* 2x6 as one */
    net_check_lowered(&n, 1, 1e-6);
    net_release(&n);
}
END_TEST

START_TEST(fixed_matrices)
{
    for (int form = 0; form < 8; form++) {
        net n;
        net_init(&n, 13);
        seg_slot a = net_op(&n, "Relu", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 3, 7), NULL)));
        seg_slot b = net_constant(&n, form & 1 ? SHAPE(SEG_F32, 4, 7) : SHAPE(SEG_F32, 7, 4), NULL);
        seg_slot c = form & 2
                         ? net_constant(&n, form & 4 ? SHAPE(SEG_F32, 1) : SHAPE(SEG_F32, 4), NULL)
                         : SEG_NO_SLOT;
        net_output(&n, net_op(&n, "Gemm",
                              ATTRIBUTES(INT("transB", form & 1), FLOAT("alpha", 0.5f),
                                         FLOAT("beta", -2.0f)),
                              SRC(a, b, c)));
        net_check_lowered(&n, 0, 1e-6);
        net_release(&n);
    }
    net n;
    net_init(&n, 13);
    seg_slot b = net_constant(&n, SHAPE(SEG_F32, 7, 4), NULL);
    seg_slot a = net_op(&n, "Relu", NULL, SRC(net_input(&n, SHAPE(SEG_F32, 2, 3, 5, 7), NULL)));
    net_output(&n, net_op(&n, "MatMul", NULL, SRC(a, b)));
    a = net_op(&n, "Transpose", ATTRIBUTES(INTS("perm", 0, 2, 3, 1)), SRC(a)); /* 2x5x7x3 */
    b = net_constant(&n, SHAPE(SEG_F32, 3, 2), NULL);
    net_output(&n, net_op(&n, "MatMul", NULL, SRC(a, b)));
    net_check_lowered(&n, 0, 1e-6);
    net_release(&n);
}
END_TEST

Suite *suite_lowering(void)
{
    Suite *suite = suite_create("lowering");
    TCase *tests = tcase_create("lowering");
    tcase_add_test(tests, functions_of_one_source);
    tcase_add_test(tests, functions_of_two_sources);
    tcase_add_test(tests, powers_and_slopes);
    tcase_add_test(tests, chains_of_names);
    tcase_add_test(tests, other_reshapes);
    tcase_add_test(tests, joined_and_cut);
    tcase_add_test(tests, slices_become_crops);
    tcase_add_test(tests, means_of_all_axes);
    tcase_add_test(tests, softmax_of_any_axis);
    tcase_add_test(tests, fixed_matrices);
    suite_add_tcase(suite, tests);
    return suite;
}
