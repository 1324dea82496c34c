/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* report_tables.c: IoU of each class as bars, and the confusion matrix as a heat table. */
#include <math.h>
#include <stdlib.h>

#include "train/report.h"

enum { MATRIX_MOST = 40 }; /* classes of the heat table: the most frequent ones */

void seg_report_text(seg_strbuf *html, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            seg_strbuf_add(html, "&lt;");
            break;
        case '>':
            seg_strbuf_add(html, "&gt;");
            break;
        case '&':
            seg_strbuf_add(html, "&amp;");
            break;
        case '"':
            seg_strbuf_add(html, "&quot;");
            break;
        default:
            seg_strbuf_add_bytes(html, text, 1);
        }
    }
}

void seg_report_color(seg_strbuf *html, seg_color color)
{
    seg_strbuf_addf(html, "<i style=\"background:#%02x%02x%02x\"></i>", color.r, color.g, color.b);
}

static void add_class(seg_strbuf *html, const seg_trainer *trainer, int c)
{
    seg_report_color(html, trainer->spec.classes.colors[c]);
    seg_report_text(html, trainer->class_names[c]);
}

void seg_report_classes(seg_strbuf *html, const seg_trainer *trainer)
{
    const seg_metrics *m = &trainer->metrics;
    seg_strbuf_add(html,
                   "<table class=\"bars\"><tr><th>class</th><th class=\"num\">IoU</th><th></th>"
                   "<th class=\"num\">accuracy</th></tr>\n");
    for (int c = 0; c < m->classes; c++) {
        seg_strbuf_add(html, "<tr><td class=\"name\">");
        add_class(html, trainer, c);
        if (isfinite(m->iou[c]))
            seg_strbuf_addf(html,
                            "</td><td class=\"num\">%.1f</td><td class=\"bar\">"
                            "<b style=\"width:%.1f%%\"></b></td>",
                            100.0 * m->iou[c], 100.0 * m->iou[c]);
        else
            seg_strbuf_add(html, "</td><td class=\"num\">&ndash;</td><td class=\"bar\"></td>");
        if (isfinite(m->accuracy[c]))
            seg_strbuf_addf(html, "<td class=\"num\">%.1f</td></tr>\n", 100.0 * m->accuracy[c]);
        else
            seg_strbuf_add(html, "<td class=\"num\">&ndash;</td></tr>\n");
    }
    seg_strbuf_add(html, "</table>\n");
}

static int64_t truth_pixels(const seg_confusion *matrix, int c)
{
    int64_t sum = 0;
    for (int j = 0; j < matrix->classes; j++)
        sum += matrix->pixels[(int64_t)c * matrix->classes + j];
    return sum;
}

/* The classes shown, in order of their ids; returns how many. */
static int choose_classes(const seg_confusion *matrix, int chosen[MATRIX_MOST])
{
    int count = 0;
    for (int c = 0; c < matrix->classes; c++) {
        int larger = 0; /* classes before c in order of pixels */
        int64_t own = truth_pixels(matrix, c);
        for (int j = 0; j < matrix->classes; j++) {
            int64_t other = truth_pixels(matrix, j);
            larger += other > own || (other == own && j < c);
        }
        if (larger < MATRIX_MOST)
            chosen[count++] = c;
    }
    return count;
}

static void add_cell(seg_strbuf *html, double share, bool diagonal)
{
    double percent = 100.0 * share;
    /* Square roots let small confusions show. */
    seg_strbuf_addf(html, "<td style=\"background:rgba(%s,%.2f)\"%s>",
                    diagonal ? "37,99,235" : "217,87,6", sqrt(share) * 0.85,
                    share > 0.5 ? " class=\"full\"" : "");
    if (percent >= 0.5)
        seg_strbuf_addf(html, "%.0f", percent);
    seg_strbuf_add(html, "</td>");
}

void seg_report_confusion(seg_strbuf *html, const seg_trainer *trainer)
{
    const seg_confusion *matrix = &trainer->confusion;
    int chosen[MATRIX_MOST], count = choose_classes(matrix, chosen);
    seg_strbuf_add(html, "<div class=\"scroll\"><table class=\"matrix\"><tr><td></td>");
    for (int j = 0; j < count; j++) {
        seg_strbuf_add(html, "<th><span>");
        add_class(html, trainer, chosen[j]);
        seg_strbuf_add(html, "</span></th>");
    }
    seg_strbuf_add(html, "</tr>\n");
    for (int i = 0; i < count; i++) {
        int64_t all = truth_pixels(matrix, chosen[i]);
        seg_strbuf_add(html, "<tr><td class=\"name\">");
        add_class(html, trainer, chosen[i]);
        seg_strbuf_add(html, "</td>");
        for (int j = 0; j < count; j++) {
            int64_t pixels = matrix->pixels[(int64_t)chosen[i] * matrix->classes + chosen[j]];
            add_cell(html, all > 0 ? (double)pixels / (double)all : 0.0, i == j);
        }
        seg_strbuf_add(html, "</tr>\n");
    }
    seg_strbuf_add(html, "</table></div>\n");
    if (count < matrix->classes)
        seg_strbuf_addf(html, "<p class=\"note\">The %d most frequent of %d classes.</p>\n", count,
                        matrix->classes);
}
