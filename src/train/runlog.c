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
    json_t *iou = json_array(), *accuracy = json_array();
    for (int c = 0; c < m->classes; c++) {
        json_array_append_new(iou, share(m->iou[c]));
        json_array_append_new(accuracy, share(m->accuracy[c]));
    }
    return append(trainer,
                  json_pack("{s:s,s:I,s:f,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "event", "evaluation",
                            "step", (json_int_t)trainer->state.step, "epoch",
                            seg_trainer_epoch(trainer, trainer->state.step), "mean_iou",
                            share(m->mean_iou), "pixel_accuracy", share(m->pixel_accuracy),
                            "mean_accuracy", share(m->mean_accuracy), "frequency_weighted_iou",
                            share(m->frequency_weighted_iou), "iou", iou, "accuracy", accuracy,
                            "best", best),
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

/* Whole lines of at most `step`; a last line cut short by a kill goes too. */
static bool kept(const char *line, size_t length, int64_t step)
{
    json_t *root = json_loadb(line, length, 0, NULL);
    const json_t *value = json_object_get(root, "step");
    bool keep = json_is_integer(value) && json_integer_value(value) <= step;
    json_decref(root);
    return keep;
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
    for (const char *line = (const char *)data, *end; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        if (kept(line, (size_t)(end - line), trainer->state.step))
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
