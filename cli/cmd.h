/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * cmd.h: what a verb of the command line is.
 *
 * A verb is one file cli/<verb>.c that ends in one `const cmd cmd_<verb>`, one line in cmds.def,
 * one page docs/cli/<verb>.md (which holds what -h prints) and one test tests/cli/<verb>.sh.
 * Results go to stdout, talk goes to stderr.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "seg/status.h"

/* What a verb's run() returns, and the exit status of the program. */
enum { CMD_DONE = 0, CMD_FAILED = 1, CMD_USAGE = 2 };

typedef struct cmd {
    const char *name;
    const char *summary;               /* one line without a full stop, for the list of verbs */
    const char *synopsis;              /* "seg predict [-m <model>] <image>..." */
    int (*run)(int argc, char **argv); /* argv[0] is the verb */
} cmd;

#define SEG_CMD(name) extern const cmd cmd_##name;
#include "cmds.def"
#undef SEG_CMD

const cmd *cmd_find(const char *name); /* NULL: there is none */
const cmd *cmd_at(int index);          /* line `index` of cmds.def, NULL past the last */

/* "seg predict: <sentence>" on stderr. Returns CMD_FAILED. */
int cmd_fail(const cmd *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, with where to find help. Returns CMD_USAGE. */
int cmd_misuse(const cmd *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
