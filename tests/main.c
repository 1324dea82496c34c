/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * main.c: runs the test suites of suites.def, each test in a process of its own (Check).
 *   seg-tests [--list] [SUITE...]
 * A test may take two minutes, unless CK_DEFAULT_TIMEOUT says otherwise (seconds).
 * Exits 1 when any test failed, 2 for an unknown suite.
 */
#define _POSIX_C_SOURCE 200809L
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

int main(int argc, char **argv)
{
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
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed > 0 || run == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
