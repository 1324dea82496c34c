/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * tile_grid.c: the tiles that take the least time of those that fit memory.
 *
 * Large tiles waste less on their halos. Wide ones need fewer rows of the image in memory at once, so
 * widths and heights are tried together, in the order of the pixels that the network sees of them.
 */
#include "model/tile_grid.h"

#include <stdlib.h>

#include "base/error.h"

enum {
    LARGEST_WINDOW = 4096, /* pixels of a side: halos are a small part of it then */
    SIZES = 64,            /* tried of an axis */
    THREADS = 4, /* planned for at least: fewer get the same tiles, and so the same bits */
};

static int round_up(int64_t value, int step)
{
    return (int)((value + step - 1) / step * step);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

seg_span seg_tile_inner(const seg_tile_axis *axis, int index)
{
    const int64_t first = (int64_t)index * axis->inner, end = first + axis->inner;
    return (seg_span){first, end < axis->length ? end : axis->length};
}

/* At the image's edges a window has more of the inside, so that one plan serves all windows. */
seg_span seg_tile_outer(const seg_tile_axis *axis, int index)
{
    const int size = axis->inner + 2 * axis->halo;
    if (size >= axis->length)
        return (seg_span){0, axis->length};
    const int last = (axis->length - size) / axis->align * axis->align;
    const int wanted = index * axis->inner - axis->halo;
    const int first = least(most(wanted, 0), last);
    return (seg_span){first, first == last ? axis->length : first + size};
}

static int largest_window(const seg_tile_axis *axis)
{
    return least(axis->inner + 2 * axis->halo + axis->align - 1, axis->length);
}

static void cut(seg_tile_axis *axis, int inner)
{
    axis->inner = round_up(inner, axis->align);
    axis->count = (axis->length + axis->inner - 1) / axis->inner;
}

/* Pixels of all windows, along the axis. */
static int64_t seen(const seg_tile_axis *axis)
{
    int64_t sum = 0;
    for (int i = 0; i < axis->count; i++) {
        const seg_span outer = seg_tile_outer(axis, i);
        sum += outer.end - outer.first;
    }
    return sum;
}

/* The most that a tile of the middle, or an end, reads around it. */
static seg_status find_halo(const seg_whole_net *net, int a, seg_tile_axis *axis, seg_error *err)
{
    const int64_t step = axis->align, length = axis->length;
    const int64_t places[] = {0, length / 2 / step * step, (length - 1) / step * step};
    axis->halo = 0;
    for (int i = 0; i < 3; i++) {
        const seg_span of = {places[i], places[i] + step < length ? places[i] + step : length};
        seg_span input;
        seg_status status = seg_whole_net_reach(net, a, of, &input, err);
        if (status != SEG_OK)
            return status;
        axis->halo = most(
            axis->halo,
            round_up(most((int)(of.first - input.first), (int)(input.end - of.end)), axis->align));
    }
    return SEG_OK;
}

/* ---- memory ---- */

typedef struct choice {
    int y, x; /* numbers of sizes */
    int64_t pixels;
} choice;

typedef struct search {
    const seg_whole_net *net;
    const seg_tile_wish *wish;
    seg_tile_axis y[SIZES], x[SIZES];
    int y_count, x_count;
} search;

/* What the image's rows take: pixels of a window's, labels of a tile's. */
static size_t row_bytes(const search *s, const seg_tile_axis *y)
{
    const size_t width = (size_t)s->net->width;
    return (size_t)largest_window(y) * width * 3 + (size_t)y->inner * width;
}

/* All that a grid takes: of the largest window, at the image's end. */
static seg_status measure(const search *s, const choice *c, size_t *bytes, seg_error *err)
{
    const seg_tile_window window = {.w = largest_window(&s->x[c->x]),
                                    .h = largest_window(&s->y[c->y])};
    const seg_tile_plan_opts opts = {.threads = most(s->wish->threads, THREADS),
                                     .bf16 = s->wish->bf16};
    seg_tile_plan plan;
    seg_status status = seg_tile_plan_init(&plan, s->net, SEG_TILE_LABELS, window, &opts, err);
    if (status != SEG_OK)
        return status;
    const seg_tensor logits = seg_exec_output(plan.exec, 0);
    *bytes = row_bytes(s, &s->y[c->y]) + seg_exec_arena_bytes(plan.exec) +
             seg_exec_weight_bytes(plan.exec) + seg_labels_scratch_size(&logits.shape, window.w);
    seg_tile_plan_release(&plan);
    return SEG_OK;
}

static int by_pixels(const void *a, const void *b)
{
    const choice *p = a, *q = b;
    if (p->pixels != q->pixels)
        return p->pixels < q->pixels ? -1 : 1;
    return p->y != q->y ? p->y - q->y : p->x - q->x;
}

/* Tiles of equal size, 1, 2, 3 ... of them. */
static int list_sizes(seg_tile_axis axis, seg_tile_axis *sizes)
{
    int count = 0;
    for (int tiles = 1; count < SIZES; tiles++) {
        cut(&axis, (axis.length + tiles - 1) / tiles);
        if (count > 0 && axis.inner == sizes[count - 1].inner) {
            if (axis.inner == axis.align)
                break;
            /* Many tiles: the next smaller size. */
            cut(&axis, axis.inner - axis.align);
            tiles = axis.count;
        }
        if (largest_window(&axis) <= most(LARGEST_WINDOW, axis.align + 2 * axis.halo))
            sizes[count++] = axis;
        if (axis.inner == axis.align)
            break;
    }
    return count;
}

/* A size that does not fit rules out those that are larger both ways. */
static seg_status first_that_fits(const search *s, choice *choices, int count, seg_tile_grid *grid,
                                  seg_error *err)
{
    size_t smallest = SIZE_MAX;
    for (int i = 0; i < count; i++) {
        const choice *c = &choices[i];
        size_t bytes = row_bytes(s, &s->y[c->y]);
        bool ruled_out = bytes > s->wish->memory_limit;
        for (int k = 0; k < i && !ruled_out; k++)
            ruled_out = choices[k].pixels < 0 && choices[k].y >= c->y && choices[k].x >= c->x;
        if (!ruled_out || i == count - 1) {
            seg_status status = measure(s, c, &bytes, err);
            if (status != SEG_OK)
                return status;
            if (bytes <= s->wish->memory_limit) {
                *grid = (seg_tile_grid){s->y[c->y], s->x[c->x]};
                return SEG_OK;
            }
            choices[i].pixels = -1;
            smallest = bytes < smallest ? bytes : smallest;
        }
    }
    return seg_fail(
        err, SEG_LIMIT,
        "an image of %dx%d in tiles needs %zu MB besides the program, more than the %zu "
        "MB left",
        s->net->width, s->net->height, (smallest + 999999) / 1000000,
        s->wish->memory_limit / 1000000);
}

static seg_status search_sizes(search *s, seg_tile_grid *grid, seg_error *err)
{
    s->y_count = list_sizes(grid->y, s->y);
    s->x_count = list_sizes(grid->x, s->x);
    int count = 0;
    choice *choices = malloc((size_t)(s->y_count * s->x_count) * sizeof *choices);
    if (choices == NULL)
        return seg_fail_nomem(err, (size_t)(s->y_count * s->x_count) * sizeof *choices,
                              "the choice of tiles");
    for (int y = 0; y < s->y_count; y++) {
        for (int x = 0; x < s->x_count; x++)
            choices[count++] = (choice){y, x, seen(&s->y[y]) * seen(&s->x[x])};
    }
    qsort(choices, (size_t)count, sizeof *choices, by_pixels);
    seg_status status = first_that_fits(s, choices, count, grid, err);
    free(choices);
    return status;
}

seg_status seg_tile_grid_choose(seg_tile_grid *grid, const seg_whole_net *net,
                                const seg_tile_wish *wish, seg_error *err)
{
    *grid = (seg_tile_grid){{.length = net->height, .align = net->align},
                            {.length = net->width, .align = net->align}};
    seg_status status = find_halo(net, 0, &grid->y, err);
    if (status == SEG_OK)
        status = find_halo(net, 1, &grid->x, err);
    if (status != SEG_OK)
        return status;
    if (wish->side > 0) {
        cut(&grid->y, least(wish->side, net->height));
        cut(&grid->x, least(wish->side, net->width));
        return SEG_OK;
    }
    search *s = calloc(1, sizeof *s);
    if (s == NULL)
        return seg_fail_nomem(err, sizeof *s, "the choice of tiles");
    s->net = net;
    s->wish = wish;
    status = search_sizes(s, grid, err);
    free(s);
    return status;
}
