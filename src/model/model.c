/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* model.c: a model from a file, from memory or around a trainer's weights, and facts about it. */
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/program_file.h"
#include "runtime/runtime.h"

static int64_t count_parameters(seg_weights *weights)
{
    int64_t parameters = 0;
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        if (seg_weight_role_trains(weight->role))
            parameters += seg_shape_count(&weight->tensor.shape);
    }
    return parameters;
}

seg_status seg_model_new_borrowed(seg_model **out, const seg_model_spec *spec, seg_weights *weights,
                                  seg_error *err)
{
    *out = NULL;
    seg_model *model = calloc(1, sizeof *model);
    if (model == NULL)
        return seg_fail_nomem(err, sizeof *model, "the model");
    model->spec = *spec;
    model->weights = weights;
    model->parameters = count_parameters(weights);
    seg_status status = seg_net_config_to_json(&spec->net, &model->config, err);
    if (status != SEG_OK) {
        seg_model_free(model);
        return status;
    }
    *out = model;
    return SEG_OK;
}

/* The value of a metadata key that every model file has. */
static seg_status metadata(const seg_safetensors *file, const char *key, const char *name,
                           const char **value, seg_error *err)
{
    *value = seg_safetensors_metadata(file, key);
    return *value != NULL
               ? SEG_OK
               : seg_fail(err, SEG_FORMAT,
                          "%s: safetensors, but no model of seg: no '%s' in its metadata", name,
                          key);
}

static seg_status expect(const seg_safetensors *file, const char *key, const char *wanted,
                         const char *name, seg_error *err)
{
    const char *value;
    seg_status status = metadata(file, key, name, &value, err);
    if (status == SEG_OK && strcmp(value, wanted) != 0)
        status = seg_fail(err, SEG_UNSUPPORTED, "%s: '%s' is '%.64s', this version reads '%s'",
                          name, key, value, wanted);
    return status;
}

static seg_status load_weights(seg_model **out, const seg_model_spec *spec,
                               const seg_safetensors *file, const char *name, seg_error *err)
{
    seg_weights *weights;
    seg_status status = seg_model_weights_lend(&weights, spec, file, name, err);
    if (status != SEG_OK)
        return status;
    status = seg_model_new_borrowed(out, spec, weights, err);
    if (status == SEG_OK)
        (*out)->owns_weights = true;
    else
        seg_weights_free(weights);
    return status;
}

/* What makes it run in integers, where the file has that. */
static seg_status load_int8(seg_model *model, const seg_safetensors *file, const char *name,
                            seg_error *err)
{
    const char *json = seg_safetensors_metadata(file, "seg.int8");
    if (json == NULL)
        return SEG_OK;
    seg_status status = seg_int8_from_json(&model->int8, json, name, err);
    return status == SEG_OK ? seg_int8_check(model->int8, &model->spec.net, name, err) : status;
}

static seg_status load(seg_model **out, const seg_safetensors *file, const char *name,
                       seg_error *err)
{
    const char *json;
    seg_status status = expect(file, "seg.format", "1", name, err);
    if (status == SEG_OK)
        status = expect(file, "layout", "HWIO", name, err);
    if (status == SEG_OK)
        status = metadata(file, "seg.model", name, &json, err);
    if (status != SEG_OK)
        return status;
    seg_model_spec *spec = malloc(sizeof *spec); /* 17 kB: too much for a guest's stack */
    if (spec == NULL)
        return seg_fail_nomem(err, sizeof *spec, name);
    status = seg_model_spec_from_json(spec, json, name, err);
    if (status == SEG_OK)
        status = load_weights(out, spec, file, name, err);
    if (status == SEG_OK)
        status = load_int8(*out, file, name, err);
    if (status != SEG_OK) {
        seg_model_free(*out);
        *out = NULL;
    }
    free(spec);
    return status;
}

/* The model keeps the file. */
static seg_status load_kept(seg_model **out, seg_safetensors *file, const char *name,
                            seg_error *err)
{
    seg_status status = load(out, file, name, err);
    if (status == SEG_OK)
        (*out)->file = file;
    else
        seg_safetensors_free(file);
    return status;
}

seg_status seg_model_load_memory(seg_model **out, const void *data, size_t size, const char *name,
                                 seg_error *err)
{
    seg_safetensors *file;
    *out = NULL;
    seg_status status = seg_safetensors_parse(&file, data, size, name, err);
    return status == SEG_OK ? load_kept(out, file, name, err) : status;
}

static seg_status load_safetensors(seg_model **out, const char *path, seg_error *err)
{
    seg_safetensors *file;
    *out = NULL;
    seg_status status = seg_safetensors_read(&file, path, err);
    return status == SEG_OK ? load_kept(out, file, path, err) : status;
}

/* ---- imported ---- */

static int64_t count_numbers(const seg_program *program)
{
    int64_t count = 0;
    for (size_t s = 0; s < program->slot_count; s++) {
        const seg_program_slot *slot = &program->slots[s];
        /* int64 constants are shapes and indices. */
        if (slot->constant != NULL && slot->shape.dtype != SEG_I64)
            count += seg_shape_count(&slot->shape);
    }
    return count;
}

static seg_status make_imported(seg_model **out, seg_program *program, seg_import_facts *facts,
                                seg_error *err)
{
    seg_model *model = calloc(1, sizeof *model);
    if (model == NULL) {
        seg_program_free(program);
        return seg_fail_nomem(err, sizeof *model, "the model");
    }
    model->parameters = count_numbers(program);
    snprintf(model->spec.net.net, sizeof model->spec.net.net, "%s", program->format);
    seg_status status = seg_import_new(&model->import, program, facts, err);
    model->spec.classes = facts->classes;
    model->spec.preprocess = facts->preprocess;
    memcpy(model->spec.data, facts->data, sizeof facts->data);
    memcpy(model->spec.licence, facts->licence, sizeof facts->licence);
    if (status == SEG_OK && (model->config = calloc(1, 3)) == NULL)
        status = seg_fail_nomem(err, 3, "the model");
    if (status == SEG_OK)
        memcpy(model->config, "{}", 2);
    if (status != SEG_OK) {
        seg_model_free(model);
        return status;
    }
    *out = model;
    return SEG_OK;
}

static seg_status import(seg_model **out, const char *path, const seg_import_opts *opts,
                         seg_error *err)
{
    const seg_program_opts reading = {.dequantise = opts != NULL && opts->dequantise};
    seg_program *program;
    seg_import_facts *facts = malloc(sizeof *facts); /* 18 kB: too much for a guest's stack */
    if (facts == NULL)
        return seg_fail_nomem(err, sizeof *facts, path);
    seg_status status = seg_program_read(&program, path, &reading, err);
    if (status == SEG_OK)
        status = seg_runtime_fold(program, err);
    if (status == SEG_OK)
        status = seg_import_facts_gather(facts, program, opts, err);
    if (status == SEG_OK)
        status = make_imported(out, program, facts, err);
    else
        seg_program_free(program);
    free(facts);
    return status;
}

static bool says_something(const seg_import_opts *o)
{
    return o->labels != NULL || o->mean != NULL || o->std != NULL || o->layout != NULL ||
           o->height > 0 || o->width > 0 || o->fit != NULL || o->output != NULL ||
           o->threshold != NULL || o->dequantise;
}

seg_status seg_model_import(seg_model **out, const char *path, const seg_import_opts *opts,
                            seg_error *err)
{
    seg_file_kind kind;
    *out = NULL;
    seg_status status = seg_file_kind_of(&kind, path, err);
    if (status != SEG_OK)
        return status;
    if (kind != SEG_FILE_SAFETENSORS)
        return import(out, path, opts, err);
    if (opts != NULL && says_something(opts))
        return seg_fail(err, SEG_INVALID,
                        "%s: a model of seg says itself how it is used; labels, mean, layout and "
                        "the like are for ONNX and TFLite files",
                        path);
    return load_safetensors(out, path, err);
}

seg_status seg_model_load(seg_model **out, const char *path, seg_error *err)
{
    return seg_model_import(out, path, NULL, err);
}

void seg_model_free(seg_model *model)
{
    if (model == NULL)
        return;
    if (model->owns_weights)
        seg_weights_free(model->weights);
    seg_safetensors_free(model->file);
    seg_import_free(model->import);
    seg_int8_free(model->int8);
    free(model->config);
    free(model);
}

seg_model_info seg_model_describe(const seg_model *model)
{
    const seg_model_spec *spec = &model->spec;
    return (seg_model_info){.net = spec->net.net,
                            .backbone = spec->net.backbone,
                            .config = model->config,
                            .data = spec->data,
                            .licence = spec->licence,
                            .classes = spec->classes.count,
                            .parameters = model->parameters,
                            .max_side = spec->preprocess.max_side};
}

const char *seg_model_class_name(const seg_model *model, int id)
{
    return id >= 0 && id < model->spec.classes.count ? model->spec.classes.names[id] : NULL;
}

const seg_color *seg_model_palette(const seg_model *model)
{
    return model->spec.classes.colors;
}
