/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * check_gradient.c: backward against central differences of forward.
 *
 * Forward computes in float32, so the step is large (1e-3 times a range of 2, below the spacing of
 * op_fill_distinct) and sums are in double: the difference quotient is good to about 1e-4.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "ops/check_op.h"

typedef struct probe {
    const op_gradient *g;
    op_run run;
    float *start[SEG_OP_MAX_SRC]; /* the point where the gradient is taken */
    float *diff_dst;
    char label[128];
} probe;

static int64_t count_of(const probe *p, int i)
{
    return seg_shape_count(&p->g->src[i]);
}

static float *copy_of(const seg_tensor *tensor)
{
    float *copy = malloc(seg_shape_size(&tensor->shape));
    ck_assert_ptr_nonnull(copy);
    return memcpy(copy, tensor->data, seg_shape_size(&tensor->shape));
}

static void probe_init(probe *p, const op_gradient *g, const seg_kernels *kernels)
{
    p->g = g;
    snprintf(p->label, sizeof p->label, "%s gradient (%s)", g->op->name, kernels->isa);
    op_run_init(&p->run, g->op, g->params, g->src_count, g->src);
    p->run.call.kernels = kernels;
    p->run.call.seed = g->seed;
    op_run_prepare(&p->run);
    for (int i = 0; i < g->src_count; i++) {
        if (g->distinct)
            op_fill_distinct(&p->run.src[i], g->seed + (uint64_t)i);
        else if (g->src[i].rank == 1)
            op_fill(&p->run.src[i], g->seed + (uint64_t)i, 0.5, 1.5);
        else
            op_fill(&p->run.src[i], g->seed + (uint64_t)i, -1.0, 1.0);
        p->start[i] = copy_of(&p->run.src[i]);
        if (g->skip >> i & 1)
            p->run.diff_src[i].data = NULL;
    }
    op_fill(&p->run.diff_dst, g->seed + 100, -1.0, 1.0);
    p->diff_dst = copy_of(&p->run.diff_dst);
}

static void probe_release(probe *p)
{
    for (int i = 0; i < p->g->src_count; i++)
        free(p->start[i]);
    free(p->diff_dst);
    op_run_release(&p->run);
}

/* Forward at start, with source `moved` at start + step * direction. */
static double loss_at(probe *p, int moved, const float *direction, float step)
{
    for (int i = 0; i < p->g->src_count; i++)
        memcpy(p->run.src[i].data, p->start[i], seg_shape_size(&p->g->src[i]));
    for (int64_t k = 0; k < count_of(p, moved); k++)
        seg_f32(&p->run.src[moved])[k] += step * direction[k];
    op_run_forward(&p->run, p->label);
    double sum = 0.0;
    int64_t count = seg_shape_count(&p->run.dst.shape);
    for (int64_t k = 0; k < count; k++)
        sum += (double)seg_f32(&p->run.dst)[k] * (double)p->diff_dst[k];
    return sum;
}

/* The step that float32 really makes is not quite `step`; 2^-9 and start in [-1.5, 1.5] lose
 * at most 2^-15 of it. */
static void check_direction(probe *p, int i, const float *gradient, const float *direction,
                            double limit)
{
    const float step = p->g->distinct ? fminf(0x1p-9f, 0.4f / (float)count_of(p, i)) : 0x1p-9f;
    double rise = loss_at(p, i, direction, step) - loss_at(p, i, direction, -step);
    double wanted = rise / (2.0 * (double)step), got = 0.0;
    for (int64_t k = 0; k < count_of(p, i); k++)
        got += (double)gradient[k] * (double)direction[k];
    ck_assert_msg(fabs(got - wanted) <= limit,
                  "%s of source %d: <gradient, d> is %.7g, differences give %.7g (limit %.2g)",
                  p->label, i, got, wanted, limit);
}

static void check_source(probe *p, int i, const float *gradient)
{
    enum { DIRECTIONS = 6, SINGLES = 24 };
    int64_t count = count_of(p, i);
    double norm = 0.0, tolerance = p->g->tolerance > 0.0 ? p->g->tolerance : 2e-3;
    for (int64_t k = 0; k < count; k++)
        norm += (double)gradient[k] * (double)gradient[k];
    norm = sqrt(norm);
    ck_assert_msg(isfinite(norm), "%s of source %d is not finite", p->label, i);
    float *direction = calloc((size_t)count, sizeof *direction);
    ck_assert_ptr_nonnull(direction);
    seg_rng rng = seg_rng_make(p->g->seed, SEG_RNG_METHOD, 50 + (uint64_t)i);
    for (int d = 0; d < DIRECTIONS; d++) {
        for (int64_t k = 0; k < count; k++)
            direction[k] = seg_rng_next(&rng) >> 63 ? 1.0f : -1.0f;
        check_direction(p, i, gradient, direction, tolerance * norm + 1e-5);
    }
    memset(direction, 0, (size_t)count * sizeof *direction);
    for (int d = 0; d < SINGLES; d++) {
        int64_t k = (int64_t)seg_rng_below(&rng, (uint64_t)count);
        direction[k] = 1.0f;
        check_direction(p, i, gradient, direction, tolerance * norm + 1e-4);
        direction[k] = 0.0f;
    }
    free(direction);
}

static void check_isa(const op_gradient *g, const seg_kernels *kernels)
{
    probe p;
    float *gradient[SEG_OP_MAX_SRC] = {NULL};
    probe_init(&p, g, kernels);
    op_run_forward(&p.run, p.label);
    op_run_backward(&p.run, p.label);
    for (int i = 0; i < g->src_count; i++) {
        if (p.run.diff_src[i].data != NULL)
            gradient[i] = copy_of(&p.run.diff_src[i]);
    }
    for (int i = 0; i < g->src_count; i++) {
        if (gradient[i] != NULL)
            check_source(&p, i, gradient[i]);
        free(gradient[i]);
    }
    probe_release(&p);
}

void check_gradient(const op_gradient *gradient)
{
    int supported;
    for (int i = 0; seg_kernels_at(i, &supported) != NULL; i++) {
        if (supported)
            check_isa(gradient, seg_kernels_at(i, &supported));
    }
}
