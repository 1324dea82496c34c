/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/metrics.h: how good labels are.
 *
 * With n[i][j] the pixels of class i labelled j over a whole data set, t[i] their sum over j:
 *   pixel accuracy  sum_i n[i][i] / sum_i t[i]
 *   mean accuracy   mean over classes present of n[i][i] / t[i]
 *   IoU of i        n[i][i] / (t[i] + sum_j n[j][i] - n[i][i])
 *   mean IoU        mean over classes whose IoU is defined (in the truth or predicted)
 *   f.w. IoU        sum_i t[i] * IoU[i] / sum_i t[i]
 * (Long, Shelhamer, Darrell 2015, section 5.) A class that neither occurs nor is predicted has no
 * IoU: NaN, and left out of the mean.
 *
 * Along edges: the same numbers of the pixels that lie at most n pixels from one of another label
 * in the truth (Euclidean distance between centres; pixels to ignore are another label here, though
 * they do not count themselves; the image's border is no edge). This is the "trimap" experiment of
 * the DeepLab papers; src/eval/band.h has the sources.
 */
#ifndef SEG_METRICS_H
#define SEG_METRICS_H

#include <stdint.h>

#include "seg/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct seg_metrics {
    int classes;
    /* 0..1, or NaN when no pixel counted */
    double mean_iou, pixel_accuracy, mean_accuracy, frequency_weighted_iou;
    double iou[255], accuracy[255]; /* 0..1, or NaN */
    int64_t pixels;                 /* that counted */
} seg_metrics;

enum {
    SEG_BAND_MAX_PX = 1024, /* widest band along edges, pixels */
    SEG_BANDS_MAX = 16      /* of one seg_evaluate_bands */
};

/* Called after each image, from the calling thread. Not 0: stop (SEG_CANCELLED). */
typedef int (*seg_evaluate_progress)(void *context, int done, int total);

/* Zero means the default, but data and split are needed. */
typedef struct seg_evaluate_opts {
    const char *data;   /* folder of the data set */
    const char *split;  /* "val" */
    const char *format; /* NULL: "folder" */
    int threads;        /* 0: one per processor */
    bool bf16;          /* as in seg_session_opts */
    int band_px;        /* only pixels at most that far from an edge, 1..1024; 0: all pixels */
    seg_evaluate_progress progress;
    void *progress_context;
} seg_evaluate_opts;

/*
 * Label every image of a split at its own size and compare. confusion is NULL or receives
 * classes * classes pixel counts, [truth * classes + predicted]. Both are untouched on failure.
 * Errors: SEG_INVALID (opts), SEG_MISMATCH (the data set's classes are not the model's, both are
 * named; image and label sizes), SEG_CANCELLED, and those of reading, seg_session_new, seg_segment.
 */
SEG_API seg_status seg_evaluate(const seg_model *model, const seg_evaluate_opts *opts,
                                seg_metrics *metrics, int64_t *confusion, seg_error *err);

/*
 * The same for several bands in one pass: metrics[i] is what seg_evaluate gives for
 * band_px = bands_px[i] (0: all pixels); opts->band_px does not count. count 1..SEG_BANDS_MAX;
 * confusion is NULL or receives count matrices one behind the other.
 */
SEG_API seg_status seg_evaluate_bands(const seg_model *model, const seg_evaluate_opts *opts,
                                      const int *bands_px, int count, seg_metrics *metrics,
                                      int64_t *confusion, seg_error *err);

#ifdef __cplusplus
}
#endif
#endif
