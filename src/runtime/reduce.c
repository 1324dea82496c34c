/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * reduce.c: ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum
 * ReduceLogSumExp ReduceSumSquare. Floats are summed in double, in the order of the tensor;
 * integers wrap, and those of them that need a root or a logarithm go through double.
 */
#include <math.h>
#include <string.h>

#include "runtime/args.h"
#include "runtime/lanes.h"
#include "runtime/lowering.h"

/* What a lane has come to. */
typedef struct lane_state {
    double real;
    double scale; /* of LogSumExp: the largest so far */
    int64_t whole;
    uint64_t natural;
} lane_state;

/* ---- bodies: one stretch of a lane ---- */

#define REDUCE(name, type, statement)                                                              \
    static void name(lane_state *state, const void *src_, int64_t n)                               \
    {                                                                                              \
        const type *src = src_;                                                                    \
        lane_state s = *state;                                                                     \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type x = src[i];                                                                       \
            statement;                                                                             \
        }                                                                                          \
        *state = s;                                                                                \
    }

REDUCE(sum_real, double, s.real += x)
REDUCE(sum_natural, uint64_t, s.natural += x)
REDUCE(product_real, double, s.real *= x)
REDUCE(product_natural, uint64_t, s.natural *= x)
REDUCE(l1_real, double, s.real += fabs(x))
REDUCE(l1_whole, int64_t, s.natural += x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
REDUCE(squares_real, double, s.real += x * x)
REDUCE(squares_natural, uint64_t, s.natural += x * x)
REDUCE(max_real, double, s.real = x > s.real || x != x ? x : s.real) /* NaN stays */
REDUCE(max_whole, int64_t, s.whole = x > s.whole ? x : s.whole)
REDUCE(max_natural, uint64_t, s.natural = x > s.natural ? x : s.natural)
REDUCE(min_real, double, s.real = x < s.real || x != x ? x : s.real)
REDUCE(min_whole, int64_t, s.whole = x < s.whole ? x : s.whole)
REDUCE(min_natural, uint64_t, s.natural = x < s.natural ? x : s.natural)

/* real: the sum of e^(x - scale), of all x so far. */
static void log_sum_exp_real(lane_state *state, const void *src_, int64_t n)
{
    const double *src = src_;
    double highest = state->scale;
    for (int64_t i = 0; i < n; i++)
        highest = src[i] > highest ? src[i] : highest;
    double base = isinf(highest) ? 0.0 : highest; /* e^x is then 0 or infinite as it is */
    if (!isinf(state->scale) && base != state->scale)
        state->real *= exp(state->scale - base);
    for (int64_t i = 0; i < n; i++)
        state->real += exp(src[i] - base);
    state->scale = highest;
}

/* ---- ends ---- */

static double real_of(const lane_state *state, double count)
{
    (void)count;
    return state->real;
}

static double mean_of(const lane_state *state, double count)
{
    return state->real / count;
}

static double root_of(const lane_state *state, double count)
{
    (void)count;
    return sqrt(state->real);
}

static double log_of(const lane_state *state, double count)
{
    (void)count;
    return log(state->real);
}

static double log_sum_exp_of(const lane_state *state, double count)
{
    (void)count;
    return log(state->real) + (isinf(state->scale) ? 0.0 : state->scale);
}

/* ---- operators ---- */

/* Integers without a body of their own are taken as double. Results of `whole` and `natural` are
 * in the fields of that name; those of sums, whose bits do not depend on the sign, in `natural`. */
typedef struct reduction {
    const char *op;
    void (*real)(lane_state *, const void *, int64_t);
    double (*end)(const lane_state *, double count);
    void (*whole)(lane_state *, const void *, int64_t);
    void (*natural)(lane_state *, const void *, int64_t);
    enum { FROM_ZERO, FROM_ONE, FROM_LOWEST, FROM_HIGHEST } start;
} reduction;

static const reduction reductions[] = {
    {"ReduceL1", l1_real, real_of, l1_whole, sum_natural, FROM_ZERO},
    {"ReduceL2", squares_real, root_of, NULL, NULL, FROM_ZERO},
    {"ReduceLogSum", sum_real, log_of, NULL, NULL, FROM_ZERO},
    {"ReduceLogSumExp", log_sum_exp_real, log_sum_exp_of, NULL, NULL, FROM_ZERO},
    {"ReduceMax", max_real, real_of, max_whole, max_natural, FROM_LOWEST},
    {"ReduceMean", sum_real, mean_of, sum_natural, sum_natural, FROM_ZERO},
    {"ReduceMin", min_real, real_of, min_whole, min_natural, FROM_HIGHEST},
    {"ReduceProd", product_real, real_of, product_natural, product_natural, FROM_ONE},
    {"ReduceSum", sum_real, real_of, sum_natural, sum_natural, FROM_ZERO},
    {"ReduceSumSquare", squares_real, real_of, squares_natural, squares_natural, FROM_ZERO},
};

typedef struct reduce_job {
    const reduction *op;
    seg_lanes lanes;
    seg_number number; /* of the lanes, as bodies see them */
    lane_state start;
    bool mean;
    const seg_tensor *dst;
} reduce_job;

static lane_state start_of(const reduction *op, seg_dtype dtype)
{
    lane_state state = {.scale = -(double)INFINITY};
    seg_cell lowest = {.u64 = 0}, highest = {.u64 = 0};
    seg_number_limits(dtype, &lowest, &highest);
    const seg_cell *limit = op->start == FROM_LOWEST ? &lowest : &highest;
    if (op->start == FROM_ONE) {
        state.real = 1.0;
        state.natural = 1;
    } else if (op->start != FROM_ZERO) {
        state.real = op->start == FROM_LOWEST ? -(double)INFINITY : (double)INFINITY;
        state.whole = limit->i64;
        state.natural = limit->u64;
    }
    return state;
}

static void store_lane(const reduce_job *job, int64_t lane, const lane_state *state)
{
    const seg_dtype dtype = job->dst->shape.dtype;
    char *dst = (char *)job->dst->data + lane * (int64_t)seg_dtype_size(dtype);
    const bool extreme = job->op->start == FROM_LOWEST || job->op->start == FROM_HIGHEST;
    if (job->number == SEG_NUMBER_F64) {
        double value = job->op->end(state, (double)job->lanes.length);
        seg_number_store(SEG_NUMBER_F64, &value, dtype, dst, 1);
    } else if (job->number == SEG_NUMBER_I64 && extreme) {
        seg_number_store(SEG_NUMBER_I64, &state->whole, dtype, dst, 1);
    } else if (job->mean && job->number == SEG_NUMBER_I64) {
        int64_t value = (int64_t)state->natural / job->lanes.length;
        seg_number_store(SEG_NUMBER_I64, &value, dtype, dst, 1);
    } else {
        uint64_t value = state->natural / (job->mean ? (uint64_t)job->lanes.length : 1);
        seg_number_store(SEG_NUMBER_U64, &value, dtype, dst, 1);
    }
}

static void reduce_lanes(void *context, int64_t first, int64_t n)
{
    enum { CHUNK = 1024 };
    uint64_t buffer[CHUNK];
    const reduce_job *job = context;
    const int64_t length = job->lanes.length;
    void (*body)(lane_state *, const void *, int64_t) =
        job->number == SEG_NUMBER_F64   ? job->op->real
        : job->number == SEG_NUMBER_I64 ? job->op->whole
                                        : job->op->natural;
    for (int64_t lane = first; lane < first + n; lane++) {
        lane_state state = job->start;
        for (int64_t done = 0; done < length; done += CHUNK) {
            int64_t run = length - done < CHUNK ? length - done : CHUNK;
            body(&state,
                 seg_view_read(&job->lanes.view, lane * length + done, run, job->number, buffer),
                 run);
        }
        store_lane(job, lane, &state);
    }
}

static seg_shape reduced_shape(const seg_shape *src, const bool in[SEG_MAX_RANK], bool keep)
{
    seg_shape shape = {.dtype = src->dtype};
    for (int i = 0; i < src->rank; i++) {
        if (!in[i] || keep)
            shape.dim[shape.rank++] = in[i] ? 1 : src->dim[i];
    }
    return shape;
}

static seg_status reduce(seg_eval *call, const bool in[SEG_MAX_RANK])
{
    const seg_tensor *src = &call->src[0];
    const seg_shape shape =
        reduced_shape(&src->shape, in, seg_program_int(call->node, "keepdims", 1) != 0);
    int index = 0;
    while (strcmp(reductions[index].op, call->node->op) != 0)
        index++;
    reduce_job job = {.op = &reductions[index], .lanes = seg_lanes_of(src, in)};
    job.number = seg_number_of(src->shape.dtype);
    if (job.number == SEG_NUMBER_F32 || job.op->whole == NULL)
        job.number = SEG_NUMBER_F64;
    job.start = start_of(job.op, src->shape.dtype);
    job.mean = job.op->end == mean_of;
    seg_status status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK || seg_shape_count(&shape) == 0)
        return status;
    job.dst = &call->dst[0];
    job.lanes.count = seg_shape_count(&shape); /* of nothing, when there are no elements */
    if (job.mean && job.lanes.length == 0 && job.number != SEG_NUMBER_F64)
        return seg_eval_fail(call, SEG_INVALID, "the mean of no integers");
    seg_lanes_for(call->threads, &job.lanes, reduce_lanes, &job);
    return SEG_OK;
}

static seg_status evaluate(seg_eval *call)
{
    const seg_shape *src = &call->src[0].shape;
    bool in[SEG_MAX_RANK];
    int count = 0;
    seg_status status = seg_eval_axes(call, 1, "axes", src->rank, in, &count);
    if (status != SEG_OK)
        return status;
    if (count <= 0 && seg_program_int(call->node, "noop_with_empty_axes", 0) != 0)
        return seg_eval_copy(call, 0, 0);
    for (int i = 0; count <= 0 && i < src->rank; i++)
        in[i] = true;
    return reduce(call, in);
}

#define REDUCTION(name_, lower_)                                                                   \
    const seg_runtime_op seg_runtime_op_##name_ = {.domain = "",                                   \
                                                   .name = #name_,                                 \
                                                   .src_min = 1,                                   \
                                                   .src_max = 2,                                   \
                                                   .evaluate = evaluate,                           \
                                                   .lower = lower_};

REDUCTION(ReduceL1, NULL)
REDUCTION(ReduceL2, NULL)
REDUCTION(ReduceLogSum, NULL)
REDUCTION(ReduceLogSumExp, NULL)
REDUCTION(ReduceMax, NULL)
REDUCTION(ReduceMean, seg_lower_mean)
REDUCTION(ReduceMin, NULL)
REDUCTION(ReduceProd, NULL)
REDUCTION(ReduceSum, seg_lower_mean)
REDUCTION(ReduceSumSquare, NULL)
