/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * bands.c: layers that run together, a band of rows at a time.
 *
 * The first layers of a network, and a decoder's, have results of many megabytes that only the next
 * layer reads. In a group of such layers each makes as many rows as the next ones need for a few rows
 * of the group's result; then the next band follows. What stays within the group is held in a buffer
 * of the rows that are still needed, which fits a cache, and rows move up.
 *
 * Each thread does a strip of the result from top to bottom, all layers by itself: what it has
 * written is in its own cache. At the strips' borders a few rows are computed twice.
 *
 * Images are N,H,W,C, so rows of one image are a smaller image: a layer runs on them as it is, with
 * its padding cut to the image's border. Every number is made by the same sums as without bands.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "graph/exec_plan.h"
#include "graph/reach.h"
#include "ops/params.h"

enum {
    WORTH_BYTES = 8 << 20,    /* of source and result of a layer that joins a group */
    BAND_BYTES = 1 << 20,     /* of a thread's buffers: they should stay in its cache */
    STRIP_ROWS = 16,          /* of a group's result: fewer cost too many rows at the borders */
    ROWS_MOST = 64,           /* of a group's result at once */
    WEIGHTS_MOST = 128 << 10, /* floats, which each band reads anew */
};

typedef union band_params {
    seg_conv2d_params conv;
    seg_resize_params resize;
} band_params;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t height_of(const seg_exec *exec, seg_value v)
{
    return exec->graph->values[v].shape.h;
}

static size_t row_bytes(const seg_exec *exec, seg_value v)
{
    const seg_shape *s = &exec->graph->values[v].shape;
    return s->h > 0 ? seg_shape_size(s) / (size_t)s->h : 0;
}

static bool is_image(const seg_exec *exec, seg_value v)
{
    const seg_graph_value *value = &exec->graph->values[v];
    return value->kind == SEG_VALUE_INPUT || value->kind == SEG_VALUE_NODE;
}

/* Winograd's filtering takes whole images: its tiles, and its weights, depend on their extent. */
static bool can_band(const seg_exec *exec, const seg_graph_node *node)
{
    const seg_graph_value *values = exec->graph->values;
    if (values[node->dst].shape.rank != 4 || values[node->dst].shape.n != 1 ||
        values[node->dst].shape.dtype != SEG_F32)
        return false;
    if (node->op == &seg_op_conv2d) {
        const seg_conv2d_params *p = node->params;
        const seg_shape *kernel = &values[node->src[1]].shape;
        return (p->sh > 1 || p->sw > 1 || kernel->kh != 3 || kernel->kw != 3) &&
               seg_shape_count(kernel) <= WEIGHTS_MOST;
    }
    if (node->op == &seg_op_resize_bilinear)
        return seg_reach_is_local(exec->graph, node, 0);
    return node->op == &seg_op_add || (node->op == &seg_op_depthwise2d) ||
           (node->op == &seg_op_concat) || (node->op == &seg_op_relu) ||
           (node->op == &seg_op_relu6) || (node->op == &seg_op_scale);
}

static bool is_worth(const seg_exec *exec, const seg_graph_node *node)
{
    size_t size = seg_shape_size(&exec->graph->values[node->dst].shape);
    for (int k = 0; k < node->src_count; k++) {
        if (is_image(exec, node->src[k]))
            size += seg_shape_size(&exec->graph->values[node->src[k]].shape);
    }
    return size >= WORTH_BYTES;
}

/* ---- one band of a strip: who computes which rows ---- */

/* What a thread works on. */
typedef struct strip {
    seg_exec *exec;
    const seg_band_group *g;
    seg_band_state *states; /* [nodes of the graph]: this thread's */
    int thread;
    int64_t index, count; /* of the strips of the group */
} strip;

static seg_span owned(const strip *s, int64_t height)
{
    return (seg_span){height * s->index / s->count, height * (s->index + 1) / s->count};
}

static bool in_group(const seg_exec *exec, const seg_band_group *g, seg_value v)
{
    const seg_graph_value *value = &exec->graph->values[v];
    return value->kind == SEG_VALUE_NODE && value->node >= g->first && value->node <= g->last;
}

/* Rows that node i computes now: all that are asked for and not there; of a result that is read outside
 * of the group none is left out. */
static seg_span rows_now(const strip *s, int i)
{
    const seg_band_state *state = &s->states[i];
    const int64_t end = most(state->need.end, state->have.end);
    const bool skips = s->exec->nodes[i].band == SEG_BAND_WITHIN || !state->begun;
    return (seg_span){skips ? most(state->need.first, state->have.end) : state->have.end, end};
}

/* Ask the sources of node i for what its rows take, and for what its next row will take. */
static void ask_sources(const strip *s, int i)
{
    const seg_graph *graph = s->exec->graph;
    const seg_graph_node *node = &graph->nodes[i];
    const seg_span now = rows_now(s, i);
    if (now.first >= height_of(s->exec, node->dst))
        return;
    for (int k = 0; k < node->src_count; k++) {
        if (!in_group(s->exec, s->g, node->src[k]))
            continue;
        seg_band_state *source = &s->states[graph->values[node->src[k]].node];
        const seg_span next = {now.first, most(now.end, now.first + 1)};
        const seg_span reach = seg_reach(graph, node, k, 0, next);
        source->need.first = least(source->need.first, most(reach.first, 0));
        if (now.end > now.first)
            source->need.end =
                most(source->need.end, least(reach.end, height_of(s->exec, node->src[k])));
    }
}

/* Result rows up to y_end, which is the strip's last band when `end`: fills need of all nodes. */
static void ask(const strip *s, int64_t y_end, bool end)
{
    const seg_band_group *g = s->g;
    for (int i = g->first; i <= g->last; i++) {
        const int64_t height = height_of(s->exec, s->exec->graph->nodes[i].dst);
        s->states[i].need = (seg_span){height, s->states[i].have.end};
    }
    for (int i = g->last; i >= g->first; i--) {
        seg_band_state *state = &s->states[i];
        const seg_span own = owned(s, height_of(s->exec, s->exec->graph->nodes[i].dst));
        if (s->exec->nodes[i].band != SEG_BAND_WITHIN) {
            if (!state->begun)
                state->need.first = least(state->need.first, own.first);
            if (i == g->last || end)
                state->need.end = most(state->need.end, i == g->last ? y_end : own.end);
        }
        ask_sources(s, i);
    }
}

static char *band_data(const strip *s, int i)
{
    const seg_exec_node_plan *plan = &s->exec->nodes[i];
    if (s->exec->arena == NULL || plan->band_buffer == SEG_NO_BUFFER)
        return NULL;
    return s->exec->arena + s->exec->buffers[plan->band_buffer].offset +
           (size_t)s->thread * plan->band_bytes;
}

/* Rows that are not needed any more go; the rest moves to the buffer's start. */
static void move_up(const strip *s, int i)
{
    seg_band_state *state = &s->states[i];
    const size_t row = row_bytes(s->exec, s->exec->graph->nodes[i].dst);
    char *data = band_data(s, i);
    int64_t first = state->need.first;
    if (!state->begun) {
        state->have = (seg_span){first, first};
        state->begun = true;
        return;
    }
    if (s->exec->nodes[i].band != SEG_BAND_WITHIN)
        first = least(first, state->have.end);
    if (first <= state->have.first)
        return;
    if (data != NULL && first < state->have.end)
        memmove(data, data + (size_t)(first - state->have.first) * row,
                (size_t)(state->have.end - first) * row);
    state->have.first = first;
    state->have.end = most(state->have.end, first);
}

/* Where row `y` of a value lies for this strip. */
static void *row_at(const strip *s, seg_value v, int64_t y)
{
    const seg_graph_value *value = &s->exec->graph->values[v];
    if (in_group(s->exec, s->g, v) && s->exec->nodes[value->node].band != SEG_BAND_RESULT) {
        char *data = band_data(s, value->node);
        return data != NULL
                   ? data + (size_t)(y - s->states[value->node].have.first) * row_bytes(s->exec, v)
                   : NULL;
    }
    const seg_exec_value_plan *plan = &s->exec->values[v];
    const seg_value whole = plan->whole != SEG_NO_VALUE ? plan->whole : v;
    if (s->exec->arena == NULL || plan->data == SEG_NO_BUFFER)
        return NULL;
    return s->exec->arena + s->exec->buffers[plan->data].offset + plan->offset +
           (size_t)y * row_bytes(s->exec, whole);
}

/* The parameters of node i for some rows: padding cut, a resize as the part that it is. */
static const void *params_for(const seg_exec *exec, int i, seg_span now, seg_span reach,
                              seg_span inside, band_params *params)
{
    const seg_graph_node *node = &exec->graph->nodes[i];
    if (node->op == &seg_op_conv2d || node->op == &seg_op_depthwise2d) {
        params->conv = *(const seg_conv2d_params *)node->params;
        params->conv.ph = inside.first - reach.first;
        params->conv.ph_end = reach.end - inside.end;
        return params;
    }
    if (node->op == &seg_op_resize_bilinear) {
        params->resize = *(const seg_resize_params *)node->params;
        if (params->resize.whole_h.src == 0) {
            params->resize.whole_h.src = height_of(exec, node->src[0]);
            params->resize.whole_h.dst = height_of(exec, node->dst);
        }
        params->resize.h = now.end - now.first;
        params->resize.whole_h.src_first += inside.first;
        params->resize.whole_h.dst_first += now.first;
        return params;
    }
    return node->params;
}

/* The node's call for rows `now` of its result. */
static seg_op_call call_for(const strip *s, int i, seg_span now, seg_tensor *src, seg_tensor *dst,
                            band_params *params)
{
    const seg_exec *exec = s->exec;
    const seg_graph_node *node = &exec->graph->nodes[i];
    seg_op_call call = exec->nodes[i].call;
    memcpy(src, exec->nodes[i].src, sizeof exec->nodes[i].src);
    *dst = exec->nodes[i].dst;
    dst->shape.h = now.end - now.first;
    dst->data = row_at(s, node->dst, now.first);
    call.src = src;
    call.dst = dst;
    call.threads = (int)most(1, exec->opts.threads / s->count);
    for (int k = 0; k < node->src_count; k++) {
        if (!is_image(exec, node->src[k]))
            continue;
        const seg_span reach = seg_reach(exec->graph, node, k, 0, now);
        const seg_span inside = {most(reach.first, 0),
                                 least(reach.end, height_of(exec, node->src[k]))};
        src[k].shape.h = most(inside.end - inside.first, 1);
        src[k].data = row_at(s, node->src[k], inside.first);
        if (k == 0)
            call.params = params_for(exec, i, now, reach, inside, params);
    }
    return call;
}

/* ---- planning ---- */

/* Whether a node of the group reads v. */
static bool is_read_within(const seg_exec *exec, const seg_band_group *g, seg_value v)
{
    for (int i = g->first; i <= g->last; i++) {
        for (int k = 0; k < exec->graph->nodes[i].src_count; k++) {
            if (exec->graph->nodes[i].src[k] == v)
                return true;
        }
    }
    return false;
}

static bool is_read_outside(const seg_exec *exec, const seg_band_group *g, seg_value v)
{
    for (int i = 0; i < (int)exec->graph->node_count; i++) {
        for (int k = 0; k < exec->graph->nodes[i].src_count; k++) {
            if (exec->graph->nodes[i].src[k] == v && (i < g->first || i > g->last))
                return true;
        }
    }
    for (size_t i = 0; i < exec->graph->output_count; i++) {
        if (exec->graph->outputs[i].value == v)
            return true;
    }
    return false;
}

static void measure_node(const strip *s, seg_band_group *g, int i, seg_span now)
{
    seg_tensor src[SEG_OP_MAX_SRC], dst;
    band_params params;
    seg_exec_node_plan *plan = &s->exec->nodes[i];
    const seg_op *op = s->exec->graph->nodes[i].op;
    const seg_op_call call = call_for(s, i, now, src, &dst, &params);
    size_t size = op->scratch_size != NULL ? seg_align_up(op->scratch_size(&call)) : 0;
    g->scratch_bytes = size > g->scratch_bytes ? size : g->scratch_bytes;
    size = (size_t)(now.end - s->states[i].have.first) *
           row_bytes(s->exec, s->exec->graph->nodes[i].dst);
    if (plan->band != SEG_BAND_RESULT && seg_align_up(size) > plan->band_bytes)
        plan->band_bytes = seg_align_up(size);
}

/* Do one strip; run NULL: only measure it. */
static void do_strip(strip *s, seg_band_group *measured, void *scratch, seg_bands_call run)
{
    const seg_band_group *g = s->g;
    seg_exec *exec = s->exec;
    const seg_span own = owned(s, height_of(exec, exec->graph->nodes[g->last].dst));
    memset(s->states + g->first, 0, (size_t)(g->last - g->first + 1) * sizeof *s->states);
    for (int64_t y = own.first; y < own.end; y += g->rows) {
        ask(s, least(y + g->rows, own.end), y + g->rows >= own.end);
        for (int i = g->first; i <= g->last; i++) {
            const seg_value v = exec->graph->nodes[i].dst;
            seg_tensor src[SEG_OP_MAX_SRC], dst;
            band_params params;
            move_up(s, i);
            const seg_span now = rows_now(s, i);
            if (now.end <= now.first)
                continue;
            if (run == NULL) {
                measure_node(s, measured, i, now);
            } else {
                seg_op_call call = call_for(s, i, now, src, &dst, &params);
                call.scratch = scratch;
                run(exec, i, &call, s->index == 0);
            }
            s->states[i].have.end = now.end;
            const seg_span mine = owned(s, height_of(exec, v));
            const seg_span out = {most(now.first, mine.first), least(now.end, mine.end)};
            if (run != NULL && exec->nodes[i].band == SEG_BAND_LEAVES && out.end > out.first)
                memcpy(exec->arena + exec->buffers[exec->values[v].data].offset +
                           (size_t)out.first * row_bytes(exec, v),
                       row_at(s, v, out.first), (size_t)(out.end - out.first) * row_bytes(exec, v));
        }
    }
}

/* Fills band_bytes of the nodes and scratch_bytes; returns the bytes of a thread's buffers. */
static size_t measure(seg_exec *exec, seg_band_group *g, int64_t rows)
{
    size_t bytes = 0;
    g->rows = rows;
    g->scratch_bytes = 0;
    for (int i = g->first; i <= g->last; i++)
        exec->nodes[i].band_bytes = 0;
    for (int64_t index = 0; index < g->strips; index++) {
        strip s = {exec, g, exec->band_states, 0, index, g->strips};
        do_strip(&s, g, NULL, NULL);
    }
    for (int i = g->first; i <= g->last; i++)
        bytes += exec->nodes[i].band_bytes;
    return bytes;
}

/* What of each result is held. A group must not be left by the way: all but the last are read within. */
static void settle(seg_exec *exec, seg_band_group *g)
{
    for (int i = g->first; i < g->last; i++) {
        if (!is_read_within(exec, g, exec->graph->nodes[i].dst))
            g->last = i;
    }
    const int64_t height = height_of(exec, exec->graph->nodes[g->last].dst);
    g->strips = (int)most(1, least(exec->opts.threads, height / STRIP_ROWS));
    for (int i = g->first; i <= g->last; i++)
        exec->nodes[i].band = i == g->last ? SEG_BAND_RESULT
                              : is_read_outside(exec, g, exec->graph->nodes[i].dst)
                                  ? SEG_BAND_LEAVES
                                  : SEG_BAND_WITHIN;
}

static void unsettle(seg_exec *exec, const seg_band_group *g)
{
    for (int i = g->first; i <= g->last; i++)
        exec->nodes[i].band = SEG_BAND_NONE;
}

static size_t result_bytes(const seg_exec *exec, int i)
{
    return seg_shape_size(&exec->graph->values[exec->graph->nodes[i].dst].shape);
}

/* A group's first band takes all that the last layer sees of the image: hundreds of rows of each
 * layer, where there are many. Then it ends earlier, where a result is small. */
static void keep_to_limit(seg_exec *exec, seg_band_group *g)
{
    while (g->last > g->first) {
        const size_t bytes = measure(exec, g, 1);
        exec->band_most = bytes > exec->band_most ? bytes : exec->band_most;
        if (exec->band_limit == 0 || bytes <= exec->band_limit)
            return;
        unsettle(exec, g);
        for (g->last--;
             g->last > g->first && result_bytes(exec, g->last - 1) < result_bytes(exec, g->last);)
            g->last--;
        settle(exec, g);
    }
}

/* Returns false when less than two layers are left, or nothing is saved. */
static bool close_group(seg_exec *exec, seg_band_group *g)
{
    settle(exec, g);
    keep_to_limit(exec, g);
    if (g->last > g->first) {
        const int64_t height = height_of(exec, exec->graph->nodes[g->last].dst);
        int64_t rows = ROWS_MOST;
        while (measure(exec, g, rows) > BAND_BYTES && rows > 1)
            rows /= 2;
        if (rows < height / g->strips)
            return true;
    }
    unsettle(exec, g);
    return false;
}

seg_status seg_bands_plan(seg_exec *exec, seg_error *err)
{
    const int count = (int)exec->graph->node_count;
    if (exec->opts.train || exec->opts.no_reuse || exec->opts.watch != NULL)
        return SEG_OK;
    const size_t states = (size_t)exec->opts.threads * (size_t)count;
    exec->group_count = 0;
    exec->band_most = 0;
    free(exec->band_states);
    exec->band_states = calloc(states + 1, sizeof *exec->band_states);
    if (exec->band_states == NULL)
        return seg_fail_nomem(err, states * sizeof *exec->band_states, "the plan");
    for (int i = 0; i < count; i++) {
        seg_band_group g = {.first = i, .last = i - 1, .scratch = SEG_NO_BUFFER};
        for (int k = i; k < count && can_band(exec, &exec->graph->nodes[k]) &&
                        is_worth(exec, &exec->graph->nodes[k]);
             k++)
            g.last = k;
        if (g.last < g.first || !close_group(exec, &g))
            continue;
        void *groups = exec->groups;
        if (!seg_array_reserve(&groups, &exec->group_capacity, exec->group_count + 1,
                               sizeof *exec->groups))
            return seg_fail_nomem(err, sizeof *exec->groups, "the plan");
        exec->groups = groups;
        exec->groups[exec->group_count++] = g;
        i = g.last;
    }
    return SEG_OK;
}

const seg_band_group *seg_bands_of(const seg_exec *exec, int node)
{
    for (size_t i = 0; i < exec->group_count; i++) {
        if (node >= exec->groups[i].first && node <= exec->groups[i].last)
            return &exec->groups[i];
    }
    return NULL;
}

/* ---- run ---- */

typedef struct band_job {
    seg_exec *exec;
    const seg_band_group *g;
    seg_bands_call run;
} band_job;

static void run_strip(void *context, int64_t index, int thread)
{
    const band_job *job = context;
    seg_exec *exec = job->exec;
    strip s = {exec,   job->g, exec->band_states + (size_t)thread * exec->graph->node_count,
               thread, index,  job->g->strips};
    char *scratch = exec->arena + exec->buffers[job->g->scratch].offset;
    do_strip(&s, NULL, scratch + (size_t)thread * job->g->scratch_bytes, job->run);
}

void seg_bands_run(seg_exec *exec, const seg_band_group *g, seg_bands_call run)
{
    band_job job = {exec, g, run};
    seg_parallel_for(g->strips, g->strips, run_strip, &job);
}
