/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * checkpoint.c: a run's weights in files, and back.
 *
 * Both files are models as model/spec.h says. best.safetensors holds the averaged weights where
 * there is an average. last.safetensors holds the weights being trained, and what continues the
 * run to the same bytes: "train/average/<weight>", "train/<slot>/<weight>" for each slot of the
 * optimiser, and the metadata "train.state". Nothing in them depends on time or threads.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/json.h"
#include "train/trainer.h"

static const char LAST[] = "last.safetensors", BEST[] = "best.safetensors";
static const char AVERAGE[] = "average";

/* "train/<kind>/<name>" */
static seg_status state_name(char *text, size_t size, const char *kind, const char *name,
                             seg_error *err)
{
    int length = snprintf(text, size, "train/%s/%s", kind, name);
    if (length >= 0 && (size_t)length < size)
        return SEG_OK;
    return seg_fail(err, SEG_LIMIT, "%s: the name of a weight is too long", name);
}

enum { NAME_SIZE = 512 };

typedef struct entries {
    seg_safetensors_entry *list;
    int count, capacity;
    seg_arena arena; /* names */
} entries;

static seg_status entries_add(entries *all, const char *name, seg_tensor tensor, seg_error *err)
{
    const float *values = tensor.data;
    for (int64_t i = 0, count = seg_shape_count(&tensor.shape); i < count; i++) {
        if (!isfinite(values[i]))
            return seg_fail(err, SEG_NONFINITE, "%s: element %lld is %g, and is not written", name,
                            (long long)i, (double)values[i]);
    }
    char *copy = seg_arena_strdup(&all->arena, name);
    if (copy == NULL)
        return seg_fail_nomem(err, strlen(name) + 1, name);
    all->list[all->count++] = (seg_safetensors_entry){copy, tensor};
    return SEG_OK;
}

static seg_status add_weights(entries *all, seg_weights *weights, seg_error *err)
{
    seg_status status = SEG_OK;
    for (int i = 0; status == SEG_OK && i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        status = entries_add(all, weight->name, weight->tensor, err);
    }
    return status;
}

static seg_status add_average(entries *all, seg_weights *average, seg_error *err)
{
    char name[NAME_SIZE];
    seg_status status = SEG_OK;
    for (int i = 0; status == SEG_OK && i < seg_weights_count(average); i++) {
        const seg_weight *weight = seg_weights_at(average, i);
        status = state_name(name, sizeof name, AVERAGE, weight->name, err);
        if (status == SEG_OK)
            status = entries_add(all, name, weight->tensor, err);
    }
    return status;
}

static seg_status add_slots(entries *all, seg_trainer *trainer, seg_error *err)
{
    const seg_optimiser_kind *kind = seg_optimiser_kind_of(trainer->optimiser);
    char name[NAME_SIZE];
    seg_status status = SEG_OK;
    for (int t = 0; status == SEG_OK && t < seg_optimiser_count(trainer->optimiser); t++) {
        const seg_trained *trained = seg_optimiser_trained(trainer->optimiser, t);
        const seg_weight *weight = seg_weights_at(trainer->weights, trained->weight);
        for (int s = 0; s < SEG_OPTIMISER_SLOTS && kind->slots[s] != NULL; s++) {
            seg_tensor tensor = {weight->tensor.shape, trained->slots[s]};
            status = state_name(name, sizeof name, kind->slots[s], weight->name, err);
            if (status == SEG_OK)
                status = entries_add(all, name, tensor, err);
            if (status != SEG_OK)
                return status;
        }
    }
    return status;
}

static seg_status state_to_json(const seg_train_state *state, char **text, seg_error *err)
{
    json_t *root =
        json_pack("{s:I,s:f,s:i,s:f,s:i,s:b}", "step", (json_int_t)state->step, "rate_scale",
                  state->rate_scale, "rollbacks", state->rollbacks, "best", state->best,
                  "best_epoch", state->best_epoch, "evaluation_due", state->evaluation_due);
    *text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return *text != NULL ? SEG_OK : seg_fail_nomem(err, 256, "the state of the run");
}

static seg_status write_entries(seg_trainer *trainer, const char *file, const entries *all,
                                seg_error *err)
{
    char path[SEG_PATH_SIZE], *spec = NULL, *state = NULL;
    seg_status status = seg_model_spec_to_json(&trainer->spec, &spec, err);
    if (status == SEG_OK)
        status = state_to_json(&trainer->state, &state, err);
    if (status == SEG_OK) {
        const char *metadata[] = {"seg.format", "1",    "seg.model",   spec,
                                  "layout",     "HWIO", "train.state", state};
        status = seg_safetensors_write(seg_trainer_path(trainer, file, path), all->count, all->list,
                                       4, metadata, err);
    }
    free(spec);
    free(state);
    return status;
}

static seg_status entries_new(entries *all, seg_trainer *trainer, seg_error *err)
{
    size_t count = (size_t)seg_weights_count(trainer->weights) * (2 + SEG_OPTIMISER_SLOTS) + 1;
    *all = (entries){.list = calloc(count, sizeof *all->list)};
    return all->list != NULL ? SEG_OK : seg_fail_nomem(err, count * sizeof *all->list, LAST);
}

static void entries_release(entries *all)
{
    free(all->list);
    seg_arena_release(&all->arena);
}

seg_status seg_checkpoint_write_last(seg_trainer *trainer, seg_error *err)
{
    entries all;
    seg_status status = entries_new(&all, trainer, err);
    if (status == SEG_OK)
        status = add_weights(&all, trainer->weights, err);
    if (status == SEG_OK && trainer->average != NULL)
        status = add_average(&all, trainer->average, err);
    if (status == SEG_OK)
        status = add_slots(&all, trainer, err);
    if (status == SEG_OK)
        status = write_entries(trainer, LAST, &all, err);
    entries_release(&all);
    return status;
}

seg_status seg_checkpoint_write_best(seg_trainer *trainer, seg_error *err)
{
    entries all;
    seg_status status = entries_new(&all, trainer, err);
    if (status == SEG_OK)
        status =
            add_weights(&all, trainer->average != NULL ? trainer->average : trainer->weights, err);
    if (status == SEG_OK)
        status = write_entries(trainer, BEST, &all, err);
    entries_release(&all);
    return status;
}

/* ---- reading ---- */

typedef struct source {
    const seg_safetensors *file;
    const char *path;
} source;

static seg_status read_values(const source *from, const char *name, const seg_shape *shape,
                              float *to, seg_error *err)
{
    char has[SEG_SHAPE_TEXT_SIZE], wants[SEG_SHAPE_TEXT_SIZE];
    int index = seg_safetensors_find(from->file, name);
    if (index < 0)
        return seg_fail(err, SEG_MISMATCH, "%s: no tensor '%s'", from->path, name);
    seg_tensor tensor = seg_safetensors_tensor(from->file, index);
    if (!seg_shape_equal(&tensor.shape, shape))
        return seg_fail(err, SEG_MISMATCH, "%s: %s is %s, not %s", from->path, name,
                        seg_shape_text(&tensor.shape, has), seg_shape_text(shape, wants));
    memcpy(to, tensor.data, seg_shape_size(shape));
    return SEG_OK;
}

static seg_status read_weights(const source *from, seg_weights *weights, const char *kind,
                               seg_error *err)
{
    char name[NAME_SIZE];
    seg_status status = SEG_OK;
    for (int i = 0; status == SEG_OK && i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        const char *wanted = weight->name;
        if (kind != NULL) {
            status = state_name(name, sizeof name, kind, weight->name, err);
            wanted = name;
        }
        if (status == SEG_OK)
            status = read_values(from, wanted, &weight->tensor.shape, weight->tensor.data, err);
    }
    return status;
}

static seg_status read_slots(const source *from, seg_trainer *trainer, seg_error *err)
{
    const seg_optimiser_kind *kind = seg_optimiser_kind_of(trainer->optimiser);
    char name[NAME_SIZE];
    for (int t = 0; t < seg_optimiser_count(trainer->optimiser); t++) {
        const seg_trained *trained = seg_optimiser_trained(trainer->optimiser, t);
        const seg_weight *weight = seg_weights_at(trainer->weights, trained->weight);
        for (int s = 0; s < SEG_OPTIMISER_SLOTS && kind->slots[s] != NULL; s++) {
            seg_status status = state_name(name, sizeof name, kind->slots[s], weight->name, err);
            if (status == SEG_OK)
                status = read_values(from, name, &weight->tensor.shape, trained->slots[s], err);
            if (status != SEG_OK)
                return status;
        }
    }
    return SEG_OK;
}

static seg_status read_state(const source *from, seg_train_state *state, seg_error *err)
{
    const char *text = seg_safetensors_metadata(from->file, "train.state");
    json_t *root;
    int64_t rollbacks = 0, best_epoch = 0;
    if (text == NULL)
        return seg_fail(err, SEG_FORMAT, "%s: not a checkpoint: no 'train.state'", from->path);
    seg_status status = seg_json_parse(&root, text, strlen(text), from->path, err);
    if (status == SEG_OK)
        status = seg_json_integer(root, "step", from->path, 0, INT64_MAX / 2, &state->step, err);
    if (status == SEG_OK)
        status = seg_json_real(root, "rate_scale", from->path, 0, 1, &state->rate_scale, err);
    if (status == SEG_OK)
        status = seg_json_integer(root, "rollbacks", from->path, 0, 1000, &rollbacks, err);
    if (status == SEG_OK)
        status = seg_json_real(root, "best", from->path, -1, 1, &state->best, err);
    if (status == SEG_OK)
        status = seg_json_integer(root, "best_epoch", from->path, 0, INT32_MAX, &best_epoch, err);
    state->rollbacks = (int)rollbacks;
    state->best_epoch = (int)best_epoch;
    state->evaluation_due = json_is_true(json_object_get(root, "evaluation_due"));
    json_decref(root);
    return status;
}

/* The network is config.json's; preprocessing may have come from an init file. */
static seg_status read_preprocess(const source *from, seg_trainer *trainer, seg_error *err)
{
    const char *json = seg_safetensors_metadata(from->file, "seg.model");
    seg_model_spec *spec = malloc(sizeof *spec);
    if (spec == NULL)
        return seg_fail_nomem(err, sizeof *spec, from->path);
    seg_status status = json != NULL ? seg_model_spec_from_json(spec, json, from->path, err)
                                     : seg_fail(err, SEG_FORMAT, "%s: no 'seg.model'", from->path);
    if (status == SEG_OK)
        trainer->spec.preprocess = spec->preprocess;
    free(spec);
    return status;
}

seg_status seg_checkpoint_read_last(seg_trainer *trainer, seg_error *err)
{
    char path[SEG_PATH_SIZE];
    seg_safetensors *file;
    seg_status status = seg_safetensors_read(&file, seg_trainer_path(trainer, LAST, path), err);
    if (status != SEG_OK)
        return status;
    const source from = {file, path};
    status = read_weights(&from, trainer->weights, NULL, err);
    if (status == SEG_OK && trainer->average != NULL)
        status = read_weights(&from, trainer->average, AVERAGE, err);
    if (status == SEG_OK)
        status = read_slots(&from, trainer, err);
    if (status == SEG_OK)
        status = read_preprocess(&from, trainer, err);
    if (status == SEG_OK)
        status = read_state(&from, &trainer->state, err);
    seg_safetensors_free(file);
    return status;
}
