/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* options.c: parse options by table, print help from the same table. */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 40, HELP_COLUMN = 26 };

static int min3(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

/* Optimal string alignment distance over three rows of the usual table. */
int text_distance(const char *a, const char *b)
{
    int rows[3][NAME_MAX_LENGTH + 1];
    int n = (int)strlen(a), m = (int)strlen(b);
    if (n > NAME_MAX_LENGTH || m > NAME_MAX_LENGTH)
        return NAME_MAX_LENGTH;
    int *before = rows[0], *last = rows[1], *now = rows[2];
    for (int j = 0; j <= m; j++)
        last[j] = j;
    for (int i = 1; i <= n; i++) {
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        int *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[m];
}

/* ---- help ---- */

static void print_default(const option *o)
{
    switch (o->type) {
    case OPTION_INT:
        if (*(const int *)o->where != 0)
            printf(" (default %d)", *(const int *)o->where);
        break;
    case OPTION_INT64:
        if (*(const int64_t *)o->where != 0)
            printf(" (default %lld)", (long long)*(const int64_t *)o->where);
        break;
    case OPTION_NUMBER:
        if (*(const double *)o->where != 0.0)
            printf(" (default %g)", *(const double *)o->where);
        break;
    case OPTION_TEXT:
        if (*(const char *const *)o->where != NULL)
            printf(" (default %s)", *(const char *const *)o->where);
        break;
    case OPTION_SIZE: {
        const option_size *size = o->where;
        if (size->height != 0)
            printf(" (default %dx%d)", size->height, size->width);
        break;
    }
    case OPTION_FLAG:
    case OPTION_END:
        break;
    }
}

static void print_help(const cmd *command, const option *table)
{
    printf("usage: %s\n%s\n\n", command->synopsis, command->summary);
    for (const option *o = table; o->type != OPTION_END; o++) {
        char left[96];
        int length = snprintf(
            left, sizeof left, o->letter != 0 ? "  -%c, --%s %s" : "  %c   --%s %s",
            o->letter != 0 ? o->letter : ' ', o->name, o->argument != NULL ? o->argument : "");
        if (length < HELP_COLUMN)
            printf("%-*s", HELP_COLUMN, left);
        else
            printf("%s\n%*s", left, HELP_COLUMN, "");
        fputs(o->help, stdout);
        print_default(o);
        putchar('\n');
    }
    printf("%-*s%s\n", HELP_COLUMN, "  -h, --help", "this help");
}

static bool help_wanted(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

/* ---- values ---- */

static bool read_integer(const char *text, const option *o, long long *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && (double)*value >= o->min &&
           (double)*value <= o->max;
}

static bool read_number(const char *text, const option *o, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value) && *value >= o->min && *value <= o->max;
}

static bool read_size(const char *text, const option *o, option_size *size)
{
    char *end, *end2;
    long height = strtol(text, &end, 10), width = height;
    if (end == text)
        return false;
    if (*end == 'x') {
        width = strtol(end + 1, &end2, 10);
        if (end2 == end + 1)
            return false;
        end = end2;
    }
    if (*end != '\0' || (double)height < o->min || (double)height > o->max ||
        (double)width < o->min || (double)width > o->max)
        return false;
    *size = (option_size){(int)height, (int)width};
    return true;
}

/* What a value of this type looks like, for the complaint. */
static const char *wanted(const option *o, char text[96])
{
    const char *kind = o->type == OPTION_NUMBER ? "a number"
                       : o->type == OPTION_SIZE ? "HxW in pixels, each"
                                                : "a whole number";
    snprintf(text, 96, "%s from %.15g to %.15g", kind, o->min, o->max);
    return text;
}

static bool store(const option *o, const char *text)
{
    long long integer;
    double number;
    switch (o->type) {
    case OPTION_TEXT:
        *(const char **)o->where = text;
        return true;
    case OPTION_INT:
        if (!read_integer(text, o, &integer))
            return false;
        *(int *)o->where = (int)integer;
        return true;
    case OPTION_INT64:
        if (!read_integer(text, o, &integer))
            return false;
        *(int64_t *)o->where = integer;
        return true;
    case OPTION_NUMBER:
        if (!read_number(text, o, &number))
            return false;
        *(double *)o->where = number;
        return true;
    case OPTION_SIZE:
        return read_size(text, o, o->where);
    case OPTION_FLAG:
    case OPTION_END:
        break;
    }
    return false;
}

/* ---- parsing ---- */

static const option *find_name(const option *table, const char *name, size_t length)
{
    for (const option *o = table; o->type != OPTION_END; o++) {
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0)
            return o;
    }
    return NULL;
}

static const option *find_letter(const option *table, char letter)
{
    for (const option *o = table; o->type != OPTION_END; o++) {
        if (o->letter == letter && letter != 0)
            return o;
    }
    return NULL;
}

static int unknown_name(const cmd *command, const option *table, const char *name, size_t length)
{
    char given[NAME_MAX_LENGTH + 1];
    const option *nearest = NULL;
    int least = 3; /* further than two edits is no typing error */
    snprintf(given, sizeof given, "%.*s", (int)length, name);
    for (const option *o = table; o->type != OPTION_END; o++) {
        bool begins = strncmp(given, o->name, strlen(given)) == 0;
        int distance = begins ? 0 : text_distance(given, o->name);
        if (distance < least) {
            least = distance;
            nearest = o;
        }
    }
    if (nearest != NULL)
        return cmd_misuse(command, "unknown option --%s, did you mean --%s?", given, nearest->name);
    return cmd_misuse(command, "unknown option --%s", given);
}

/* One option at argv[*at]; moves *at over a value of its own. Returns CMD_DONE or CMD_USAGE. */
static int parse_one(const cmd *command, const option *table, int argc, char **argv, int *at)
{
    const char *text = argv[*at], *value = NULL;
    const option *o;
    if (text[1] == '-') {
        size_t length = strcspn(text + 2, "=");
        o = find_name(table, text + 2, length);
        if (o == NULL)
            return unknown_name(command, table, text + 2, length);
        if (text[2 + length] == '=')
            value = text + 3 + length;
    } else {
        o = find_letter(table, text[1]);
        if (o == NULL)
            return cmd_misuse(command, "unknown option -%c", text[1]);
        if (text[2] != '\0')
            value = text + 2;
    }
    if (o->type == OPTION_FLAG) {
        if (value != NULL)
            return cmd_misuse(command, "option --%s takes no value, got '%s'", o->name, value);
        *(bool *)o->where = true;
        return CMD_DONE;
    }
    if (value == NULL && *at + 1 >= argc)
        return cmd_misuse(command, "option --%s needs %s", o->name, o->argument);
    if (value == NULL)
        value = argv[++*at];
    if (!store(o, value)) {
        char text_of_range[96];
        return cmd_misuse(command, "option --%s needs %s, got '%s'", o->name,
                          wanted(o, text_of_range), value);
    }
    return CMD_DONE;
}

int options_parse(const cmd *command, const option *table, int argc, char **argv, int *status)
{
    int count = 0;
    bool options_ended = false;
    if (help_wanted(argc, argv)) {
        print_help(command, table);
        *status = CMD_DONE;
        return -1;
    }
    for (int i = 1; i < argc; i++) {
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = true;
        } else if (options_ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[count++] = argv[i];
        } else if ((*status = parse_one(command, table, argc, argv, &i)) != CMD_DONE) {
            return -1;
        }
    }
    *status = CMD_DONE;
    return count;
}
