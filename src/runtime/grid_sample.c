/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * grid_sample.c: GridSample: values of an image at positions that a grid gives, of any rank.
 *
 * X N,C,D1,..,Dk    grid N,O1,..,Ok,k    dst N,C,O1,..,Ok
 * The last axis of the grid is the position along Dk, .., D1 (x first), -1..1 from edge to edge of
 * the image, or with align_corners from middle to middle of its outer pixels. Positions outside are
 * moved to the border, or reflected at it (padding_mode), and so are pixels that linear and cubic
 * (parameter -3/4) weights reach for; or these are zeros.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "runtime/convert.h"
#include "runtime/window.h"

enum { IMAGE, GRID, TAPS = 4, POINTS = 64 /* of a block */ };

typedef enum grid_padding { GRID_ZEROS, GRID_BORDER, GRID_REFLECTION } grid_padding;

typedef struct grid_sample {
    int rank; /* spatial axes */
    int taps; /* along each: 1 nearest, 2 linear, 4 cubic */
    grid_padding padding;
    bool align_corners;
    int64_t n, c, in[SEG_SPATIAL_MAX], in_count, out_count;
    const double *src, *grid;
    double *dst;
} grid_sample;

/* The pixels that one position reads along one axis; -1: zero. */
typedef struct grid_axis {
    int64_t pixel[TAPS];
    double weight[TAPS];
} grid_axis;

static double reflect(double at, double low, double high)
{
    const double range = high - low;
    if (range <= 0)
        return low;
    double turned = fmod(at < low ? low - at : at - low, 2 * range);
    return low + (turned <= range ? turned : 2 * range - turned);
}

static double move_inside(const grid_sample *g, double at, int64_t length)
{
    const double low = g->align_corners ? 0 : -0.5, high = (double)length - 1 - low;
    if (at >= low && at <= high)
        return at;
    if (g->padding == GRID_REFLECTION)
        return reflect(at, low, high);
    if (g->padding == GRID_BORDER)
        return at < 0 ? 0 : (double)length - 1;
    return at;
}

static int64_t pixel_at(const grid_sample *g, double at, int64_t length)
{
    const double low = g->align_corners ? 0 : -0.5;
    if (g->padding == GRID_ZEROS)
        return at >= 0 && at < (double)length ? (int64_t)at : -1;
    if (g->padding == GRID_REFLECTION)
        at = reflect(at, low, (double)length - 1 - low);
    return at < 0 ? 0 : at < (double)length ? (int64_t)at : length - 1;
}

static double cubic(double x)
{
    const double a = -0.75;
    return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

static void find_taps(const grid_sample *g, double normal, int64_t length, grid_axis *axis)
{
    double at = g->align_corners ? (normal + 1) / 2 * (double)(length - 1)
                                 : ((normal + 1) * (double)length - 1) / 2;
    at = isnan(at) ? -2e9 : fmin(fmax(at, -2e9), 2e9); /* far outside is outside */
    at = move_inside(g, g->taps == 1 ? rint(at) : at, length);
    const double first = floor(at) - (g->taps == 4 ? 1 : 0), share = at - floor(at);
    for (int k = 0; k < g->taps; k++) {
        double away = fabs(first + k - at);
        axis->pixel[k] = pixel_at(g, first + k, length);
        axis->weight[k] = g->taps == 4 ? cubic(away) : g->taps == 2 ? fabs(1 - k - share) : 1;
    }
}

/* One channel at one point: the sum over all combinations of taps. */
static double blend(const grid_sample *g, const double *plane, const grid_axis *axes)
{
    int tap[SEG_SPATIAL_MAX] = {0};
    double sum = 0;
    for (;;) {
        int64_t at = 0;
        double weight = 1;
        for (int i = 0; i < g->rank; i++) {
            int64_t pixel = axes[i].pixel[tap[i]];
            weight *= pixel < 0 ? 0 : axes[i].weight[tap[i]];
            at = at * g->in[i] + (pixel < 0 ? 0 : pixel);
        }
        if (weight != 0)
            sum += weight * plane[at];
        int i = g->rank - 1;
        for (; i >= 0 && ++tap[i] == g->taps; i--)
            tap[i] = 0;
        if (i < 0)
            return sum;
    }
}

static void sample_points(void *context, int64_t block, int thread)
{
    (void)thread;
    const grid_sample *g = context;
    const int64_t end = g->n * g->out_count;
    for (int64_t p = block * POINTS; p < (block + 1) * POINTS && p < end; p++) {
        const int64_t n = p / g->out_count, o = p % g->out_count;
        grid_axis axes[SEG_SPATIAL_MAX];
        for (int i = 0; i < g->rank; i++)
            find_taps(g, g->grid[p * g->rank + g->rank - 1 - i], g->in[i], &axes[i]);
        for (int64_t c = 0; c < g->c; c++)
            g->dst[(n * g->c + c) * g->out_count + o] =
                blend(g, g->src + (n * g->c + c) * g->in_count, axes);
    }
}

/* ---- a node ---- */

static seg_status read_modes(seg_eval *call, grid_sample *g)
{
    static const struct {
        const char *name;
        int taps;
    } modes[] = {{"nearest", 1}, {"linear", 2}, {"bilinear", 2}, {"cubic", 4}, {"bicubic", 4}};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    const char *mode = seg_program_get_text(call->node, "mode", "linear");
    const char *padding = seg_program_get_text(call->node, "padding_mode", "zeros");
    bool known = false;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        g->taps = strcmp(mode, modes[i].name) == 0 ? modes[i].taps : g->taps;
    for (int i = 0; i < 3 && !known; i++) {
        g->padding = (grid_padding)i;
        known = strcmp(padding, paddings[i]) == 0;
    }
    g->align_corners = seg_program_int(call->node, "align_corners", 0) != 0;
    if (g->taps == 0 || !known)
        return seg_eval_fail(call, SEG_INVALID, "mode '%s', padding_mode '%s'", mode, padding);
    return SEG_OK;
}

static seg_status fit(seg_eval *call, grid_sample *g, seg_shape *dst)
{
    const seg_shape *src = &call->src[IMAGE].shape, *grid = &call->src[GRID].shape;
    char text[SEG_SHAPE_TEXT_SIZE], other[SEG_SHAPE_TEXT_SIZE];
    bool fits = src->rank >= 3 && grid->rank == src->rank && grid->dim[0] == src->dim[0] &&
                grid->dim[grid->rank - 1] == src->rank - 2;
    for (int i = 2; i < src->rank && fits; i++)
        fits = src->dim[i] >= 1;
    if (!fits)
        return seg_eval_fail(call, SEG_INVALID, "a grid of %s does not fit an image of %s",
                             seg_shape_text(grid, text), seg_shape_text(src, other));
    if (!seg_dtype_is_real(grid->dtype))
        return seg_eval_bad_dtype(call, GRID);
    g->rank = src->rank - 2;
    g->n = src->dim[0];
    g->c = src->dim[1];
    *dst = *src;
    for (int i = 0; i < g->rank; i++) {
        g->in[i] = src->dim[i + 2];
        dst->dim[i + 2] = grid->dim[i + 1];
    }
    return SEG_OK;
}

static seg_status evaluate(seg_eval *call)
{
    grid_sample g = {.taps = 0, .in_count = 1, .out_count = 1};
    seg_shape dst;
    double *owned[2] = {NULL};
    seg_status status = read_modes(call, &g);
    if (status == SEG_OK)
        status = fit(call, &g, &dst);
    if (status == SEG_OK)
        status = seg_eval_result_f64(call, 0, &dst, &g.dst);
    if (status == SEG_OK)
        status = seg_eval_f64(call, IMAGE, &g.src, &owned[0]);
    if (status == SEG_OK)
        status = seg_eval_f64(call, GRID, &g.grid, &owned[1]);
    if (status == SEG_OK && seg_shape_count(&dst) > 0) {
        for (int i = 0; i < g.rank; i++) {
            g.in_count *= g.in[i];
            g.out_count *= dst.dim[i + 2];
        }
        seg_parallel_for(call->threads, (g.n * g.out_count + POINTS - 1) / POINTS, sample_points,
                         &g);
    }
    seg_block_free(owned[0]);
    seg_block_free(owned[1]);
    return seg_eval_finish_f64(call, 0, g.dst, status);
}

const seg_runtime_op seg_runtime_op_GridSample = {
    .domain = "", .name = "GridSample", .src_min = 2, .src_max = 2, .evaluate = evaluate};
