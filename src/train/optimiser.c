/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* optimiser.c: what all optimisers share. */
#include "train/optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

enum { RUN = 1 << 15 }; /* floats of one run: small enough to balance, large enough to pay */

typedef struct run {
    int trained;
    int64_t first, count;
} run;

struct seg_optimiser {
    const seg_optimiser_kind *kind;
    seg_optimiser_opts opts;
    const seg_train_kernels *kernels;
    seg_weights *weights;
    seg_trained *trained;
    run *runs;
    double *squares; /* [run_count] */
    int trained_count;
    int64_t run_count;
    int batches, gathered;
};

static const seg_optimiser_kind *const kinds[] = {
#define SEG_OPTIMISER(name) &seg_optimiser_##name,
#include "train/optimisers.def"
#undef SEG_OPTIMISER
};

enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

const seg_optimiser_kind *seg_optimiser_at(int index)
{
    return index >= 0 && index < KIND_COUNT ? kinds[index] : NULL;
}

const seg_optimiser_kind *seg_optimiser_find(const char *name)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    }
    return NULL;
}

static double rate_factor(const seg_optimiser_opts *opts, const seg_weight *weight)
{
    double factor = strncmp(weight->name, "backbone.", 9) == 0 ? opts->backbone_rate : 1.0;
    return weight->role == SEG_WEIGHT_BIAS ? factor * opts->bias_rate : factor;
}

bool seg_optimiser_trains(const seg_optimiser_opts *opts, const seg_weight *weight)
{
    return seg_weight_role_trains(weight->role) && rate_factor(opts, weight) > 0.0;
}

static seg_status trained_fill(seg_optimiser *optimiser, seg_trained *trained, int weight,
                               seg_error *err)
{
    const seg_weight *w = seg_weights_at(optimiser->weights, weight);
    size_t size = seg_shape_size(&w->tensor.shape);
    *trained = (seg_trained){.weight = weight,
                             .count = seg_shape_count(&w->tensor.shape),
                             .rate = rate_factor(&optimiser->opts, w)};
    trained->decay = seg_weight_role_decays(w->role) ? optimiser->opts.weight_decay : 0.0;
    for (int s = 0; s < SEG_OPTIMISER_SLOTS && optimiser->kind->slots[s] != NULL; s++) {
        trained->slots[s] = seg_block_new_zero(size);
        if (trained->slots[s] == NULL)
            return seg_fail_nomem(err, size, w->name);
    }
    if (optimiser->batches > 1 && (trained->sum = seg_block_new_zero(size)) == NULL)
        return seg_fail_nomem(err, size, w->name);
    return SEG_OK;
}

static int64_t run_count(int64_t count)
{
    return (count + RUN - 1) / RUN;
}

static seg_status runs_fill(seg_optimiser *optimiser, seg_error *err)
{
    for (int t = 0; t < optimiser->trained_count; t++)
        optimiser->run_count += run_count(optimiser->trained[t].count);
    size_t count = (size_t)optimiser->run_count + 1;
    optimiser->runs = calloc(count, sizeof *optimiser->runs);
    optimiser->squares = calloc(count, sizeof *optimiser->squares);
    if (optimiser->runs == NULL || optimiser->squares == NULL)
        return seg_fail_nomem(err, count * sizeof *optimiser->runs, "the optimiser");
    run *next = optimiser->runs;
    for (int t = 0; t < optimiser->trained_count; t++) {
        int64_t all = optimiser->trained[t].count;
        for (int64_t first = 0; first < all; first += RUN)
            *next++ = (run){t, first, all - first < RUN ? all - first : RUN};
    }
    return SEG_OK;
}

seg_status seg_optimiser_new(seg_optimiser **out, const seg_optimiser_kind *kind,
                             const seg_optimiser_opts *opts, seg_weights *weights, int batches,
                             seg_error *err)
{
    *out = NULL;
    seg_optimiser *optimiser = calloc(1, sizeof *optimiser);
    if (optimiser == NULL)
        return seg_fail_nomem(err, sizeof *optimiser, "the optimiser");
    *optimiser = (seg_optimiser){.kind = kind,
                                 .opts = *opts,
                                 .kernels = &seg_kernels_get()->train,
                                 .weights = weights,
                                 .batches = batches};
    int count = seg_weights_count(weights);
    seg_status status = SEG_OK;
    optimiser->trained = calloc((size_t)count + 1, sizeof *optimiser->trained);
    if (optimiser->trained == NULL)
        status = seg_fail_nomem(err, (size_t)count * sizeof *optimiser->trained, "the optimiser");
    for (int i = 0; status == SEG_OK && i < count; i++) {
        if (seg_optimiser_trains(opts, seg_weights_at(weights, i)))
            status =
                trained_fill(optimiser, &optimiser->trained[optimiser->trained_count++], i, err);
    }
    if (status == SEG_OK)
        status = runs_fill(optimiser, err);
    if (status != SEG_OK) {
        seg_optimiser_free(optimiser);
        return status;
    }
    *out = optimiser;
    return SEG_OK;
}

void seg_optimiser_free(seg_optimiser *optimiser)
{
    if (optimiser == NULL)
        return;
    for (int t = 0; optimiser->trained != NULL && t < optimiser->trained_count; t++) {
        for (int s = 0; s < SEG_OPTIMISER_SLOTS; s++)
            seg_block_free(optimiser->trained[t].slots[s]);
        seg_block_free(optimiser->trained[t].sum);
    }
    free(optimiser->trained);
    free(optimiser->runs);
    free(optimiser->squares);
    free(optimiser);
}

int seg_optimiser_count(const seg_optimiser *optimiser)
{
    return optimiser->trained_count;
}

seg_trained *seg_optimiser_trained(seg_optimiser *optimiser, int index)
{
    return &optimiser->trained[index];
}

const seg_optimiser_kind *seg_optimiser_kind_of(const seg_optimiser *optimiser)
{
    return optimiser->kind;
}

/* ---- one update ---- */

static void gather_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_optimiser *optimiser = context;
    const run *r = &optimiser->runs[index];
    const seg_trained *trained = &optimiser->trained[r->trained];
    if (trained->grad == NULL)
        return;
    if (optimiser->gathered == 0)
        memcpy(trained->sum + r->first, trained->grad + r->first, (size_t)r->count * sizeof(float));
    else
        optimiser->kernels->add(trained->sum + r->first, trained->grad + r->first, r->count);
}

void seg_optimiser_gather(seg_optimiser *optimiser, const seg_tensor *grads)
{
    for (int t = 0; t < optimiser->trained_count; t++)
        optimiser->trained[t].grad = grads[optimiser->trained[t].weight].data;
    if (optimiser->batches > 1) {
        seg_parallel_for(optimiser->opts.threads, optimiser->run_count, gather_body, optimiser);
        for (int t = 0; t < optimiser->trained_count; t++) {
            seg_trained *trained = &optimiser->trained[t];
            trained->grad = trained->grad != NULL ? trained->sum : NULL;
        }
    }
    optimiser->gathered = (optimiser->gathered + 1) % optimiser->batches;
}

static void squares_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const seg_optimiser *optimiser = context;
    const run *r = &optimiser->runs[index];
    const float *grad = optimiser->trained[r->trained].grad;
    optimiser->squares[index] =
        grad != NULL ? optimiser->kernels->sum_squares(grad + r->first, r->count) : 0.0;
}

double seg_optimiser_norm(const seg_optimiser *optimiser, int *culprit)
{
    /* The body writes to squares only, which the struct points to. */
    seg_optimiser view = *optimiser;
    double sum = 0.0;
    seg_parallel_for(optimiser->opts.threads, optimiser->run_count, squares_body, &view);
    if (culprit != NULL)
        *culprit = -1;
    for (int64_t i = 0; i < optimiser->run_count; i++) {
        sum += optimiser->squares[i];
        if (culprit != NULL && *culprit < 0 && !isfinite(optimiser->squares[i]))
            *culprit = optimiser->trained[optimiser->runs[i].trained].weight;
    }
    return sqrt(sum) / optimiser->batches;
}

typedef struct stepping {
    seg_optimiser *optimiser;
    double rate, scale;
    int64_t step;
} stepping;

static void step_body(void *context, int64_t index, int thread)
{
    (void)thread;
    const stepping *now = context;
    seg_optimiser *optimiser = now->optimiser;
    const run *r = &optimiser->runs[index];
    const seg_trained *trained = &optimiser->trained[r->trained];
    if (trained->grad == NULL)
        return;
    seg_update update = {
        .opts = &optimiser->opts,
        .kernels = optimiser->kernels,
        .weights = seg_f32(&seg_weights_at(optimiser->weights, trained->weight)->tensor) + r->first,
        .grad = trained->grad + r->first,
        .count = r->count,
        .rate = now->rate * trained->rate,
        .decay = trained->decay,
        .scale = now->scale,
        .step = now->step};
    for (int s = 0; s < SEG_OPTIMISER_SLOTS; s++)
        update.slots[s] = trained->slots[s] != NULL ? trained->slots[s] + r->first : NULL;
    optimiser->kind->update(&update);
}

void seg_optimiser_step(seg_optimiser *optimiser, double rate, double norm, int64_t step)
{
    stepping now = {
        .optimiser = optimiser, .rate = rate, .scale = 1.0 / optimiser->batches, .step = step};
    if (optimiser->opts.clip_norm > 0.0 && norm > optimiser->opts.clip_norm)
        now.scale *= optimiser->opts.clip_norm / norm;
    seg_parallel_for(optimiser->opts.threads, optimiser->run_count, step_body, &now);
}

/* ---- an average of the weights over time ---- */

void seg_weights_average(seg_weights *average, seg_weights *weights, double decay, int64_t step)
{
    double warm = (1.0 + (double)step) / (10.0 + (double)step);
    float share = (float)(1.0 - (decay < warm ? decay : warm));
    const seg_train_kernels *kernels = &seg_kernels_get()->train;
    for (int i = 0; i < seg_weights_count(average); i++) {
        const seg_tensor *to = &seg_weights_at(average, i)->tensor;
        const seg_tensor *from = &seg_weights_at(weights, i)->tensor;
        kernels->blend(to->data, from->data, share, seg_shape_count(&to->shape));
    }
}
