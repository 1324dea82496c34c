/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* clock.c: monotonic time. */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"

#include <time.h>

double seg_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
