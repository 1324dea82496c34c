/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * train.c: seg train: train a network on a folder of labelled images.
 *
 * The options are those of seg/train.h, by its list, and the settings of networks. Progress is one
 * live line on a terminal, and a line now and then otherwise. Ctrl-C writes a checkpoint and stops;
 * a second one kills.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "seg/train.h"
#include "shared.h"

enum { MOST_OPTIONS = 96, NAME_SIZE = 32, MOST_SETTINGS = 24 };

/* What parsing fills besides the options of the library. */
typedef struct given {
    seg_train_opts opts;
    option_size crop;
    bool json;
    option table[MOST_OPTIONS];
    char names[MOST_OPTIONS][NAME_SIZE]; /* of the table: dashes for underscores */
    int count;
    const char *setting_texts[MOST_SETTINGS]; /* NULL: not given */
    seg_setting settings[MOST_SETTINGS];
} given;

static void add(given *g, option line)
{
    char *name = g->names[g->count];
    size_t length = strlen(line.name);
    for (size_t i = 0; i <= length && i < NAME_SIZE; i++)
        name[i] = line.name[i] == '_' ? '-' : line.name[i];
    line.name = name;
    g->table[g->count++] = line;
}

static char letter_of(const char *field)
{
    return strcmp(field, "out") == 0 ? 'o' : strcmp(field, "threads") == 0 ? 't' : '\0';
}

static void make_table(given *g)
{
    seg_setting_info info;
#define OPTION_PLACE_TEXT(field)   &g->opts.field
#define OPTION_PLACE_INT(field)    &g->opts.field
#define OPTION_PLACE_NUMBER(field) &g->opts.field
#define OPTION_PLACE_FLAG(field)   &g->opts.field
#define OPTION_PLACE_SIZE(field)   &g->field
#define SEG_FIELD(TYPE, field, value, low, high, fixed, arg, text)                                 \
    add(g, (option){.type = OPTION_##TYPE,                                                         \
                    .letter = letter_of(#field),                                                   \
                    .name = #field,                                                                \
                    .argument = arg,                                                               \
                    .help = text,                                                                  \
                    .where = OPTION_PLACE_##TYPE(field),                                           \
                    .min = low,                                                                    \
                    .max = high});
    SEG_TRAIN_OPTS_MAP(SEG_FIELD)
#undef SEG_FIELD
    add(g, (option){.type = OPTION_FLAG,
                    .name = "resume",
                    .help = "continue the run in --out; its options are the stored ones",
                    .where = &g->opts.resume});
    add(g, (option){.type = OPTION_FLAG,
                    .name = "json",
                    .help = "print the result as JSON",
                    .where = &g->json});
    for (int i = 0; i < MOST_SETTINGS && seg_setting_at(i, &info); i++)
        add(g, (option){.type = OPTION_TEXT,
                        .name = info.name,
                        .argument = "<x>",
                        .help = info.help,
                        .where = &g->setting_texts[i]});
}

/* The settings that were given, as numbers. */
static int read_settings(const cmd *command, given *g)
{
    seg_setting_info info;
    g->opts.settings = g->settings;
    for (int i = 0; i < MOST_SETTINGS && seg_setting_at(i, &info); i++) {
        const char *text = g->setting_texts[i];
        char *end;
        if (text == NULL)
            continue;
        double value = strtod(text, &end);
        if (end == text || *end != '\0' || !(value >= info.min && value <= info.max) ||
            (info.whole && value != floor(value)))
            return cmd_misuse(command, "option --%s needs a %snumber from %g to %g, got '%s'",
                              info.name, info.whole ? "whole " : "", info.min, info.max, text);
        g->settings[g->opts.setting_count++] = (seg_setting){info.name, value};
    }
    return CMD_DONE;
}

/* ---- talk ---- */

typedef struct talk {
    bool terminal, live; /* live: an unfinished line stands on the terminal */
} talk;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static const char *duration(double seconds, char text[32])
{
    long long s = seconds > 0.0 && seconds < 1e9 ? (long long)(seconds + 0.5) : 0;
    snprintf(text, 32, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    return text;
}

/* Begin a line that stays. */
static void fresh_line(talk *t)
{
    if (t->live)
        fputs("\r\033[K", stderr);
    t->live = false;
}

static void say_step(talk *t, const seg_train_progress *p)
{
    char left[32];
    if (!t->terminal && !p->logged)
        return;
    fresh_line(t);
    fprintf(stderr,
            "epoch %.2f/%d  update %lld/%lld  loss %.4f  rate %.3g  %.2f images/s  "
            "%.0f MB  left %s",
            p->epoch, p->epochs, (long long)p->step, (long long)p->steps, p->loss, p->lr,
            p->images_per_second, (double)p->memory_bytes / 1e6, duration(p->seconds_left, left));
    if (t->terminal) {
        t->live = true;
        fflush(stderr);
    } else {
        fputc('\n', stderr);
    }
}

static void say_evaluating(talk *t, const seg_train_progress *p)
{
    if (!t->terminal)
        return;
    fresh_line(t);
    fprintf(stderr, "evaluating %d/%d", p->done, p->total);
    fflush(stderr);
    t->live = true;
}

static void say_evaluated(talk *t, const seg_train_progress *p)
{
    const seg_metrics *m = p->metrics;
    fresh_line(t);
    fprintf(stderr,
            "epoch %.2f: mean IoU %.2f %%%s  pixel accuracy %.2f %%  mean accuracy %.2f %%\n",
            p->epoch, 100.0 * m->mean_iou, p->best ? " (best)" : "", 100.0 * m->pixel_accuracy,
            100.0 * m->mean_accuracy);
}

static bool progress(void *user, const seg_train_progress *p)
{
    talk *t = user;
    switch (p->event) {
    case SEG_TRAIN_NOTE:
        fresh_line(t);
        fprintf(stderr, "%s\n", p->text);
        break;
    case SEG_TRAIN_STEP:
        say_step(t, p);
        break;
    case SEG_TRAIN_EVALUATING:
        say_evaluating(t, p);
        break;
    case SEG_TRAIN_EVALUATED:
        say_evaluated(t, p);
        break;
    }
    return !interrupted;
}

/* ---- result ---- */

static int print_result(const cmd *command, const given *g, const seg_train_result *result)
{
    char path[4200], took[32];
    snprintf(path, sizeof path, "%s/best.safetensors", g->opts.out);
    if (g->json)
        return shared_print_json(command,
                                 json_pack("{s:o,s:I,s:o,s:i,s:f}", "model", shared_json_path(path),
                                           "updates", (json_int_t)result->steps, "best_mean_iou",
                                           shared_json_share(result->best_mean_iou), "best_epoch",
                                           result->best_epoch, "seconds", result->seconds));
    if (isfinite(result->best_mean_iou))
        printf("%s: mean IoU %.2f %% (epoch %d), trained in %s\n", path,
               100.0 * result->best_mean_iou, result->best_epoch, duration(result->seconds, took));
    else
        printf("%s: trained in %s\n", path, duration(result->seconds, took));
    return CMD_DONE;
}

static int train(const cmd *command, given *g)
{
    seg_error err;
    seg_train_result result;
    talk t = {.terminal = isatty(STDERR_FILENO) == 1};
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    seg_train_callbacks callbacks = {.progress = progress, .user = &t};
    seg_status status = seg_train(&g->opts, &callbacks, &result, &err);
    if (t.live)
        fputc('\n', stderr);
    return status == SEG_OK ? print_result(command, g, &result) : cmd_fail(command, "%s", err.text);
}

static int train_run(int argc, char **argv)
{
    int status;
    given *g = calloc(1, sizeof *g);
    if (g == NULL)
        return cmd_fail(&cmd_train, "out of memory");
    seg_train_opts_default(&g->opts);
    make_table(g);
    int count = options_parse(&cmd_train, g->table, argc, argv, &status);
    if (count > 0)
        status = cmd_misuse(&cmd_train, "no argument is expected, got '%s'", argv[0]);
    else if (count == 0)
        status = read_settings(&cmd_train, g);
    if (count == 0 && status == CMD_DONE) {
        g->opts.crop = (seg_train_size){g->crop.height, g->crop.width};
        if (g->opts.out == NULL || (g->opts.data == NULL && !g->opts.resume))
            status = cmd_misuse(&cmd_train, "option --%s is needed",
                                g->opts.out == NULL ? "out" : "data");
        else
            status = train(&cmd_train, g);
    }
    free(g);
    return status;
}

const cmd cmd_train = {
    .name = "train",
    .summary = "train a network on a folder of labelled images",
    .synopsis = "seg train --data <dir> --out <dir> [--net <name>] [--init <file>] [--resume] ...",
    .run = train_run,
};
