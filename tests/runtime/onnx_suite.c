/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * onnx_suite.c: the ONNX project's own backend tests (Debian: libonnx-testdata), each case run
 * lowered and as reference. It fails when a case gives wrong results, and when one that is listed
 * in onnx_passed.txt does not pass any more. In the environment:
 *   SEG_ONNX_DATA     folder of the cases, if not Debian's
 *   SEG_ONNX_ONLY     cases whose name holds this text
 *   SEG_ONNX_VERBOSE  1: say why cases are not supported, too
 *   SEG_ONNX_UPDATE   1: add cases that pass to onnx_passed.txt
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "runtime/onnx_case.h"
#include "test.h"

static const char *const kinds[] = {"node", "simple", "pytorch-operator", "pytorch-converted"};

/* Cases whose data are not what their model declares ('like' is 1 element, not 3x4), or are cut to
 * bf16 where the standard rounds. */
static const char *const broken[] = {
    "node/test_cast_FLOAT_to_BFLOAT16", "node/test_castlike_BFLOAT16_to_FLOAT",
    "node/test_castlike_BFLOAT16_to_FLOAT_expanded", "node/test_castlike_FLOAT_to_BFLOAT16",
    "node/test_castlike_FLOAT_to_BFLOAT16_expanded"};

static bool is_broken(const char *name)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        if (strcmp(name, broken[i]) == 0)
            return true;
    }
    return false;
}

/* All that is counted. */
typedef struct tally {
    const char *data, *only;
    bool verbose;
    uint8_t *listed; /* text of onnx_passed.txt, terminated */
    seg_strbuf passed_now;
    int passed, unsupported, failed, added, lost;
} tally;

static const char *list_path(void)
{
    return test_path(TESTS_DIR, "runtime/onnx_passed.txt");
}

static bool is_listed(const tally *all, const char *name)
{
    const char *const text = (const char *)all->listed;
    size_t length = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += length) {
        if ((at == text || at[-1] == '\n') && at[length] == '\n')
            return true;
    }
    return false;
}

static void run_one(tally *all, const char *kind, const char *folder)
{
    char name[300], path[600];
    snprintf(name, sizeof name, "%s/%s", kind, folder);
    if ((all->only != NULL && strstr(name, all->only) == NULL) || is_broken(name))
        return;
    snprintf(path, sizeof path, "%s/%s", all->data, name);
    onnx_result result = onnx_case_run(path);
    const bool listed = is_listed(all, name);
    if (result.outcome == ONNX_PASSED) {
        all->passed++;
        all->added += !listed;
        seg_strbuf_addf(&all->passed_now, "%s\n", name);
        return;
    }
    all->failed += result.outcome == ONNX_FAILED;
    all->unsupported += result.outcome == ONNX_UNSUPPORTED;
    all->lost += listed;
    if (listed || result.outcome == ONNX_FAILED || all->verbose)
        printf("%s%s: %s: %s\n", listed ? "passed once, now " : "",
               result.outcome == ONNX_FAILED ? "failed" : "unsupported", name, result.why);
    if (listed)
        seg_strbuf_addf(&all->passed_now, "%s\n", name);
}

static int only_tests(const struct dirent *entry)
{
    return strncmp(entry->d_name, "test_", 5) == 0;
}

static void run_kind(tally *all, const char *kind)
{
    struct dirent **list;
    int count = scandir(test_path(all->data, kind), &list, only_tests, alphasort);
    for (int i = 0; i < count; i++) {
        run_one(all, kind, list[i]->d_name);
        free(list[i]);
    }
    if (count >= 0)
        free(list);
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
}

static void write_list(const tally *all)
{
    seg_error err;
    ck_assert_msg(all->only == NULL, "SEG_ONNX_UPDATE needs all cases");
    ck_assert(!all->passed_now.failed);
    ck_ok(seg_file_write(list_path(), all->passed_now.text, all->passed_now.length, &err), err);
}

START_TEST(onnx_backend_suite)
{
    seg_error err;
    size_t size;
    const char *data = getenv("SEG_ONNX_DATA");
    tally all = {.data = data != NULL ? data : "/usr/share/libonnx-testdata/data",
                 .only = getenv("SEG_ONNX_ONLY"),
                 .verbose = is_set("SEG_ONNX_VERBOSE")};
    if (!seg_path_is_folder(all.data)) {
        printf("skipped: the ONNX backend suite needs the package libonnx-testdata\n");
        return;
    }
    ck_ok(seg_file_read(list_path(), 1 << 20, &all.listed, &size, &err), err);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        run_kind(&all, kinds[i]);
    printf("ONNX backend suite: %d passed, %d unsupported, %d failed", all.passed, all.unsupported,
           all.failed);
    printf(all.added > 0 ? " (%d of them new: SEG_ONNX_UPDATE=1 lists them)\n" : "\n", all.added);
    fflush(stdout); /* a test that fails does not */
    if (is_set("SEG_ONNX_UPDATE"))
        write_list(&all);
    ck_assert_msg(all.passed + all.unsupported + all.failed > 0, "no cases in %s", all.data);
    ck_assert_msg(all.failed == 0 && all.lost == 0, "%d cases failed, %d listed ones do not pass",
                  all.failed, all.lost);
    free(all.listed);
    seg_strbuf_release(&all.passed_now);
}
END_TEST

Suite *suite_onnx_suite(void)
{
    Suite *suite = suite_create("onnx_suite");
    TCase *tests = tcase_create("onnx_suite");
    tcase_add_test(tests, onnx_backend_suite);
    tcase_set_timeout(tests, 1200);
    suite_add_tcase(suite, tests);
    return suite;
}
