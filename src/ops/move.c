/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * move.c: what any order of axes comes to: matrices that are transposed, or runs that are copied.
 *
 * Axes of one index are dropped, and neighbours on both sides become one. The result's innermost
 * axis is then the source's too (runs), or is a matrix with the axis that is the source's.
 */
#include "ops/move.h"

#include <stdbool.h>

#include "base/parallel.h"

enum {
    BLOCK_FLOATS = 16384, /* of one piece of work: fits the second-level cache on both sides */
    BLOCK_NARROW = 64,    /* its shorter side, which takes whole cache lines */
};

typedef struct axis {
    int64_t extent, from, to;
} axis;

/* dst[.. inner] of [outer 0][outer 1][across][inner]. */
typedef struct job {
    const seg_kernels *kernels;
    const float *src;
    float *dst;
    axis outer[2], across, inner;
    bool runs; /* inner is the source's innermost axis too; else across is */
    int64_t across_block, inner_block;
} job;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t pieces(int64_t extent, int64_t block)
{
    return (extent + block - 1) / block;
}

static void move_block(void *context, int64_t index, int thread)
{
    (void)thread;
    const job *j = context;
    const int64_t parts = pieces(j->inner.extent, j->inner_block);
    const int64_t bands = pieces(j->across.extent, j->across_block);
    const int64_t i = index % parts * j->inner_block;
    const int64_t a = index / parts % bands * j->across_block;
    const int64_t outer = index / parts / bands;
    const int64_t o[2] = {outer / j->outer[1].extent, outer % j->outer[1].extent};
    const float *src = j->src + o[0] * j->outer[0].from + o[1] * j->outer[1].from +
                       a * j->across.from + i * j->inner.from;
    float *dst = j->dst + o[0] * j->outer[0].to + o[1] * j->outer[1].to + a * j->across.to + i;
    const int64_t length = least(j->inner.extent - i, j->inner_block);
    const int64_t count = least(j->across.extent - a, j->across_block);
    if (j->runs)
        j->kernels->pixels.copy_runs(src, j->across.from, dst, j->across.to, count, length);
    else
        j->kernels->transpose.apply(src, j->inner.from, length, count, dst, j->across.to);
}

/* In the order of the result, outermost first; returns how many are left. */
static int simplify(const seg_move *move, axis axes[SEG_MOVE_AXES])
{
    int count = 0, kept = 0;
    for (int a = 0; a < SEG_MOVE_AXES; a++) {
        if (move->extent[a] == 1)
            continue;
        int at = count++;
        for (; at > 0 && axes[at - 1].to < move->to[a]; at--)
            axes[at] = axes[at - 1];
        axes[at] = (axis){move->extent[a], move->from[a], move->to[a]};
    }
    for (int a = 0; a < count; a++) {
        axis *outer = &axes[kept - (kept > 0)];
        if (kept > 0 && outer->from == axes[a].from * axes[a].extent)
            *outer = (axis){outer->extent * axes[a].extent, axes[a].from, axes[a].to};
        else
            axes[kept++] = axes[a];
    }
    return kept;
}

static void choose_blocks(job *j)
{
    const int64_t a = j->across.extent, i = j->inner.extent;
    if (j->runs) {
        j->inner_block = least(i, BLOCK_FLOATS);
        j->across_block = BLOCK_FLOATS / j->inner_block;
    } else {
        const int64_t narrow = least(least(a, i), BLOCK_NARROW);
        const int64_t wide = BLOCK_FLOATS / narrow / BLOCK_NARROW * BLOCK_NARROW;
        j->across_block = a < i ? narrow : wide;
        j->inner_block = a < i ? wide : narrow;
    }
}

void seg_move_run(const seg_kernels *kernels, int threads, const seg_move *move, const float *src,
                  float *dst)
{
    const axis one = {1, 1, 1};
    axis axes[SEG_MOVE_AXES];
    const int count = simplify(move, axes);
    job j = {kernels, src, dst, {one, one}, one, {1, 1, 1}, true, 1, 1};
    if (count > 0)
        j.inner = axes[count - 1];
    j.runs = j.inner.from == 1;
    int across = count - 2; /* of runs: the next axis */
    for (int a = 0; a < count - 1 && !j.runs; a++)
        across = axes[a].from == 1 ? a : across;
    if (across >= 0)
        j.across = axes[across];
    for (int a = 0, o = 0; a < count - 1; a++) {
        if (a != across)
            j.outer[o++] = axes[a];
    }
    choose_blocks(&j);
    seg_parallel_for(threads,
                     j.outer[0].extent * j.outer[1].extent *
                         pieces(j.across.extent, j.across_block) *
                         pieces(j.inner.extent, j.inner_block),
                     move_block, &j);
}
