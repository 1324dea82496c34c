/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * weights_file.c: a network's weights from a safetensors file, and a model into one.
 *
 * The network says what must be there: a file with a tensor too few, too many or of another shape
 * is another network's and is refused, so a wrong description never runs with other weights.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/int8.h"
#include "model/spec.h"
#include "model/stored.h"

/* Any size will do: weights do not depend on it. */
enum { DECLARE_SIDE = 64 };

static const char TRAIN_PREFIX[] = "train/";

static seg_status declare(seg_weights **out, const seg_net_config *net, bool lent, seg_error *err)
{
    seg_weights *weights;
    seg_graph *graph = NULL;
    *out = NULL;
    seg_status status = seg_weights_new(&weights, err);
    if (status == SEG_OK && lent)
        seg_weights_set_lent(weights);
    if (status == SEG_OK)
        status = seg_graph_new(&graph, weights, err);
    if (status == SEG_OK)
        status = seg_net_build(graph, net, 1, DECLARE_SIDE, DECLARE_SIDE, err);
    seg_graph_free(graph);
    if (status != SEG_OK) {
        seg_weights_free(weights);
        return status;
    }
    *out = weights;
    return SEG_OK;
}

seg_status seg_model_weights_declare(seg_weights **out, const seg_net_config *net, seg_error *err)
{
    return declare(out, net, false, err);
}

static seg_status check_shape(const seg_weight *weight, const seg_tensor *found, const char *name,
                              seg_error *err)
{
    char wanted_text[SEG_SHAPE_TEXT_SIZE], found_text[SEG_SHAPE_TEXT_SIZE];
    const seg_shape shape = seg_stored_shape(found);
    if (seg_shape_equal(&shape, &weight->tensor.shape))
        return SEG_OK;
    return seg_fail(err, SEG_MISMATCH, "%s: tensor '%s' is %s, the network has %s", name,
                    weight->name, seg_shape_text(&found->shape, found_text),
                    seg_shape_text(&weight->tensor.shape, wanted_text));
}

static seg_status lend_weight(seg_weights *weights, int i, const seg_safetensors *file,
                              const char *name, seg_error *err)
{
    const seg_weight *weight = seg_weights_at(weights, i);
    seg_weight_source source;
    int index = seg_safetensors_find(file, weight->name);
    if (index < 0)
        return seg_fail(err, SEG_MISMATCH, "%s: tensor '%s' of the network is missing", name,
                        weight->name);
    const seg_tensor found = seg_safetensors_tensor(file, index);
    seg_status status = check_shape(weight, &found, name, err);
    if (status == SEG_OK)
        status = seg_stored_source(file, index, name, &source, err);
    if (status == SEG_OK)
        seg_weights_lend(weights, i, &source);
    return status;
}

static seg_status check_no_more(const seg_weights *weights, const seg_safetensors *file,
                                const char *name, seg_error *err)
{
    for (int i = 0; i < seg_safetensors_count(file); i++) {
        const char *tensor = seg_safetensors_name(file, i);
        if (strncmp(tensor, TRAIN_PREFIX, sizeof TRAIN_PREFIX - 1) != 0 &&
            seg_weights_find(weights, tensor) < 0 && !seg_stored_is_scale(file, i))
            return seg_fail(err, SEG_MISMATCH, "%s: tensor '%s' is not the network's", name,
                            tensor);
    }
    return SEG_OK;
}

seg_status seg_model_weights_lend(seg_weights **out, const seg_model_spec *spec,
                                  const seg_safetensors *file, const char *name, seg_error *err)
{
    seg_weights *weights;
    *out = NULL;
    seg_status status = declare(&weights, &spec->net, true, err);
    for (int i = 0; status == SEG_OK && i < seg_weights_count(weights); i++)
        status = lend_weight(weights, i, file, name, err);
    if (status == SEG_OK)
        status = check_no_more(weights, file, name, err);
    if (status != SEG_OK) {
        seg_weights_free(weights);
        return status;
    }
    *out = weights;
    return SEG_OK;
}

/* ---- writing ---- */

/* Entries 2i and 2i + 1 are weight i and its scale, if it has one. */
static seg_status fill_entries(seg_safetensors_entry *entries, seg_weights *weights,
                               seg_precision precision, const seg_int8 *int8, seg_error *err)
{
    seg_status status = SEG_OK;
    for (int i = 0; status == SEG_OK && i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        const bool keep =
            precision == SEG_PRECISION_INT8 && int8 != NULL && seg_int8_keeps(int8, weight->name);
        status = seg_stored_make(weight, keep ? SEG_PRECISION_FLOAT16 : precision, &entries[2 * i],
                                 &entries[2 * i + 1], err);
    }
    return status;
}

/* Without the places of scales that are not: returns how many there are. */
static int close_gaps(seg_safetensors_entry *to, const seg_safetensors_entry *entries, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i].name != NULL)
            to[kept++] = entries[i];
    }
    return kept;
}

/* A model as text; int8 NULL: all in float, and its text NULL too. */
typedef struct texts {
    char *spec, *int8;
} texts;

static seg_status write_entries(const char *path, seg_weights *weights, const texts *t,
                                seg_precision precision, const seg_int8 *int8,
                                seg_safetensors_entry *entries, seg_error *err)
{
    const char *metadata[] = {"seg.format", "1",    "seg.model", t->spec,
                              "layout",     "HWIO", "seg.int8",  t->int8};
    const int places = 2 * seg_weights_count(weights);
    seg_safetensors_entry *kept = entries + places;
    seg_status status = fill_entries(entries, weights, precision, int8, err);
    if (status == SEG_OK)
        status = seg_safetensors_write(path, close_gaps(kept, entries, places), kept,
                                       t->int8 != NULL ? 4 : 3, metadata, err);
    for (int i = 0; i < places; i += 2) {
        if (entries[i].name != NULL)
            seg_stored_release(seg_weights_at(weights, i / 2), &entries[i], &entries[i + 1]);
    }
    return status;
}

/* Weights in memory. */
static seg_status write_weights(const char *path, const seg_model_spec *spec, seg_weights *weights,
                                seg_precision precision, const seg_int8 *int8, seg_error *err)
{
    const size_t places = 2 * (size_t)seg_weights_count(weights) + 1;
    texts t = {NULL, NULL};
    seg_status status = seg_model_spec_to_json(spec, &t.spec, err);
    if (status == SEG_OK && int8 != NULL)
        status = seg_int8_to_json(int8, &t.int8, err);
    seg_safetensors_entry *entries = status == SEG_OK ? calloc(2 * places, sizeof *entries) : NULL;
    if (status == SEG_OK)
        status = entries == NULL ? seg_fail_nomem(err, 2 * places * sizeof *entries, path)
                                 : write_entries(path, weights, &t, precision, int8, entries, err);
    free(entries);
    free(t.spec);
    free(t.int8);
    return status;
}

seg_status seg_model_write_int8(const char *path, const seg_model_spec *spec, seg_weights *weights,
                                seg_precision precision, const seg_int8 *int8, seg_error *err)
{
    seg_weights *copy;
    seg_status status = seg_weights_copy(&copy, weights, err);
    if (status != SEG_OK)
        return status;
    status = write_weights(path, spec, copy, precision, int8, err);
    seg_weights_free(copy);
    return status;
}

seg_status seg_model_write(const char *path, const seg_model_spec *spec, seg_weights *weights,
                           seg_precision precision, seg_error *err)
{
    return seg_model_write_int8(path, spec, weights, precision, NULL, err);
}
