/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* parallel.c: blocks over OpenMP threads; one thread does them all in a build without OpenMP. */
#include "base/parallel.h"

#ifdef _OPENMP
#include <omp.h>

static int processors(void)
{
    return omp_get_num_procs();
}

static void run_threads(int threads, int64_t count, seg_parallel_body body, void *context)
{
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (int64_t i = 0; i < count; i++)
        body(context, i, omp_get_thread_num());
}
#else
static int processors(void)
{
    return 1;
}

static void run_threads(int threads, int64_t count, seg_parallel_body body, void *context)
{
    (void)threads;
    for (int64_t i = 0; i < count; i++)
        body(context, i, 0);
}
#endif

void seg_parallel_for(int threads, int64_t count, seg_parallel_body body, void *context)
{
    if (threads > 1 && count > 1) {
        run_threads(threads, count, body, context);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        body(context, i, 0);
}

int seg_cpu_count(void)
{
    int count = processors();
    return count >= 1 ? count : 1;
}
