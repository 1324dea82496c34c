/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* stored.c: weights in fewer bits, and back. */
#include "model/stored.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"

static const char SCALE[] = ".scale";
static const double MOST_ROUNDING = 2e-4; /* energy, relative to the weights' */
enum {
    SCALE_LENGTH = sizeof SCALE - 1,
    LARGEST = 127,
    WORTHWHILE = 16, /* weights of an output channel: fewer save less than their scale takes */
};

seg_shape seg_stored_shape(const seg_tensor *stored)
{
    seg_shape shape = stored->shape;
    if (shape.dtype == SEG_F16 || shape.dtype == SEG_I8)
        shape.dtype = SEG_F32;
    return shape;
}

/* ---- reading ---- */

/* The index of the scale of tensor `index`, or -1. */
static int scale_of(const seg_safetensors *file, int index)
{
    char name[512];
    snprintf(name, sizeof name, "%s%s", seg_safetensors_name(file, index), SCALE);
    return seg_safetensors_find(file, name);
}

bool seg_stored_is_scale(const seg_safetensors *file, int index)
{
    char base[512];
    const char *name = seg_safetensors_name(file, index);
    size_t length = strlen(name);
    if (length <= SCALE_LENGTH || length >= sizeof base ||
        strcmp(name + length - SCALE_LENGTH, SCALE) != 0)
        return false;
    snprintf(base, sizeof base, "%.*s", (int)(length - SCALE_LENGTH), name);
    int weight = seg_safetensors_find(file, base);
    return weight >= 0 && seg_safetensors_tensor(file, weight).shape.dtype == SEG_I8;
}

/* The scale of an int8 tensor. A scale of which LARGEST would be infinite is none. */
static seg_status find_scale(const seg_safetensors *file, int index, const char *name,
                             const float **scale, seg_error *err)
{
    const seg_tensor stored = seg_safetensors_tensor(file, index);
    const int64_t channels = stored.shape.rank > 0 ? stored.shape.dim[stored.shape.rank - 1] : 0;
    int found = scale_of(file, index);
    if (found < 0)
        return seg_fail(err, SEG_FORMAT, "%s: tensor '%.200s' is int8 without a '%.200s%s'", name,
                        seg_safetensors_name(file, index), seg_safetensors_name(file, index),
                        SCALE);
    const seg_tensor tensor = seg_safetensors_tensor(file, found);
    if (tensor.shape.dtype != SEG_F32 || tensor.shape.rank != 1 || tensor.shape.dim[0] != channels)
        return seg_fail(err, SEG_FORMAT, "%s: '%.200s' is not the scale of %lld channels", name,
                        seg_safetensors_name(file, found), (long long)channels);
    *scale = seg_f32(&tensor);
    return SEG_OK;
}

/* Weight i of a source. */
static float number_at(const seg_weight_source *source, int64_t channels, int64_t i)
{
    float value;
    if (source->dtype == SEG_F32)
        return ((const float *)source->data)[i];
    if (source->dtype == SEG_I8)
        return (float)((const int8_t *)source->data)[i] * source->scale[i % channels];
    seg_f16_to_f32((const uint16_t *)source->data + i, &value, 1);
    return value;
}

/* Whether every number is finite; by bits, so that it costs no more than reading them. */
static bool all_finite(const seg_weight_source *source, int64_t channels, int64_t count)
{
    const uint16_t *half = source->data;
    const uint32_t *whole = source->data;
    uint32_t bad = 0;
    if (source->dtype == SEG_F16) {
        for (int64_t i = 0; i < count; i++)
            bad |= (half[i] & 0x7c00u) == 0x7c00u;
    } else if (source->dtype == SEG_F32) {
        for (int64_t i = 0; i < count; i++)
            bad |= (whole[i] & 0x7f800000u) == 0x7f800000u;
    } else {
        for (int64_t o = 0; o < channels; o++)
            bad |= !isfinite(source->scale[o] * LARGEST);
    }
    return bad == 0;
}

static seg_status check_finite(const seg_safetensors *file, int index, const char *name,
                               const seg_weight_source *source, seg_error *err)
{
    const seg_shape shape = seg_safetensors_tensor(file, index).shape;
    const int64_t count = seg_shape_count(&shape);
    const int64_t channels = shape.rank > 0 ? shape.dim[shape.rank - 1] : 1;
    if (all_finite(source, channels, count))
        return SEG_OK;
    for (int64_t i = 0; i < count; i++) {
        const float value = number_at(source, channels, i);
        if (!isfinite(value))
            return seg_fail(err, SEG_FORMAT, "%s: tensor '%.200s' holds %f at element %lld of %lld",
                            name, seg_safetensors_name(file, index), (double)value, (long long)i,
                            (long long)count);
    }
    return SEG_OK; /* a scale of zeros only */
}

seg_status seg_stored_source(const seg_safetensors *file, int index, const char *name,
                             seg_weight_source *out, seg_error *err)
{
    const seg_tensor stored = seg_safetensors_tensor(file, index);
    const seg_dtype dtype = stored.shape.dtype;
    seg_status status = SEG_OK;
    *out = (seg_weight_source){.data = stored.data, .dtype = dtype};
    if (dtype == SEG_I8)
        status = find_scale(file, index, name, &out->scale, err);
    else if (dtype != SEG_F32 && dtype != SEG_F16)
        status = seg_fail(err, SEG_MISMATCH, "%s: tensor '%.200s' is not float32, float16 or int8",
                          name, seg_safetensors_name(file, index));
    return status == SEG_OK ? check_finite(file, index, name, out, err) : status;
}

seg_status seg_stored_read(const seg_safetensors *file, int index, const char *name, float *out,
                           seg_error *err)
{
    const seg_tensor stored = seg_safetensors_tensor(file, index);
    seg_weight weight = {.tensor.shape = seg_stored_shape(&stored)};
    seg_status status = seg_stored_source(file, index, name, &weight.source, err);
    if (status == SEG_OK)
        seg_weight_read(&weight, out);
    return status;
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

/*
 * The energy that rounding adds, relative to the kernel's: a step of s adds s^2/12 to each weight. It
 * is 6e-5 where weights are normally distributed (the largest of some hundreds is 3.5 deviations). A
 * few large weights make the step coarse for all the others: an identity with small numbers beside
 * it, as grafted decoders are, would keep only the identity.
 */
static double rounding_energy(const seg_weight *weight, const float *steps)
{
    const float *values = seg_f32(&weight->tensor);
    const int64_t channels = weight->tensor.shape.oc;
    const int64_t count = seg_shape_count(&weight->tensor.shape);
    double energy = 0, added = 0;
    for (int64_t i = 0; i < count; i++) {
        const double step = (double)steps[i % channels];
        energy += (double)values[i] * (double)values[i];
        added += step * step / 12;
    }
    return energy > 0 ? added / energy : 0;
}

/* Steps of the output channels: their largest weight is LARGEST of them. */
static void find_steps(const seg_weight *weight, float *steps)
{
    const float *values = seg_f32(&weight->tensor);
    const int64_t channels = weight->tensor.shape.oc;
    const int64_t count = seg_shape_count(&weight->tensor.shape);
    memset(steps, 0, (size_t)channels * sizeof *steps);
    for (int64_t i = 0; i < count; i++)
        steps[i % channels] = fmaxf(steps[i % channels], fabsf(values[i]) / LARGEST);
}

static bool may_be_int8(const seg_weight *weight)
{
    const seg_shape *s = &weight->tensor.shape;
    return weight->role == SEG_WEIGHT_KERNEL && s->rank == 4 && s->kh * s->kw * s->ic >= WORTHWHILE;
}

static seg_status make_half(const seg_weight *weight, seg_tensor *tensor, seg_error *err)
{
    tensor->shape.dtype = SEG_F16;
    tensor->data = malloc(seg_shape_size(&tensor->shape));
    if (tensor->data == NULL)
        return seg_fail_nomem(err, seg_shape_size(&tensor->shape), weight->name);
    seg_f32_to_f16(weight->tensor.data, tensor->data, seg_shape_count(&tensor->shape));
    return SEG_OK;
}

static void quantise(const seg_weight *weight, const float *steps, int8_t *to)
{
    const float *from = seg_f32(&weight->tensor);
    const int64_t channels = weight->tensor.shape.oc;
    const int64_t count = seg_shape_count(&weight->tensor.shape);
    for (int64_t i = 0; i < count; i++) {
        const float step = steps[i % channels];
        to[i] = (int8_t)(step > 0.0f ? fmaxf(-LARGEST, fminf(LARGEST, rintf(from[i] / step))) : 0);
    }
}

/* scale->tensor.data holds the steps. */
static seg_status make_int8(const seg_weight *weight, seg_safetensors_entry *entry,
                            seg_safetensors_entry *scale, seg_error *err)
{
    const size_t length = strlen(weight->name) + sizeof SCALE;
    char *name = malloc(length);
    entry->tensor.shape.dtype = SEG_I8;
    entry->tensor.data = malloc(seg_shape_size(&entry->tensor.shape));
    scale->name = name;
    if (name == NULL || entry->tensor.data == NULL)
        return seg_fail_nomem(err, seg_shape_size(&entry->tensor.shape), weight->name);
    snprintf(name, length, "%s%s", weight->name, SCALE);
    quantise(weight, scale->tensor.data, entry->tensor.data);
    return SEG_OK;
}

seg_status seg_stored_make(const seg_weight *weight, seg_precision precision,
                           seg_safetensors_entry *entry, seg_safetensors_entry *scale,
                           seg_error *err)
{
    *entry = (seg_safetensors_entry){weight->name, weight->tensor};
    *scale = (seg_safetensors_entry){0};
    if (precision == SEG_PRECISION_INT8 && may_be_int8(weight)) {
        const seg_shape steps = seg_shape_vector(weight->tensor.shape.oc);
        scale->tensor = (seg_tensor){steps, malloc(seg_shape_size(&steps))};
        if (scale->tensor.data == NULL)
            return seg_fail_nomem(err, seg_shape_size(&steps), weight->name);
        find_steps(weight, scale->tensor.data);
        if (rounding_energy(weight, scale->tensor.data) <= MOST_ROUNDING)
            return make_int8(weight, entry, scale, err);
        free(scale->tensor.data);
        *scale = (seg_safetensors_entry){0};
    }
    if (precision != SEG_PRECISION_FLOAT32 && can_be_half(weight))
        return make_half(weight, &entry->tensor, err);
    return SEG_OK;
}

void seg_stored_release(const seg_weight *weight, seg_safetensors_entry *entry,
                        seg_safetensors_entry *scale)
{
    if (entry->tensor.data != weight->tensor.data)
        free(entry->tensor.data);
    free(scale->tensor.data);
    free((char *)(uintptr_t)scale->name);
    *entry = *scale = (seg_safetensors_entry){0};
}
