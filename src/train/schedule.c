/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* schedule.c: the learning rate over a run. */
#include "train/schedule.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static double constant(const seg_schedule_opts *opts, double done)
{
    (void)opts;
    (void)done;
    return 1.0;
}

static double cosine(const seg_schedule_opts *opts, double done)
{
    (void)opts;
    return 0.5 * (1.0 + cos(3.14159265358979323846 * done));
}

static double poly(const seg_schedule_opts *opts, double done)
{
    return pow(1.0 - done, opts->power);
}

static double step(const seg_schedule_opts *opts, double done)
{
    /* The grain of doubles must not put off a step that falls due exactly. */
    return pow(opts->factor, floor(done / opts->every + 1e-9));
}

static const seg_schedule schedules[] = {
#define SEG_SCHEDULE(name, help) {#name, help, name},
#include "train/schedules.def"
#undef SEG_SCHEDULE
};

enum { SCHEDULE_COUNT = sizeof schedules / sizeof *schedules };

const seg_schedule *seg_schedule_at(int index)
{
    return index >= 0 && index < SCHEDULE_COUNT ? &schedules[index] : NULL;
}

const seg_schedule *seg_schedule_find(const char *name)
{
    for (int i = 0; i < SCHEDULE_COUNT; i++) {
        if (strcmp(schedules[i].name, name) == 0)
            return &schedules[i];
    }
    return NULL;
}

double seg_schedule_rate(const seg_schedule *schedule, const seg_schedule_opts *opts, int64_t at)
{
    double rate = opts->base * schedule->share(opts, (double)at / (double)opts->steps);
    if (at < opts->warmup)
        rate *= (double)(at + 1) / (double)opts->warmup;
    return rate;
}
