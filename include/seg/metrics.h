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
 */
#ifndef SEG_METRICS_H
#define SEG_METRICS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct seg_metrics {
    int classes;
    double mean_iou, pixel_accuracy, mean_accuracy, frequency_weighted_iou; /* 0..1 */
    double iou[255], accuracy[255]; /* 0..1, or NaN */
    int64_t pixels;                 /* that counted */
} seg_metrics;

#ifdef __cplusplus
}
#endif
#endif
