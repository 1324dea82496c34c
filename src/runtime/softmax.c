/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * softmax.c: Softmax LogSoftmax Hardmax. From opset 13 on along one axis (the last); before, along
 * all axes from `axis` (1) on, taken together. Sums are in double.
 */
#include <math.h>
#include <string.h>

#include "runtime/args.h"
#include "runtime/lanes.h"
#include "runtime/lowering.h"

static float highest_f32(const float *lane, int64_t n)
{
    float highest = lane[0];
    for (int64_t i = 1; i < n; i++)
        highest = lane[i] > highest || lane[i] != lane[i] ? lane[i] : highest;
    return highest;
}

static double highest_f64(const double *lane, int64_t n)
{
    double highest = lane[0];
    for (int64_t i = 1; i < n; i++)
        highest = lane[i] > highest || lane[i] != lane[i] ? lane[i] : highest;
    return highest;
}

static void softmax_f32(const void *context, void *lane_, int64_t n)
{
    float *lane = lane_, highest = highest_f32(lane, n);
    double sum = 0.0;
    (void)context;
    for (int64_t i = 0; i < n; i++) {
        lane[i] = expf(lane[i] - highest);
        sum += (double)lane[i];
    }
    float factor = (float)(1.0 / sum);
    for (int64_t i = 0; i < n; i++)
        lane[i] *= factor;
}

static void softmax_f64(const void *context, void *lane_, int64_t n)
{
    double *lane = lane_, highest = highest_f64(lane, n), sum = 0.0;
    (void)context;
    for (int64_t i = 0; i < n; i++) {
        lane[i] = exp(lane[i] - highest);
        sum += lane[i];
    }
    for (int64_t i = 0; i < n; i++)
        lane[i] /= sum;
}

static void log_softmax_f32(const void *context, void *lane_, int64_t n)
{
    float *lane = lane_, highest = highest_f32(lane, n);
    double sum = 0.0;
    (void)context;
    for (int64_t i = 0; i < n; i++)
        sum += (double)expf(lane[i] - highest);
    float log_sum = (float)log(sum);
    for (int64_t i = 0; i < n; i++)
        lane[i] = lane[i] - highest - log_sum;
}

static void log_softmax_f64(const void *context, void *lane_, int64_t n)
{
    double *lane = lane_, highest = highest_f64(lane, n), sum = 0.0;
    (void)context;
    for (int64_t i = 0; i < n; i++)
        sum += exp(lane[i] - highest);
    double log_sum = log(sum);
    for (int64_t i = 0; i < n; i++)
        lane[i] = lane[i] - highest - log_sum;
}

/* 1 at the first of the largest. */
static void hardmax_f32(const void *context, void *lane_, int64_t n)
{
    float *lane = lane_;
    int64_t best = 0;
    (void)context;
    for (int64_t i = 1; i < n; i++)
        best = lane[i] > lane[best] ? i : best;
    memset(lane, 0, (size_t)n * sizeof *lane);
    lane[best] = 1.0f;
}

static void hardmax_f64(const void *context, void *lane_, int64_t n)
{
    double *lane = lane_;
    int64_t best = 0;
    (void)context;
    for (int64_t i = 1; i < n; i++)
        best = lane[i] > lane[best] ? i : best;
    memset(lane, 0, (size_t)n * sizeof *lane);
    lane[best] = 1.0;
}

static seg_status evaluate(seg_eval *call)
{
    static const struct {
        const char *op;
        seg_lane_function f32, f64;
    } functions[] = {{"Hardmax", hardmax_f32, hardmax_f64},
                     {"LogSoftmax", log_softmax_f32, log_softmax_f64},
                     {"Softmax", softmax_f32, softmax_f64}};
    const seg_shape *shape = &call->src[0].shape;
    const seg_number number = seg_number_of(shape->dtype);
    const bool one_axis = call->opset >= 13;
    bool in[SEG_MAX_RANK] = {false};
    int index = 0, axis = 0;
    if (!seg_dtype_is_real(shape->dtype))
        return seg_eval_bad_dtype(call, 0);
    seg_status status = seg_eval_axis_of(call, "axis", one_axis ? -1 : 1, shape->rank, &axis);
    if (status != SEG_OK)
        return status;
    for (int i = axis; i < shape->rank; i++)
        in[i] = i == axis || !one_axis;
    while (strcmp(functions[index].op, call->node->op) != 0)
        index++;
    return seg_eval_lanes(call, in, number,
                          number == SEG_NUMBER_F32 ? functions[index].f32 : functions[index].f64,
                          NULL);
}

#define SOFTMAX(name_, lower_)                                                                     \
    const seg_runtime_op seg_runtime_op_##name_ = {.domain = "",                                   \
                                                   .name = #name_,                                 \
                                                   .src_min = 1,                                   \
                                                   .src_max = 1,                                   \
                                                   .evaluate = evaluate,                           \
                                                   .lower = lower_};

SOFTMAX(Hardmax, NULL)
SOFTMAX(LogSoftmax, NULL)
SOFTMAX(Softmax, seg_lower_softmax)
