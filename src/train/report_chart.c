/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* report_chart.c: curves as inline SVG. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "train/report.h"

/* Units of the SVG's own coordinates: about pixels, so that the page hardly scales the texts. */
enum { WIDTH = 400, HEIGHT = 240, LEFT = 48, RIGHT = 14, TOP = 14, BOTTOM = 32 };

bool seg_curve_add(seg_curve *curve, double x, double y)
{
    void *xs = curve->x, *ys = curve->y;
    bool grown = seg_array_reserve(&xs, &curve->x_capacity, curve->count + 1, sizeof *curve->x);
    curve->x = xs;
    grown = grown && seg_array_reserve(&ys, &curve->y_capacity, curve->count + 1, sizeof *curve->y);
    curve->y = ys;
    if (!grown)
        return false;
    curve->x[curve->count] = x;
    curve->y[curve->count++] = y;
    return true;
}

void seg_curve_release(seg_curve *curve)
{
    free(curve->x);
    free(curve->y);
    *curve = (seg_curve){0};
}

void seg_curve_thin(seg_curve *curve, size_t most)
{
    size_t group = (curve->count + most - 1) / most, out = 0;
    if (group <= 1)
        return;
    for (size_t i = 0; i < curve->count; i += group, out++) {
        size_t end = i + group < curve->count ? i + group : curve->count;
        double sum = 0.0;
        for (size_t k = i; k < end; k++)
            sum += curve->y[k];
        curve->x[out] = curve->x[end - 1];
        curve->y[out] = sum / (double)(end - i);
    }
    curve->count = out;
}

enum { ABOVE = 22 }; /* what the value of a marked point takes */

/* 1, 2 or 5 times a power of ten, so that span holds about `parts` of it. */
static double round_step(double span, int parts)
{
    double raw = span / parts, power = pow(10.0, floor(log10(raw))), x = raw / power;
    return power * (x < 1.5 ? 1.0 : x < 3.5 ? 2.0 : x < 7.5 ? 5.0 : 10.0);
}

typedef struct frame {
    double x_max, y_min, y_max, y_step;
} frame;

static double place_x(const frame *f, double x)
{
    return LEFT + x / f->x_max * (WIDTH - LEFT - RIGHT);
}

static double place_y(const frame *f, double y)
{
    return TOP + (f->y_max - y) / (f->y_max - f->y_min) * (HEIGHT - TOP - BOTTOM);
}

static frame find_frame(const seg_chart *chart, const seg_curve *curve)
{
    frame f = {.x_max = chart->x_max > 0.0 ? chart->x_max : 1.0};
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (size_t i = 0; i < curve->count; i++) {
        low = fmin(low, curve->y[i] * chart->y_scale);
        high = fmax(high, curve->y[i] * chart->y_scale);
    }
    if (!(high > low)) { /* no point, or a flat line */
        low = isfinite(low) ? low - 0.5 : 0.0;
        high = low + 1.0;
    }
    f.y_step = round_step(high - low, 5);
    f.y_min = floor(low / f.y_step) * f.y_step;
    f.y_max = ceil(high / f.y_step) * f.y_step;
    if (chart->mark_highest && place_y(&f, high) < TOP + ABOVE) /* room for its value */
        f.y_max += f.y_step;
    return f;
}

static void add_axes(seg_strbuf *html, const frame *f, const char *unit)
{
    for (double y = f->y_min; y <= f->y_max + f->y_step * 0.01; y += f->y_step) {
        double at = place_y(f, y);
        seg_strbuf_addf(html,
                        "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                        "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.4g%s</text>\n",
                        LEFT, WIDTH - RIGHT, at, at, LEFT - 8, at + 4.0,
                        fabs(y) < f->y_step * 0.01 ? 0.0 : y, unit);
    }
    double step = fmax(round_step(f->x_max, 6), f->x_max < 6.0 ? 0.0 : 1.0);
    for (double x = 0.0; x <= f->x_max + step * 0.01; x += step)
        seg_strbuf_addf(html, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.4g</text>\n",
                        place_x(f, x), HEIGHT - 10, x);
}

static void add_curve(seg_strbuf *html, const frame *f, const seg_curve *curve, double scale)
{
    if (curve->count == 1)
        seg_strbuf_addf(html, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n",
                        place_x(f, curve->x[0]), place_y(f, curve->y[0] * scale));
    seg_strbuf_add(html, "<polyline class=\"curve\" points=\"");
    for (size_t i = 0; i < curve->count; i++)
        seg_strbuf_addf(html, "%.1f,%.1f ", place_x(f, curve->x[i]),
                        place_y(f, curve->y[i] * scale));
    seg_strbuf_add(html, "\"/>\n");
}

static void add_highest(seg_strbuf *html, const frame *f, const seg_curve *curve,
                        const seg_chart *chart)
{
    size_t best = 0;
    for (size_t i = 1; i < curve->count; i++)
        best = curve->y[i] > curve->y[best] ? i : best;
    double x = place_x(f, curve->x[best]), y = curve->y[best] * chart->y_scale;
    double at = place_y(f, y); /* nothing of the curve is higher: its value goes above */
    const char *anchor = x > WIDTH * 0.8 ? "end" : x < WIDTH * 0.2 ? "start" : "middle";
    seg_strbuf_addf(
        html,
        "<circle class=\"best\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>"
        "<text class=\"value\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%.2f%s</text>\n",
        x, at, x, at - 9.0, anchor, y, chart->unit);
}

void seg_report_chart(seg_strbuf *html, const seg_chart *chart, const seg_curve *curve)
{
    frame f = find_frame(chart, curve);
    seg_strbuf_addf(html,
                    "<figure><figcaption>%s <small>by epoch</small></figcaption>\n"
                    "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
                    chart->title, WIDTH, HEIGHT, chart->title);
    add_axes(html, &f, chart->unit);
    if (curve->count > 0) {
        add_curve(html, &f, curve, chart->y_scale);
        if (chart->mark_highest)
            add_highest(html, &f, curve, chart);
    }
    seg_strbuf_add(html, "</svg></figure>\n");
}
