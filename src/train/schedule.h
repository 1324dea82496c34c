/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * schedule.h: the learning rate as a function of the share of the run that is done.
 *
 *   rate(step) = base * min(1, (step+1)/warmup) * f(step/steps)      step = 0..steps-1
 *   constant 1    cosine (1 + cos(pi*x))/2    poly (1-x)^power    step factor^floor(x/every)
 */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stdint.h>

typedef struct seg_schedule_opts {
    double base;          /* the rate at the start */
    int64_t steps;        /* of the whole run, >= 1 */
    int64_t warmup;       /* steps of linear rise; 0: none */
    double power;         /* poly */
    double every, factor; /* step */
} seg_schedule_opts;

typedef struct seg_schedule {
    const char *name, *help;
    double (*share)(const seg_schedule_opts *opts, double done); /* of the base rate; done 0..1 */
} seg_schedule;

const seg_schedule *seg_schedule_find(const char *name);
const seg_schedule *seg_schedule_at(int index);

double seg_schedule_rate(const seg_schedule *schedule, const seg_schedule_opts *opts, int64_t step);

#endif
