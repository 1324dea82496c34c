/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* surgery.c: a model of ours around the layers of an imported network. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "io/program_file.h"
#include "model/graft.h"
#include "model/model.h"
#include "runtime/runtime.h"

enum { USUAL_CLASSES = 21 };

static void name_classes(seg_class_list *classes)
{
    seg_class_list_default_colors(classes);
    classes->count = USUAL_CLASSES;
    for (int i = 0; i < USUAL_CLASSES; i++)
        snprintf(classes->names[i], sizeof classes->names[i], "class %d", i);
}

static seg_status make_spec(seg_model_spec *spec, const seg_program *program, const char *net,
                            const seg_import_opts *opts, seg_error *err)
{
    seg_import_facts *facts = malloc(sizeof *facts);
    if (facts == NULL)
        return seg_fail_nomem(err, sizeof *facts, program->path);
    seg_status status = seg_import_facts_gather(facts, program, opts, err);
    if (status == SEG_OK)
        status = seg_import_facts_use_input(facts, program, err);
    if (status == SEG_OK)
        status = seg_net_config_default(&spec->net, net, err);
    if (status == SEG_OK) {
        spec->classes = facts->classes;
        spec->preprocess = facts->has_preprocess ? facts->preprocess : seg_preprocess_default();
        if (spec->classes.count == 0)
            name_classes(&spec->classes);
        spec->net.classes = spec->classes.count;
        snprintf(spec->licence, sizeof spec->licence, "%s", facts->licence);
        snprintf(spec->data, sizeof spec->data, "not trained since its layers came from %.180s",
                 program->path);
        status = seg_graft_recognise(&spec->net, program, err);
    }
    free(facts);
    return status;
}

static seg_status make_model(seg_model **out, const seg_model_spec *spec,
                             const seg_program *program, uint64_t seed, seg_graft_report *report,
                             seg_error *err)
{
    seg_weights *weights;
    seg_status status = seg_model_weights_declare(&weights, &spec->net, err);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < seg_weights_count(weights); i++)
        seg_weights_initialise(weights, i, seed);
    status = seg_graft(weights, &spec->net, program, report, err);
    if (status == SEG_OK)
        status = seg_model_new_borrowed(out, spec, weights, err);
    if (status == SEG_OK)
        (*out)->owns_weights = true;
    else
        seg_weights_free(weights);
    return status;
}

seg_status seg_model_graft(seg_model **out, const char *path, const char *net,
                           const seg_import_opts *opts, uint64_t seed, char *report,
                           size_t report_size, seg_error *err)
{
    const seg_program_opts reading = {.dequantise = true};
    seg_graft_report found = {0};
    seg_program *program;
    *out = NULL;
    seg_model_spec *spec = calloc(1, sizeof *spec);
    if (spec == NULL)
        return seg_fail_nomem(err, sizeof *spec, path);
    seg_status status = seg_program_read(&program, path, &reading, err);
    if (status == SEG_OK)
        status = seg_runtime_fold(program, err);
    if (status == SEG_OK)
        status = make_spec(spec, program, net, opts, err);
    if (status == SEG_OK)
        status = make_model(out, spec, program, seed, &found, err);
    if (status == SEG_OK && report != NULL && report_size > 0)
        snprintf(report, report_size, "%s on %s, width %g\n%s", spec->net.net, spec->net.backbone,
                 spec->net.width, found.text.text);
    seg_graft_report_release(&found);
    seg_program_free(program);
    free(spec);
    return status;
}
