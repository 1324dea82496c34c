/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* machine.c: the two ceilings of a machine, by kernels that do nothing else. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/kernels.h"
#include "seg/bench.h"

enum {
    SPIN_ROUNDS = 1 << 18,     /* near half a millisecond */
    SPIN_PIECES = 4,           /* of each thread */
    READ_FLOATS = 256 << 18,   /* 256 MiB: larger than any last cache that threads share */
    READ_PIECE = 1 << 18,      /* floats: 1 MiB at a time */
    REPEATS_MIN = 5,
};

static const double TRY_SECONDS = 0.2; /* of each measurement */

typedef struct ceiling {
    const seg_kernels *kernels;
    float *memory; /* READ_FLOATS; NULL: multiply-adds are measured */
    float sinks[SEG_ALIGN]; /* some threads share one: nobody reads them */
} ceiling;

static void spin_piece(void *context, int64_t index, int thread)
{
    ceiling *c = context;
    float sink = 0;
    (void)index;
    c->kernels->peak.spin(SPIN_ROUNDS, &sink);
    if (sink < 0) /* never, but no compiler knows */
        c->sinks[thread % SEG_ALIGN] = sink;
}

static void read_piece(void *context, int64_t index, int thread)
{
    ceiling *c = context;
    const float sum = c->kernels->peak.read(c->memory + index * READ_PIECE, READ_PIECE);
    if (sum < 0)
        c->sinks[thread % SEG_ALIGN] = sum;
}

static void touch_piece(void *context, int64_t index, int thread)
{
    ceiling *c = context;
    (void)thread;
    memset(c->memory + index * READ_PIECE, 0, READ_PIECE * sizeof *c->memory);
}

/* Least seconds of body for all pieces. */
static double least(ceiling *c, int threads, int64_t pieces, seg_parallel_body body)
{
    double best = 0, until = seg_clock_seconds() + TRY_SECONDS;
    for (int i = 0; i < REPEATS_MIN || seg_clock_seconds() < until; i++) {
        const double start = seg_clock_seconds();
        seg_parallel_for(threads, pieces, body, c);
        const double seconds = seg_clock_seconds() - start;
        best = i == 0 || seconds < best ? seconds : best;
    }
    return best;
}

seg_status seg_bench_machine(seg_machine *out, int threads, seg_error *err)
{
    const int64_t pieces = READ_FLOATS / READ_PIECE;
    *out = (seg_machine){.isa = ""};
    if (threads < 0)
        return seg_fail(err, SEG_INVALID, "%d threads", threads);
    if (threads == 0)
        threads = seg_cpu_count();
    ceiling c = {.kernels = seg_kernels_get()};
    c.memory = seg_block_new(READ_FLOATS * sizeof *c.memory);
    if (c.memory == NULL)
        return seg_fail_nomem(err, READ_FLOATS * sizeof *c.memory, "measuring the bandwidth");
    float sink = 0;
    const int64_t work = c.kernels->peak.spin(SPIN_ROUNDS, &sink) * threads * SPIN_PIECES;
    const double spun = least(&c, threads, (int64_t)threads * SPIN_PIECES, spin_piece);
    seg_parallel_for(threads, pieces, touch_piece, &c);
    const double read = least(&c, threads, pieces, read_piece);
    seg_block_free(c.memory);
    *out = (seg_machine){.isa = c.kernels->isa,
                         .threads = threads,
                         .peak_gflops = 2e-9 * (double)work / spun,
                         .bandwidth_gbs = 1e-9 * READ_FLOATS * sizeof(float) / read};
    return SEG_OK;
}
