/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* file.c: what is left when reading and writing files goes wrong. */
#define _XOPEN_SOURCE 700
#include "base/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static void ck_holds(const char *path, const char *wanted)
{
    uint8_t *data;
    size_t size;
    seg_error err;
    ck_ok(seg_file_read(path, 1000, &data, &size, &err), err);
    ck_assert_uint_eq(size, strlen(wanted));
    ck_assert_str_eq((char *)data, wanted);
    free(data);
}

/* The folder holds nothing else: no temporary file was left. */
static void ck_only(const char *folder, const char *name)
{
    seg_name_list list;
    seg_error err;
    ck_ok(seg_folder_list(folder, &list, &err), err);
    ck_assert_uint_eq(list.count, name != NULL ? 1 : 0);
    if (name != NULL)
        ck_assert_str_eq(list.names[0], name);
    seg_name_list_release(&list);
}

/* A file may not grow beyond that, as on a full disk. Each test is a process of its own. */
static void limit_file_size(rlim_t bytes)
{
    const struct rlimit limit = {bytes, bytes};
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_keeps_the_old_file)
{
    static char large[5000];
    const char *folder = test_folder(), *path = test_path(folder, "weights");
    seg_error err;
    memset(large, 'x', sizeof large);
    ck_ok(seg_file_write(path, "old", 3, &err), err);
    limit_file_size(4096);
    ck_fails(seg_file_write(path, large, sizeof large, &err), SEG_IO, err, "weights: cannot write");
    ck_holds(path, "old");
    ck_only(folder, "weights");
    ck_ok(seg_file_write(path, "new", 3, &err), err);
    ck_holds(path, "new");
}
END_TEST

START_TEST(a_full_disk_ends_a_writer)
{
    static char part[3000];
    const char *folder = test_folder(), *path = test_path(folder, "weights");
    seg_file_writer *writer;
    seg_error err;
    limit_file_size(4096);
    ck_ok(seg_file_writer_open(&writer, path, &err), err);
    ck_ok(seg_file_writer_add(writer, part, sizeof part, &err), err);
    ck_fails(seg_file_writer_add(writer, part, sizeof part, &err), SEG_IO, err, "weights");
    seg_file_writer_abort(writer);
    ck_only(folder, NULL);
    seg_file_writer_abort(NULL);
}
END_TEST

START_TEST(a_full_disk_stops_a_log)
{
    static char part[3000];
    const char *path = test_path(test_folder(), "log");
    struct stat info;
    seg_error err;
    limit_file_size(4096);
    ck_ok(seg_file_append(path, part, sizeof part, &err), err);
    ck_fails(seg_file_append(path, part, sizeof part, &err), SEG_IO, err, "log: cannot write");
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_size, 4096);
}
END_TEST

START_TEST(a_file_is_no_folder)
{
    const char *folder = test_folder(), *below = test_path(folder, "file/below");
    seg_file_writer *writer;
    seg_name_list list;
    seg_error err;
    uint8_t *data;
    size_t size;
    ck_ok(seg_file_write(test_path(folder, "file"), "x", 1, &err), err);
    ck_fails(seg_file_writer_open(&writer, below, &err), SEG_IO, err, "below: cannot create");
    ck_assert_ptr_null(writer);
    ck_fails(seg_file_write(below, "x", 1, &err), SEG_IO, err, "Not a directory");
    ck_fails(seg_file_append(below, "x", 1, &err), SEG_IO, err, "below: cannot open");
    ck_fails(seg_file_read(below, 9, &data, &size, &err), SEG_IO, err, "below: cannot open");
    ck_assert_ptr_null(data);
    ck_fails(seg_folder_make(below, &err), SEG_IO, err, "/file: cannot make the folder");
    ck_fails(seg_folder_make(test_path(folder, "file"), &err), SEG_IO, err, "cannot make");
    ck_fails(seg_folder_list(test_path(folder, "file"), &list, &err), SEG_IO, err, "cannot open");
    ck_assert_ptr_null(list.names);
    ck_assert(!seg_path_is_folder(test_path(folder, "file")));
    ck_assert(seg_path_exists(test_path(folder, "file")));
    ck_assert(!seg_path_exists(below));
    ck_holds(test_path(folder, "file"), "x");
}
END_TEST

START_TEST(a_folder_is_no_file)
{
    const char *folder = test_folder(), *path = test_path(folder, "taken");
    seg_error err;
    uint8_t *data;
    size_t size;
    ck_ok(seg_folder_make(path, &err), err);
    ck_fails(seg_file_read(path, 9, &data, &size, &err), SEG_IO, err, "not a regular file");
    ck_fails(seg_file_append(path, "x", 1, &err), SEG_IO, err, "taken: cannot open");
    ck_fails(seg_file_write(path, "x", 1, &err), SEG_IO, err, "taken: cannot rename into place");
    ck_assert(seg_path_is_folder(path));
    ck_only(folder, NULL);
}
END_TEST

/* Opening it would wait for somebody to write. */
START_TEST(a_pipe_is_no_file)
{
    const char *path = test_path(test_folder(), "pipe");
    seg_error err;
    uint8_t *data;
    size_t size;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_fails(seg_file_read(path, 9, &data, &size, &err), SEG_IO, err, "not a regular file");
}
END_TEST

START_TEST(limits_are_inclusive)
{
    const char *path = test_path(test_folder(), "five");
    seg_error err;
    uint8_t *data;
    size_t size;
    ck_ok(seg_file_write(path, "12345", 5, &err), err);
    ck_ok(seg_file_read(path, 5, &data, &size, &err), err);
    free(data);
    ck_fails(seg_file_read(path, 4, &data, &size, &err), SEG_LIMIT, err,
             "five: 5 bytes, more than the limit of 4");
    ck_ok(seg_file_write(path, "", 0, &err), err);
    ck_ok(seg_file_read(path, 0, &data, &size, &err), err);
    ck_assert_uint_eq(size, 0);
    ck_assert_int_eq(data[0], 0);
    free(data);
}
END_TEST

START_TEST(folders_are_made_with_their_parents)
{
    const char *folder = test_folder();
    seg_error err;
    ck_ok(seg_folder_make(test_path(folder, "a/b//c/"), &err), err);
    ck_ok(seg_folder_make(test_path(folder, "a/b/c"), &err), err);
    ck_assert(seg_path_is_folder(test_path(folder, "a/b/c")));
    ck_assert_int_eq(chdir(folder), 0);
    ck_ok(seg_folder_make("d/e", &err), err);
    ck_assert(seg_path_is_folder(test_path(folder, "d/e")));
    ck_ok(seg_folder_make(".", &err), err);
}
END_TEST

START_TEST(lists_are_of_files_in_byte_order)
{
    static const char *const names[] = {"b", "B", "a.png", "a-1.png", ".hidden"};
    const char *folder = test_folder();
    seg_name_list list;
    seg_error err;
    for (int i = 0; i < 5; i++)
        ck_ok(seg_file_write(test_path(folder, names[i]), "x", 1, &err), err);
    ck_ok(seg_folder_make(test_path(folder, "folder"), &err), err);
    ck_assert_int_eq(symlink("nowhere", test_path(folder, "dangling")), 0);
    ck_assert_int_eq(symlink("b", test_path(folder, "link")), 0);
    ck_ok(seg_folder_list(folder, &list, &err), err);
    ck_assert_uint_eq(list.count, 5);
    ck_assert_str_eq(list.names[0], "B");
    ck_assert_str_eq(list.names[1], "a-1.png");
    ck_assert_str_eq(list.names[2], "a.png");
    ck_assert_str_eq(list.names[3], "b");
    ck_assert_str_eq(list.names[4], "link");
    seg_name_list_release(&list);
    ck_assert_uint_eq(list.count, 0);
    ck_fails(seg_folder_list(test_path(folder, "none"), &list, &err), SEG_IO, err, "/none");
}
END_TEST

START_TEST(a_log_grows)
{
    const char *path = test_path(test_folder(), "log");
    seg_error err;
    ck_ok(seg_file_append(path, "one\n", 4, &err), err);
    ck_ok(seg_file_append(path, "two\n", 4, &err), err);
    ck_holds(path, "one\ntwo\n");
}
END_TEST

START_TEST(lock_holds_others_off)
{
    seg_error err;
    const char *folder = test_folder(), *path = test_path(folder, "lock");
    int first, second;
    ck_ok(seg_file_lock(&first, path, &err), err);
    ck_fails(seg_file_lock(&second, path, &err), SEG_LIMIT, err, "lock: cannot lock");
    ck_assert_int_eq(second, -1);
    seg_file_unlock(second);
    seg_file_unlock(first);
    ck_ok(seg_file_lock(&second, path, &err), err);
    seg_file_unlock(second);
    ck_fails(seg_file_lock(&first, test_path(folder, "no/lock"), &err), SEG_IO, err, "no/lock");
    ck_fails(seg_file_lock(&first, folder, &err), SEG_IO, err, "cannot open");
}
END_TEST

Suite *suite_file(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");
    tcase_add_test(tests, a_full_disk_keeps_the_old_file);
    tcase_add_test(tests, a_full_disk_ends_a_writer);
    tcase_add_test(tests, a_full_disk_stops_a_log);
    tcase_add_test(tests, a_file_is_no_folder);
    tcase_add_test(tests, a_folder_is_no_file);
    tcase_add_test(tests, a_pipe_is_no_file);
    tcase_add_test(tests, limits_are_inclusive);
    tcase_add_test(tests, folders_are_made_with_their_parents);
    tcase_add_test(tests, lists_are_of_files_in_byte_order);
    tcase_add_test(tests, a_log_grows);
    tcase_add_test(tests, lock_holds_others_off);
    suite_add_tcase(suite, tests);
    return suite;
}
