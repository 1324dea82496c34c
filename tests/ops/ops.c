/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * ops.c: suite "ops": test_op_<name> of every line of ops.def (an op without a test does not
 * link), and what holds for all of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "ops/check_op.h"

START_TEST(list_is_sorted_and_found)
{
    for (int i = 0; seg_op_at(i) != NULL; i++) {
        const seg_op *op = seg_op_at(i);
        ck_assert_ptr_eq(seg_op_find(op->name), op);
        if (i > 0)
            ck_assert_str_lt(seg_op_at(i - 1)->name, op->name);
    }
    ck_assert_ptr_null(seg_op_at(-1));
    ck_assert_ptr_null(seg_op_find("no such op"));
}
END_TEST

START_TEST(contract_is_filled_in)
{
    for (int i = 0; seg_op_at(i) != NULL; i++) {
        const seg_op *op = seg_op_at(i);
        ck_assert_msg(op->shape != NULL && op->forward != NULL, "%s", op->name);
        ck_assert_msg(op->src_min >= 1 && op->src_min <= op->src_max, "%s", op->name);
        ck_assert_msg(op->src_max <= SEG_OP_MAX_SRC, "%s", op->name);
        ck_assert_msg((op->pack == NULL) == (op->packed_size == NULL), "%s: pack", op->name);
        ck_assert_msg((op->params == NULL) == (op->params_size == 0), "%s: params", op->name);
        size_t fields = 0;
        for (const seg_param *p = op->params; p != NULL && p->type != SEG_PARAM_END; p++) {
            ck_assert_msg(p->name != NULL && p->help != NULL, "%s: parameter", op->name);
            ck_assert_msg(p->min <= p->max, "%s: %s", op->name, p->name);
            ck_assert_msg(p->offset == 8 * fields++, "%s: %s is out of order", op->name, p->name);
        }
        ck_assert_msg(op->params_size == 8 * fields, "%s: a field has no line", op->name);
    }
}
END_TEST

START_TEST(docs_name_every_parameter)
{
    for (int i = 0; seg_op_at(i) != NULL; i++) {
        const seg_op *op = seg_op_at(i);
        char path[512], word[80];
        snprintf(path, sizeof path, "%s/../docs/ops/%s.md", TESTS_DIR, op->name);
        seg_error err;
        uint8_t *page;
        size_t size;
        ck_ok(seg_file_read(path, 1u << 20, &page, &size, &err), err);
        snprintf(word, sizeof word, "# %s\n", op->name);
        ck_assert_msg(strncmp((char *)page, word, strlen(word)) == 0, "%s: no title", path);
        for (const seg_param *p = op->params; p != NULL && p->type != SEG_PARAM_END; p++) {
            snprintf(word, sizeof word, "`%s`", p->name);
            ck_assert_msg(strstr((char *)page, word) != NULL, "%s: %s is not there", path, word);
        }
        free(page);
    }
}
END_TEST

Suite *suite_ops(void)
{
    Suite *suite = suite_create("ops");
    TCase *list = tcase_create("list");
    tcase_add_test(list, list_is_sorted_and_found);
    tcase_add_test(list, contract_is_filled_in);
    tcase_add_test(list, docs_name_every_parameter);
    suite_add_tcase(suite, list);
    TCase *test;
#define SEG_OP(name)                                                                               \
    test = tcase_create(#name);                                                                    \
    test_op_##name(test);                                                                          \
    suite_add_tcase(suite, test);
#include "ops/ops.def"
#undef SEG_OP
    return suite;
}
