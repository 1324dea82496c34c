/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * parallel.h: the one place where work is spread over threads.
 *
 * Work is cut into blocks whose number and bounds depend on shapes only, never on the number of
 * threads, and each block writes memory of its own: 1 and 2 threads give the same bytes.
 *
 * All calls of a process share one pool of workers, made when first asked for and kept. Any thread
 * may call at any time, a body too: the caller works itself, and workers that are free help. After
 * fork() the child makes workers of its own; a body must not fork and return in the child.
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stdint.h>

enum { SEG_THREADS_MAX = 1024 }; /* of one call, its caller among them */

/*
 * Does block `index` of 0..count-1. `thread` (0..threads-1) picks per-thread scratch: no two bodies
 * of one call that run at the same time have the same.
 */
typedef void (*seg_parallel_body)(void *context, int64_t index, int thread);

/* Runs all blocks and returns when the last is done. threads >= 1, more than the most count as it. */
void seg_parallel_for(int threads, int64_t count, seg_parallel_body body, void *context);

/* Processors this process may use, at least 1. */
int seg_cpu_count(void);

#endif
