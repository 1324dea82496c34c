/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * stats.c: integer sums per thread, added up at the end. Sums of integers do not depend on their
 * order, so which thread read which image makes no difference.
 */
#include "data/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/parallel.h"

typedef struct sums {
    int64_t pixels[256], image_pixels[256], image_count[256]; /* by id */
    int64_t color[3], square[3];                              /* of the channels' bytes */
    int least[2], most[2];                                    /* sides; least 0: no image yet */
    int64_t bad_item; /* the lowest one that this thread could not read, or -1 */
    seg_error bad;
} sums;

typedef struct job {
    const seg_dataset *dataset;
    sums *sums; /* of each thread */
} job;

static void add_labels(sums *s, const seg_image_buffer *labels)
{
    const size_t count = (size_t)labels->width * (size_t)labels->height;
    int64_t found[256] = {0};
    for (size_t i = 0; i < count; i++)
        found[labels->pixels[i]]++;
    for (int id = 0; id < 256; id++) {
        s->pixels[id] += found[id];
        if (found[id] > 0) {
            s->image_pixels[id] += (int64_t)count;
            s->image_count[id]++;
        }
    }
}

static void add_colors(sums *s, const seg_image_buffer *image)
{
    const size_t count = (size_t)image->width * (size_t)image->height;
    int64_t color[3] = {0}, square[3] = {0};
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++) {
            const int64_t value = image->pixels[3 * i + (size_t)c];
            color[c] += value;
            square[c] += value * value;
        }
    }
    for (int c = 0; c < 3; c++) {
        s->color[c] += color[c];
        s->square[c] += square[c];
    }
}

static void add_side(int *least, int *most, int low, int high)
{
    if (low > 0 && (*least == 0 || low < *least))
        *least = low;
    if (high > *most)
        *most = high;
}

static void add_item(void *context, int64_t index, int thread)
{
    const job *j = context;
    sums *s = &j->sums[thread];
    seg_sample sample;
    seg_error err;
    if (s->bad_item >= 0 && s->bad_item < index)
        return;
    if (seg_dataset_read(j->dataset, (int)index, &sample, &err) != SEG_OK) {
        s->bad_item = index;
        s->bad = err;
        return;
    }
    add_labels(s, &sample.labels);
    add_colors(s, &sample.image);
    add_side(&s->least[0], &s->most[0], sample.image.width, sample.image.width);
    add_side(&s->least[1], &s->most[1], sample.image.height, sample.image.height);
    seg_sample_release(&sample);
}

static seg_status first_error(const sums *all, int threads, seg_error *err)
{
    const sums *first = NULL;
    for (const sums *s = all; s < all + threads; s++) {
        if (s->bad_item >= 0 && (first == NULL || s->bad_item < first->bad_item))
            first = s;
    }
    return first == NULL ? SEG_OK : seg_fail(err, first->bad.status, "%s", first->bad.text);
}

static void add_thread(seg_data_stats *out, const sums *s, int64_t color[3], int64_t square[3])
{
    for (int id = 0; id < out->classes; id++) {
        out->pixels[id] += s->pixels[id];
        out->image_pixels[id] += s->image_pixels[id];
        out->image_count[id] += s->image_count[id];
        out->labelled += s->pixels[id];
    }
    out->ignored += s->pixels[SEG_IGNORE];
    for (int side = 0; side < 2; side++)
        add_side(&out->least[side], &out->most[side], s->least[side], s->most[side]);
    for (int c = 0; c < 3; c++) {
        color[c] += s->color[c];
        square[c] += s->square[c];
    }
}

static void add_up(seg_data_stats *out, const sums *all, int threads)
{
    int64_t color[3] = {0}, square[3] = {0};
    for (int t = 0; t < threads; t++)
        add_thread(out, &all[t], color, square);
    const double count = (double)(out->labelled + out->ignored);
    for (int c = 0; c < 3; c++) {
        double mean = (double)color[c] / count;
        double variance = (double)square[c] / count - mean * mean;
        out->mean[c] = mean / 255;
        out->std[c] = sqrt(variance > 0 ? variance : 0) / 255;
    }
}

seg_status seg_data_stats_compute(seg_data_stats *out, const seg_dataset *dataset, int threads,
                                  seg_error *err)
{
    *out = (seg_data_stats){.classes = dataset->classes.count, .images = dataset->count};
    sums *all = calloc((size_t)threads, sizeof *all);
    if (all == NULL)
        return seg_fail_nomem(err, (size_t)threads * sizeof *all, "the statistics of a data set");
    for (int t = 0; t < threads; t++)
        all[t].bad_item = -1;
    job j = {dataset, all};
    seg_parallel_for(threads, dataset->count, add_item, &j);
    seg_status status = first_error(all, threads, err);
    if (status == SEG_OK)
        add_up(out, all, threads);
    free(all);
    return status;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void seg_data_stats_weights(const seg_data_stats *stats, float *weights)
{
    double frequency[255], sorted[255];
    int count = 0;
    for (int id = 0; id < stats->classes; id++) {
        if (stats->pixels[id] > 0) {
            frequency[id] = (double)stats->pixels[id] / (double)stats->image_pixels[id];
            sorted[count++] = frequency[id];
        }
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare_doubles);
    const double median = count == 0 ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    for (int id = 0; id < stats->classes; id++)
        weights[id] = stats->pixels[id] > 0 ? (float)(median / frequency[id]) : 1.0f;
}
