/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* graft_search.h: which node of a program reads a value and is of a wanted kind. */
#ifndef MODEL_GRAFT_SEARCH_H
#define MODEL_GRAFT_SEARCH_H

#include <stdbool.h>

#include "ops/op.h"
#include "program/program.h"

typedef enum seg_graft_kind {
    SEG_GRAFT_CONVOLUTION, /* Conv; a fully connected layer where it can be one */
    SEG_GRAFT_TRANSPOSED,
    SEG_GRAFT_NORM,
    SEG_GRAFT_RELU, /* or ReLU6 */
    SEG_GRAFT_ADD,
    SEG_GRAFT_CONCAT,
    SEG_GRAFT_POOL,
    SEG_GRAFT_GLOBAL_POOL
} seg_graft_kind;

typedef struct seg_graft_want {
    seg_graft_kind kind;
    seg_shape kernel; /* of a convolution: KH,KW,IC,OC; of a norm: a vector of its channels */
    bool depthwise;
    int64_t dilation; /* preferred among equals */
    int other_count;
    seg_slot others[SEG_OP_MAX_SRC]; /* that an Add or Concat reads too */
} seg_graft_want;

typedef struct seg_graft_search {
    const seg_program *program;
    bool *used; /* [nodes]: found before */
} seg_graft_search;

seg_status seg_graft_search_init(seg_graft_search *search, const seg_program *program,
                                 seg_error *err);
void seg_graft_search_release(seg_graft_search *search);

/* Whether slot `to` is slot `from`, perhaps moved by Transpose, Pad, Resize and the like. */
bool seg_graft_leads_to(const seg_graft_search *search, seg_slot from, seg_slot to);

/*
 * The first unused node of that kind which reads slot, directly or through nodes that only move
 * numbers (Transpose, Pad, Resize, Dropout, Flatten, ...); it is used from now on. -1: none.
 */
int seg_graft_find(seg_graft_search *search, seg_slot slot, const seg_graft_want *want);

#endif
