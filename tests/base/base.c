/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* base.c: sizes, arena, generator, strings and whole-file writing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/strbuf.h"
#include "test.h"

START_TEST(error_is_one_sentence)
{
    seg_error err;
    ck_assert_int_eq(seg_fail(&err, SEG_IO, "%s: %d", "x.jpg", 7), SEG_IO);
    ck_assert_str_eq(err.text, "x.jpg: 7");
    ck_assert_int_eq(seg_fail(NULL, SEG_LIMIT, "nobody listens"), SEG_LIMIT);
    seg_fail(&err, SEG_IO, "%s", "a\n\033[2Jb\x7f");
    ck_assert_str_eq(err.text, "a??[2Jb?");
    ck_assert_str_eq(seg_status_text(SEG_NOMEM), "out of memory");
}
END_TEST

START_TEST(sizes_do_not_overflow)
{
    size_t size;
    ck_assert(seg_size_mul(3, 5, &size) && size == 15);
    ck_assert(!seg_size_mul(SIZE_MAX / 2, 3, &size));
    ck_assert_ptr_null(seg_block_new(SIZE_MAX));
}
END_TEST

START_TEST(arena_keeps_everything_until_release)
{
    seg_arena arena = {0};
    char *texts[500];
    for (int i = 0; i < 500; i++) {
        char text[64];
        snprintf(text, sizeof text, "text number %d", i);
        texts[i] = seg_arena_strdup(&arena, text);
    }
    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(atoi(texts[i] + 12), i);
    seg_arena_release(&arena);
    ck_assert_ptr_null(arena.chunk);
}
END_TEST

START_TEST(rng_streams_are_apart_and_uniform)
{
    seg_rng a = seg_rng_make(1, SEG_RNG_INIT, 0), b = seg_rng_make(1, SEG_RNG_SHUFFLE, 0);
    ck_assert(seg_rng_next(&a) != seg_rng_next(&b));
    double sum = 0, square = 0;
    for (int i = 0; i < 100000; i++) {
        double x = seg_rng_normal(&a);
        sum += x;
        square += x * x;
    }
    ck_assert_double_eq_tol(sum / 1e5, 0, 0.02);
    ck_assert_double_eq_tol(square / 1e5, 1, 0.02);
    int hits[5] = {0};
    for (int i = 0; i < 50000; i++)
        hits[seg_rng_below(&b, 5)]++;
    for (int i = 0; i < 5; i++)
        ck_assert_int_lt(abs(hits[i] - 10000), 400);
}
END_TEST

START_TEST(files_are_written_whole_or_not_at_all)
{
    const char *path = test_path(test_folder(), "a.bin");
    seg_error err;
    uint8_t *data;
    size_t size;
    ck_ok(seg_file_write(path, "first", 5, &err), err);
    seg_file_writer *writer;
    ck_ok(seg_file_writer_open(&writer, path, &err), err);
    ck_ok(seg_file_writer_add(writer, "sec", 3, &err), err);
    seg_file_writer_abort(writer);
    ck_ok(seg_file_read(path, 100, &data, &size, &err), err);
    ck_assert_str_eq((char *)data, "first");
    free(data);
    ck_fails(seg_file_read(path, 4, &data, &size, &err), SEG_LIMIT, err, "limit of 4");
    ck_fails(seg_file_read("no/such", 4, &data, &size, &err), SEG_IO, err, "no/such");
    ck_fails(seg_file_write("no/such", "x", 1, &err), SEG_IO, err, "no/such");
}
END_TEST

START_TEST(strbuf_grows)
{
    seg_strbuf text = {0};
    for (int i = 0; i < 1000; i++)
        seg_strbuf_addf(&text, "%d,", i % 10);
    ck_assert_uint_eq(text.length, 2000);
    ck_assert(!text.failed);
    seg_strbuf_release(&text);
}
END_TEST

Suite *suite_base(void)
{
    Suite *suite = suite_create("base");
    TCase *tests = tcase_create("base");
    tcase_add_test(tests, error_is_one_sentence);
    tcase_add_test(tests, sizes_do_not_overflow);
    tcase_add_test(tests, arena_keeps_everything_until_release);
    tcase_add_test(tests, rng_streams_are_apart_and_uniform);
    tcase_add_test(tests, files_are_written_whole_or_not_at_all);
    tcase_add_test(tests, strbuf_grows);
    suite_add_tcase(suite, tests);
    return suite;
}
