/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* plan.c: a model's network for one input size: built, optimised, its memory planned. */
#include <string.h>

#include "base/error.h"
#include "graph/optimise.h"
#include "model/model.h"
#include "ops/params.h"

void seg_model_input_size(const seg_preprocess *preprocess, int width, int height, int *input_width,
                          int *input_height)
{
    int64_t longer = width > height ? width : height, limit = preprocess->max_side;
    *input_width = width;
    *input_height = height;
    if (limit == 0 || longer <= limit)
        return;
    /* Rounded, and at least one pixel of very long images' short side. */
    int64_t w = (2 * width * limit + longer) / (2 * longer);
    int64_t h = (2 * height * limit + longer) / (2 * longer);
    *input_width = (int)(w < 1 ? 1 : w);
    *input_height = (int)(h < 1 ? 1 : h);
}

/* The optimiser then drops the resize, which no output needs any more. */
void seg_model_cut_resize(seg_graph *graph, seg_cells *cells)
{
    const seg_graph_value *last = &graph->values[graph->outputs[0].value];
    if (last->kind != SEG_VALUE_NODE)
        return;
    const seg_graph_node *node = &graph->nodes[last->node];
    const seg_resize_params *resize = node->params;
    if (strcmp(node->op->name, "resize_bilinear") != 0 || resize->align_corners != 0)
        return;
    const bool aligned = resize->coordinates == SEG_COORDINATES_ASYMMETRIC && resize->scale_h > 0;
    if (!aligned && (resize->coordinates != SEG_COORDINATES_USUAL || resize->scale_h > 0))
        return;
    if (aligned)
        *cells = (seg_cells){resize->scale_h, resize->scale_w, (int)resize->h, (int)resize->w};
    graph->outputs[0].value = node->src[0];
}

static seg_status build(seg_model_plan *plan, const seg_model *model, const seg_plan_opts *opts,
                        seg_error *err)
{
    const seg_exec_opts exec_opts = {.threads = opts->threads,
                                     .memory_limit = opts->memory_limit,
                                     .profile = opts->profile,
                                     .bf16 = opts->bf16,
                                     .watch = opts->watch};
    const int images = opts->images > 0 ? opts->images : 1;
    seg_status status = seg_graph_new(&plan->graph, model->weights, err);
    if (status == SEG_OK)
        status =
            seg_net_build(plan->graph, &model->spec.net, images, opts->height, opts->width, err);
    if (status != SEG_OK)
        return status;
    seg_model_cut_resize(plan->graph, &plan->cells);
    status = seg_graph_optimise(plan->graph, false, err);
    if (status == SEG_OK && model->int8 != NULL) {
        const seg_ranges ranges = seg_int8_ranges(model->int8);
        status = seg_graph_quantise(plan->graph, &ranges, err);
    }
    return status == SEG_OK ? seg_exec_new(&plan->exec, plan->graph, &exec_opts, err) : status;
}

seg_status seg_model_plan_init(seg_model_plan *plan, const seg_model *model,
                               const seg_plan_opts *opts, seg_error *err)
{
    *plan = (seg_model_plan){0};
    seg_status status = build(plan, model, opts, err);
    if (status != SEG_OK)
        seg_model_plan_release(plan);
    return status;
}

void seg_model_plan_release(seg_model_plan *plan)
{
    seg_exec_free(plan->exec);
    seg_graph_free(plan->graph);
    *plan = (seg_model_plan){0};
}

seg_status seg_model_measure(const seg_model *model, int width, int height, seg_model_cost *cost,
                             seg_error *err)
{
    seg_model_plan plan;
    if (width < 1 || height < 1 || width > SEG_MAX_SIDE || height > SEG_MAX_SIDE)
        return seg_fail(err, SEG_INVALID, "a size of %dx%d pixels, not 1..%d each", width, height,
                        SEG_MAX_SIDE);
    if (model->import != NULL)
        return seg_import_measure(model->import, width, height, cost, err);
    seg_model_cost found;
    seg_model_input_size(&model->spec.preprocess, width, height, &found.input_width,
                         &found.input_height);
    const seg_plan_opts opts = {
        .width = found.input_width, .height = found.input_height, .threads = 1};
    seg_status status = seg_model_plan_init(&plan, model, &opts, err);
    if (status != SEG_OK)
        return status;
    found.multiply_adds = seg_exec_multiply_adds(plan.exec);
    found.activation_bytes = (int64_t)seg_exec_arena_bytes(plan.exec);
    seg_model_plan_release(&plan);
    *cost = found;
    return SEG_OK;
}
