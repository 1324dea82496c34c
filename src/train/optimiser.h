/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * optimiser.h: how gradients move weights.
 *
 * A kind of optimiser is one file train/optimiser_<name>.c and one line in optimisers.def. What
 * all share stands in optimiser.c: weights are cut into fixed runs, gradients are summed over
 * several batches, their norm is limited, and only kernels decay.
 */
#ifndef TRAIN_OPTIMISER_H
#define TRAIN_OPTIMISER_H

#include "graph/exec.h"
#include "kernels/kernels.h"

enum { SEG_OPTIMISER_SLOTS = 2 };

typedef struct seg_optimiser_opts {
    double momentum;      /* sgd, 0..1 */
    int nesterov;         /* sgd */
    double beta1, beta2;  /* adamw, 0..1 */
    double epsilon;       /* adamw, > 0 */
    double weight_decay;  /* of the roles that decay */
    double backbone_rate; /* factor of weights called "backbone. ..."; 0: they stay as they are */
    double bias_rate;     /* factor of biases (2 in FCN) */
    double clip_norm;     /* gradients longer than this are shortened to it; 0: never */
    int threads;
} seg_optimiser_opts;

/* One run of one weight, and what an update of it needs. */
typedef struct seg_update {
    const seg_optimiser_opts *opts;
    const seg_train_kernels *kernels;
    float *weights, *slots[SEG_OPTIMISER_SLOTS];
    const float *grad;
    int64_t count;
    double rate, decay; /* with the weight's own factors */
    double scale;       /* of grad: 1/batches summed, and clipping */
    int64_t step;       /* 1, 2, ...: number of this update */
} seg_update;

typedef struct seg_optimiser_kind {
    const char *name, *help;
    const char *slots[SEG_OPTIMISER_SLOTS]; /* state per weight, all zero at first; NULL: none */
    void (*update)(const seg_update *update);
} seg_optimiser_kind;

#define SEG_OPTIMISER(name) extern const seg_optimiser_kind seg_optimiser_##name;
#include "train/optimisers.def"
#undef SEG_OPTIMISER

const seg_optimiser_kind *seg_optimiser_find(const char *name);
const seg_optimiser_kind *seg_optimiser_at(int index);

/* A weight that is trained. */
typedef struct seg_trained {
    int weight; /* index in the weights */
    int64_t count;
    float *slots[SEG_OPTIMISER_SLOTS];
    float *sum;        /* gradients of earlier batches of this update; NULL when one batch is one */
    const float *grad; /* of this update, once all are in */
    double rate, decay;
} seg_trained;

typedef struct seg_optimiser seg_optimiser;

/* Whether the optimiser would train this weight at all. */
bool seg_optimiser_trains(const seg_optimiser_opts *opts, const seg_weight *weight);

/* weights is borrowed. An update consists of `batches` (>= 1) gradients, which are averaged. */
seg_status seg_optimiser_new(seg_optimiser **out, const seg_optimiser_kind *kind,
                             const seg_optimiser_opts *opts, seg_weights *weights, int batches,
                             seg_error *err);
void seg_optimiser_free(seg_optimiser *optimiser);

/* The trained weights and their state, for checkpoints. */
int seg_optimiser_count(const seg_optimiser *optimiser);
seg_trained *seg_optimiser_trained(seg_optimiser *optimiser, int index);
const seg_optimiser_kind *seg_optimiser_kind_of(const seg_optimiser *optimiser);

/* Take in the gradients of one batch: tensors [weights count], data NULL: not one of the graph's.
 */
void seg_optimiser_gather(seg_optimiser *optimiser, const seg_tensor *grads);

/*
 * Length of the averaged gradient after `batches` calls of gather; infinite or NaN when it holds
 * such a number, and then *culprit (may be NULL) is the first weight concerned.
 */
double seg_optimiser_norm(const seg_optimiser *optimiser, int *culprit);

/* Update the weights with what was gathered. step: 1, 2, ...; norm: from seg_optimiser_norm. */
void seg_optimiser_step(seg_optimiser *optimiser, double rate, double norm, int64_t step);

/* ---- an average of the weights over time ---- */

/*
 * average += (1 - d) * (weights - average) for every tensor, running statistics included, with
 * d = min(decay, (1+step)/(10+step)), so that the start is soon forgotten.
 */
void seg_weights_average(seg_weights *average, seg_weights *weights, double decay, int64_t step);

#endif
