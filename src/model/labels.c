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
 *
 * A window of the labels takes the cells around it only. Positions are counted in the whole picture,
 * so its labels are those of the whole.
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
    const seg_label_window *window;
    line rows;
    uint8_t *cells;     /* h x w: the class of each cell */
    const mix *columns; /* [window's width] */
    uint8_t *labels;
} labels_job;

size_t seg_labels_scratch_size(const seg_shape *logits, int width)
{
    return seg_align_up((size_t)width * sizeof(mix)) + (size_t)(logits->h * logits->w);
}

/* Among `cells` of the whole, of which the logits begin with cell `first`. */
static mix mix_at(int64_t target, line l, int64_t cells, int64_t first)
{
    double at = ((double)target + 0.5) * l.scale - l.shift;
    if (at <= 0.0)
        return (mix){-first, 0, 0.0f};
    int64_t low = (int64_t)at;
    if (low >= cells - 1)
        return (mix){cells - 1 - first, 0, 0.0f};
    return (mix){low - first, 1, (float)(at - (double)low)};
}

seg_span seg_labels_reach(const seg_cells *cells, int axis, int64_t count, int target, seg_span of)
{
    const line l = axis == 0 ? line_of(count, target, cells->step_h, cells->height)
                             : line_of(count, target, cells->step_w, cells->width);
    const mix low = mix_at(of.first, l, count, 0), high = mix_at(of.end - 1, l, count, 0);
    return (seg_span){low.low, high.low + high.step + 1};
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
    const seg_label_window *window = job->window;
    mix v = mix_at(window->y + y, job->rows, window->cells_h, window->cell_y);
    const uint8_t *top = job->cells + v.low * job->w, *bottom = top + v.step * job->w;
    uint8_t *labels = job->labels + (size_t)y * window->stride;
    (void)thread;
    for (int x = 0, end; x < window->w; x = end) {
        const mix u = job->columns[x];
        for (end = x + 1; end < window->w && job->columns[end].low == u.low &&
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

/* Cells that are the labels' pixels: those of the window, row by row. */
static void copy_cells(const labels_job *job)
{
    const seg_label_window *window = job->window;
    const uint8_t *cells =
        job->cells + (window->y - window->cell_y) * job->w + (window->x - window->cell_x);
    for (int y = 0; y < window->h; y++)
        memcpy(job->labels + (size_t)y * window->stride, cells + y * job->w, (size_t)window->w);
}

seg_status seg_labels_window(const seg_tensor *logits, const seg_cells *cells,
                             const seg_label_window *window, uint8_t *labels, void *scratch,
                             int threads, seg_error *err)
{
    mix *columns = scratch;
    labels_job job = {
        .logits = seg_f32(logits),
        .h = logits->shape.h,
        .w = logits->shape.w,
        .classes = logits->shape.c,
        .window = window,
        .rows = line_of(window->cells_h, window->height, cells->step_h, cells->height),
        .cells = (uint8_t *)scratch + seg_align_up((size_t)window->w * sizeof(mix)),
        .columns = columns,
        .labels = labels};
    seg_status status = check_finite(logits, err);
    if (status != SEG_OK)
        return status;
    const bool same = window->cells_h == window->height && window->cells_w == window->width;
    seg_parallel_for(threads, job.h, cell_row, &job);
    if (same) {
        copy_cells(&job);
        return SEG_OK;
    }
    const line across = line_of(window->cells_w, window->width, cells->step_w, cells->width);
    for (int x = 0; x < window->w; x++)
        columns[x] = mix_at(window->x + x, across, window->cells_w, window->cell_x);
    seg_parallel_for(threads, window->h, label_row, &job);
    return SEG_OK;
}

seg_status seg_labels_from_logits(const seg_tensor *logits, const seg_cells *cells, int width,
                                  int height, uint8_t *labels, void *scratch, int threads,
                                  seg_error *err)
{
    const seg_label_window whole = {.width = width,
                                    .height = height,
                                    .w = width,
                                    .h = height,
                                    .cells_h = logits->shape.h,
                                    .cells_w = logits->shape.w,
                                    .stride = (size_t)width};
    return seg_labels_window(logits, cells, &whole, labels, scratch, threads, err);
}
