/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* help.c: the list of verbs, or one verb's help. */
#include <stdio.h>

#include "options.h"

static int help_run(int argc, char **argv)
{
    const option table[] = {{0}};
    int status, count = options_parse(&cmd_help, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count > 1)
        return cmd_misuse(&cmd_help, "one verb at a time, got %d", count);
    if (count == 1) {
        const cmd *command = cmd_find(argv[0]);
        char name[] = "verb", flag[] = "-h", *args[] = {name, flag, NULL};
        if (command == NULL)
            return cmd_misuse(&cmd_help, "no verb '%s'", argv[0]);
        return command->run(2, args);
    }
    puts("seg: image segmentation with fully convolutional networks\n\nusage: seg <verb> ...\n");
    for (int i = 0; cmd_at(i) != NULL; i++)
        printf("  %-10s%s\n", cmd_at(i)->name, cmd_at(i)->summary);
    puts("\nseg <verb> -h explains one. Exit status: 0 done, 1 failed, 2 wrong usage.");
    return CMD_DONE;
}

const cmd cmd_help = {"help", "list the verbs, or explain one", "seg help [<verb>]", help_run};
