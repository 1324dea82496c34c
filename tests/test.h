/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* test.h: what all tests share. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <check.h>
#include <string.h>

#include "seg/status.h"

/* Folder of real data and models for tests, or a path that does not exist. */
#define SHARED_DIR SEG_SHARED_DIR
/* The project's own tests/ folder. */
#define TESTS_DIR SEG_TESTS_DIR

#define TEST_SUITE(name) Suite *suite_##name(void);
#include "suites.def"
#undef TEST_SUITE

/* True when SHARED_DIR exists; otherwise prints "skipped: <what> needs ../shared" once. */
int test_shared(const char *what);
/* A fresh folder for this test under the build's temporary folder; static buffer. */
const char *test_folder(void);
/* "<folder>/<name>" in one of 8 rotating static buffers. */
const char *test_path(const char *folder, const char *name);

#define ck_ok(call, err)                                                                           \
    do {                                                                                           \
        seg_status ck_status = (call);                                                             \
        ck_assert_msg(ck_status == SEG_OK, "%s: %s", seg_status_text(ck_status), (err).text);      \
    } while (0)

/* The call fails with that status and its sentence holds that text. */
#define ck_fails(call, wanted, err, part)                                                          \
    do {                                                                                           \
        seg_status ck_status = (call);                                                             \
        ck_assert_msg(ck_status == (wanted), "status %s, wanted %s (%s)",                          \
                      seg_status_text(ck_status), seg_status_text(wanted), (err).text);            \
        ck_assert_msg(strstr((err).text, (part)) != NULL, "'%s' does not name '%s'", (err).text,   \
                      (part));                                                                     \
    } while (0)

#endif
