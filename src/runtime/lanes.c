/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* lanes.c: views for lanes, blocks of them over threads, and lanes that are changed in place. */
#include "runtime/lanes.h"

#include "base/error.h"
#include "base/parallel.h"

enum { BLOCK = 16384 }; /* elements of a block, about */

seg_lanes seg_lanes_of(const seg_tensor *tensor, const bool in[SEG_MAX_RANK])
{
    const seg_shape *shape = &tensor->shape;
    seg_lanes lanes = {.count = 1, .length = 1};
    int rank = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < shape->rank; i++) {
            if (in[i] == (pass == 1))
                lanes.order[rank++] = i;
        }
    }
    lanes.view = seg_view_permute(tensor, lanes.order);
    seg_view_merge(&lanes.view);
    if (seg_shape_count(shape) == 0)
        lanes.count = lanes.length = 0; /* the products below might not fit */
    for (int i = 0; lanes.count > 0 && i < shape->rank; i++)
        *(in[i] ? &lanes.length : &lanes.count) *= shape->dim[i];
    return lanes;
}

seg_lanes seg_lanes_along(const seg_tensor *tensor, int axis)
{
    bool in[SEG_MAX_RANK] = {false};
    in[axis] = true;
    return seg_lanes_of(tensor, in);
}

typedef struct lane_blocks {
    int64_t count, block;
    seg_lane_body body;
    void *context;
} lane_blocks;

static void run_block(void *context, int64_t index, int thread)
{
    const lane_blocks *blocks = context;
    (void)thread;
    int64_t first = index * blocks->block, rest = blocks->count - first;
    blocks->body(blocks->context, first, rest < blocks->block ? rest : blocks->block);
}

void seg_lanes_for(int threads, const seg_lanes *lanes, seg_lane_body body, void *context)
{
    if (lanes->count == 0)
        return;
    int64_t block = lanes->length == 0 ? BLOCK : lanes->length < BLOCK ? BLOCK / lanes->length : 1;
    lane_blocks blocks = {lanes->count, block, body, context};
    seg_parallel_for(threads, (lanes->count + block - 1) / block, run_block, &blocks);
}

/* ---- lanes in place ---- */

/* numbers: all lanes one after the other. */
typedef struct change_job {
    const seg_lanes *lanes;
    seg_number number;
    seg_lane_function function;
    const void *context;
    char *numbers;
} change_job;

static void change_lanes(void *context, int64_t first, int64_t n)
{
    const change_job *job = context;
    const int64_t length = job->lanes->length;
    for (int64_t i = first; i < first + n; i++) {
        char *lane = job->numbers + i * length * (int64_t)seg_number_size(job->number);
        seg_view_load(&job->lanes->view, i * length, length, job->number, lane);
        job->function(job->context, lane, length);
    }
}

/* From lanes one after the other to the tensor's own order of axes. */
static void put_back(const seg_lanes *lanes, void *numbers, seg_number number, int threads,
                     const seg_tensor *dst)
{
    seg_tensor made = {dst->shape, numbers};
    int place[SEG_MAX_RANK];
    made.shape.dtype = seg_number_dtype(number);
    for (int i = 0; i < dst->shape.rank; i++) {
        made.shape.dim[i] = dst->shape.dim[lanes->order[i]];
        place[lanes->order[i]] = i;
    }
    seg_view view = seg_view_permute(&made, place);
    seg_view_store_all(&view, threads, dst);
}

/* Whether dst itself may hold the lanes as they are made. */
static bool lies_in_lanes(const seg_lanes *lanes, seg_number number, const seg_tensor *dst)
{
    bool same = seg_number_dtype(number) == dst->shape.dtype;
    for (int i = 0; same && i < dst->shape.rank; i++)
        same = lanes->order[i] == i;
    return same;
}

seg_status seg_eval_lanes(seg_eval *call, const bool in[SEG_MAX_RANK], seg_number number,
                          seg_lane_function function, const void *context)
{
    const seg_lanes lanes = seg_lanes_of(&call->src[0], in);
    seg_status status = seg_eval_result(call, 0, &call->src[0].shape);
    if (status != SEG_OK || lanes.count == 0)
        return status;
    const seg_tensor *dst = &call->dst[0];
    change_job job = {&lanes, number, function, context, dst->data};
    bool in_place = lies_in_lanes(&lanes, number, dst);
    if (!in_place) {
        size_t size = 0;
        if (!seg_size_mul((size_t)seg_shape_count(&dst->shape), seg_number_size(number), &size) ||
            (job.numbers = seg_block_new(size)) == NULL)
            return seg_fail_nomem(call->err, size, call->node->op);
    }
    seg_lanes_for(call->threads, &lanes, change_lanes, &job);
    if (!in_place) {
        put_back(&lanes, job.numbers, number, call->threads, dst);
        seg_block_free(job.numbers);
    }
    return SEG_OK;
}
