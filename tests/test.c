/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* test.c: what all tests share. */
#define _POSIX_C_SOURCE 200809L
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int test_shared(const char *what)
{
    struct stat info;
    if (stat(SHARED_DIR, &info) == 0)
        return 1;
    printf("skipped: %s needs ../shared\n", what);
    return 0;
}

const char *test_folder(void)
{
    static char folder[256];
    const char *top = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/seg-test-XXXXXX", top != NULL ? top : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

const char *test_path(const char *folder, const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}
