/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* graft.c: walking two networks together. */
#include "model/graft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "graph/graph.h"
#include "model/graft_search.h"
#include "nets/layers.h"
#include "ops/params.h"

enum { SIDE = 65 }; /* pixels: any size has the same layers */

typedef struct graft {
    const seg_program *program;
    seg_graph *graph;
    seg_weights *weights;
    seg_graft_search search;
    seg_slot *at;     /* [values of graph] where the program has them; SEG_NO_SLOT: nowhere */
    int *bias_of;     /* [values of graph] node whose bias waits for our batch norm, or -1 */
    bool *made_up;    /* [values of graph] a layer of ours that the program does without */
    seg_value concat; /* the latest concat that was found: its parts may lie in another order */
    int64_t part_from[SEG_OP_MAX_SRC], part_to[SEG_OP_MAX_SRC], part_size[SEG_OP_MAX_SRC];
    int part_count;
    int stand_ins; /* layers that start as the identity */
    bool *filled;  /* [weights] */
    seg_error *err;
    seg_status status;
} graft;

/* ---- numbers into weights ---- */

static float *weight_data(graft *g, seg_value value)
{
    int index = g->graph->values[value].weight;
    g->filled[index] = true;
    return seg_f32(&seg_weights_at(g->weights, index)->tensor);
}

static void check_finite(graft *g, const seg_tensor *tensor, seg_slot slot)
{
    int64_t count = seg_shape_count(&tensor->shape);
    for (int64_t i = 0; i < count && g->status == SEG_OK; i++) {
        if (!isfinite(seg_f32(tensor)[i]))
            g->status = seg_fail(g->err, SEG_FORMAT, "%s: the tensor '%s' holds %g at element %lld",
                                 g->program->path, g->program->slots[slot].name,
                                 (double)seg_f32(tensor)[i], (long long)i);
    }
}

static const float *constant(graft *g, seg_slot slot)
{
    const seg_program_slot *s = &g->program->slots[slot];
    const seg_tensor tensor = {s->shape, (void *)(uintptr_t)s->constant};
    check_finite(g, &tensor, slot);
    return s->constant;
}

/* Where input channel i of ours is in the program, behind a concat that has another order. */
static int64_t channel_of(const graft *g, seg_value src, int64_t i)
{
    for (int k = 0; src == g->concat && k < g->part_count; k++) {
        if (i >= g->part_to[k] && i < g->part_to[k] + g->part_size[k])
            return g->part_from[k] + i - g->part_to[k];
    }
    return i;
}

/* O,I,KH,KW (with `transposed` I,O,KH,KW; of a matrix: rows O of I*KH*KW, or columns O) to ours. */
static void fill_kernel(graft *g, seg_value src, seg_value weight, const seg_program_node *node,
                        bool transposed)
{
    const seg_shape s = g->graph->values[weight].shape;
    const float *from = constant(g, node->src[1]);
    float *to = weight_data(g, weight);
    const int64_t taps = s.kh * s.kw;
    bool columns = strcmp(node->op, "MatMul") == 0 ||
                   (strcmp(node->op, "Gemm") == 0 && seg_program_int(node, "transB", 0) == 0);
    for (int64_t o = 0; o < s.oc; o++) {
        for (int64_t i = 0; i < s.ic; i++) {
            const int64_t c = channel_of(g, src, i);
            for (int64_t t = 0; t < taps; t++) {
                int64_t row = transposed ? c * s.oc + o : o * s.ic + c;
                int64_t at = columns ? (c * taps + t) * s.oc + o : row * taps + t;
                to[(t * s.ic + i) * s.oc + o] = from[at];
            }
        }
    }
}

static void fill_vector(graft *g, seg_value weight, const float *from, float otherwise)
{
    int64_t length = g->graph->values[weight].shape.dim[0];
    float *to = weight_data(g, weight);
    for (int64_t c = 0; c < length; c++)
        to[c] = from != NULL ? from[c] : otherwise;
}

/* The bias of a convolution of the program, or NULL. */
static const float *bias(graft *g, int index)
{
    const seg_program_node *node = &g->program->nodes[index];
    if (node->src_count < 3 || node->src[2] == SEG_NO_SLOT ||
        g->program->slots[node->src[2]].constant == NULL)
        return NULL;
    return constant(g, node->src[2]);
}

/* ---- layer by layer ---- */

/* The value of a layer that the program does without. */
static void pass_on(graft *g, const seg_graph_node *node)
{
    g->at[node->dst] = g->at[node->src[0]];
    g->made_up[node->dst] = true;
}

/*
 * Layers of ours that a program does without start as the identity, so the network computes what the
 * program does (Net2Net, Chen et al. 2016, section 2.3):
 * - MobileNetV2 as published has no expansion in its first block, where ours has one (as some exports
 *   do);
 * - DeepLab-v3 has no decoder: that of v3+ passes ASPP's features on, and the low-level ones, which
 *   come behind them, count for nothing until they are trained. A ReLU changes nothing, for ASPP's
 *   features went through one.
 */
static bool may_stand_in(const graft *g, const seg_graph_node *node)
{
    return strcmp(node->name, "backbone.blocks.0.expand.conv") == 0 ||
           (strncmp(node->name, "decoder.", 8) == 0 && g->made_up[node->src[0]]);
}

/* The middle tap passes channel c on as channel c. */
static bool stand_in(graft *g, const seg_graph_node *node)
{
    const seg_shape s = g->graph->values[node->src[1]].shape;
    const bool depthwise = strcmp(node->op->name, "depthwise2d") == 0;
    if (!may_stand_in(g, node) || (!depthwise && s.ic < s.oc) || s.kh % 2 == 0 || s.kw % 2 == 0)
        return false;
    float *to = weight_data(g, node->src[1]);
    memset(to, 0, seg_shape_size(&s));
    to += (s.kh / 2 * s.kw + s.kw / 2) * s.ic * s.oc;
    for (int64_t c = 0; c < s.oc; c++)
        to[depthwise ? c : c * s.oc + c] = 1.0f;
    pass_on(g, node);
    g->stand_ins++;
    return true;
}

static void graft_convolution(graft *g, const seg_graph_node *node)
{
    const bool transposed = strcmp(node->op->name, "conv_transpose2d") == 0;
    const seg_conv2d_params *p = node->params;
    const seg_graft_want want = {.kind = transposed ? SEG_GRAFT_TRANSPOSED : SEG_GRAFT_CONVOLUTION,
                                 .kernel = g->graph->values[node->src[1]].shape,
                                 .depthwise = strcmp(node->op->name, "depthwise2d") == 0,
                                 .dilation = transposed ? 1 : p->dh};
    int found = seg_graft_find(&g->search, g->at[node->src[0]], &want);
    if (found < 0 && !transposed && stand_in(g, node))
        return;
    if (found < 0)
        return;
    fill_kernel(g, node->src[0], node->src[1], &g->program->nodes[found], transposed);
    g->at[node->dst] = g->program->nodes[found].dst[0];
    if (node->src_count > 2)
        fill_vector(g, node->src[2], bias(g, found), 0.0f);
    else
        g->bias_of[node->dst] = found;
}

static void take_norm(graft *g, const seg_graph_node *node, const seg_program_node *from)
{
    const seg_batchnorm_params *p = node->params;
    /* Ours adds an epsilon of its own to the variance. */
    const float more = seg_program_float(from, "epsilon", 1e-5f) - (float)p->epsilon;
    for (int k = 1; k < 5; k++)
        fill_vector(g, node->src[k], constant(g, from->src[k]), 0.0f);
    float *var = weight_data(g, node->src[4]);
    for (int64_t c = 0; c < g->graph->values[node->src[4]].shape.dim[0]; c++)
        var[c] = fmaxf(var[c] + more, 0.0f);
    g->at[node->dst] = from->dst[0];
}

/* A norm that was folded into the convolution before it, or stands behind a made-up one. */
static void make_norm(graft *g, const seg_graph_node *node)
{
    const seg_batchnorm_params *p = node->params;
    int convolution = g->bias_of[node->src[0]];
    fill_vector(g, node->src[1], NULL, 1.0f);
    fill_vector(g, node->src[2], convolution >= 0 ? bias(g, convolution) : NULL, 0.0f);
    fill_vector(g, node->src[3], NULL, 0.0f);
    fill_vector(g, node->src[4], NULL, (float)(1.0 - p->epsilon));
    g->at[node->dst] = g->at[node->src[0]];
    g->made_up[node->dst] = g->made_up[node->src[0]];
}

static void graft_norm(graft *g, const seg_graph_node *node)
{
    const seg_graft_want want = {.kind = SEG_GRAFT_NORM,
                                 .kernel = g->graph->values[node->src[1]].shape};
    int found =
        g->made_up[node->src[0]] ? -1 : seg_graft_find(&g->search, g->at[node->src[0]], &want);
    if (found >= 0)
        take_norm(g, node, &g->program->nodes[found]);
    else
        make_norm(g, node);
}

/* Note the order in which the program's concat has the parts of ours. */
static void note_parts(graft *g, const seg_graph_node *node, const seg_program_node *found)
{
    int64_t to = 0;
    g->concat = node->dst;
    g->part_count = node->src_count;
    for (int k = 0; k < node->src_count; k++) {
        int64_t from = 0;
        for (int j = 0; j < found->src_count; j++) {
            int part = 0;
            while (part < node->src_count &&
                   !seg_graft_leads_to(&g->search, g->at[node->src[part]], found->src[j]))
                part++;
            if (part == k)
                g->part_from[k] = from;
            from += part < node->src_count ? g->graph->values[node->src[part]].shape.c : 0;
        }
        g->part_to[k] = to;
        g->part_size[k] = g->graph->values[node->src[k]].shape.c;
        to += g->part_size[k];
    }
}

/* A layer without weights: where the program has it, the walk goes on behind it. */
static void graft_plain(graft *g, const seg_graph_node *node, seg_graft_kind kind)
{
    seg_graft_want want = {.kind = kind, .other_count = node->src_count - 1};
    for (int k = 1; k < node->src_count; k++) {
        want.others[k - 1] = g->at[node->src[k]];
        if (want.others[k - 1] != SEG_NO_SLOT)
            continue;
        if (strcmp(node->name, "decoder.concat") == 0)
            pass_on(g, node);
        return;
    }
    int found = seg_graft_find(&g->search, g->at[node->src[0]], &want);
    if (found >= 0 && kind == SEG_GRAFT_CONCAT)
        note_parts(g, node, &g->program->nodes[found]);
    if (found >= 0)
        g->at[node->dst] = g->program->nodes[found].dst[0];
    else if (kind == SEG_GRAFT_RELU && g->made_up[node->src[0]])
        pass_on(g, node);
}

static const struct {
    const char *op;
    seg_graft_kind kind;
} plain[] = {{"add", SEG_GRAFT_ADD},        {"concat", SEG_GRAFT_CONCAT},
             {"maxpool2d", SEG_GRAFT_POOL}, {"global_avgpool", SEG_GRAFT_GLOBAL_POOL},
             {"relu", SEG_GRAFT_RELU},      {"relu6", SEG_GRAFT_RELU}};

static void graft_node(graft *g, const seg_graph_node *node)
{
    const char *op = node->op->name;
    if (g->at[node->src[0]] == SEG_NO_SLOT)
        return;
    if (strcmp(op, "conv2d") == 0 || strcmp(op, "depthwise2d") == 0 ||
        strcmp(op, "conv_transpose2d") == 0) {
        graft_convolution(g, node);
        return;
    }
    if (strcmp(op, "batchnorm") == 0) {
        graft_norm(g, node);
        return;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(op, plain[i].op) == 0) {
            graft_plain(g, node, plain[i].kind);
            return;
        }
    }
    /* Resizes, crops and dropouts depend on sizes and settings: the search looks past them too. */
    g->at[node->dst] = g->at[node->src[0]];
}

/* ---- the whole ---- */

static seg_status start(graft *g, const seg_net_config *config)
{
    seg_status status = seg_graph_new(&g->graph, g->weights, g->err);
    if (status == SEG_OK)
        status = seg_net_build(g->graph, config, 1, SIDE, SIDE, g->err);
    if (status != SEG_OK)
        return status;
    size_t values = g->graph->value_count + 1;
    g->at = malloc(values * sizeof *g->at);
    g->bias_of = malloc(values * sizeof *g->bias_of);
    g->made_up = calloc(values, sizeof *g->made_up);
    g->filled = calloc((size_t)seg_weights_count(g->weights) + 1, sizeof *g->filled);
    if (g->at == NULL || g->bias_of == NULL || g->made_up == NULL || g->filled == NULL)
        return seg_fail_nomem(g->err, values * sizeof *g->at, g->program->path);
    for (size_t v = 0; v < values; v++) {
        g->at[v] = SEG_NO_SLOT;
        g->bias_of[v] = -1;
    }
    if (g->program->input_count > 0)
        g->at[g->graph->inputs[0].value] = g->program->inputs[0];
    return seg_graft_search_init(&g->search, g->program, g->err);
}

static void write_report(const graft *g, seg_graft_report *report)
{
    enum { NAMES_SHOWN = 8 };
    int shown = 0;
    report->total = seg_weights_count(g->weights);
    for (int i = 0; i < report->total; i++) {
        report->loaded += g->filled[i];
        if (!g->filled[i] && strncmp(seg_weights_at(g->weights, i)->name, "backbone.", 9) == 0)
            report->backbone_missing++;
    }
    seg_strbuf_addf(&report->text, "%s: %d of the network's %d tensors found by structure\n",
                    g->program->path, report->loaded, report->total);
    if (g->stand_ins > 0)
        seg_strbuf_addf(&report->text,
                        "of these, %d layers that it does without are the identity\n",
                        g->stand_ins);
    if (report->loaded == report->total)
        return;
    seg_strbuf_addf(&report->text, "without a counterpart (%d): ", report->total - report->loaded);
    for (int i = 0; i < report->total; i++) {
        if (!g->filled[i] && shown++ < NAMES_SHOWN)
            seg_strbuf_addf(&report->text, "%s%s", shown > 1 ? ", " : "",
                            seg_weights_at(g->weights, i)->name);
    }
    if (shown > NAMES_SHOWN)
        seg_strbuf_addf(&report->text, " and %d more", shown - NAMES_SHOWN);
    seg_strbuf_add(&report->text, "\n");
}

seg_status seg_graft(seg_weights *weights, const seg_net_config *config, const seg_program *program,
                     seg_graft_report *report, seg_error *err)
{
    graft g = {.program = program,
               .weights = weights,
               .err = err,
               .status = SEG_OK,
               .concat = SEG_NO_VALUE};
    *report = (seg_graft_report){0};
    seg_status status = start(&g, config);
    for (size_t i = 0; status == SEG_OK && i < g.graph->node_count; i++) {
        graft_node(&g, &g.graph->nodes[i]);
        status = g.status;
    }
    if (status == SEG_OK)
        write_report(&g, report);
    if (status == SEG_OK && report->text.failed)
        status = seg_fail_nomem(err, report->text.length, program->path);
    if (status == SEG_OK && report->loaded == 0)
        status = seg_fail(err, SEG_MISMATCH, "%s: nothing in it corresponds to %s on %s",
                          program->path, config->net, config->backbone);
    seg_graft_search_release(&g.search);
    seg_graph_free(g.graph);
    free(g.at);
    free(g.bias_of);
    free(g.made_up);
    free(g.filled);
    return status;
}

void seg_graft_report_release(seg_graft_report *report)
{
    seg_strbuf_release(&report->text);
}
