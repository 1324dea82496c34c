/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * model.h: what a seg_model is inside libseg, and the doors for training.
 *
 * A trainer evaluates the weights that it is changing: it wraps them in a model that borrows
 * them, keeps one session, and says when they changed.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "graph/exec.h"
#include "graph/reach.h"
#include "io/safetensors.h"
#include "model/import.h"
#include "model/int8.h"
#include "model/spec.h"
#include "seg/model.h"

struct seg_model {
    seg_model_spec spec;
    seg_import *import;   /* NULL: one of our own networks, which has weights */
    seg_weights *weights; /* NULL when imported */
    bool owns_weights;
    seg_int8 *int8;        /* NULL: all in float */
    seg_safetensors *file; /* that lends the weights; NULL: they are in memory */
    int64_t parameters; /* trainable numbers */
    char *config;       /* JSON of spec.net */
};

/* weights holds every tensor of spec's network, is borrowed and must outlive the model. */
seg_status seg_model_new_borrowed(seg_model **out, const seg_model_spec *spec, seg_weights *weights,
                                  seg_error *err);

/* From bytes in memory, as seg_model_load; name is for errors. data (aligned to 8) must outlive the
 * model. */
seg_status seg_model_load_memory(seg_model **out, const void *data, size_t size, const char *name,
                                 seg_error *err);

/* The weights of a borrowed model changed: the session's plans take them up at their next run. */
void seg_session_weights_changed(seg_session *session);

/*
 * The size at which the network sees an image: its own, or shrunk so that the longer side is
 * preprocess->max_side (no side below 1).
 */
void seg_model_input_size(const seg_preprocess *preprocess, int width, int height, int *input_width,
                          int *input_height);

/*
 * Where the cells of logits lie in the network's input of height x width: cell i on row (or column)
 * i * step. step 0: half-pixel centres, whatever the input's size.
 */
typedef struct seg_cells {
    double step_h, step_w;
    int height, width;
} seg_cells;

/* The network for one input size, ready to run. */
typedef struct seg_model_plan {
    seg_graph *graph;
    seg_exec *exec;
    seg_cells cells; /* where the logits lie in the network's input */
} seg_model_plan;

typedef struct seg_plan_opts {
    int width, height;   /* of the network's input */
    int images;          /* 0: 1 */
    int threads;
    size_t memory_limit; /* as in seg_session_opts */
    bool profile, bf16;          /* as in seg_exec_opts */
    const seg_exec_watch *watch; /* the same */
} seg_plan_opts;

/* Leave out a bilinear resize at the end of a network just built, whose logits then lie as *cells
 * (zero before) says. */
void seg_model_cut_resize(seg_graph *graph, seg_cells *cells);

/*
 * The output is logits of images x h x w x classes, where a bilinear resize at the network's very
 * end is left out: seg_labels_from_logits does it, and so never needs full-size logits.
 */
seg_status seg_model_plan_init(seg_model_plan *plan, const seg_model *model,
                               const seg_plan_opts *opts, seg_error *err);
void seg_model_plan_release(seg_model_plan *plan); /* and zero; a zero plan is fine */

/*
 * Class of each pixel: logits 1 x h x w x C, resized bilinearly to height x width when they differ,
 * then the largest of each pixel (ties: the lowest id).
 * scratch holds seg_labels_scratch_size() bytes. SEG_NONFINITE names class and place of a NaN or
 * infinity, and leaves labels untouched.
 */
size_t seg_labels_scratch_size(const seg_shape *logits, int width);
seg_status seg_labels_from_logits(const seg_tensor *logits, const seg_cells *cells, int width,
                                  int height, uint8_t *labels, void *scratch, int threads,
                                  seg_error *err);

/* A part of the labels, and the part of the logits that it was given. */
typedef struct seg_label_window {
    int width, height; /* of all labels */
    int x, y, w, h;    /* the window */
    int64_t cells_h, cells_w, cell_y, cell_x; /* extents of all logits; where these begin in them */
    size_t stride;     /* from one row of the result to the next */
} seg_label_window;

/* The same of a window; labels is its first pixel. The logits hold what seg_labels_reach says, and
 * scratch seg_labels_scratch_size(logits, window's width). */
seg_status seg_labels_window(const seg_tensor *logits, const seg_cells *cells,
                             const seg_label_window *window, uint8_t *labels, void *scratch,
                             int threads, seg_error *err);

/* Rows (axis 0) or columns (1) of `count` cells that labels `of` a picture `target` pixels long read. */
seg_span seg_labels_reach(const seg_cells *cells, int axis, int64_t count, int target, seg_span of);

#endif
