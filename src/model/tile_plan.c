/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tile_plan.c: a network on a window of an image. */
#include "model/tile_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "graph/optimise.h"

static const seg_graph_value *source(const seg_graph *graph, const seg_graph_node *node, int k)
{
    return &graph->values[node->src[k]];
}

static bool is_image(const seg_graph_value *value)
{
    return value->kind == SEG_VALUE_INPUT || value->kind == SEG_VALUE_NODE;
}

static int64_t extent(const seg_graph_value *value, int axis)
{
    return value->shape.dim[1 + axis];
}

static bool is_resize(const seg_graph_node *node)
{
    return node->op == &seg_op_resize_bilinear;
}

/* The power of two that a value at 1/f of the pixels is short by: extents are ceil(whole / f). */
static int64_t factor(int64_t cells, int64_t whole)
{
    int64_t f = 1;
    while (f * cells < whole)
        f *= 2;
    return f;
}

/* ---- the whole ---- */

/* Nodes that look at all of the image, but for the one mean. */
static seg_status find_mean(seg_whole_net *net, seg_error *err)
{
    const seg_graph *graph = net->graph;
    net->mean = -1;
    for (int i = 0; i < (int)graph->node_count; i++) {
        const seg_graph_node *node = &graph->nodes[i];
        for (int k = 0; k < node->src_count; k++) {
            if (!is_image(source(graph, node, k)) || seg_reach_is_local(graph, node, k))
                continue;
            if (node->op != &seg_op_global_avgpool || net->mean >= 0)
                return seg_fail(
                    err, SEG_UNSUPPORTED,
                    "%s: tiles cannot do layer %s (%s), which looks at all of the image",
                    net->model->spec.net.net, node->name, node->op->name);
            net->mean = i;
        }
    }
    return SEG_OK;
}

/* A resize by a power of two is the same at every window; others drift by a fraction of a pixel. */
static bool is_even(const seg_graph *graph, const seg_graph_node *node, int axis)
{
    const seg_resize_params *p = node->params;
    const int64_t from = extent(source(graph, node, 0), axis);
    const int64_t to = extent(&graph->values[node->dst], axis);
    return from == 1 || (axis == 0 ? p->scale_h : p->scale_w) > 0 || from * factor(from, to) == to;
}

seg_status seg_whole_net_init(seg_whole_net *net, const seg_model *model, int width, int height,
                              seg_error *err)
{
    *net = (seg_whole_net){.model = model,
                           .width = width,
                           .height = height,
                           .align = (int)model->spec.net.output_stride,
                           .even = {true, true}};
    seg_status status = seg_graph_new(&net->graph, model->weights, err);
    if (status == SEG_OK)
        status = seg_net_build(net->graph, &model->spec.net, 1, height, width, err);
    if (status == SEG_OK)
        status = find_mean(net, err);
    if (status != SEG_OK) {
        seg_whole_net_release(net);
        return status;
    }
    seg_model_cut_resize(net->graph, &net->cells);
    net->logits = net->graph->values[net->graph->outputs[0].value].shape;
    for (size_t i = 0; i < net->graph->node_count; i++) {
        for (int axis = 0; axis < 2 && is_resize(&net->graph->nodes[i]); axis++)
            net->even[axis] = net->even[axis] && is_even(net->graph, &net->graph->nodes[i], axis);
    }
    return SEG_OK;
}

void seg_whole_net_release(seg_whole_net *net)
{
    seg_graph_free(net->graph);
    *net = (seg_whole_net){0};
}

static void widen(seg_span *span, seg_span by, int64_t most)
{
    by.first = by.first > 0 ? by.first : 0;
    by.end = by.end < most ? by.end : most;
    if (span->end <= span->first) {
        *span = by;
        return;
    }
    span->first = by.first < span->first ? by.first : span->first;
    span->end = by.end > span->end ? by.end : span->end;
}

seg_status seg_whole_net_reach(const seg_whole_net *net, int axis, seg_span of, seg_span *input,
                               seg_error *err)
{
    const seg_graph *graph = net->graph;
    seg_span *spans = calloc(graph->value_count, sizeof *spans);
    if (spans == NULL)
        return seg_fail_nomem(err, graph->value_count * sizeof *spans, "the reach of a tile");
    const int target = axis == 0 ? net->height : net->width;
    spans[graph->outputs[0].value] =
        seg_labels_reach(&net->cells, axis, net->logits.dim[1 + axis], target, of);
    for (size_t i = graph->node_count; i-- > 0;) {
        const seg_graph_node *node = &graph->nodes[i];
        const seg_span wanted = spans[node->dst];
        for (int k = 0; k < node->src_count && wanted.end > wanted.first; k++) {
            const seg_graph_value *value = source(graph, node, k);
            if (is_image(value) && seg_reach_is_local(graph, node, k))
                widen(&spans[node->src[k]], seg_reach(graph, node, k, axis, wanted),
                      extent(value, axis));
        }
    }
    *input = spans[graph->inputs[0].value];
    free(spans);
    return SEG_OK;
}

static const seg_shape *averaged(const seg_whole_net *net)
{
    return &source(net->graph, &net->graph->nodes[net->mean], 0)->shape;
}

int64_t seg_whole_net_channels(const seg_whole_net *net)
{
    return net->mean >= 0 ? averaged(net)->c : 0;
}

int64_t seg_whole_net_mean_step(const seg_whole_net *net, int axis)
{
    return factor(averaged(net)->dim[1 + axis], axis == 0 ? net->height : net->width);
}

int64_t seg_tile_first_cell(const seg_whole_net *net, seg_tile_stage stage, int axis, int pixel)
{
    const int64_t cells =
        stage == SEG_TILE_FEATURES ? averaged(net)->dim[1 + axis] : net->logits.dim[1 + axis];
    return pixel / factor(cells, axis == 0 ? net->height : net->width);
}

/* ---- a window ---- */

static const seg_graph_node *find_node(const seg_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        if (strcmp(graph->nodes[i].name, name) == 0)
            return &graph->nodes[i];
    }
    return NULL;
}

/* A resize within the window becomes the part that it is of the one in the whole. What has one cell
 * (the mean) begins with it. */
static void make_part(const seg_whole_net *net, const seg_graph_node *whole, seg_graph_node *node,
                      int axis, int pixel)
{
    seg_resize_params *p = node->params;
    const seg_resize_params *of = whole->params;
    const int64_t pixels = axis == 0 ? net->height : net->width;
    const int64_t from = extent(source(net->graph, whole, 0), axis);
    const int64_t to = extent(&net->graph->values[whole->dst], axis);
    const seg_resize_part part = {.src = from,
                                  .dst = to,
                                  .src_first = from > 1 ? pixel / factor(from, pixels) : 0,
                                  .dst_first = pixel / factor(to, pixels)};
    if (axis == 0) {
        p->whole_h = part;
        p->scale_h = of->scale_h;
    } else {
        p->whole_w = part;
        p->scale_w = of->scale_w;
    }
}

static void make_parts(const seg_whole_net *net, seg_graph *graph, seg_tile_window window)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        seg_graph_node *node = &graph->nodes[i];
        const seg_graph_node *whole = is_resize(node) ? find_node(net->graph, node->name) : NULL;
        if (whole == NULL)
            continue;
        make_part(net, whole, node, 0, window.y);
        make_part(net, whole, node, 1, window.x);
    }
}

/*
 * What the mean is of becomes the output, or the mean an input. The optimiser drops what nobody needs
 * then. In integers the mean is of bytes, so there its own layer stays to ask for them.
 */
static void cut_at_mean(seg_graph *graph, seg_tile_stage stage, bool integers)
{
    seg_graph_node *mean = NULL;
    for (size_t i = 0; i < graph->node_count && mean == NULL; i++) {
        if (graph->nodes[i].op == &seg_op_global_avgpool)
            mean = &graph->nodes[i];
    }
    if (mean == NULL)
        return;
    if (stage == SEG_TILE_FEATURES) {
        graph->outputs[0].value = mean->src[0];
        if (integers)
            seg_graph_output(graph, mean->name, mean->dst);
        return;
    }
    const seg_value old = mean->dst;
    const seg_shape shape = seg_graph_shape(graph, old);
    /* Of the same name: ranges of networks in integers go by it. */
    const seg_value input = seg_graph_input(graph, mean->name, &shape);
    for (size_t i = 0; input != SEG_NO_VALUE && i < graph->node_count; i++) {
        for (int k = 0; k < graph->nodes[i].src_count; k++) {
            if (graph->nodes[i].src[k] == old)
                graph->nodes[i].src[k] = input;
        }
    }
}

static seg_status build(seg_tile_plan *plan, const seg_whole_net *net,
                        const seg_tile_plan_opts *opts, seg_error *err)
{
    const seg_model *model = net->model;
    const seg_exec_opts exec_opts = {.threads = opts->threads, .bf16 = opts->bf16};
    seg_cells cells = {0};
    seg_status status = seg_graph_new(&plan->graph, model->weights, err);
    if (status == SEG_OK)
        status =
            seg_net_build(plan->graph, &model->spec.net, 1, plan->window.h, plan->window.w, err);
    if (status != SEG_OK)
        return status;
    make_parts(net, plan->graph, plan->window);
    seg_model_cut_resize(plan->graph, &cells);
    cut_at_mean(plan->graph, plan->stage, model->int8 != NULL);
    status = seg_graph_optimise(plan->graph, false, err);
    if (status == SEG_OK && model->int8 != NULL) {
        const seg_ranges ranges = seg_int8_ranges(model->int8);
        status = seg_graph_quantise(plan->graph, &ranges, err);
    }
    return status == SEG_OK ? seg_exec_new(&plan->exec, plan->graph, &exec_opts, err) : status;
}

seg_status seg_tile_plan_init(seg_tile_plan *plan, const seg_whole_net *net, seg_tile_stage stage,
                              seg_tile_window window, const seg_tile_plan_opts *opts,
                              seg_error *err)
{
    *plan = (seg_tile_plan){.stage = stage, .window = window};
    seg_status status = build(plan, net, opts, err);
    if (status != SEG_OK)
        seg_tile_plan_release(plan);
    return status;
}

void seg_tile_plan_release(seg_tile_plan *plan)
{
    seg_exec_free(plan->exec);
    seg_graph_free(plan->graph);
    *plan = (seg_tile_plan){0};
}

bool seg_tile_plan_fits(const seg_tile_plan *plan, const seg_whole_net *net, seg_tile_stage stage,
                        seg_tile_window window)
{
    const seg_tile_window *own = &plan->window;
    return plan->exec != NULL && plan->stage == stage && own->w == window.w && own->h == window.h &&
           (net->even[0] || own->y == window.y) && (net->even[1] || own->x == window.x);
}
