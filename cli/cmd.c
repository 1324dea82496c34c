/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* cmd.c: the list of verbs, and the one form of their complaints. */
#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const cmd *const commands[] = {
#define SEG_CMD(name) &cmd_##name,
#include "cmds.def"
#undef SEG_CMD
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

const cmd *cmd_at(int index)
{
    return index >= 0 && index < COMMAND_COUNT ? commands[index] : NULL;
}

const cmd *cmd_find(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static void __attribute__((format(printf, 2, 0))) complain(const cmd *command, const char *format,
                                                           va_list args)
{
    fflush(stdout); /* what was said before comes before, also when both go to one file */
    fprintf(stderr, "seg %s: ", command->name);
    vfprintf(stderr, format, args);
}

int cmd_fail(const cmd *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(command, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CMD_FAILED;
}

int cmd_misuse(const cmd *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(command, format, args);
    va_end(args);
    fprintf(stderr, " (seg %s -h shows the usage)\n", command->name);
    return CMD_USAGE;
}
