/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * report.c: report.html, one file that needs nothing else: curves from log.jsonl, classes and
 * confusion matrix of the last evaluation, samples. Written anew after each evaluation.
 */
#include "train/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<title>seg training run</title>\n<style>\n"
    ":root{--ink:#1f2328;--soft:#656d76;--line:#e3e5e8;--blue:#2563eb;--orange:#d95706}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:#fafaf9;color:var(--ink);font:16px/1.5 system-ui,-apple-system,"
    "\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n"
    "main{max-width:1120px;margin:0 auto;padding:2.5rem 1.25rem 4rem}\n"
    "h1{font-size:1.6rem;margin:0 0 .2rem;letter-spacing:-.01em}\n"
    "h2{font-size:1.1rem;margin:2.6rem 0 .8rem}\n"
    "p.sub,p.note,small{color:var(--soft)} p.sub{margin:0 0 1.6rem}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:.8rem}\n"
    ".card{background:#fff;border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}\n"
    ".card b{display:block;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums}\n"
    ".card span{color:var(--soft);font-size:.85rem}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,310px),1fr));"
    "gap:1rem;margin-top:1rem}\n"
    "figure{margin:0;background:#fff;border:1px solid var(--line);border-radius:10px;"
    "padding:.9rem 1rem .4rem}\n"
    "figcaption{font-weight:600;font-size:.95rem} svg{width:100%;height:auto;display:block}\n"
    "svg text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}\n"
    "svg text.value{fill:var(--ink);font-weight:600}\n"
    ".grid{stroke:var(--line);stroke-width:1}\n"
    ".curve{fill:none;stroke:var(--blue);stroke-width:2;stroke-linejoin:round}\n"
    ".dot{fill:var(--blue)} .best{fill:var(--orange)}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
    "th{font-weight:500;color:var(--soft);text-align:left}\n"
    "i{display:inline-block;width:.8em;height:.8em;border-radius:3px;margin-right:.5em;"
    "border:1px solid rgba(0,0,0,.15);vertical-align:-.05em}\n"
    ".bars{width:100%} .bars td,.bars th{padding:.22rem .5rem} .name{white-space:nowrap}\n"
    ".bars .num{text-align:right;width:4rem} .bar{width:60%}\n"
    ".bar b{display:block;height:.7rem;border-radius:3px;background:var(--blue);min-width:1px}\n"
    ".scroll{overflow-x:auto} .matrix td,.matrix th{padding:.2rem;font-size:.8rem}\n"
    ".matrix td{min-width:2.1rem;height:1.9rem;text-align:center;border:1px solid #fafaf9}\n"
    ".matrix td.name{text-align:right;padding-right:.6rem} .matrix .full{color:#fff}\n"
    ".matrix th{vertical-align:bottom;height:7rem} .matrix th span{writing-mode:vertical-rl;"
    "transform:rotate(180deg);white-space:nowrap}\n"
    ".sample{display:grid;grid-template-columns:repeat(3,1fr);gap:.6rem;margin-bottom:.9rem}\n"
    ".photo{background-size:100% 100%;border-radius:8px;overflow:hidden}\n"
    ".photo img{width:100%;height:100%;display:block;opacity:.62;image-rendering:pixelated}\n"
    "details{margin-top:2.6rem} summary{cursor:pointer;font-weight:600}\n"
    "pre{background:#fff;border:1px solid var(--line);border-radius:10px;padding:1rem;"
    "overflow-x:auto;font-size:.8rem}\n"
    "</style></head><body><main>\n";

typedef struct history {
    seg_curve loss, rate, mean_iou;
    bool failed;
} history;

static void add_line(history *h, const char *line)
{
    double epoch, y;
    bool added = true;
    if (!seg_runlog_number(line, "epoch", &epoch))
        return;
    if (seg_runlog_is(line, "evaluation") && seg_runlog_number(line, "mean_iou", &y))
        added = seg_curve_add(&h->mean_iou, epoch, y);
    if (seg_runlog_is(line, "step") && seg_runlog_number(line, "loss", &y))
        added = seg_curve_add(&h->loss, epoch, y);
    if (seg_runlog_is(line, "step") && seg_runlog_number(line, "lr", &y))
        added = added && seg_curve_add(&h->rate, epoch, y);
    h->failed = h->failed || !added;
}

static seg_status read_history(const seg_trainer *trainer, history *h, seg_error *err)
{
    char path[SEG_PATH_SIZE];
    uint8_t *data;
    size_t size;
    seg_trainer_path(trainer, "log.jsonl", path);
    *h = (history){0};
    seg_status status = seg_file_read(path, (size_t)1 << 30, &data, &size, err);
    if (status != SEG_OK)
        return status;
    for (const char *line = (const char *)data, *end; (end = strchr(line, '\n')) != NULL;
         line = end + 1)
        add_line(h, line);
    free(data);
    seg_curve_thin(&h->loss, 600);
    seg_curve_thin(&h->rate, 600);
    return h->failed ? seg_fail_nomem(err, size, path) : SEG_OK;
}

static void add_head(seg_strbuf *html, const seg_trainer *trainer)
{
    const seg_model_spec *spec = &trainer->spec;
    seg_strbuf_add(html, HEAD);
    seg_strbuf_add(html, "<h1>");
    seg_report_text(html, spec->net.net);
    seg_strbuf_add(html, " &middot; ");
    seg_report_text(html, spec->net.backbone);
    seg_strbuf_add(html, "</h1><p class=\"sub\">");
    seg_report_text(html, spec->data[0] != '\0' ? spec->data : trainer->opts.data);
    seg_strbuf_addf(html, " &middot; %d training and %d validation images, %d classes</p>\n",
                    trainer->train.count, trainer->val.count, spec->classes.count);
}

static void add_card(seg_strbuf *html, const char *what, const char *value)
{
    seg_strbuf_addf(html, "<div class=\"card\"><b>%s</b><span>%s</span></div>\n", value, what);
}

static void add_share_card(seg_strbuf *html, const char *what, double share)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f %%", 100.0 * share);
    add_card(html, what, text);
}

static void add_cards(seg_strbuf *html, const seg_trainer *trainer)
{
    const seg_metrics *m = &trainer->metrics;
    char what[64], text[32];
    seg_strbuf_add(html, "<div class=\"cards\">\n");
    if (trainer->val.count > 0) {
        snprintf(what, sizeof what, "best IoU, epoch %d", trainer->state.best_epoch);
        add_share_card(html, what, trainer->state.best);
        add_share_card(html, "mean IoU now", m->mean_iou);
        add_share_card(html, "pixel accuracy", m->pixel_accuracy);
        add_share_card(html, "mean accuracy", m->mean_accuracy);
    }
    snprintf(what, sizeof what, "of %d epochs", trainer->opts.epochs);
    snprintf(text, sizeof text, "%.4g", seg_trainer_epoch(trainer, trainer->state.step));
    add_card(html, what, text);
    snprintf(text, sizeof text, "%.2f", trainer->interval.rate);
    add_card(html, "images a second", text);
    seg_strbuf_add(html, "</div>\n");
}

static void add_charts(seg_strbuf *html, const seg_trainer *trainer, const history *h)
{
    double epochs = trainer->opts.epochs;
    seg_strbuf_add(html, "<div class=\"charts\">\n");
    if (trainer->val.count > 0)
        seg_report_chart(html, &(seg_chart){"Mean IoU", "%", epochs, 100.0, true}, &h->mean_iou);
    seg_report_chart(html, &(seg_chart){"Loss", "", epochs, 1.0, false}, &h->loss);
    seg_report_chart(html, &(seg_chart){"Learning rate", "", epochs, 1.0, false}, &h->rate);
    seg_strbuf_add(html, "</div>\n");
}

static void add_config(seg_strbuf *html, const seg_trainer *trainer)
{
    char path[SEG_PATH_SIZE];
    uint8_t *data;
    size_t size;
    if (seg_file_read(seg_trainer_path(trainer, "config.json", path), 1 << 20, &data, &size,
                      NULL) != SEG_OK)
        return;
    seg_strbuf_add(html, "<details><summary>Options of the run</summary><pre>");
    seg_report_text(html, (const char *)data);
    seg_strbuf_add(html, "</pre></details>\n");
    free(data);
}

static seg_status add_evaluation(seg_strbuf *html, seg_trainer *trainer, seg_error *err)
{
    seg_strbuf_add(html, "<h2>Classes</h2>\n");
    seg_report_classes(html, trainer);
    seg_strbuf_add(html, "<h2>Confusion</h2><p class=\"note\">Per cent of a row's true pixels "
                         "that were labelled as the column.</p>\n");
    seg_report_confusion(html, trainer);
    seg_strbuf_add(html, "<h2>Samples of the validation split</h2>"
                         "<p class=\"note\">In the truth, ");
    seg_report_color(html, trainer->spec.classes.colors[SEG_IGNORE]);
    seg_strbuf_add(html, "is what does not count.</p>\n");
    return seg_report_samples(html, trainer, err);
}

seg_status seg_report_write(seg_trainer *trainer, seg_error *err)
{
    char path[SEG_PATH_SIZE];
    history h;
    seg_strbuf html = {0};
    seg_status status = read_history(trainer, &h, err);
    if (status == SEG_OK) {
        add_head(&html, trainer);
        add_cards(&html, trainer);
        add_charts(&html, trainer, &h);
        status = trainer->val.count > 0 ? add_evaluation(&html, trainer, err) : SEG_OK;
        add_config(&html, trainer);
        seg_strbuf_add(&html, "</main></body></html>\n");
    }
    if (status == SEG_OK && html.failed)
        status = seg_fail_nomem(err, html.length, "the report");
    if (status == SEG_OK)
        status = seg_file_write(seg_trainer_path(trainer, "report.html", path), html.text,
                                html.length, err);
    seg_strbuf_release(&html);
    seg_curve_release(&h.loss);
    seg_curve_release(&h.rate);
    seg_curve_release(&h.mean_iou);
    return status;
}
