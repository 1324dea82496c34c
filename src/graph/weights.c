/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* weights.c: named tensors and how they start. */
#define _POSIX_C_SOURCE 200809L
#include "graph/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "base/memory.h"
#include "base/rng.h"

struct seg_weights {
    seg_weight *items;
    uint64_t *hashes; /* of the names, to find one quickly */
    size_t count, capacity, hash_capacity;
    bool lent; /* what is declared gets no memory */
};

seg_status seg_weights_new(seg_weights **out, seg_error *err)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? SEG_OK : seg_fail_nomem(err, sizeof **out, "the weights");
}

void seg_weights_free(seg_weights *weights)
{
    if (weights == NULL)
        return;
    for (size_t i = 0; i < weights->count; i++) {
        free(weights->items[i].name);
        seg_block_free(weights->items[i].tensor.data);
    }
    free(weights->items);
    free(weights->hashes);
    free(weights);
}

int seg_weights_count(const seg_weights *weights)
{
    return (int)weights->count;
}

seg_weight *seg_weights_at(seg_weights *weights, int index)
{
    return &weights->items[index];
}

int seg_weights_find(const seg_weights *weights, const char *name)
{
    uint64_t hash = seg_hash_text(name);
    for (size_t i = 0; i < weights->count; i++) {
        if (weights->hashes[i] == hash && strcmp(weights->items[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static seg_status append(seg_weights *weights, const char *name, seg_weight_role role,
                         const seg_shape *shape, seg_error *err)
{
    size_t wanted = weights->count + 1;
    void *items = weights->items, *hashes = weights->hashes;
    bool grown = seg_array_reserve(&items, &weights->capacity, wanted, sizeof *weights->items);
    weights->items = items;
    grown = grown &&
            seg_array_reserve(&hashes, &weights->hash_capacity, wanted, sizeof *weights->hashes);
    weights->hashes = hashes;
    if (!grown)
        return seg_fail_nomem(err, wanted * sizeof *weights->items, name);
    seg_weight item = {.name = strdup(name), .role = role, .tensor.shape = *shape};
    if (!weights->lent)
        item.tensor.data = seg_block_new(seg_shape_size(shape));
    if (item.name == NULL || (!weights->lent && item.tensor.data == NULL)) {
        free(item.name);
        seg_block_free(item.tensor.data);
        return seg_fail_nomem(err, seg_shape_size(shape), name);
    }
    weights->hashes[weights->count] = seg_hash_text(name);
    weights->items[weights->count++] = item;
    return SEG_OK;
}

seg_status seg_weights_declare(seg_weights *weights, const char *name, seg_weight_role role,
                               const seg_shape *shape, int *index, seg_error *err)
{
    char has[SEG_SHAPE_TEXT_SIZE], wants[SEG_SHAPE_TEXT_SIZE];
    *index = seg_weights_find(weights, name);
    if (*index < 0) {
        if (!seg_shape_valid(shape))
            return seg_fail(err, SEG_LIMIT, "%s: a tensor of shape %s is too large", name,
                            seg_shape_text(shape, wants));
        *index = (int)weights->count;
        return append(weights, name, role, shape, err);
    }
    seg_weight *weight = &weights->items[*index];
    if (!seg_shape_equal(&weight->tensor.shape, shape))
        return seg_fail(err, SEG_MISMATCH, "%s: is %s, but the network wants %s", name,
                        seg_shape_text(&weight->tensor.shape, has), seg_shape_text(shape, wants));
    if (weight->role != role) /* sessions of several threads share a model's weights: no write */
        weight->role = role;
    return SEG_OK;
}

/* ---- numbers that lie elsewhere ---- */

void seg_weights_set_lent(seg_weights *weights)
{
    weights->lent = true;
}

void seg_weights_lend(seg_weights *weights, int index, const seg_weight_source *source)
{
    weights->items[index].source = *source;
}

static void read_int8(const seg_weight *weight, float *out)
{
    const seg_shape *shape = &weight->tensor.shape;
    const int64_t channels = shape->dim[shape->rank - 1], count = seg_shape_count(shape);
    const int8_t *from = weight->source.data;
    for (int64_t i = 0; i < count; i += channels) {
        for (int64_t o = 0; o < channels; o++)
            out[i + o] = (float)from[i + o] * weight->source.scale[o];
    }
}

void seg_weight_read(const seg_weight *weight, float *out)
{
    const int64_t count = seg_shape_count(&weight->tensor.shape);
    if (weight->tensor.data != NULL)
        memcpy(out, weight->tensor.data, (size_t)count * sizeof *out);
    else if (weight->source.dtype == SEG_I8)
        read_int8(weight, out);
    else if (weight->source.dtype == SEG_F16)
        seg_f16_to_f32(weight->source.data, out, count);
    else
        memcpy(out, weight->source.data, (size_t)count * sizeof *out);
}

seg_status seg_weights_copy(seg_weights **out, seg_weights *weights, seg_error *err)
{
    seg_weights *copy;
    int index;
    *out = NULL;
    seg_status status = seg_weights_new(&copy, err);
    for (size_t i = 0; status == SEG_OK && i < weights->count; i++) {
        const seg_weight *weight = &weights->items[i];
        status = seg_weights_declare(copy, weight->name, weight->role, &weight->tensor.shape,
                                     &index, err);
        if (status == SEG_OK)
            seg_weight_read(weight, copy->items[index].tensor.data);
    }
    if (status != SEG_OK) {
        seg_weights_free(copy);
        return status;
    }
    *out = copy;
    return SEG_OK;
}

static void fill(seg_tensor *tensor, float value)
{
    float *data = seg_f32(tensor);
    for (int64_t i = 0, count = seg_shape_count(&tensor->shape); i < count; i++)
        data[i] = value;
}

/* He et al. 2015: normal with variance 2 / fan-in, fan-in = KH*KW*IC (per group). */
static void fill_he(seg_tensor *tensor, const char *name, uint64_t seed)
{
    const seg_shape *s = &tensor->shape;
    float *data = seg_f32(tensor);
    seg_rng rng = seg_rng_make(seed, SEG_RNG_INIT, seg_hash_text(name));
    double deviation = sqrt(2.0 / (double)(s->kh * s->kw * s->ic));
    for (int64_t i = 0, count = seg_shape_count(s); i < count; i++)
        data[i] = (float)(deviation * seg_rng_normal(&rng));
}

/* Channel c upsamples channel c: weight (y, x) of a 2f or 2f-1 wide tent (Long et al., 2015). */
static void fill_bilinear(seg_tensor *tensor)
{
    const seg_shape *s = &tensor->shape;
    float *data = seg_f32(tensor);
    fill(tensor, 0.0f);
    for (int64_t y = 0; y < s->kh; y++) {
        for (int64_t x = 0; x < s->kw; x++) {
            double fy = (double)((s->kh + 1) / 2), fx = (double)((s->kw + 1) / 2);
            double wy = 1 - fabs((double)y - 0.5 * (double)(s->kh - 1)) / fy;
            double wx = 1 - fabs((double)x - 0.5 * (double)(s->kw - 1)) / fx;
            for (int64_t c = 0; c < s->ic && c < s->oc; c++)
                data[((y * s->kw + x) * s->ic + c) * s->oc + c] = (float)(wy * wx);
        }
    }
}

void seg_weights_initialise(seg_weights *weights, int index, uint64_t seed)
{
    seg_weight *weight = &weights->items[index];
    switch (weight->role) {
    case SEG_WEIGHT_KERNEL:
        fill_he(&weight->tensor, weight->name, seed);
        break;
    case SEG_WEIGHT_BILINEAR:
    case SEG_WEIGHT_FIXED_BILINEAR:
        fill_bilinear(&weight->tensor);
        break;
    case SEG_WEIGHT_NORM_SCALE:
    case SEG_WEIGHT_RUNNING_VAR:
        fill(&weight->tensor, 1.0f);
        break;
    case SEG_WEIGHT_ZERO_KERNEL:
    case SEG_WEIGHT_BIAS:
    case SEG_WEIGHT_NORM_SHIFT:
    case SEG_WEIGHT_RUNNING_MEAN:
        fill(&weight->tensor, 0.0f);
        break;
    }
}

bool seg_weight_role_trains(seg_weight_role role)
{
    return role != SEG_WEIGHT_FIXED_BILINEAR && role != SEG_WEIGHT_RUNNING_MEAN &&
           role != SEG_WEIGHT_RUNNING_VAR;
}

bool seg_weight_role_decays(seg_weight_role role)
{
    return role == SEG_WEIGHT_KERNEL || role == SEG_WEIGHT_ZERO_KERNEL ||
           role == SEG_WEIGHT_BILINEAR;
}
