/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * weights.h: named tensors: what a checkpoint stores and a graph computes with.
 *
 * A store outlives the graphs that use it; graphs of several input sizes share one. Names are
 * paths with dots ("backbone.stem.conv.weight"), weights lie as tensor.h says.
 */
#ifndef GRAPH_WEIGHTS_H
#define GRAPH_WEIGHTS_H

#include "seg/status.h"
#include "tensor/tensor.h"

/* What a tensor is for; decides how it starts, whether it trains, and whether it decays. */
typedef enum seg_weight_role {
    SEG_WEIGHT_KERNEL,         /* convolution weights: He-normal over fan-in, decays */
    SEG_WEIGHT_ZERO_KERNEL,    /* convolution weights that start at zero (FCN's score layers) */
    SEG_WEIGHT_BILINEAR,       /* transposed convolution that starts as bilinear upsampling */
    SEG_WEIGHT_FIXED_BILINEAR, /* the same, and stays so */
    SEG_WEIGHT_BIAS,           /* zero, no decay */
    SEG_WEIGHT_NORM_SCALE,     /* batch norm's gamma: one, no decay */
    SEG_WEIGHT_NORM_SHIFT,     /* batch norm's beta: zero, no decay */
    SEG_WEIGHT_RUNNING_MEAN,   /* state: zero, no gradient */
    SEG_WEIGHT_RUNNING_VAR     /* state: one, no gradient */
} seg_weight_role;

/*
 * Numbers that lie elsewhere, in fewer bits perhaps: float32, float16, or int8 with a scale for each
 * output channel (the last axis): weight = scale[o] * stored.
 */
typedef struct seg_weight_source {
    const void *data; /* aligned for its type; lives as long as the weights */
    seg_dtype dtype;
    const float *scale; /* of int8 */
} seg_weight_source;

typedef struct seg_weight {
    char *name;
    seg_weight_role role;
    seg_tensor tensor; /* data NULL: the numbers are the source's, see seg_weight_read */
    seg_weight_source source;
} seg_weight;

typedef struct seg_weights seg_weights;

seg_status seg_weights_new(seg_weights **out, seg_error *err);
void seg_weights_free(seg_weights *weights); /* NULL is fine */

int seg_weights_count(const seg_weights *weights);
seg_weight *seg_weights_at(seg_weights *weights, int index);
/* Index of a name, or -1. */
int seg_weights_find(const seg_weights *weights, const char *name);

/*
 * Index of the tensor called name, made with that role and shape (data uninitialised) when it is
 * new. Errors: SEG_MISMATCH when one of another shape exists, SEG_NOMEM.
 */
seg_status seg_weights_declare(seg_weights *weights, const char *name, seg_weight_role role,
                               const seg_shape *shape, int *index, seg_error *err);

/*
 * Tensors declared from now on have no memory of their own: each is lent its numbers, which nobody
 * then changes. A network that only runs reads them once for each plan, and holds them packed.
 */
void seg_weights_set_lent(seg_weights *weights);
void seg_weights_lend(seg_weights *weights, int index, const seg_weight_source *source);
/* The numbers of a weight, wherever they lie, as float32: [its elements]. */
void seg_weight_read(const seg_weight *weight, float *out);
/* A copy in which every tensor has memory of its own. Errors: SEG_NOMEM. */
seg_status seg_weights_copy(seg_weights **out, seg_weights *weights, seg_error *err);

/* Fill tensor `index` as its role says; the same (seed, name) gives the same numbers. */
void seg_weights_initialise(seg_weights *weights, int index, uint64_t seed);

bool seg_weight_role_trains(seg_weight_role role);
bool seg_weight_role_decays(seg_weight_role role);

#endif
