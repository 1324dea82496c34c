/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* measure.c: the statistics of each split, for seg/data.h. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "data/stats.h"
#include "seg/data.h"

/* Of one split, on the heap: the class lists are large. */
typedef struct measured {
    seg_dataset dataset;
    seg_data_stats stats;
    float weights[255];
    seg_class_stats classes[255];
} measured;

static void fill_classes(measured *m)
{
    seg_data_stats_weights(&m->stats, m->weights);
    for (int id = 0; id < m->stats.classes; id++)
        m->classes[id] = (seg_class_stats){
            .name = m->dataset.classes.names[id],
            .pixels = m->stats.pixels[id],
            .images = m->stats.image_count[id],
            .share = m->stats.labelled > 0 ? (double)m->stats.pixels[id] / (double)m->stats.labelled
                                           : 0.0,
            .weight = (double)m->weights[id]};
}

static void tell(measured *m, const char *split, seg_split_told told, void *context)
{
    const seg_data_stats *s = &m->stats;
    seg_split_stats out = {.split = split,
                           .images = s->images,
                           .labelled = s->labelled,
                           .ignored = s->ignored,
                           .least_width = s->least[0],
                           .most_width = s->most[0],
                           .least_height = s->least[1],
                           .most_height = s->most[1],
                           .classes = s->classes,
                           .class_stats = m->classes};
    memcpy(out.mean, s->mean, sizeof out.mean);
    memcpy(out.std, s->std, sizeof out.std);
    fill_classes(m);
    told(context, &out);
}

static seg_status measure_split(measured *m, const seg_data_opts *opts, const char *split,
                                seg_split_told told, void *context, seg_error *err)
{
    const int threads = opts->threads > 0 ? opts->threads : seg_cpu_count();
    seg_status status = seg_dataset_open(&m->dataset, opts->format, opts->data, split, err);
    if (status != SEG_OK)
        return status;
    status = seg_data_stats_compute(&m->stats, &m->dataset, threads, err);
    if (status == SEG_OK)
        tell(m, split, told, context);
    seg_dataset_release(&m->dataset);
    return status;
}

seg_status seg_data_measure(const seg_data_opts *opts, seg_split_told told, void *context,
                            seg_error *err)
{
    seg_name_list splits = {0};
    if (opts == NULL || opts->data == NULL)
        return seg_fail(err, SEG_INVALID, "statistics need the folder of a data set");
    measured *m = malloc(sizeof *m);
    if (m == NULL)
        return seg_fail_nomem(err, sizeof *m, "the statistics of a data set");
    seg_status status = SEG_OK;
    if (opts->split != NULL)
        status = measure_split(m, opts, opts->split, told, context, err);
    else
        status = seg_dataset_splits(&splits, opts->format, opts->data, err);
    for (size_t i = 0; status == SEG_OK && i < splits.count; i++)
        status = measure_split(m, opts, splits.names[i], told, context, err);
    seg_name_list_release(&splits);
    free(m);
    return status;
}
