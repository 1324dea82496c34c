/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* report.h: the parts of report.html, each of which appends HTML to a buffer. */
#ifndef TRAIN_REPORT_H
#define TRAIN_REPORT_H

#include "base/strbuf.h"
#include "train/trainer.h"

/* A curve's points, x rising. */
typedef struct seg_curve {
    double *x, *y;
    size_t count, x_capacity, y_capacity;
} seg_curve;

bool seg_curve_add(seg_curve *curve, double x, double y); /* false: out of memory */
void seg_curve_release(seg_curve *curve);
/* Averages neighbours until at most `most` points are left. */
void seg_curve_thin(seg_curve *curve, size_t most);

typedef struct seg_chart {
    const char *title, *unit; /* unit of y: "", "%" */
    double x_max, y_scale;    /* y is multiplied by y_scale */
    bool mark_highest;        /* a dot with its value */
} seg_chart;

/* An inline SVG of one curve, with axes of round numbers; x counts epochs. */
void seg_report_chart(seg_strbuf *html, const seg_chart *chart, const seg_curve *curve);

/* Text with the characters that HTML gives a meaning to. */
void seg_report_text(seg_strbuf *html, const char *text);

/* A small square of that colour. */
void seg_report_color(seg_strbuf *html, seg_color color);

/* IoU bars of all classes, and the confusion matrix as a heat table. */
void seg_report_classes(seg_strbuf *html, const seg_trainer *trainer);
void seg_report_confusion(seg_strbuf *html, const seg_trainer *trainer);

/* Up to SEG_SAMPLES validation images with truth and prediction laid over, as data URIs. */
seg_status seg_report_samples(seg_strbuf *html, seg_trainer *trainer, seg_error *err);

#endif
