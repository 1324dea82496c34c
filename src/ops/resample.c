/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* resample.c: separable weighted sums over rows and columns, and their transposes. */
#include "ops/resample.h"

#include "base/memory.h"
#include "base/parallel.h"

/* ---- taps ---- */

/* Forward lines and transposed lines hold the same weights, so one size serves both. */
size_t seg_taps_size(const seg_axis *axis)
{
    int64_t lines = axis->in > axis->out ? axis->in : axis->out;
    return 2 * seg_align_up((size_t)(lines + 1) * sizeof(int64_t)) +
           seg_align_up((size_t)(axis->out * axis->most) * sizeof(float));
}

/* Lays empty taps into memory at *place and moves it on. */
static seg_taps taps_place(const seg_axis *axis, char **place)
{
    int64_t lines = axis->in > axis->out ? axis->in : axis->out;
    size_t indices = seg_align_up((size_t)(lines + 1) * sizeof(int64_t));
    seg_taps taps = {.start = (int64_t *)(void *)*place,
                     .first = (int64_t *)(void *)(*place + indices),
                     .weights = (float *)(void *)(*place + 2 * indices)};
    *place += seg_taps_size(axis);
    return taps;
}

static void taps_fill(seg_taps *taps, const seg_axis *axis)
{
    taps->count = axis->out;
    taps->first[0] = 0;
    for (int64_t o = 0; o < axis->out; o++) {
        int64_t first = taps->first[o];
        taps->first[o + 1] = first + axis->rule(axis, o, &taps->start[o], taps->weights + first);
    }
}

seg_taps seg_taps_make(const seg_axis *axis, char **place)
{
    seg_taps taps = taps_place(axis, place);
    taps_fill(&taps, axis);
    return taps;
}

/* Line i of the transposed matrix: the outputs that source pixel i goes to, with its weights. They
 * are neighbours, because starts and ends of the taps never fall. */
static void taps_transpose(seg_taps *back, const seg_taps *taps, int64_t in)
{
    int64_t low = 0, high = 0, next = 0;
    back->count = in;
    for (int64_t i = 0; i < in; i++) {
        while (low < taps->count && taps->start[low] + taps->first[low + 1] - taps->first[low] <= i)
            low++;
        while (high < taps->count && taps->start[high] <= i)
            high++;
        back->start[i] = low;
        back->first[i] = next;
        for (int64_t o = low; o < high; o++)
            back->weights[next++] = taps->weights[taps->first[o] + i - taps->start[o]];
    }
    back->first[in] = next;
}

/* ---- one direction ---- */

typedef struct resample_job {
    const seg_kernels *kernels;
    const float *src;
    float *dst;
    int64_t src_h, src_w, c, dst_step;
    seg_taps rows, cols;
    char *lines; /* one for each thread */
    size_t line_size;
} resample_job;

static size_t line_size(const seg_axis *cols, int64_t c)
{
    int64_t w = cols->in > cols->out ? cols->in : cols->out;
    return seg_align_up((size_t)(w * c + SEG_PIXELS_SLACK) * sizeof(float));
}

static void resample_line(void *context, int64_t index, int thread)
{
    const resample_job *job = context;
    int64_t n = index / job->rows.count, y = index % job->rows.count;
    int64_t length = job->src_w * job->c, first = job->rows.first[y];
    float *line = (float *)(void *)(job->lines + (size_t)thread * job->line_size);
    const float *src = job->src + (n * job->src_h + job->rows.start[y]) * length;
    job->kernels->pixels.weighted_sum(src, length, job->rows.weights + first,
                                      job->rows.first[y + 1] - first, line, length);
    job->kernels->pixels.resample_row(&job->cols, line, job->c,
                                      job->dst + index * job->cols.count * job->dst_step,
                                      job->dst_step);
}

size_t seg_resample_scratch(const seg_op_call *call, const seg_axis axes[2])
{
    return 2 * seg_taps_size(&axes[0]) + 2 * seg_taps_size(&axes[1]) +
           (size_t)call->threads * line_size(&axes[1], call->src[0].shape.c);
}

/* The lines lie behind what taps_place took. */
static void resample_run(const seg_op_call *call, resample_job *job, const seg_axis axes[2],
                         char *place)
{
    job->kernels = call->kernels;
    job->c = call->src[0].shape.c;
    job->dst_step = job->dst_step > 0 ? job->dst_step : job->c;
    job->lines = place;
    job->line_size = line_size(&axes[1], job->c);
    seg_parallel_for(call->threads, call->src[0].shape.n * job->rows.count, resample_line, job);
}

void seg_resample_forward(const seg_op_call *call, const seg_axis axes[2])
{
    char *place = call->scratch;
    resample_job job = {.src = seg_f32(&call->src[0]),
                        .dst = seg_f32(call->dst),
                        .dst_step = call->dst_step,
                        .src_h = axes[0].in,
                        .src_w = axes[1].in};
    job.rows = seg_taps_make(&axes[0], &place);
    job.cols = seg_taps_make(&axes[1], &place);
    resample_run(call, &job, axes, place);
}

static seg_taps taps_make_transposed(const seg_axis *axis, char **place)
{
    seg_taps taps = seg_taps_make(axis, place), back = taps_place(axis, place);
    taps_transpose(&back, &taps, axis->in);
    return back;
}

void seg_resample_backward(const seg_op_call *call, const seg_axis axes[2])
{
    char *place = call->scratch;
    resample_job job = {.src = seg_f32(call->diff_dst),
                        .dst = seg_f32(&call->diff_src[0]),
                        .src_h = axes[0].out,
                        .src_w = axes[1].out};
    if (job.dst == NULL)
        return;
    job.rows = taps_make_transposed(&axes[0], &place);
    job.cols = taps_make_transposed(&axes[1], &place);
    resample_run(call, &job, axes, place);
}
