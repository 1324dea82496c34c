/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * order.c: ArgMax ArgMin TopK, which compare the elements along one axis (as keys that sort like
 * them), and CumSum. Of equal elements the one with the lower index comes first.
 */
#include <string.h>

#include "base/error.h"
#include "runtime/args.h"
#include "runtime/lanes.h"
#include "runtime/relabel.h"

/* Keys of n elements of a lane; `turned` so that the smallest has the largest key. */
static void read_keys(const seg_view *view, int64_t first, int64_t n, bool turned, uint64_t *keys)
{
    enum { CHUNK = 512 };
    uint64_t buffer[CHUNK];
    const seg_number number = seg_number_of(view->dtype);
    for (int64_t done = 0; done < n; done += CHUNK) {
        int64_t run = n - done < CHUNK ? n - done : CHUNK;
        seg_number_keys(number, seg_view_read(view, first + done, run, number, buffer), keys + done,
                        run);
    }
    for (int64_t i = 0; turned && i < n; i++)
        keys[i] = ~keys[i];
}

/* ---- ArgMax, ArgMin ---- */

enum { ARG_CHUNK = 512 };

typedef struct arg_job {
    const seg_tensor *src;
    seg_lanes lanes;
    seg_around around;
    bool lowest, last;
    int64_t *dst; /* one for each lane */
} arg_job;

static bool wins(const arg_job *job, uint64_t key, uint64_t best)
{
    return key > best || (job->last && key == best);
}

static void arg_lanes(void *context, int64_t first, int64_t n)
{
    uint64_t keys[ARG_CHUNK];
    const arg_job *job = context;
    const int64_t length = job->lanes.length;
    for (int64_t lane = first; lane < first + n; lane++) {
        int64_t best = 0;
        uint64_t best_key = 0;
        for (int64_t done = 0; done < length; done += ARG_CHUNK) {
            int64_t run = length - done < ARG_CHUNK ? length - done : ARG_CHUNK;
            read_keys(&job->lanes.view, lane * length + done, run, job->lowest, keys);
            for (int64_t i = 0; i < run; i++) {
                if (wins(job, keys[i], best_key)) {
                    best_key = keys[i];
                    best = done + i;
                }
            }
        }
        job->dst[lane] = best;
    }
}

/* Lanes first..first+n-1, which lie side by side: element by element of all of them. */
static void arg_columns(const arg_job *job, const seg_view *plain, int64_t first, int64_t n)
{
    uint64_t keys[ARG_CHUNK], best_keys[ARG_CHUNK] = {0};
    const int64_t inner = job->around.inner, extent = job->around.extent;
    const int64_t start = first / inner * extent * inner + first % inner;
    int64_t *best = job->dst + first;
    for (int64_t i = 0; i < n; i++)
        best[i] = 0;
    for (int64_t k = 0; k < extent; k++) {
        read_keys(plain, start + k * inner, n, job->lowest, keys);
        for (int64_t i = 0; i < n; i++) {
            bool win = wins(job, keys[i], best_keys[i]);
            best_keys[i] = win ? keys[i] : best_keys[i];
            best[i] = win ? k : best[i];
        }
    }
}

/* The same lanes in stretches that lie side by side. */
static void arg_stretches(void *context, int64_t first, int64_t n)
{
    const arg_job *job = context;
    seg_view plain = seg_view_of(job->src);
    seg_view_merge(&plain);
    while (n > 0) {
        int64_t run = job->around.inner - first % job->around.inner;
        run = run < n ? run : n;
        run = run < ARG_CHUNK ? run : ARG_CHUNK;
        arg_columns(job, &plain, first, run);
        first += run;
        n -= run;
    }
}

static seg_status evaluate_arg(seg_eval *call)
{
    const seg_shape *src = &call->src[0].shape;
    const bool keep = seg_program_int(call->node, "keepdims", 1) != 0;
    int axis = 0;
    seg_shape shape = {.dtype = SEG_I64};
    seg_status status = seg_eval_axis_of(call, "axis", 0, src->rank, &axis);
    if (status != SEG_OK)
        return status;
    for (int i = 0; i < src->rank; i++) {
        if (i != axis || keep)
            shape.dim[shape.rank++] = i == axis ? 1 : src->dim[i];
    }
    status = seg_eval_result(call, 0, &shape);
    if (status != SEG_OK || seg_shape_count(&shape) == 0)
        return status;
    if (src->dim[axis] == 0)
        return seg_eval_fail(call, SEG_INVALID, "axis %d has no elements to choose from", axis);
    arg_job job = {.src = &call->src[0],
                   .lanes = seg_lanes_along(&call->src[0], axis),
                   .around = seg_around_of(src, axis),
                   .dst = call->dst[0].data};
    job.lowest = strcmp(call->node->op, "ArgMin") == 0;
    job.last = seg_program_int(call->node, "select_last_index", 0) != 0;
    seg_lanes_for(call->threads, &job.lanes, job.around.inner > 1 ? arg_stretches : arg_lanes,
                  &job);
    return SEG_OK;
}

/* Of bytes, over channels: labels, which leave the region as numbers of 64 bits. */
static seg_status lower_arg(seg_lower *lower, bool *done)
{
    enum { CLASSES_MAX = 255 };
    seg_eval call = seg_lower_eval(lower);
    const bool keep = seg_program_int(lower->node, "keepdims", 1) != 0;
    const seg_axes axes = seg_axes_identity(keep ? 4 : 3);
    int axis = 0;
    if (!seg_lower_takes_bytes(lower, 0) || lower->src[0].dim[3] > CLASSES_MAX ||
        seg_program_int(lower->node, "select_last_index", 0) != 0 ||
        seg_eval_axis_of(&call, "axis", 0, 4, &axis) != SEG_OK || axis != 3)
        return SEG_OK;
    const seg_value src = seg_lower_bytes(lower, 0);
    seg_lower_result(lower, 0, seg_lower_layer(lower, "argmax_u8", NULL, 1, &src), &axes);
    lower->dst[0].dtype = SEG_I64;
    *done = true;
    return SEG_OK;
}

/* ---- TopK ---- */

/* The best `count` indices of a lane so far: a heap with the worst of them on top. */
typedef struct best_heap {
    const uint64_t *keys;
    int64_t *indices;
    int64_t count;
} best_heap;

static bool worse(const best_heap *heap, int64_t a, int64_t b)
{
    return heap->keys[a] < heap->keys[b] || (heap->keys[a] == heap->keys[b] && a > b);
}

/* Let what stands at `at` sink until nothing worse is below it. */
static void heap_sink(best_heap *heap, int64_t at)
{
    int64_t *indices = heap->indices;
    for (;;) {
        int64_t worst = at;
        for (int64_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap->count; child++) {
            if (worse(heap, indices[child], indices[worst]))
                worst = child;
        }
        if (worst == at)
            return;
        int64_t index = indices[at];
        indices[at] = indices[worst];
        indices[worst] = index;
        at = worst;
    }
}

/* indices[0..k-1]: the k best of n keys, best first. */
static void choose_best(const uint64_t *keys, int64_t n, int64_t k, int64_t *indices)
{
    best_heap heap = {keys, indices, k};
    for (int64_t i = 0; i < k; i++)
        indices[i] = i;
    for (int64_t i = k / 2; i-- > 0;)
        heap_sink(&heap, i);
    for (int64_t i = k; k > 0 && i < n; i++) {
        if (!worse(&heap, indices[0], i))
            continue;
        indices[0] = i;
        heap_sink(&heap, 0);
    }
    while (heap.count > 1) { /* the worst goes to the end */
        int64_t worst = indices[0];
        indices[0] = indices[--heap.count];
        indices[heap.count] = worst;
        heap_sink(&heap, 0);
    }
}

static seg_status top_k_count(seg_eval *call, int64_t extent, int64_t *k)
{
    *k = seg_program_int(call->node, "k", -1);
    if (seg_eval_has(call, 1)) {
        seg_status status = seg_eval_scalar(call, 1, "k");
        if (status != SEG_OK)
            return status;
        *k = seg_number_as_int(call->src[1].shape.dtype, call->src[1].data);
    }
    if (*k < 0 || *k > extent)
        return seg_eval_fail(call, SEG_INVALID, "the first %lld of %lld elements", (long long)*k,
                             (long long)extent);
    return SEG_OK;
}

/* scratch: a key for each element of a lane, then k indices. */
static void top_k_run(seg_eval *call, int axis, int64_t k, uint64_t *scratch)
{
    const seg_tensor *src = &call->src[0];
    const seg_lanes lanes = seg_lanes_along(src, axis);
    const seg_around from = seg_around_of(&src->shape, axis);
    const size_t size = seg_dtype_size(src->shape.dtype);
    const bool turned = seg_program_int(call->node, "largest", 1) == 0;
    int64_t *best = (int64_t *)scratch + lanes.length;
    int64_t *indices = seg_eval_wants(call, 1) ? call->dst[1].data : NULL;
    for (int64_t lane = 0; lane < lanes.count; lane++) {
        const int64_t o = lane / from.inner, i = lane % from.inner;
        read_keys(&lanes.view, lane * lanes.length, lanes.length, turned, scratch);
        choose_best(scratch, lanes.length, k, best);
        for (int64_t j = 0; j < k; j++) {
            int64_t to = (o * k + j) * from.inner + i;
            int64_t at = (o * from.extent + best[j]) * from.inner + i;
            memcpy((char *)call->dst[0].data + (size_t)to * size,
                   (const char *)src->data + (size_t)at * size, size);
            if (indices != NULL)
                indices[to] = best[j];
        }
    }
}

static seg_status evaluate_top_k(seg_eval *call)
{
    seg_shape shape = call->src[0].shape;
    int axis = 0;
    int64_t k = 0;
    seg_status status = seg_eval_axis_of(call, "axis", -1, shape.rank, &axis);
    if (status == SEG_OK)
        status = top_k_count(call, shape.dim[axis], &k);
    if (status != SEG_OK)
        return status;
    const int64_t length = shape.dim[axis];
    shape.dim[axis] = k;
    status = seg_eval_result(call, 0, &shape);
    shape.dtype = SEG_I64;
    if (status == SEG_OK && seg_eval_wants(call, 1))
        status = seg_eval_result(call, 1, &shape);
    if (status != SEG_OK || seg_shape_count(&shape) == 0)
        return status;
    size_t size = 0;
    uint64_t *scratch = NULL;
    if (!seg_size_mul((size_t)length + (size_t)k, sizeof *scratch, &size) ||
        (scratch = seg_block_new(size)) == NULL)
        return seg_fail_nomem(call->err, size, "TopK");
    top_k_run(call, axis, k, scratch);
    seg_block_free(scratch);
    return SEG_OK;
}

/* ---- CumSum ---- */

typedef struct running_sum {
    bool exclusive, reverse;
} running_sum;

#define RUNNING_SUM(name, type)                                                                    \
    static void name(const void *context, void *lane_, int64_t n)                                  \
    {                                                                                              \
        const running_sum *form = context;                                                         \
        type *lane = lane_, sum = 0;                                                               \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type *at = form->reverse ? &lane[n - 1 - i] : &lane[i], x = *at;                       \
            *at = form->exclusive ? sum : sum + x;                                                 \
            sum += x;                                                                              \
        }                                                                                          \
    }

RUNNING_SUM(running_sum_real, double)
RUNNING_SUM(running_sum_int, uint64_t) /* of signed numbers too */

static seg_status evaluate_cum_sum(seg_eval *call)
{
    const running_sum form = {seg_program_int(call->node, "exclusive", 0) != 0,
                              seg_program_int(call->node, "reverse", 0) != 0};
    const seg_dtype dtype = call->src[0].shape.dtype;
    bool in[SEG_MAX_RANK] = {false};
    int axis = 0;
    seg_status status = seg_eval_scalar(call, 1, "axis");
    if (status == SEG_OK)
        status = seg_eval_axis(call, seg_number_as_int(call->src[1].shape.dtype, call->src[1].data),
                               call->src[0].shape.rank, &axis);
    if (status == SEG_OK && dtype == SEG_BOOL)
        status = seg_eval_bad_dtype(call, 0);
    if (status != SEG_OK)
        return status;
    in[axis] = true;
    if (seg_dtype_is_real(dtype))
        return seg_eval_lanes(call, in, SEG_NUMBER_F64, running_sum_real, &form);
    return seg_eval_lanes(call, in, seg_number_of(dtype), running_sum_int, &form);
}

const seg_runtime_op seg_runtime_op_ArgMax = {.domain = "",
                                              .name = "ArgMax",
                                              .src_min = 1,
                                              .src_max = 1,
                                              .evaluate = evaluate_arg,
                                              .lower = lower_arg};

const seg_runtime_op seg_runtime_op_ArgMin = {
    .domain = "", .name = "ArgMin", .src_min = 1, .src_max = 1, .evaluate = evaluate_arg};

const seg_runtime_op seg_runtime_op_CumSum = {
    .domain = "", .name = "CumSum", .src_min = 2, .src_max = 2, .evaluate = evaluate_cum_sum};

const seg_runtime_op seg_runtime_op_TopK = {
    .domain = "", .name = "TopK", .src_min = 1, .src_max = 2, .evaluate = evaluate_top_k};
