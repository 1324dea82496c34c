/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * band.c: distances to the nearest pixel of another label.
 *
 * Rows first: g = distance to another label within the row. Then, down each column, over a run of
 * pixels of one label:
 *   d^2(y) = min over rows i of the run, and the row before and behind it, of (y - i)^2 + g(i)^2,
 * with g = 0 in the two rows outside, which hold another label. Rows farther away need no look: the
 * one outside the run is nearer. The minimum over parabolas is found in linear time as by Meijster,
 * Roerdink and Hesselink 2000, in whole numbers.
 */
#include "eval/band.h"

#include "seg/image.h"

/* A run of one column, with the rows outside it: site i is row `first + i`. */
typedef struct sites {
    int count;
    int64_t *g;       /* squared */
    int *best, *from; /* the lower envelope: parabola best[q] is the lowest from site from[q] */
    int64_t most;     /* what is more is written as this */
} sites;

size_t seg_band_scratch_size(int height)
{
    return ((size_t)height + 2) * (sizeof(int64_t) + 2 * sizeof(int));
}

static int64_t height_at(const sites *s, int at, int site)
{
    int64_t away = at - site;
    return away * away + s->g[site];
}

/* The last site at which parabola i is not above parabola u > i. */
static int64_t last_of(const sites *s, int64_t i, int64_t u)
{
    return (u * u - i * i + s->g[u] - s->g[i]) / (2 * (u - i));
}

/* Parabolas of the lower envelope. */
static int find_envelope(const sites *s)
{
    int q = 0;
    s->best[0] = s->from[0] = 0;
    for (int u = 1; u < s->count; u++) {
        while (q >= 0 && height_at(s, s->from[q], s->best[q]) > height_at(s, s->from[q], u))
            q--;
        int64_t from = q >= 0 ? last_of(s, s->best[q], u) + 1 : 0;
        if (from < s->count) {
            q++;
            s->best[q] = u;
            s->from[q] = (int)from;
        }
    }
    return q + 1;
}

/* Sites skip..skip+rows-1 are the run itself, whose column starts at squared. */
static void write_run(const sites *s, int skip, int rows, int32_t *squared, int width)
{
    int q = find_envelope(s) - 1;
    for (int at = s->count - 1; at >= 0; at--) {
        int64_t value = height_at(s, at, s->best[q]);
        if (at >= skip && at < skip + rows)
            squared[(int64_t)(at - skip) * width] = (int32_t)(value < s->most ? value : s->most);
        if (at == s->from[q])
            q--;
    }
}

static void measure_column(const uint8_t *labels, int width, int height, int32_t *squared, sites *s)
{
    for (int y = 0, end; y < height; y = end) {
        const int64_t start = (int64_t)y * width;
        for (end = y + 1; end < height && labels[(int64_t)end * width] == labels[start];)
            end++;
        s->count = 0;
        if (y > 0)
            s->g[s->count++] = 0;
        for (int i = y; i < end; i++) {
            int64_t g = squared[(int64_t)i * width];
            s->g[s->count++] = g * g;
        }
        if (end < height)
            s->g[s->count++] = 0;
        write_run(s, y > 0, end - y, squared + start, width);
    }
}

static void measure_row(const uint8_t *labels, int width, int far, int32_t *distance)
{
    for (int x = 0, end; x < width; x = end) {
        for (end = x + 1; end < width && labels[end] == labels[x];)
            end++;
        for (int i = x; i < end; i++) {
            int left = x > 0 ? i - x + 1 : far, right = end < width ? end - i : far;
            int nearer = left < right ? left : right;
            distance[i] = nearer < far ? nearer : far;
        }
    }
}

void seg_band_distances(const uint8_t *labels, int width, int height, int most_px, int32_t *squared,
                        void *scratch)
{
    const int far = most_px + 1;
    sites s = {.g = scratch, .most = (int64_t)far * far};
    s.best = (int *)(s.g + height + 2);
    s.from = s.best + height + 2;
    for (int y = 0; y < height; y++)
        measure_row(labels + (int64_t)y * width, width, far, squared + (int64_t)y * width);
    for (int x = 0; x < width; x++)
        measure_column(labels + x, width, height, squared + x, &s);
}

void seg_band_keep(const uint8_t *truth, const int32_t *squared, int64_t count, int px,
                   uint8_t *kept)
{
    const int32_t most = px * px;
    for (int64_t i = 0; i < count; i++)
        kept[i] = squared[i] <= most ? truth[i] : SEG_IGNORE;
}
