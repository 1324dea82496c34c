/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* view.c: views are read row by row, a row being a stretch along the last axis. */
#include "runtime/view.h"

#include <string.h>

#include "ops/elementwise.h"

seg_view seg_view_of(const seg_tensor *tensor)
{
    seg_view view = {tensor->data, tensor->shape.dtype, tensor->shape.rank, {0}, {0}};
    uint64_t step = 1; /* may wrap when another extent is 0, and then is never used */
    for (int i = view.rank - 1; i >= 0; i--) {
        view.dim[i] = tensor->shape.dim[i];
        view.step[i] = (int64_t)step;
        step *= (uint64_t)view.dim[i];
    }
    return view;
}

seg_view seg_view_broadcast(const seg_tensor *tensor, const seg_shape *to)
{
    seg_view own = seg_view_of(tensor), view = {tensor->data, own.dtype, to->rank, {0}, {0}};
    int lead = to->rank - own.rank;
    for (int i = 0; i < to->rank; i++) {
        view.dim[i] = to->dim[i];
        view.step[i] = i < lead || own.dim[i - lead] == 1 ? 0 : own.step[i - lead];
    }
    seg_view_merge(&view);
    return view;
}

seg_view seg_view_permute(const seg_tensor *tensor, const int *order)
{
    seg_view own = seg_view_of(tensor), view = own;
    for (int i = 0; i < own.rank; i++) {
        view.dim[i] = own.dim[order[i]];
        view.step[i] = own.step[order[i]];
    }
    return view;
}

static bool view_empty(const seg_view *view)
{
    for (int i = 0; i < view->rank; i++) {
        if (view->dim[i] == 0)
            return true;
    }
    return false;
}

static void view_flat(seg_view *view, int64_t count)
{
    view->rank = 1;
    view->dim[0] = count;
    view->step[0] = 1;
}

void seg_view_merge(seg_view *view)
{
    int rank = 0; /* of what was merged so far, in view itself */
    if (view_empty(view)) {
        view_flat(view, 0);
        return;
    }
    for (int i = 0; i < view->rank; i++) {
        int64_t dim = view->dim[i], step = view->step[i];
        if (dim == 1)
            continue;
        if (rank > 0 && view->step[rank - 1] == step * dim) {
            view->dim[rank - 1] *= dim;
            view->step[rank - 1] = step;
            continue;
        }
        view->dim[rank] = dim;
        view->step[rank++] = step;
    }
    view->rank = rank;
    if (rank == 0)
        view_flat(view, 1);
}

int64_t seg_view_count(const seg_view *view)
{
    int64_t count = 1;
    for (int i = 0; i < view->rank; i++)
        count *= view->dim[i];
    return count;
}

/* ---- walking ---- */

/* Where a reader stands. */
typedef struct view_walk {
    int64_t at[SEG_VIEW_RANK];
    int64_t offset; /* of that element, in elements */
} view_walk;

static void walk_start(const seg_view *view, int64_t index, view_walk *walk)
{
    walk->offset = 0;
    for (int i = view->rank - 1; i >= 0; i--) {
        walk->at[i] = index % view->dim[i];
        index /= view->dim[i];
        walk->offset += walk->at[i] * view->step[i];
    }
}

/* From anywhere in a row to the start of the next one. */
static void walk_next_row(const seg_view *view, view_walk *walk)
{
    int last = view->rank - 1;
    walk->offset -= walk->at[last] * view->step[last];
    walk->at[last] = 0;
    for (int i = last - 1; i >= 0; i--) {
        walk->offset += view->step[i];
        if (++walk->at[i] < view->dim[i])
            return;
        walk->offset -= view->dim[i] * view->step[i];
        walk->at[i] = 0;
    }
}

/* Elements of a row from here, at most n. */
static int64_t walk_run(const seg_view *view, const view_walk *walk, int64_t n)
{
    int64_t rest = view->dim[view->rank - 1] - walk->at[view->rank - 1];
    return rest < n ? rest : n;
}

const void *seg_view_at(const seg_view *view, int64_t index)
{
    view_walk walk;
    walk_start(view, index, &walk);
    return view->data + walk.offset * (int64_t)seg_dtype_size(view->dtype);
}

/* ---- rows ---- */

/* Elements of `size` bytes, as bytes: their type does not matter. */
#define COPY(name, size)                                                                           \
    static void name(const char *src, int64_t step, char *dst, int64_t n)                          \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            memcpy(dst + i * (size), src + i * step * (size), size);                               \
    }

COPY(copy_1, 1)
COPY(copy_2, 2)
COPY(copy_4, 4)
COPY(copy_8, 8)

static void copy_row(size_t size, const char *src, int64_t step, char *dst, int64_t n)
{
    if (step == 1)
        memcpy(dst, src, (size_t)n * size);
    else if (size == 1)
        copy_1(src, step, dst, n);
    else if (size == 2)
        copy_2(src, step, dst, n);
    else if (size == 4)
        copy_4(src, step, dst, n);
    else
        copy_8(src, step, dst, n);
}

/* ---- reading ---- */

/* One row as numbers; elements that do not lie side by side are brought there first. */
static void load_row(const seg_view *view, const char *src, seg_number as, char *dst, int64_t n)
{
    enum { CHUNK = 512 };
    uint64_t spare[CHUNK];
    const size_t size = seg_dtype_size(view->dtype);
    const int64_t step = view->step[view->rank - 1];
    if (step == 1) {
        seg_number_load(view->dtype, src, as, dst, n);
        return;
    }
    for (int64_t done = 0; done < n; done += CHUNK) {
        int64_t run = n - done < CHUNK ? n - done : CHUNK;
        copy_row(size, src + done * step * (int64_t)size, step, (char *)spare, run);
        seg_number_load(view->dtype, spare, as, dst + done * (int64_t)seg_number_size(as), run);
    }
}

void seg_view_load(const seg_view *view, int64_t first, int64_t n, seg_number as, void *dst)
{
    if (n == 0)
        return;
    const int64_t size = (int64_t)seg_dtype_size(view->dtype);
    char *out = dst;
    view_walk walk;
    walk_start(view, first, &walk);
    for (;;) {
        int64_t run = walk_run(view, &walk, n);
        load_row(view, view->data + walk.offset * size, as, out, run);
        n -= run;
        if (n == 0)
            return;
        out += run * (int64_t)seg_number_size(as);
        walk_next_row(view, &walk);
    }
}

const void *seg_view_read(const seg_view *view, int64_t first, int64_t n, seg_number as,
                          void *buffer)
{
    view_walk walk;
    if (n > 0 && view->step[view->rank - 1] == 1 && seg_number_dtype(as) == view->dtype) {
        walk_start(view, first, &walk);
        if (walk_run(view, &walk, n) == n)
            return view->data + walk.offset * (int64_t)seg_dtype_size(view->dtype);
    }
    seg_view_load(view, first, n, as, buffer);
    return buffer;
}

/* ---- copying ---- */

void seg_view_copy(const seg_view *view, int64_t first, int64_t n, void *dst)
{
    if (n == 0)
        return;
    const size_t size = seg_dtype_size(view->dtype);
    const int64_t step = view->step[view->rank - 1];
    char *out = dst;
    view_walk walk;
    walk_start(view, first, &walk);
    for (;;) {
        int64_t run = walk_run(view, &walk, n);
        copy_row(size, view->data + walk.offset * (int64_t)size, step, out, run);
        n -= run;
        if (n == 0)
            return;
        out += run * (int64_t)size;
        walk_next_row(view, &walk);
    }
}

typedef struct copy_job {
    const seg_view *view;
    char *dst;
} copy_job;

static void copy_block(void *context, int64_t first, int64_t n)
{
    const copy_job *job = context;
    seg_view_copy(job->view, first, n,
                  job->dst + first * (int64_t)seg_dtype_size(job->view->dtype));
}

void seg_view_copy_all(seg_view *view, int threads, void *dst)
{
    copy_job job = {view, dst};
    seg_view_merge(view);
    seg_flat_for(threads, seg_view_count(view), copy_block, &job);
}

typedef struct store_job {
    const seg_view *view;
    const seg_tensor *dst;
} store_job;

static void store_block(void *context, int64_t first, int64_t n)
{
    enum { CHUNK = 512 };
    uint64_t spare[CHUNK];
    const store_job *job = context;
    const seg_dtype dtype = job->dst->shape.dtype;
    const seg_number number = seg_number_of(job->view->dtype);
    for (int64_t done = 0; done < n; done += CHUNK) {
        int64_t run = n - done < CHUNK ? n - done : CHUNK, at = first + done;
        seg_number_store(number, seg_view_read(job->view, at, run, number, spare), dtype,
                         (char *)job->dst->data + at * (int64_t)seg_dtype_size(dtype), run);
    }
}

void seg_view_store_all(seg_view *view, int threads, const seg_tensor *dst)
{
    store_job job = {view, dst};
    seg_view_merge(view);
    seg_flat_for(threads, seg_view_count(view), store_block, &job);
}

/* ---- broadcasting ---- */

bool seg_broadcast(const seg_shape *a, const seg_shape *b, seg_shape *out)
{
    seg_shape wide = a->rank >= b->rank ? *a : *b;
    const seg_shape *narrow = a->rank >= b->rank ? b : a;
    int lead = wide.rank - narrow->rank;
    wide.dtype = a->dtype;
    for (int i = lead; i < wide.rank; i++) {
        int64_t extent = narrow->dim[i - lead];
        if (wide.dim[i] == 1)
            wide.dim[i] = extent;
        else if (extent != 1 && extent != wide.dim[i])
            return false;
    }
    *out = wide;
    return true;
}

bool seg_broadcasts_to(const seg_shape *from, const seg_shape *to)
{
    seg_shape both;
    if (!seg_broadcast(to, from, &both))
        return false;
    return seg_shape_equal(&both, to);
}
