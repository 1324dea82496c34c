/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* main.c: seg <verb> ...: find the verb and run it. Exit 0 done, 1 failed, 2 wrong usage. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

static int unknown_verb(const char *name)
{
    const cmd *nearest = NULL;
    int least = 3; /* further than two edits is no typing error */
    for (int i = 0; cmd_at(i) != NULL; i++) {
        int distance = text_distance(name, cmd_at(i)->name);
        if (distance < least) {
            least = distance;
            nearest = cmd_at(i);
        }
    }
    fprintf(stderr, "seg: no verb '%s'", name);
    if (nearest != NULL)
        fprintf(stderr, ", did you mean '%s'?", nearest->name);
    fprintf(stderr, " (seg help lists them)\n");
    return CMD_USAGE;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (name == NULL) {
        fprintf(stderr, "usage: seg <verb> ... (seg help lists the verbs)\n");
        return CMD_USAGE;
    }
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    const cmd *command = cmd_find(name);
    if (command == NULL)
        return unknown_verb(name);
    int status = command->run(argc - 1, argv + 1);
    /* A full disk behind a pipe or a redirection must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "seg %s: cannot write the results: %s\n", command->name, strerror(errno));
        return status == CMD_DONE ? CMD_FAILED : status;
    }
    return status;
}
