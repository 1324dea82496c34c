/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* parallel.c: blocks over OpenMP threads. */
#include "base/parallel.h"

#include <omp.h>

void seg_parallel_for(int threads, int64_t count, seg_parallel_body body, void *context)
{
    if (threads <= 1 || count <= 1) {
        for (int64_t i = 0; i < count; i++)
            body(context, i, 0);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (int64_t i = 0; i < count; i++)
        body(context, i, omp_get_thread_num());
}

int seg_cpu_count(void)
{
    int count = omp_get_num_procs();
    return count >= 1 ? count : 1;
}
