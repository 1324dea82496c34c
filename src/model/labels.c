/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * labels.c: from a network's logits to the class of each pixel of the image.
 *
 *   labels[y,x] = argmax over c of L[y',x',c],   y' = (y + 1/2) * h / height - 1/2 (x' likewise),
 * or, where cell i lies on row i * step of a network input of H rows (seg_cells),
 *   y' = ((y + 1/2) * H / height - 1/2) / step,
 * where L between cells is bilinear, and beyond the outer cells theirs.
 *
 * Where the four cells around a pixel have one class, so has the pixel: a weighted mean of four
 * logits that are each the largest of their cell is the largest too. Only pixels along class
 * borders are interpolated, and no full-size logits are ever made.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "model/model.h"

/* Target t lies at (t + 1/2) * scale - shift among the cells. */
typedef struct line {
    double scale, shift;
} line;

static line line_of(int64_t cells, int64_t target, double step, int input)
{
    if (step > 0.0)
        return (line){(double)input / ((double)target * step), 0.5 / step};
    return (line){(double)cells / (double)target, 0.5};
}

/* A target row or column: its source cells low and low + step, and the share of the second. */
typedef struct mix {
    int64_t low;
    int step; /* 0 beyond the outer cells' centres */
    float share;
} mix;

typedef struct labels_job {
    const float *logits; /* h x w x classes */
    int64_t h, w, classes;
    int width, height;
    line rows;
    uint8_t *cells;     /* h x w: the class of each cell */
    const mix *columns; /* [width] */
    uint8_t *labels;    /* height x width */
} labels_job;

size_t seg_labels_scratch_size(const seg_shape *logits, int width)
{
    return seg_align_up((size_t)width * sizeof(mix)) + (size_t)(logits->h * logits->w);
}

static mix mix_at(int64_t target, line l, int64_t cells)
{
    double at = ((double)target + 0.5) * l.scale - l.shift;
    if (at <= 0.0)
        return (mix){0, 0, 0.0f};
    int64_t low = (int64_t)at;
    if (low >= cells - 1)
        return (mix){cells - 1, 0, 0.0f};
    return (mix){low, 1, (float)(at - (double)low)};
}

static void cell_row(void *context, int64_t y, int thread)
{
    const labels_job *job = context;
    const float *cell = job->logits + y * job->w * job->classes;
    uint8_t *cells = job->cells + y * job->w;
    (void)thread;
    for (int64_t x = 0; x < job->w; x++, cell += job->classes) {
        int64_t best = 0;
        for (int64_t c = 1; c < job->classes; c++) {
            if (cell[c] > cell[best])
                best = c;
        }
        cells[x] = (uint8_t)best;
    }
}

static uint8_t mixed_class(const labels_job *job, mix v, mix u)
{
    const int64_t right = u.step * job->classes, down = v.step * job->w * job->classes;
    const float *cell = job->logits + (v.low * job->w + u.low) * job->classes;
    int64_t best = 0;
    float largest = -INFINITY;
    for (int64_t c = 0; c < job->classes; c++, cell++) {
        float top = cell[0] + u.share * (cell[right] - cell[0]);
        float bottom = cell[down] + u.share * (cell[down + right] - cell[down]);
        float value = top + v.share * (bottom - top);
        if (value > largest) {
            largest = value;
            best = c;
        }
    }
    return (uint8_t)best;
}

static void label_row(void *context, int64_t y, int thread)
{
    const labels_job *job = context;
    mix v = mix_at(y, job->rows, job->h);
    const uint8_t *top = job->cells + v.low * job->w, *bottom = top + v.step * job->w;
    uint8_t *labels = job->labels + y * job->width;
    (void)thread;
    for (int x = 0, end; x < job->width; x = end) {
        const mix u = job->columns[x];
        for (end = x + 1; end < job->width && job->columns[end].low == u.low &&
                          job->columns[end].step == u.step;)
            end++;
        uint8_t class = top[u.low];
        if (class == top[u.low + u.step] && class == bottom[u.low] &&
            class == bottom[u.low + u.step]) {
            memset(labels + x, class, (size_t)(end - x));
            continue;
        }
        for (int i = x; i < end; i++)
            labels[i] = mixed_class(job, v, job->columns[i]);
    }
}

static seg_status check_finite(const seg_tensor *logits, seg_error *err)
{
    const float *values = seg_f32(logits);
    const seg_shape *s = &logits->shape;
    int64_t count = seg_shape_count(s);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return seg_fail(err, SEG_NONFINITE,
                            "the network gives %f for class %lld at row %lld, column %lld of its "
                            "%lldx%lld logits",
                            (double)values[i], (long long)(i % s->c), (long long)(i / s->c / s->w),
                            (long long)(i / s->c % s->w), (long long)s->h, (long long)s->w);
    }
    return SEG_OK;
}

seg_status seg_labels_from_logits(const seg_tensor *logits, const seg_cells *cells, int width,
                                  int height, uint8_t *labels, void *scratch, int threads,
                                  seg_error *err)
{
    mix *columns = scratch;
    labels_job job = {.logits = seg_f32(logits),
                      .h = logits->shape.h,
                      .w = logits->shape.w,
                      .classes = logits->shape.c,
                      .width = width,
                      .height = height,
                      .rows = line_of(logits->shape.h, height, cells->step_h, cells->height),
                      .cells = (uint8_t *)scratch + seg_align_up((size_t)width * sizeof(mix)),
                      .columns = columns,
                      .labels = labels};
    seg_status status = check_finite(logits, err);
    if (status != SEG_OK)
        return status;
    bool same = job.w == width && job.h == height;
    if (same)
        job.cells = labels;
    seg_parallel_for(threads, job.h, cell_row, &job);
    if (same)
        return SEG_OK;
    const line across = line_of(job.w, width, cells->step_w, cells->width);
    for (int x = 0; x < width; x++)
        columns[x] = mix_at(x, across, job.w);
    seg_parallel_for(threads, height, label_row, &job);
    return SEG_OK;
}
