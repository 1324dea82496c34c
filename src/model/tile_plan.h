/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tile_plan.h: a network on a window of an image, so that it computes there what it would compute on
 * the whole.
 *
 * Two things look beyond the window. Layers read a little around what they make: the window has a
 * margin ("halo") as wide as all of them read together, and what the zero padding at its edges spoils
 * lies in the halo. And DeepLab's image pooling is a mean over all of the image: a first stage makes
 * the features that it is a mean of, in the second it is an input.
 */
#ifndef MODEL_TILE_PLAN_H
#define MODEL_TILE_PLAN_H

#include "model/model.h"

/* The network as built for the whole image: shapes, no memory. */
typedef struct seg_whole_net {
    const seg_model *model;
    int width, height; /* pixels of its input */
    seg_graph *graph;  /* as built */
    seg_cells cells;
    seg_shape logits;
    int mean;     /* node of the mean over the image, or -1 */
    int align;    /* pixels: windows begin at multiples of it */
    bool even[2]; /* rows, columns: every resize is the same wherever the window begins */
} seg_whole_net;

/* Errors: SEG_UNSUPPORTED (a layer that tiles cannot do), SEG_NOMEM. */
seg_status seg_whole_net_init(seg_whole_net *net, const seg_model *model, int width, int height,
                              seg_error *err);
void seg_whole_net_release(seg_whole_net *net); /* zero is fine */

/* Rows (axis 0) or columns (1) of the input that `of` the labels depend on, but for the mean. Errors:
 * SEG_NOMEM. */
seg_status seg_whole_net_reach(const seg_whole_net *net, int axis, seg_span of, seg_span *input,
                               seg_error *err);

/* Channels of the mean, 0 without one. */
int64_t seg_whole_net_channels(const seg_whole_net *net);
/* Input pixels from one cell to the next of what is averaged. */
int64_t seg_whole_net_mean_step(const seg_whole_net *net, int axis);

typedef enum seg_tile_stage {
    SEG_TILE_FEATURES, /* output: what the mean is of */
    SEG_TILE_LABELS    /* output: logits; input 1: the mean, where there is one */
} seg_tile_stage;

typedef struct seg_tile_window {
    int x, y; /* multiples of align */
    int w, h; /* ends at a multiple of align, or at the image's end */
} seg_tile_window;

typedef struct seg_tile_plan {
    seg_graph *graph;
    seg_exec *exec;
    seg_tile_stage stage;
    seg_tile_window window;
} seg_tile_plan;

typedef struct seg_tile_plan_opts {
    int threads;
    bool bf16;
} seg_tile_plan_opts;

/* net is borrowed for the call, its model for the plan's life. Errors: SEG_NOMEM, SEG_LIMIT. */
seg_status seg_tile_plan_init(seg_tile_plan *plan, const seg_whole_net *net, seg_tile_stage stage,
                              seg_tile_window window, const seg_tile_plan_opts *opts,
                              seg_error *err);
void seg_tile_plan_release(seg_tile_plan *plan); /* and zero; a zero plan is fine */

/* Whether the plan, made for another window, serves this one as well. */
bool seg_tile_plan_fits(const seg_tile_plan *plan, const seg_whole_net *net, seg_tile_stage stage,
                        seg_tile_window window);

/* Cell of the output's whole at which a window's output begins; axis 0 rows, 1 columns. */
int64_t seg_tile_first_cell(const seg_whole_net *net, seg_tile_stage stage, int axis, int pixel);

#endif
