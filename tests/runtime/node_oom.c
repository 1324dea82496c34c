/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* node_oom.c: operators that allocate more than their results, with each allocation failing. */
#include "runtime/one_node.h"
#include "test.h"

static float floats[64];
static uint16_t halves[64];

START_TEST(fold_and_lanes)
{
    one_node sum = {.op = "Sum", .opset = 13}, softmax = {.op = "Softmax", .opset = 13};
    const int64_t axis = 1;
    for (int i = 0; i < 3; i++)
        one_input(&sum, SEG_F16, "2x3", halves);
    one_torture(&sum);
    one_input(&softmax, SEG_F16, "2x3x4", halves);
    one_int(&softmax, "axis", &axis);
    one_torture(&softmax);
}
END_TEST

START_TEST(products)
{
    const int64_t yes = 1;
    one_node gemm = {.op = "Gemm", .opset = 13}, matmul = {.op = "MatMul", .opset = 13};
    one_input(&gemm, SEG_F16, "3x5", halves);
    one_input(&gemm, SEG_F16, "4x3", halves);
    one_input(&gemm, SEG_F16, "4", halves);
    one_int(&gemm, "transA", &yes);
    one_int(&gemm, "transB", &yes);
    one_torture(&gemm);
    one_input(&matmul, SEG_F32, "2x5x3", floats);
    one_constant(&matmul, SEG_F32, "3x4", floats);
    one_torture(&matmul);
}
END_TEST

START_TEST(others)
{
    const int64_t k = 2;
    one_node top = {.op = "TopK", .opset = 1, .dst_count = 2};
    one_node einsum = {.op = "Einsum", .opset = 12}, concat = {.op = "Concat", .opset = 13};
    one_input(&top, SEG_F32, "3x5", floats);
    one_int(&top, "k", &k);
    one_torture(&top);
    for (int i = 0; i < 3; i++)
        one_input(&einsum, SEG_F32, "4x4", floats);
    one_text(&einsum, "equation", "ij,jk,kl->li");
    one_torture(&einsum);
    for (int i = 0; i < ONE_SOURCES; i++)
        one_input(&concat, SEG_F32, "1x2x2x1", floats);
    one_int(&concat, "axis", &k);
    one_torture(&concat);
}
END_TEST

Suite *suite_node_oom(void)
{
    Suite *suite = suite_create("node_oom");
    TCase *tests = tcase_create("node_oom");
    tcase_add_test(tests, fold_and_lanes);
    tcase_add_test(tests, products);
    tcase_add_test(tests, others);
    suite_add_tcase(suite, tests);
    return suite;
}
