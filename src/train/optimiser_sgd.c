/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * optimiser_sgd.c: stochastic gradient descent with momentum, as PyTorch's SGD (dampening 0).
 *   d = g + decay*w;  v = momentum*v + d;  w -= rate * (nesterov ? d + momentum*v : v)
 */
#include "train/optimiser.h"

static void update(const seg_update *u)
{
    seg_sgd_step step = {.rate = (float)u->rate,
                         .scale = (float)u->scale,
                         .momentum = (float)u->opts->momentum,
                         .decay = (float)u->decay,
                         .nesterov = u->opts->nesterov};
    u->kernels->sgd(&step, u->grad, u->slots[0], u->weights, u->count);
}

const seg_optimiser_kind seg_optimiser_sgd = {
    .name = "sgd",
    .help = "stochastic gradient descent with momentum",
    .slots = {"momentum"},
    .update = update,
};
