/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* map.c: blocks of elements over threads, and within a block chunks through small buffers. */
#include "runtime/map.h"

#include "base/error.h"
#include "ops/elementwise.h"
#include "runtime/args.h"

typedef uint64_t chunk_buffer[SEG_MAP_CHUNK];

static int64_t chunk_of(int64_t rest)
{
    return rest < SEG_MAP_CHUNK ? rest : SEG_MAP_CHUNK;
}

/* Where numbers for dst are made: in dst itself when they are stored unchanged. */
static void *result_place(const seg_tensor *dst, int64_t first, seg_number number, void *buffer)
{
    if (seg_number_dtype(number) != dst->shape.dtype)
        return buffer;
    return (char *)dst->data + first * (int64_t)seg_number_size(number);
}

static void result_store(const seg_tensor *dst, int64_t first, seg_number number, const void *made,
                         int64_t n)
{
    seg_dtype dtype = dst->shape.dtype;
    char *place = (char *)dst->data + first * (int64_t)seg_dtype_size(dtype);
    if (made != place)
        seg_number_store(number, made, dtype, place, n);
}

/* ---- map ---- */

typedef struct map_job {
    const seg_map *map;
    const seg_tensor *dst;
    seg_view views[SEG_MAP_SRC];
} map_job;

static void map_chunk(const map_job *job, int64_t first, int64_t n)
{
    chunk_buffer buffers[SEG_MAP_SRC], made;
    const void *src[SEG_MAP_SRC];
    const seg_map *map = job->map;
    void *dst = result_place(job->dst, first, map->result, made);
    for (int i = 0; i < map->src_count; i++)
        src[i] = seg_view_read(&job->views[i], first, n, map->as[i], buffers[i]);
    map->body(map->context, dst, src, n);
    result_store(job->dst, first, map->result, dst, n);
}

static void map_block(void *context, int64_t first, int64_t n)
{
    for (int64_t done = 0; done < n; done += SEG_MAP_CHUNK)
        map_chunk(context, first + done, chunk_of(n - done));
}

void seg_map_run(const seg_map *map, int threads, const seg_tensor *dst)
{
    map_job job = {.map = map, .dst = dst};
    for (int i = 0; i < map->src_count; i++)
        job.views[i] = seg_view_broadcast(map->src[i], &dst->shape);
    seg_flat_for(threads, seg_shape_count(&dst->shape), map_block, &job);
}

/* ---- fold ---- */

typedef struct fold_job {
    seg_map_body body, last;
    const void *context;
    const seg_tensor *dst;
    int count;
    const seg_view *views;
} fold_job;

/* The sum of two sources at once needs no copy of the first. */
static void fold_chunk(const fold_job *job, int64_t first, int64_t n)
{
    chunk_buffer left, right, made;
    const seg_number number = seg_number_of(job->dst->shape.dtype);
    void *dst = result_place(job->dst, first, number, made);
    const void *src[2] = {seg_view_read(&job->views[0], first, n, number, left), NULL};
    for (int i = 1; i < job->count; i++) {
        src[1] = seg_view_read(&job->views[i], first, n, number, right);
        job->body(job->context, dst, src, n);
        src[0] = dst;
    }
    if (job->last != NULL) {
        job->last(job->context, dst, src, n);
        src[0] = dst;
    }
    result_store(job->dst, first, number, src[0], n);
}

static void fold_block(void *context, int64_t first, int64_t n)
{
    for (int64_t done = 0; done < n; done += SEG_MAP_CHUNK)
        fold_chunk(context, first + done, chunk_of(n - done));
}

seg_status seg_map_fold(seg_eval *call, seg_map_body body, seg_map_body last, const void *context,
                        const seg_tensor *dst)
{
    size_t size = (size_t)call->src_count * sizeof(seg_view);
    seg_view *views = seg_block_new(size);
    if (views == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    for (int i = 0; i < call->src_count; i++)
        views[i] = seg_view_broadcast(&call->src[i], &dst->shape);
    fold_job job = {body, last, context, dst, call->src_count, views};
    seg_flat_for(call->threads, seg_shape_count(&dst->shape), fold_block, &job);
    seg_block_free(views);
    return SEG_OK;
}

/* ---- operators of one and two sources ---- */

seg_status seg_eval_body(seg_eval *call, const seg_bodies *bodies, int src, seg_map_body *body)
{
    seg_dtype dtype = call->src[src].shape.dtype;
    *body = bodies->of[seg_number_of(dtype)];
    if (*body == NULL || (dtype == SEG_BOOL && !bodies->bools))
        return seg_eval_bad_dtype(call, src);
    return SEG_OK;
}

seg_status seg_eval_unary(seg_eval *call, const seg_bodies *bodies, const void *context)
{
    seg_number number = seg_number_of(call->src[0].shape.dtype);
    seg_map map = {NULL, context, 1, {&call->src[0]}, {number}, number};
    seg_status status = seg_eval_body(call, bodies, 0, &map.body);
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &call->src[0].shape);
    if (status == SEG_OK)
        seg_map_run(&map, call->threads, &call->dst[0]);
    return status;
}

static seg_status binary(seg_eval *call, const seg_bodies *bodies, const void *context,
                         bool relation)
{
    seg_shape shape;
    seg_number number = seg_number_of(call->src[0].shape.dtype);
    seg_map map = {NULL, context, 2, {&call->src[0], &call->src[1]}, {number, number}, number};
    seg_status status = seg_eval_broadcast(call, 0, 2, &shape);
    if (status == SEG_OK)
        status = seg_eval_same_dtype(call, 1);
    if (status == SEG_OK)
        status = seg_eval_body(call, bodies, 0, &map.body);
    if (relation) {
        shape.dtype = SEG_BOOL;
        map.result = SEG_NUMBER_I64;
    }
    if (status == SEG_OK)
        status = seg_eval_result(call, 0, &shape);
    if (status == SEG_OK)
        seg_map_run(&map, call->threads, &call->dst[0]);
    return status;
}

seg_status seg_eval_binary(seg_eval *call, const seg_bodies *bodies, const void *context)
{
    return binary(call, bodies, context, false);
}

seg_status seg_eval_relation(seg_eval *call, const seg_bodies *bodies)
{
    return binary(call, bodies, NULL, true);
}
