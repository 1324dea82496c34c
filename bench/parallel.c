/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * parallel.c: what it costs to spread work over threads.
 *   bench-parallel [THREADS [SECONDS]]
 * Calls of blocks that spin for a while, with a gap between calls that one thread has to itself, as
 * layers and what lies between them; SECONDS (default 0.3) for each line. "over" is what a call
 * takes beyond its share of the blocks: mean, median and 99th percentile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/parallel.h"

enum { MOST_CALLS = 1 << 20 };

static void keep_busy(double us)
{
    double until = seg_clock_seconds() + us * 1e-6;
    while (us > 0 && seg_clock_seconds() < until)
        ;
}

static void block(void *context, int64_t index, int thread)
{
    (void)index;
    (void)thread;
    keep_busy(*(const double *)context);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Each thread's share of a call is per_thread blocks of block_us. */
static void measure(int threads, int per_thread, double block_us, double gap_us, double seconds,
                    double *over_us)
{
    int calls = 0;
    double sum = 0, end = seg_clock_seconds() + seconds;
    while (calls < MOST_CALLS && (calls < 3 || seg_clock_seconds() < end)) {
        keep_busy(gap_us);
        double start = seg_clock_seconds();
        seg_parallel_for(threads, (int64_t)threads * per_thread, block, &block_us);
        double over = (seg_clock_seconds() - start) * 1e6 - block_us * per_thread;
        over_us[calls++] = over;
        sum += over;
    }
    qsort(over_us, (size_t)calls, sizeof *over_us, by_value);
    printf("%6d x %6.0f %8.0f %8d %10.2f %10.2f %10.2f\n", per_thread, block_us, gap_us, calls,
           sum / calls, over_us[calls / 2], over_us[(size_t)calls * 99 / 100]);
}

int main(int argc, char **argv)
{
    static const struct {
        int per_thread;
        double block_us, gap_us;
    } cases[] = {{1, 0, 0},   {1, 0, 2},   {1, 20, 2},   {1, 200, 2},  {8, 20, 2},
                 {8, 200, 2}, {8, 20, 50}, {8, 20, 300}, {1, 0, 3000}, {8, 20, 3000}};
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 0.3, *over_us;
    over_us = calloc(MOST_CALLS, sizeof *over_us);
    if (over_us == NULL)
        return 1;
    printf("%d threads; microseconds\n", threads);
    printf("%15s %8s %8s %10s %10s %10s\n", "blocks a thread", "gap", "calls", "over: mean",
           "median", "99 %");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        measure(threads, cases[i].per_thread, cases[i].block_us, cases[i].gap_us, seconds, over_us);
    free(over_us);
    return 0;
}
