/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * stats.h: what is in a data set: pixels of each class, and the colours of its images.
 *
 * Class weights by median frequency (Eigen and Fergus 2015; SegNet uses them on CamVid):
 *   frequency[c] = pixels of c / pixels of the images in which c occurs
 *   weight[c]    = median of the frequencies / frequency[c]
 */
#ifndef DATA_STATS_H
#define DATA_STATS_H

#include "data/dataset.h"

typedef struct seg_data_stats {
    int classes;
    int64_t images;
    int64_t labelled, ignored; /* pixels */
    int64_t pixels[255];       /* of each class */
    int64_t image_pixels[255]; /* pixels of the images in which the class occurs */
    int64_t image_count[255];  /* images in which the class occurs */
    double mean[3], std[3];    /* of RGB/255 over all pixels of all images */
    int least[2], most[2];     /* width and height: smallest and largest, each by itself */
} seg_data_stats;

/*
 * Read everything once, on that many threads (>= 1); the same numbers for any of them.
 * Errors: those of seg_dataset_read, for the first item that has one.
 */
seg_status seg_data_stats_compute(seg_data_stats *out, const seg_dataset *dataset, int threads,
                                  seg_error *err);

/* weights[classes]. The median is over the classes that occur; the others weigh 1. */
void seg_data_stats_weights(const seg_data_stats *stats, float *weights);

#endif
