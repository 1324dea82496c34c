/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* import_facts.c: what metadata, the file beside a model and options say about its use. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "data/class_list.h"
#include "io/json.h"
#include "model/import.h"
#include "model/spec.h"

enum { SIDECAR_LIMIT = 1 << 20 }; /* bytes */

static seg_status take_text(char *out, size_t size, const char *text, const char *what,
                            const char *name, seg_error *err)
{
    if (strlen(text) >= size)
        return seg_fail(err, SEG_INVALID, "%s: %s has %zu bytes, at most %zu", name, what,
                        strlen(text), size - 1);
    memcpy(out, text, strlen(text) + 1);
    return SEG_OK;
}

/* ---- metadata that seg wrote ---- */

static seg_status take_metadata(seg_import_facts *facts, const seg_program *program, seg_error *err)
{
    const char *json = seg_program_text_of(program, "seg.model");
    if (json == NULL)
        return SEG_OK;
    seg_model_spec *spec = malloc(sizeof *spec);
    if (spec == NULL)
        return seg_fail_nomem(err, sizeof *spec, program->path);
    seg_status status = seg_model_spec_from_json(spec, json, program->path, err);
    if (status == SEG_OK) {
        facts->classes = spec->classes;
        facts->preprocess = spec->preprocess;
        facts->has_preprocess = true;
        memcpy(facts->data, spec->data, sizeof facts->data);
        memcpy(facts->licence, spec->licence, sizeof facts->licence);
    }
    free(spec);
    return status;
}

/* ---- the file beside ---- */

static seg_status read_text(const json_t *root, const char *key, char *out, size_t size,
                            const char *name, seg_error *err)
{
    const char *text;
    if (json_object_get(root, key) == NULL)
        return SEG_OK;
    seg_status status = seg_json_string(root, key, name, &text, err);
    return status == SEG_OK ? take_text(out, size, text, key, name, err) : status;
}

static seg_status read_size(seg_import_facts *facts, const json_t *root, const char *name,
                            seg_error *err)
{
    double size[2];
    if (json_object_get(root, "size") == NULL)
        return SEG_OK;
    seg_status status = seg_json_reals(root, "size", name, 2, size, err);
    if (status != SEG_OK)
        return status;
    if (!(size[0] >= 1 && size[0] <= SEG_MAX_SIDE && size[1] >= 1 && size[1] <= SEG_MAX_SIDE))
        return seg_fail(err, SEG_FORMAT, "%s: size: %g x %g is not within 1..%d", name, size[0],
                        size[1], SEG_MAX_SIDE);
    facts->height = (int)size[0];
    facts->width = (int)size[1];
    return SEG_OK;
}

static seg_status read_classes(seg_import_facts *facts, const json_t *root, const char *name,
                               seg_error *err)
{
    if (json_object_get(root, "classes") == NULL)
        return SEG_OK;
    return seg_class_list_from_json(&facts->classes, root, name, err);
}

static seg_status read_preprocess(seg_import_facts *facts, const json_t *root, const char *name,
                                  seg_error *err)
{
    if (json_object_get(root, "preprocess") == NULL)
        return SEG_OK;
    facts->has_preprocess = true;
    return seg_preprocess_from_json(&facts->preprocess, root, name, err);
}

static seg_status read_sidecar(seg_import_facts *facts, json_t *root, const char *name,
                               seg_error *err)
{
    static const char *const keys[] = {"classes", "colors", "preprocess", "layout",  "size", "fit",
                                       "output",  "data",   "threshold",  "licence", NULL};
    seg_status status = seg_json_only(root, keys, name, err);
    if (status == SEG_OK)
        status = read_classes(facts, root, name, err);
    if (status == SEG_OK)
        status = read_preprocess(facts, root, name, err);
    if (status == SEG_OK)
        status = read_size(facts, root, name, err);
    if (status == SEG_OK && json_object_get(root, "threshold") != NULL) {
        facts->has_threshold = true;
        status = seg_json_real(root, "threshold", name, -1e9, 1e9, &facts->threshold, err);
    }
#define TEXT(key)                                                                                  \
    if (status == SEG_OK)                                                                          \
        status = read_text(root, #key, facts->key, sizeof facts->key, name, err);
    TEXT(layout)
    TEXT(fit)
    TEXT(output)
    TEXT(data)
    TEXT(licence)
#undef TEXT
    return status;
}

static seg_status take_sidecar(seg_import_facts *facts, const char *model_path, seg_error *err)
{
    seg_strbuf path = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    json_t *root = NULL;
    seg_strbuf_addf(&path, "%s.json", model_path);
    if (path.failed)
        return seg_fail_nomem(err, strlen(model_path), "a path");
    seg_status status = SEG_OK;
    if (seg_path_exists(path.text)) {
        status = seg_file_read(path.text, SIDECAR_LIMIT, &data, &size, err);
        if (status == SEG_OK)
            status = seg_json_parse(&root, data, size, path.text, err);
        if (status == SEG_OK)
            status = read_sidecar(facts, root, path.text, err);
    }
    json_decref(root);
    free(data);
    seg_strbuf_release(&path);
    return status;
}

/* ---- options ---- */

static seg_status take_mean_and_std(seg_import_facts *facts, const seg_import_opts *opts,
                                    seg_error *err)
{
    seg_preprocess *p = &facts->preprocess;
    for (int c = 0; c < 3; c++) {
        if (opts->mean != NULL)
            p->mean[c] = opts->mean[c];
        else if (!facts->has_preprocess)
            p->mean[c] = 0.0f;
        if (opts->std != NULL)
            p->std[c] = opts->std[c];
        else if (!facts->has_preprocess)
            p->std[c] = 1.0f;
        if (!(p->std[c] >= 1e-6f && p->std[c] <= 1e6f))
            return seg_fail(err, SEG_INVALID, "std: %g is not within 1e-6..1e6", (double)p->std[c]);
        if (!(p->mean[c] >= -1e6f && p->mean[c] <= 1e6f))
            return seg_fail(err, SEG_INVALID, "mean: %g is not within -1e6..1e6",
                            (double)p->mean[c]);
    }
    facts->has_preprocess = true;
    return SEG_OK;
}

static seg_status take_opts(seg_import_facts *facts, const seg_import_opts *opts, const char *name,
                            seg_error *err)
{
    seg_status status = SEG_OK;
    if (opts->labels != NULL)
        status = seg_class_list_read(&facts->classes, opts->labels, err);
    if (status == SEG_OK && (opts->mean != NULL || opts->std != NULL))
        status = take_mean_and_std(facts, opts, err);
    if (status == SEG_OK && opts->layout != NULL)
        status = take_text(facts->layout, sizeof facts->layout, opts->layout, "layout", name, err);
    if (status == SEG_OK && opts->fit != NULL)
        status = take_text(facts->fit, sizeof facts->fit, opts->fit, "fit", name, err);
    if (status == SEG_OK && opts->output != NULL)
        status = take_text(facts->output, sizeof facts->output, opts->output, "output", name, err);
    if (opts->threshold != NULL) {
        facts->has_threshold = true;
        facts->threshold = (double)*opts->threshold;
    }
    if (opts->height > 0 && opts->width > 0) {
        facts->height = opts->height;
        facts->width = opts->width;
    }
    return status;
}

seg_status seg_import_facts_gather(seg_import_facts *facts, const seg_program *program,
                                   const seg_import_opts *opts, seg_error *err)
{
    *facts = (seg_import_facts){.threshold = 0.5, .preprocess = {.std = {1, 1, 1}}};
    seg_status status = take_metadata(facts, program, err);
    if (status == SEG_OK)
        status = take_sidecar(facts, program->path, err);
    return status == SEG_OK && opts != NULL ? take_opts(facts, opts, program->path, err) : status;
}

seg_status seg_import_facts_use_input(seg_import_facts *facts, const seg_program *program,
                                      seg_error *err)
{
    if (facts->has_preprocess || program->input_count == 0)
        return SEG_OK;
    const seg_program_slot *input = &program->slots[program->inputs[0]];
    const seg_quantisation *q = &input->quantisation;
    const bool with_sign = input->shape.dtype == SEG_I8;
    if (q->count != 1 || !(with_sign || input->shape.dtype == SEG_U8))
        return SEG_OK;
    /* Real = scale * (pixel - zero); signed inputs take pixel - 128. */
    const float zero = (float)q->zero_point[0] + (with_sign ? 128.0f : 0.0f);
    const float std = 1.0f / (255.0f * q->scale[0]), mean = zero / 255.0f;
    const float means[3] = {mean, mean, mean}, stds[3] = {std, std, std};
    return take_mean_and_std(facts, &(seg_import_opts){.mean = means, .std = stds}, err);
}
