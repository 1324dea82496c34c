/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* version.c: which seg this is. */
#include "seg/version.h"

#include <stdio.h>

#include "options.h"

static int version_run(int argc, char **argv)
{
    const option table[] = {{0}};
    int status, count = options_parse(&cmd_version, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count > 0)
        return cmd_misuse(&cmd_version, "no argument is expected, got '%s'", argv[0]);
    printf("seg %s\n", seg_version());
    return CMD_DONE;
}

const cmd cmd_version = {"version", "print the version", "seg version", version_run};
