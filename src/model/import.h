/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * import.h: what makes a model of a program: which pixels go in, and which classes come out.
 *
 * A file in ONNX or TFLite says how tensors become tensors; how a photo becomes its input and what
 * its output means stands in its metadata (when seg wrote it), in a JSON file beside it, or in
 * options. From the three, the later over the earlier, an import is made once, when the model is
 * loaded; import_run.c uses it.
 *
 * The file beside "x.onnx" is "x.onnx.json"; every key may be left out:
 *   {"classes": ["background", "person"], "colors": [[0, 0, 0], [192, 128, 128]],
 *    "preprocess": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}, "layout": "nchw",
 *    "size": [513, 513], "fit": "stretch", "output": "logits", "threshold": 0.5,
 *    "data": "...", "licence": "..."}
 */
#ifndef MODEL_IMPORT_H
#define MODEL_IMPORT_H

#include "data/dataset.h"
#include "image/preprocess.h"
#include "program/program.h"
#include "seg/model.h"

typedef struct seg_import {
    seg_program *program; /* owned */

    seg_shape input;     /* rank 4; extents SEG_ANY_EXTENT where the file leaves them open */
    bool channels_first; /* of the input, and of an output whose shape does not decide */
    int height, width;   /* pixels of the network's input; 0: those of the image */
    bool pad;            /* keep the photo's proportions and fill up; else stretch it */
    bool raw_pixels;     /* 8-bit input that takes pixels as they are (int8: minus 128) */
    seg_quantisation quantisation; /* of an 8-bit input otherwise */

    int output;       /* index in program->outputs */
    double threshold; /* of an output of one channel: above it is class 1 */
} seg_import;

/* What the three sources say; the model's spec takes classes, preprocess and texts from it. */
typedef struct seg_import_facts {
    seg_class_list classes; /* count 0: not said */
    seg_preprocess preprocess;
    char layout[8], fit[16], output[256], data[256], licence[256]; /* "": not said */
    int height, width;                                             /* 0: not said */
    double threshold;
    bool has_preprocess, has_threshold;
} seg_import_facts;

/* ---- import_facts.c ---- */
/* Metadata of the program, then the file beside it, then opts (may be NULL). */
seg_status seg_import_facts_gather(seg_import_facts *facts, const seg_program *program,
                                   const seg_import_opts *opts, seg_error *err);
/*
 * For a network that is read in float: preprocessing, where nothing said it, from the scale and zero
 * point of its quantised input.
 */
seg_status seg_import_facts_use_input(seg_import_facts *facts, const seg_program *program,
                                      seg_error *err);

/* ---- import.c ---- */
/*
 * Takes the program over, whatever happens. facts gains what the program's shapes decide (number of
 * classes, their names). Errors: SEG_UNSUPPORTED (operators; several inputs; an input that is no
 * image, an output that is no map of classes), SEG_INVALID (a layout, size or output that does not
 * fit), SEG_NOMEM.
 */
seg_status seg_import_new(seg_import **out, seg_program *program, seg_import_facts *facts,
                          seg_error *err);
void seg_import_free(seg_import *import); /* NULL is allowed */

/* ---- import_run.c: one thread's state ---- */
typedef struct seg_import_session seg_import_session;

seg_status seg_import_session_new(seg_import_session **out, const seg_import *import,
                                  const seg_preprocess *preprocess, int classes,
                                  const seg_session_opts *opts, seg_error *err);
void seg_import_session_free(seg_import_session *session);
/* As seg_model_measure: by running once on a grey image. */
seg_status seg_import_measure(const seg_import *import, int width, int height, seg_model_cost *cost,
                              seg_error *err);
/* As seg_segment. */
seg_status seg_import_segment(seg_import_session *session, const seg_image *image, uint8_t *labels,
                              seg_error *err);

#endif
