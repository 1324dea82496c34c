/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * weights_file.c: a network's weights from a safetensors file, and a model into one.
 *
 * The network says what must be there: a file with a tensor too few, too many or of another shape
 * is another network's and is refused, so a wrong description never runs with other weights.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "base/memory.h"
#include "model/spec.h"

/* Any size will do: weights do not depend on it. */
enum { DECLARE_SIDE = 64 };

static const char TRAIN_PREFIX[] = "train/";

seg_status seg_model_weights_declare(seg_weights **out, const seg_net_config *net, seg_error *err)
{
    seg_weights *weights;
    seg_graph *graph = NULL;
    *out = NULL;
    seg_status status = seg_weights_new(&weights, err);
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

static seg_status check_shape(const seg_weight *weight, const seg_tensor *found, const char *name,
                              seg_error *err)
{
    char wanted_text[SEG_SHAPE_TEXT_SIZE], found_text[SEG_SHAPE_TEXT_SIZE];
    seg_shape shape = found->shape;
    if (shape.dtype == SEG_F16)
        shape.dtype = SEG_F32;
    if (seg_shape_equal(&shape, &weight->tensor.shape))
        return SEG_OK;
    return seg_fail(err, SEG_MISMATCH, "%s: tensor '%s' is %s, the network has %s", name,
                    weight->name, seg_shape_text(&found->shape, found_text),
                    seg_shape_text(&weight->tensor.shape, wanted_text));
}

static seg_status check_finite(const seg_weight *weight, const char *name, seg_error *err)
{
    const float *values = seg_f32(&weight->tensor);
    int64_t count = seg_shape_count(&weight->tensor.shape);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return seg_fail(err, SEG_FORMAT, "%s: tensor '%s' holds %f at element %lld of %lld",
                            name, weight->name, (double)values[i], (long long)i, (long long)count);
    }
    return SEG_OK;
}

static seg_status read_weight(seg_weight *weight, const seg_safetensors *file, const char *name,
                              seg_error *err)
{
    int index = seg_safetensors_find(file, weight->name);
    if (index < 0)
        return seg_fail(err, SEG_MISMATCH, "%s: tensor '%s' of the network is missing", name,
                        weight->name);
    seg_tensor found = seg_safetensors_tensor(file, index);
    seg_status status = check_shape(weight, &found, name, err);
    if (status != SEG_OK)
        return status;
    if (found.shape.dtype == SEG_F16)
        seg_f16_to_f32(found.data, weight->tensor.data, seg_shape_count(&found.shape));
    else
        memcpy(weight->tensor.data, found.data, seg_shape_size(&found.shape));
    return check_finite(weight, name, err);
}

static seg_status check_no_more(const seg_weights *weights, const seg_safetensors *file,
                                const char *name, seg_error *err)
{
    for (int i = 0; i < seg_safetensors_count(file); i++) {
        const char *tensor = seg_safetensors_name(file, i);
        if (strncmp(tensor, TRAIN_PREFIX, sizeof TRAIN_PREFIX - 1) != 0 &&
            seg_weights_find(weights, tensor) < 0)
            return seg_fail(err, SEG_MISMATCH, "%s: tensor '%s' is not the network's", name,
                            tensor);
    }
    return SEG_OK;
}

seg_status seg_model_weights_read(seg_weights **out, const seg_model_spec *spec,
                                  const seg_safetensors *file, const char *name, seg_error *err)
{
    seg_weights *weights;
    *out = NULL;
    seg_status status = seg_model_weights_declare(&weights, &spec->net, err);
    for (int i = 0; status == SEG_OK && i < seg_weights_count(weights); i++)
        status = read_weight(seg_weights_at(weights, i), file, name, err);
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

/* What float16 cannot hold stays whole; so do variances that it would round: they are divided by. */
static bool can_be_half(const seg_weight *weight)
{
    const float largest = 65504.0f;
    const float smallest = weight->role == SEG_WEIGHT_RUNNING_VAR ? 6.2e-5f : 0.0f;
    int64_t count = seg_shape_count(&weight->tensor.shape);
    for (int64_t i = 0; i < count; i++) {
        float size = fabsf(seg_f32(&weight->tensor)[i]);
        if (size > largest || size < smallest)
            return false;
    }
    return true;
}

/* entries[i] is weight i; halved ones have a block of their own. */
static seg_status fill_entries(seg_safetensors_entry *entries, seg_weights *weights, bool half,
                               seg_error *err)
{
    for (int i = 0; i < seg_weights_count(weights); i++) {
        const seg_weight *weight = seg_weights_at(weights, i);
        seg_tensor *tensor = &entries[i].tensor;
        entries[i] = (seg_safetensors_entry){weight->name, weight->tensor};
        if (!half || !can_be_half(weight))
            continue;
        tensor->shape.dtype = SEG_F16;
        tensor->data = malloc(seg_shape_size(&tensor->shape));
        if (tensor->data == NULL)
            return seg_fail_nomem(err, seg_shape_size(&tensor->shape), weight->name);
        seg_f32_to_f16(weight->tensor.data, tensor->data, seg_shape_count(&tensor->shape));
    }
    return SEG_OK;
}

static void free_entries(seg_safetensors_entry *entries, seg_weights *weights)
{
    for (int i = 0; i < seg_weights_count(weights); i++) {
        if (entries[i].tensor.data != seg_weights_at(weights, i)->tensor.data)
            free(entries[i].tensor.data);
    }
    free(entries);
}

seg_status seg_model_write(const char *path, const seg_model_spec *spec, seg_weights *weights,
                           bool half, seg_error *err)
{
    int count = seg_weights_count(weights);
    char *json;
    seg_status status = seg_model_spec_to_json(spec, &json, err);
    if (status != SEG_OK)
        return status;
    seg_safetensors_entry *entries = calloc((size_t)count + 1, sizeof *entries);
    if (entries == NULL) {
        free(json);
        return seg_fail_nomem(err, (size_t)count * sizeof *entries, path);
    }
    status = fill_entries(entries, weights, half, err);
    if (status == SEG_OK) {
        const char *metadata[] = {"seg.format", "1", "seg.model", json, "layout", "HWIO"};
        status = seg_safetensors_write(path, count, entries, 3, metadata, err);
    }
    free_entries(entries, weights);
    free(json);
    return status;
}
