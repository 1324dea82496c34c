/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/quantise.h: networks that run in 8-bit integers, made from trained ones.
 *
 * Nothing is trained: the float network labels some images, the ranges of its values are noted, and
 * layers then compute with bytes in these ranges. Evaluate the result (seg/metrics.h) before use.
 */
#ifndef SEG_QUANTISE_H
#define SEG_QUANTISE_H

#include "seg/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A layer that leaves less alone stays float, unless opts say otherwise. */
#define SEG_QUANTISE_LEAST_SNR_DB 15.0

/* Called after each layer. Not 0: stop (SEG_CANCELLED). */
typedef int (*seg_quantise_progress)(void *context, int done, int total);

/* Zero means the default, but images is needed. */
typedef struct seg_quantise_opts {
    const char *images;  /* a folder of images, or of a data set: then those of its part "train" */
    int count;           /* images used, evenly spread over all; default 32 */
    int threads;         /* 0: one per processor */
    double least_snr_db; /* of the class scores where a layer alone is in integers: below, it stays
                            float; default SEG_QUANTISE_LEAST_SNR_DB */
    seg_quantise_progress progress;
    void *progress_context;
} seg_quantise_opts;

/*
 * model once more, in integers; model is borrowed and must outlive *out. seg_model_save writes it,
 * and sessions, evaluation and benchmarks take it as any other.
 * Errors: SEG_INVALID (opts; no images), SEG_UNSUPPORTED (imported, or in integers already; values
 * beyond a million), SEG_CANCELLED, SEG_NOMEM, and those of reading images.
 */
SEG_API seg_status seg_model_quantise(seg_model **out, const seg_model *model,
                                      const seg_quantise_opts *opts, seg_error *err);

/* A value of a network in integers, called by the layer that makes it; the text lives as long as
 * the model. */
typedef struct seg_int8_layer {
    const char *name;
    double low, high; /* its range; what is beyond is clamped */
    bool stays_float;
    double snr_db; /* of the class scores where this layer alone is in integers, when it was measured;
                      else NaN: a model from a file, or no layer of its own (the input) */
} seg_int8_layer;

/* How many there are, in the order of their names; 0: the model is in float. */
SEG_API int seg_model_int8_layers(const seg_model *model);
SEG_API seg_int8_layer seg_model_int8_layer(const seg_model *model, int index);
/* Of the class scores with all layers together; NaN when it was not measured. */
SEG_API double seg_model_int8_snr(const seg_model *model);

#ifdef __cplusplus
}
#endif
#endif
