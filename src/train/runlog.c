/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * runlog.c: log.jsonl, one JSON object a line, appended as the run goes.
 *
 *   {"event":"step", "step", "epoch", "loss", "lr", "gradient", "images_per_second"}
 *   {"event":"evaluation", "step", "epoch", "mean_iou", "pixel_accuracy", "mean_accuracy",
 *    "frequency_weighted_iou", "iou":[..], "accuracy":[..], "best"}    null: undefined
 *   {"event":"init"|"rollback", "step", "text"}
 * loss and gradient are means over the updates since the line before.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/json.h"
#include "train/trainer.h"

static const char LOG[] = "log.jsonl";
enum { LOG_LIMIT = 1 << 30 };

/* A share with digits that mean something, or null. */
static json_t *share(double value)
{
    return isfinite(value) ? json_real(round(value * 1e6) / 1e6) : json_null();
}

/* NULL when memory runs out, as jansson does. */
static json_t *shares(const double *values, int count)
{
    json_t *list = json_array();
    for (int i = 0; list != NULL && i < count; i++) {
        if (json_array_append_new(list, share(values[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* Takes line over. */
static seg_status append(seg_trainer *trainer, json_t *line, seg_error *err)
{
    char path[SEG_PATH_SIZE];
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(8)) : NULL;
    seg_strbuf out = {0};
    json_decref(line);
    if (text != NULL) {
        seg_strbuf_add(&out, text);
        seg_strbuf_add(&out, "\n");
    }
    seg_status status;
    if (text == NULL || out.failed)
        status = seg_fail_nomem(err, 1024, LOG);
    else
        status = seg_file_append(seg_trainer_path(trainer, LOG, path), out.text, out.length, err);
    seg_strbuf_release(&out);
    free(text);
    return status;
}

seg_status seg_runlog_step(seg_trainer *trainer, seg_error *err)
{
    const seg_interval *interval = &trainer->interval;
    double updates = interval->updates > 0 ? interval->updates : 1;
    return append(trainer,
                  json_pack("{s:s,s:I,s:f,s:f,s:f,s:f,s:f}", "event", "step", "step",
                            (json_int_t)trainer->state.step, "epoch",
                            seg_trainer_epoch(trainer, trainer->state.step), "loss",
                            interval->loss / updates, "lr", trainer->last_lr, "gradient",
                            interval->norm / updates, "images_per_second", interval->rate),
                  err);
}

seg_status seg_runlog_evaluation(seg_trainer *trainer, bool best, seg_error *err)
{
    const seg_metrics *m = &trainer->metrics;
    return append(trainer,
                  json_pack("{s:s,s:I,s:f,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "event", "evaluation",
                            "step", (json_int_t)trainer->state.step, "epoch",
                            seg_trainer_epoch(trainer, trainer->state.step), "mean_iou",
                            share(m->mean_iou), "pixel_accuracy", share(m->pixel_accuracy),
                            "mean_accuracy", share(m->mean_accuracy), "frequency_weighted_iou",
                            share(m->frequency_weighted_iou), "iou", shares(m->iou, m->classes),
                            "accuracy", shares(m->accuracy, m->classes), "best", best),
                  err);
}

seg_status seg_runlog_note(seg_trainer *trainer, const char *event, const char *text,
                           seg_error *err)
{
    return append(trainer,
                  json_pack("{s:s,s:I,s:s}", "event", event, "step",
                            (json_int_t)trainer->state.step, "text", text),
                  err);
}

bool seg_runlog_number(const char *line, const char *key, double *value)
{
    char pattern[64], *end;
    snprintf(pattern, sizeof pattern, "\"%s\":", key);
    const char *found = strstr(line, pattern), *line_end = strchr(line, '\n');
    if (found == NULL || line_end == NULL || found > line_end)
        return false;
    found += strlen(pattern);
    *value = strtod(found, &end);
    return end != found;
}

bool seg_runlog_is(const char *line, const char *event)
{
    char start[64];
    snprintf(start, sizeof start, "{\"event\":\"%s\",", event);
    return strncmp(line, start, strlen(start)) == 0;
}

static bool stays(const seg_train_state *state, const char *line)
{
    double step, now = (double)state->step;
    if (!seg_runlog_number(line, "step", &step) || step > now)
        return false;
    return !(state->evaluation_due && step == now && seg_runlog_is(line, "evaluation"));
}

seg_status seg_runlog_rewind(seg_trainer *trainer, seg_error *err)
{
    char path[SEG_PATH_SIZE];
    uint8_t *data;
    size_t size;
    seg_strbuf out = {0};
    seg_trainer_path(trainer, LOG, path);
    if (!seg_path_exists(path))
        return SEG_OK;
    seg_status status = seg_file_read(path, LOG_LIMIT, &data, &size, err);
    if (status != SEG_OK)
        return status;
    /* A last line that was cut short by a kill has no end, and goes too. */
    for (const char *line = (const char *)data, *end; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        if (stays(&trainer->state, line))
            seg_strbuf_add_bytes(&out, line, (size_t)(end - line) + 1);
    }
    if (out.failed)
        status = seg_fail_nomem(err, size, path);
    else if (out.length != size)
        status = seg_file_write(path, out.length > 0 ? out.text : "", out.length, err);
    seg_strbuf_release(&out);
    free(data);
    return status;
}
