/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * main.c: runs the test suites of suites.def, each test in a process of its own (Check).
 *   seg-tests [--list] [SUITE...]
 * A test may take two minutes, unless CK_DEFAULT_TIMEOUT says otherwise (seconds).
 * What tests write stays (under TMPDIR) only when one of them failed.
 * Exits 1 when any test failed, 2 for an unknown suite.
 */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static const struct {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define TEST_SUITE(name) {#name, suite_##name},
#include "suites.def"
#undef TEST_SUITE
};

enum { SUITE_COUNT = sizeof suites / sizeof *suites };

static int find(const char *name)
{
    for (int i = 0; i < SUITE_COUNT; i++) {
        if (strcmp(suites[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* The one folder of this program's tests becomes their TMPDIR. */
static void make_folder(char folder[256])
{
    const char *top = getenv("TMPDIR");
    snprintf(folder, 256, "%s/seg-tests-XXXXXX", top != NULL ? top : "/tmp");
    if (mkdtemp(folder) != NULL)
        setenv("TMPDIR", folder, 1);
    else
        folder[0] = '\0';
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

static void clean_up(const char *folder, bool failed)
{
    if (failed && folder[0] != '\0')
        printf("what the tests wrote is in %s\n", folder);
    else if (folder[0] != '\0')
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    char folder[256];
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (int i = 0; i < SUITE_COUNT; i++)
            puts(suites[i].name);
        return 0;
    }
    setenv("CK_DEFAULT_TIMEOUT", "120", 0);
    SRunner *runner = srunner_create(NULL);
    for (int a = 1; a < argc; a++) {
        int index = find(argv[a]);
        if (index < 0) {
            fprintf(stderr, "seg-tests: no suite '%s'\n", argv[a]);
            return 2;
        }
        srunner_add_suite(runner, suites[index].make());
    }
    for (int i = 0; argc == 1 && i < SUITE_COUNT; i++)
        srunner_add_suite(runner, suites[i].make());
    make_folder(folder);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    clean_up(folder, failed > 0);
    return failed > 0 || run == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
