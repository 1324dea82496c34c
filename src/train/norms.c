/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* norms.c: measure what batch norms see, and take it as their statistics. */
#include "train/norms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ops/params.h"

enum { BATCHES = 16 };

/* Of one norm; count 0: it is left as it is. */
typedef struct moments {
    int64_t channels;
    double count;
    double *mean, *m2; /* [channels] */
} moments;

typedef struct rebuild {
    seg_trainer *trainer;
    seg_graph *graph;
    seg_exec *exec;
    moments *of; /* [nodes] */
    int norms;
} rebuild;

static float *weight_of(const rebuild *r, const seg_graph_node *node, int k)
{
    int weight = r->graph->values[node->src[k]].weight;
    return seg_f32(&seg_weights_at(r->trainer->weights, weight)->tensor);
}

static bool lacks_statistics(const rebuild *r, const seg_graph_node *node)
{
    const float *mean = weight_of(r, node, 3);
    int64_t channels = r->graph->values[node->src[3]].shape.dim[0];
    for (int64_t c = 0; c < channels; c++) {
        if (mean[c] != 0.0f)
            return false;
    }
    return true;
}

/* ---- measuring ---- */

/* Welford (1962), row by row: no digits are lost to a mean far from zero. */
static void measure(moments *m, const seg_tensor *seen)
{
    const int64_t rows = seg_shape_count(&seen->shape) / m->channels;
    const float *row = seg_f32(seen);
    for (int64_t i = 0; i < rows; i++, row += m->channels) {
        const double share = 1.0 / ++m->count;
        for (int64_t c = 0; c < m->channels; c++) {
            const double delta = (double)row[c] - m->mean[c];
            m->mean[c] += delta * share;
            m->m2[c] += delta * ((double)row[c] - m->mean[c]);
        }
    }
}

static seg_status measure_batches(rebuild *r, seg_error *err)
{
    seg_status status = seg_trainer_open_loader(r->trainer, err);
    for (int b = 0; status == SEG_OK && b < BATCHES; b++) {
        const seg_batch *batch;
        status = seg_loader_next(r->trainer->loader, &batch, err);
        if (status != SEG_OK)
            return status;
        seg_tensor image = seg_exec_input(r->exec, 0);
        memcpy(image.data, batch->images, seg_shape_size(&image.shape));
        seg_exec_forward(r->exec, 0, 0);
        for (size_t i = 0; i < r->graph->node_count; i++) {
            const seg_tensor seen = seg_exec_value(r->exec, r->graph->nodes[i].src[0]);
            if (r->of[i].mean != NULL)
                measure(&r->of[i], &seen);
        }
    }
    return status;
}

/* ---- rebuilding ---- */

static void take(const rebuild *r, const seg_graph_node *node, const moments *m)
{
    const double epsilon = ((const seg_batchnorm_params *)node->params)->epsilon;
    float *gamma = weight_of(r, node, 1), *beta = weight_of(r, node, 2);
    float *mean = weight_of(r, node, 3), *var = weight_of(r, node, 4);
    for (int64_t c = 0; c < m->channels; c++) {
        const double seen = m->m2[c] / m->count, slope = (double)gamma[c] / sqrt((double)var[c] + epsilon);
        beta[c] = (float)((double)beta[c] + slope * (m->mean[c] - (double)mean[c]));
        gamma[c] = (float)(slope * sqrt(seen + epsilon));
        mean[c] = (float)m->mean[c];
        var[c] = (float)seen;
    }
}

static seg_status choose(rebuild *r, seg_error *err)
{
    const bool all = strcmp(r->trainer->opts.init_bn, "rebuild") == 0;
    r->of = calloc(r->graph->node_count + 1, sizeof *r->of);
    if (r->of == NULL)
        return seg_fail_nomem(err, r->graph->node_count * sizeof *r->of, "batch norms");
    for (size_t i = 0; i < r->graph->node_count; i++) {
        const seg_graph_node *node = &r->graph->nodes[i];
        if (strcmp(node->op->name, "batchnorm") != 0 || !(all || lacks_statistics(r, node)))
            continue;
        moments *m = &r->of[i];
        m->channels = r->graph->values[node->src[0]].shape.c;
        m->mean = calloc(2 * (size_t)m->channels, sizeof *m->mean);
        if (m->mean == NULL)
            return seg_fail_nomem(err, 2 * (size_t)m->channels * sizeof *m->mean, node->name);
        m->m2 = m->mean + m->channels;
        r->norms++;
    }
    return SEG_OK;
}

/* The network unfused, in inference, every value kept. */
static seg_status build(rebuild *r, seg_error *err)
{
    seg_trainer *trainer = r->trainer;
    seg_status status = seg_graph_new(&r->graph, trainer->weights, err);
    if (status == SEG_OK)
        status = seg_net_build(r->graph, &trainer->spec.net, trainer->opts.batch,
                               trainer->crop.height, trainer->crop.width, err);
    if (status == SEG_OK)
        status = choose(r, err);
    if (status == SEG_OK && r->norms > 0)
        status = seg_exec_new(&r->exec, r->graph,
                              &(seg_exec_opts){.threads = trainer->threads, .no_reuse = true}, err);
    return status;
}

static void release(rebuild *r)
{
    for (size_t i = 0; r->of != NULL && i < r->graph->node_count; i++)
        free(r->of[i].mean);
    free(r->of);
    seg_exec_free(r->exec);
    seg_graph_free(r->graph);
}

seg_status seg_norms_rebuild(seg_trainer *trainer, seg_error *err)
{
    rebuild r = {.trainer = trainer};
    char text[80];
    if (trainer->opts.freeze_bn || strcmp(trainer->opts.init_bn, "keep") == 0)
        return SEG_OK;
    seg_status status = build(&r, err);
    if (status == SEG_OK && r.norms > 0)
        status = measure_batches(&r, err);
    for (size_t i = 0; status == SEG_OK && r.norms > 0 && i < r.graph->node_count; i++) {
        if (r.of[i].mean != NULL)
            take(&r, &r.graph->nodes[i], &r.of[i]);
    }
    if (status == SEG_OK && r.norms > 0) {
        snprintf(text, sizeof text, "%d batch norms rebuilt from %d batches", r.norms, BATCHES);
        seg_trainer_note(trainer, "%s", text);
        status = seg_runlog_note(trainer, "init", text, err);
    }
    release(&r);
    return status;
}
