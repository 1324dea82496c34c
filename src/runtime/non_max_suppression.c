/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * non_max_suppression.c: NonMaxSuppression: for every image and class, boxes by falling score, of
 * which those that overlap an earlier one by more than iou_threshold are dropped.
 *
 * boxes N,B,4 (two opposite corners y,x,y,x; or center_point_box: x, y, width, height)
 * scores N,C,B    result K,3 of i64: image, class, box. Of equal scores the first box leads.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "runtime/convert.h"

enum { BOXES, SCORES, MOST, IOU, LEAST };

typedef struct box {
    float y0, x0, y1, x1;
} box;

typedef struct candidate {
    float score;
    int64_t index;
} candidate;

typedef struct suppression {
    int64_t images, classes, boxes, most;
    float iou, least;
    bool center, bounded; /* bounded: score_threshold is given */
    const float *corners, *scores;
    candidate *candidates;
    int64_t *chosen; /* of one class */
    int64_t *picked; /* of all: triples, in malloc'ed memory that grows */
    size_t count, capacity;
} suppression;

static box box_of(const suppression *s, int64_t image, int64_t index)
{
    const float *c = s->corners + (image * s->boxes + index) * 4;
    if (s->center)
        return (box){c[1] - c[3] / 2, c[0] - c[2] / 2, c[1] + c[3] / 2, c[0] + c[2] / 2};
    return (box){fminf(c[0], c[2]), fminf(c[1], c[3]), fmaxf(c[0], c[2]), fmaxf(c[1], c[3])};
}

/* Intersection over union; 0 when a box is empty. */
static float overlap(box a, box b)
{
    float h = fminf(a.y1, b.y1) - fmaxf(a.y0, b.y0), w = fminf(a.x1, b.x1) - fmaxf(a.x0, b.x0);
    float area_a = (a.y1 - a.y0) * (a.x1 - a.x0), area_b = (b.y1 - b.y0) * (b.x1 - b.x0);
    if (!(h > 0) || !(w > 0) || !(area_a > 0) || !(area_b > 0))
        return 0;
    return h * w / (area_a + area_b - h * w);
}

static int by_falling_score(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static bool overlaps_chosen(const suppression *s, int64_t image, int64_t index, int64_t chosen)
{
    box here = box_of(s, image, index);
    for (int64_t i = 0; i < chosen; i++) {
        if (overlap(here, box_of(s, image, s->chosen[i])) > s->iou)
            return true;
    }
    return false;
}

static seg_status suppress_class(seg_eval *call, suppression *s, int64_t image, int64_t label)
{
    const float *scores = s->scores + (image * s->classes + label) * s->boxes;
    int64_t count = 0, chosen = 0;
    for (int64_t i = 0; i < s->boxes; i++) {
        if (!isnan(scores[i]) && (!s->bounded || scores[i] > s->least))
            s->candidates[count++] = (candidate){scores[i], i};
    }
    qsort(s->candidates, (size_t)count, sizeof *s->candidates, by_falling_score);
    for (int64_t i = 0; i < count && chosen < s->most; i++) {
        if (overlaps_chosen(s, image, s->candidates[i].index, chosen))
            continue;
        void *picked = s->picked;
        if (!seg_array_reserve(&picked, &s->capacity, s->count + 1, 3 * sizeof *s->picked))
            return seg_fail_nomem(call->err, 3 * sizeof *s->picked, call->node->op);
        s->picked = picked;
        s->chosen[chosen++] = s->candidates[i].index;
        memcpy(s->picked + 3 * s->count++, (int64_t[]){image, label, s->candidates[i].index},
               3 * sizeof *s->picked);
    }
    return SEG_OK;
}

/* A scalar source, or `missing`. */
static double scalar(const seg_eval *call, int index, double missing)
{
    double value = missing;
    if (seg_eval_has(call, index) && seg_shape_count(&call->src[index].shape) > 0)
        seg_load_f64(call->src[index].shape.dtype, call->src[index].data, 0, 1, &value);
    return value;
}

static seg_status read_node(seg_eval *call, suppression *s)
{
    const seg_shape *boxes = &call->src[BOXES].shape, *scores = &call->src[SCORES].shape;
    char text[SEG_SHAPE_TEXT_SIZE], other[SEG_SHAPE_TEXT_SIZE];
    if (boxes->dtype != SEG_F32)
        return seg_eval_bad_dtype(call, BOXES);
    if (scores->dtype != SEG_F32)
        return seg_eval_bad_dtype(call, SCORES);
    if (boxes->rank != 3 || scores->rank != 3 || boxes->dim[2] != 4 ||
        boxes->dim[0] != scores->dim[0] || boxes->dim[1] != scores->dim[2])
        return seg_eval_fail(call, SEG_INVALID,
                             "boxes must be N,B,4 and scores N,C,B; they are %s and %s",
                             seg_shape_text(boxes, text), seg_shape_text(scores, other));
    double most = scalar(call, MOST, 0);
    *s = (suppression){.images = boxes->dim[0],
                       .classes = scores->dim[1],
                       .boxes = boxes->dim[1],
                       .most = most < 0      ? 0
                               : most > 1e15 ? (int64_t)1e15
                                             : (int64_t)most,
                       .iou = (float)scalar(call, IOU, 0),
                       .least = (float)scalar(call, LEAST, 0),
                       .bounded = seg_eval_has(call, LEAST),
                       .center = seg_program_int(call->node, "center_point_box", 0) != 0,
                       .corners = call->src[BOXES].data,
                       .scores = call->src[SCORES].data};
    if (!(s->iou >= 0 && s->iou <= 1))
        return seg_eval_fail(call, SEG_INVALID, "iou_threshold %g is not within 0..1",
                             (double)s->iou);
    return SEG_OK;
}

static seg_status suppress(seg_eval *call, suppression *s)
{
    seg_status status = SEG_OK;
    size_t size = 0;
    if (!seg_size_mul((size_t)s->boxes, sizeof *s->candidates, &size) ||
        (s->candidates = seg_block_new(size)) == NULL ||
        (s->chosen = seg_block_new((size_t)s->boxes * sizeof *s->chosen)) == NULL)
        return seg_fail_nomem(call->err, size, call->node->op);
    bool any = seg_shape_count(&call->src[SCORES].shape) > 0;
    for (int64_t image = 0; image < s->images && any; image++) {
        for (int64_t label = 0; label < s->classes && status == SEG_OK; label++)
            status = suppress_class(call, s, image, label);
    }
    if (status == SEG_OK)
        status = seg_eval_result(
            call, 0, &(seg_shape){.dtype = SEG_I64, .rank = 2, .dim = {(int64_t)s->count, 3}});
    if (status == SEG_OK && s->count > 0)
        memcpy(call->dst[0].data, s->picked, s->count * 3 * sizeof *s->picked);
    return status;
}

static seg_status evaluate(seg_eval *call)
{
    suppression s;
    seg_status status = read_node(call, &s);
    if (status != SEG_OK)
        return status;
    status = suppress(call, &s);
    seg_block_free(s.candidates);
    seg_block_free(s.chosen);
    free(s.picked);
    return status;
}

const seg_runtime_op seg_runtime_op_NonMaxSuppression = {
    .domain = "", .name = "NonMaxSuppression", .src_min = 2, .src_max = 5, .evaluate = evaluate};
