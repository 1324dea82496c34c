/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * options.h: a verb's options as a table; parsing, ranges and -h come from it.
 *
 *   int threads = 0;
 *   const char *data = NULL;
 *   const option table[] = {
 *       {OPTION_INT, 't', "threads", "<n>", "threads, 0: one per processor", &threads, 0, 1024},
 *       {OPTION_TEXT, 0, "data", "<dir>", "folder of the data set", &data},
 *       {0}};
 *   int status, count = options_parse(&cmd_eval, table, argc, argv, &status);
 *   if (count < 0)
 *       return status;
 *
 * The value that a variable holds before parsing is the default that -h shows (unless it is 0,
 * NULL or false). Accepted: --name value, --name=value, -n value, -nvalue; options and arguments
 * in any order; "--" ends the options. An option given twice keeps the last value.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd.h"

typedef enum option_type {
    OPTION_END,
    OPTION_FLAG,   /* bool: takes no value */
    OPTION_INT,    /* int, min..max */
    OPTION_INT64,  /* int64_t, min..max (both at most 2^53) */
    OPTION_NUMBER, /* double, min..max */
    OPTION_TEXT,   /* const char *: points into argv */
    OPTION_SIZE    /* option_size, "HxW" or "N" for both, each side min..max */
} option_type;

typedef struct option_size {
    int height, width; /* pixels */
} option_size;

typedef struct option {
    option_type type;
    char letter;          /* 0: only the long name */
    const char *name;     /* without the dashes */
    const char *argument; /* "<file>"; NULL for flags */
    const char *help;
    void *where;     /* the variable, of the type's C type */
    double min, max; /* numbers only */
} option;

/*
 * Fills the variables and moves the arguments that are no options to argv[0..count-1].
 * Returns count; or -1 with the verb's exit status in *status: help was asked for and printed
 * (CMD_DONE), or the usage is wrong and a sentence on stderr says how (CMD_USAGE).
 */
int options_parse(const cmd *command, const option *table, int argc, char **argv, int *status);

/* Length of the shortest list of edits from a to b, swaps of neighbours included. */
int text_distance(const char *a, const char *b);

#endif
