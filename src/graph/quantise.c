/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * quantise.c: the nodes of a graph once more, those with known ranges in integers.
 *
 * Ops that only move bytes (concat, max pooling, resizing) have one quant for sources and result:
 * their values are tied, and a tie's range holds the ranges of all of them. A convolution that only
 * float nodes read stores floats itself.
 */
#include "graph/quantise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const struct kind {
    const char *name;
    const seg_op *op; /* in integers */
    bool ties;        /* sources and result have one quant */
    bool convolution; /* only the first source is an image */
} kinds[] = {
    {"add", &seg_op_add_u8, false, false},
    {"concat", &seg_op_concat_u8, true, false},
    {"conv2d", &seg_op_conv2d_u8, false, true},
    {"depthwise2d", &seg_op_depthwise2d_u8, false, true},
    {"global_avgpool", &seg_op_global_avgpool_u8, false, false},
    {"maxpool2d", &seg_op_maxpool2d_u8, true, false},
    {"resize_bilinear", &seg_op_resize_bilinear_u8, true, false},
};

static const struct kind *kind_of(const seg_op *op)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, op->name) == 0)
            return &kinds[i];
    }
    return NULL;
}

bool seg_graph_quantises(const seg_op *op)
{
    return kind_of(op) != NULL;
}

static int compare_name(const void *name, const void *item)
{
    return strcmp(name, ((const seg_range *)item)->name);
}

const seg_range *seg_ranges_find(const seg_ranges *ranges, const char *name)
{
    return ranges->count == 0
               ? NULL
               : bsearch(name, ranges->items, ranges->count, sizeof *ranges->items, compare_name);
}

/* A range of zeros gets a step too; any will do. */
seg_quant seg_quant_of(double low, double high)
{
    enum { LARGEST = 255 };
    const double least = 1e-6;
    low = fmin(low, 0);
    high = fmax(high, 0);
    const double scale = fmax(high - low, least) / LARGEST;
    return (seg_quant){scale, (int64_t)fmin(LARGEST, rint(-low / scale))};
}

/* What is known of a value, by its number in the graph as it was. */
typedef struct fate {
    const seg_range *range; /* NULL: none */
    seg_value tie;          /* the value whose low and high stand for this one's; itself: none */
    double low, high;
    bool bytes_wanted;             /* by a reader */
    seg_value as_bytes, as_floats; /* in the graph as it becomes, or SEG_NO_VALUE */
} fate;

typedef struct pass {
    seg_graph *graph;
    const seg_ranges *ranges;
    seg_graph_node *nodes; /* as they were */
    size_t node_count;
    fate *fates;
    const struct kind **kinds; /* [nodes] NULL: stays float */
} pass;

static int images_of(const seg_graph_node *node, const struct kind *kind)
{
    return kind->convolution ? 1 : node->src_count;
}

static seg_value tie_of(const pass *p, seg_value v)
{
    while (p->fates[v].tie != v)
        v = p->fates[v].tie;
    return v;
}

static void tie(const pass *p, seg_value a, seg_value b)
{
    fate *into = &p->fates[tie_of(p, a)], *from = &p->fates[tie_of(p, b)];
    into->low = fmin(into->low, from->low);
    into->high = fmax(into->high, from->high);
    from->tie = into->tie;
}

static seg_quant quant_of(const pass *p, seg_value v)
{
    const fate *f = &p->fates[tie_of(p, v)];
    return seg_quant_of(f->low, f->high);
}

static void find_ranges(const pass *p)
{
    for (size_t v = 0; v < p->graph->value_count; v++) {
        const seg_graph_value *value = &p->graph->values[v];
        fate *f = &p->fates[v];
        *f = (fate){.tie = (seg_value)v, .as_bytes = SEG_NO_VALUE, .as_floats = (seg_value)v};
        if (value->kind == SEG_VALUE_NODE)
            f->as_floats = SEG_NO_VALUE; /* not made yet */
        if (value->kind == SEG_VALUE_NODE || value->kind == SEG_VALUE_INPUT)
            f->range = seg_ranges_find(p->ranges, value->name);
        if (f->range != NULL) {
            f->low = f->range->low;
            f->high = f->range->high;
        }
    }
}

static bool convolution_fits(const pass *p, const seg_graph_node *node)
{
    const seg_conv2d_params *params = node->params;
    const seg_shape *w = &p->graph->values[node->src[1]].shape;
    return params->groups == 1 && params->activation <= SEG_ACT_RELU6 &&
           w->kh * w->kw * w->ic <= SEG_U8_DEPTH_MAX &&
           (strcmp(node->op->name, "conv2d") == 0 || w->kh * w->kw <= 64);
}

static const struct kind *choose(const pass *p, const seg_graph_node *node)
{
    const struct kind *kind = kind_of(node->op);
    const seg_range *own = p->fates[node->dst].range;
    if (kind == NULL || own == NULL || own->stays_float)
        return NULL;
    for (int k = 0; k < images_of(node, kind); k++) {
        const seg_graph_value *src = &p->graph->values[node->src[k]];
        if (p->fates[node->src[k]].range == NULL || src->shape.dtype != SEG_F32 ||
            src->kind == SEG_VALUE_WEIGHT || src->kind == SEG_VALUE_CONSTANT)
            return NULL;
    }
    return kind->convolution && !convolution_fits(p, node) ? NULL : kind;
}

/* Which nodes are quantised, which ranges are one, and as what values are read. */
static void decide(const pass *p)
{
    for (size_t i = 0; i < p->node_count; i++) {
        const seg_graph_node *node = &p->nodes[i];
        const struct kind *kind = p->kinds[i] = choose(p, node);
        for (int k = 0; k < node->src_count; k++) {
            fate *f = &p->fates[node->src[k]];
            const bool bytes = kind != NULL && k < images_of(node, kind);
            f->bytes_wanted = f->bytes_wanted || bytes;
            if (bytes && kind->ties)
                tie(p, node->dst, node->src[k]);
        }
    }
}

/* ---- the nodes once more ---- */

static seg_value convert(const pass *p, seg_value old, seg_value from, const seg_op *op)
{
    char name[256];
    const seg_quant_params params = {quant_of(p, old)};
    snprintf(name, sizeof name, "%s.%s", p->graph->values[old].name, op->name);
    return seg_graph_op(p->graph, op, &params, name, 1, &from);
}

static seg_value as_bytes(const pass *p, seg_value old)
{
    fate *f = &p->fates[old];
    if (f->as_bytes == SEG_NO_VALUE)
        f->as_bytes = convert(p, old, f->as_floats, &seg_op_quantise);
    return f->as_bytes;
}

static seg_value as_floats(const pass *p, seg_value old)
{
    fate *f = &p->fates[old];
    if (f->as_floats == SEG_NO_VALUE)
        f->as_floats = convert(p, old, f->as_bytes, &seg_op_dequantise);
    return f->as_floats;
}

typedef union any_params {
    seg_conv2d_u8_params conv;
    seg_add_u8_params add;
    seg_quants_params quants;
} any_params;

/* Those of the op in integers; ops that tie keep the ones in float. */
static const void *params_of(const pass *p, const seg_graph_node *node, const struct kind *kind,
                             any_params *out)
{
    const seg_quant src = quant_of(p, node->src[0]), dst = quant_of(p, node->dst);
    const fate *f = &p->fates[node->dst];
    if (kind->ties)
        return node->params;
    if (kind->convolution) {
        const seg_conv2d_params *conv = node->params;
        const bool to_float = kind->op == &seg_op_conv2d_u8 && !f->bytes_wanted;
        out->conv = (seg_conv2d_u8_params){*conv, src, dst, to_float};
    } else if (kind->op == &seg_op_add_u8) {
        const seg_add_params *add = node->params;
        out->add = (seg_add_u8_params){add->activation, src, quant_of(p, node->src[1]), dst};
    } else {
        out->quants = (seg_quants_params){src, dst};
    }
    return out;
}

static void emit(const pass *p, const seg_graph_node *node, const struct kind *kind)
{
    seg_value src[SEG_OP_MAX_SRC];
    any_params own;
    const int images = kind != NULL ? images_of(node, kind) : 0;
    for (int k = 0; k < node->src_count; k++)
        src[k] = k < images ? as_bytes(p, node->src[k]) : as_floats(p, node->src[k]);
    const seg_op *op = kind != NULL ? kind->op : node->op;
    const void *params = kind != NULL ? params_of(p, node, kind, &own) : node->params;
    seg_value made = seg_graph_op(p->graph, op, params, node->name, node->src_count, src);
    if (seg_graph_shape(p->graph, made).dtype == SEG_U8 && kind != NULL)
        p->fates[node->dst].as_bytes = made;
    else
        p->fates[node->dst].as_floats = made;
}

static seg_status rebuild(pass *p, seg_error *err)
{
    seg_graph *graph = p->graph;
    find_ranges(p);
    decide(p);
    graph->nodes = NULL;
    graph->node_count = graph->node_capacity = 0;
    for (size_t i = 0; i < p->node_count && graph->error.status == SEG_OK; i++)
        emit(p, &p->nodes[i], p->kinds[i]);
    for (size_t i = 0; i < graph->output_count && graph->error.status == SEG_OK; i++)
        graph->outputs[i].value = as_floats(p, graph->outputs[i].value);
    return seg_graph_status(graph, err);
}

seg_status seg_graph_quantise(seg_graph *graph, const seg_ranges *ranges, seg_error *err)
{
    pass p = {.graph = graph,
              .ranges = ranges,
              .nodes = graph->nodes,
              .node_count = graph->node_count,
              .fates = calloc(graph->value_count + 1, sizeof *p.fates),
              .kinds = calloc(graph->node_count + 1, sizeof *p.kinds)};
    seg_status status = seg_graph_status(graph, err);
    if (status == SEG_OK && (p.fates == NULL || p.kinds == NULL))
        status = seg_fail_nomem(err, (graph->value_count + 1) * sizeof *p.fates, "quantising");
    if (status == SEG_OK) {
        status = rebuild(&p, err);
        free(p.nodes);
    }
    free(p.fates);
    free((void *)p.kinds);
    return status;
}
