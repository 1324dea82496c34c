/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * optimiser_adamw.c: Adam with decoupled weight decay (Loshchilov, Hutter 2019), as PyTorch's.
 *   w *= 1 - rate*decay;  m += (1-b1)(g - m);  v += (1-b2)(g^2 - v)
 *   w -= rate * m/(1-b1^t) / (sqrt(v/(1-b2^t)) + epsilon)
 */
#include <math.h>

#include "train/optimiser.h"

static void update(const seg_update *u)
{
    double t = (double)u->step;
    seg_adamw_step step = {.rate = (float)u->rate,
                           .scale = (float)u->scale,
                           .decay = (float)u->decay,
                           .m_share = (float)(1.0 - u->opts->beta1),
                           .v_share = (float)(1.0 - u->opts->beta2),
                           .epsilon = (float)u->opts->epsilon,
                           .m_scale = (float)(1.0 / (1.0 - pow(u->opts->beta1, t))),
                           .v_scale = (float)(1.0 / (1.0 - pow(u->opts->beta2, t)))};
    u->kernels->adamw(&step, u->grad, u->slots[0], u->slots[1], u->weights, u->count);
}

const seg_optimiser_kind seg_optimiser_adamw = {
    .name = "adamw",
    .help = "Adam with decoupled weight decay",
    .slots = {"m", "v"},
    .update = update,
};
