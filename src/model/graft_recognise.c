/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* graft_recognise.c: which backbone, and how wide, an imported network has. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "model/graft.h"
#include "model/spec.h"

static bool is(const seg_program_node *node, const char *op)
{
    return node->domain[0] == '\0' && strcmp(node->op, op) == 0;
}

static const seg_shape *weights_of(const seg_program *program, const seg_program_node *node)
{
    if (node->src_count < 2 || node->src[1] == SEG_NO_SLOT)
        return NULL;
    const seg_program_slot *slot = &program->slots[node->src[1]];
    return slot->constant != NULL && slot->shape.dtype == SEG_F32 ? &slot->shape : NULL;
}

/* Output channels of the first convolution, 0: there is none. */
static int64_t first_channels(const seg_program *program)
{
    for (size_t i = 0; i < program->node_count; i++) {
        const seg_shape *w = weights_of(program, &program->nodes[i]);
        if (is(&program->nodes[i], "Conv") && w != NULL && w->rank == 4)
            return w->dim[0];
    }
    return 0;
}

/* Outputs of the first fully connected layer, 0: there is none. */
static int64_t first_matrix(const seg_program *program)
{
    for (size_t i = 0; i < program->node_count; i++) {
        const seg_program_node *node = &program->nodes[i];
        const seg_shape *w = weights_of(program, node);
        if ((is(node, "Gemm") || is(node, "MatMul")) && w != NULL && w->rank == 2)
            return w->dim[is(node, "Gemm") && seg_program_int(node, "transB", 0) != 0 ? 0 : 1];
    }
    return 0;
}

static bool has_norms(const seg_program *program)
{
    for (size_t i = 0; i < program->node_count; i++) {
        if (is(&program->nodes[i], "BatchNormalization"))
            return true;
    }
    return false;
}

/* The largest dilation of a backbone and of all: backbones dilate by 2 and 4, ASPP by 6 and more. */
typedef struct dilation {
    int64_t backbone, all;
} dilation;

static dilation find_dilation(const seg_program *program)
{
    dilation most = {1, 1};
    for (size_t i = 0; i < program->node_count; i++) {
        const int64_t *list;
        if (!is(&program->nodes[i], "Conv") ||
            seg_program_ints(&program->nodes[i], "dilations", &list) == 0)
            continue;
        most.all = list[0] > most.all ? list[0] : most.all;
        most.backbone = list[0] > most.backbone && list[0] < 6 ? list[0] : most.backbone;
    }
    return most;
}

/* TF's DeepLab joins corner pixels, which lays cells on every stride-th pixel of its input sizes. */
static bool joins_corners(const seg_program *program)
{
    for (size_t i = 0; i < program->node_count; i++) {
        const char *mode =
            seg_program_get_text(&program->nodes[i], "coordinate_transformation_mode", "");
        if (is(&program->nodes[i], "Resize") && strcmp(mode, "align_corners") == 0)
            return true;
    }
    return false;
}

/* Tensors of the backbone that this configuration would find, in percent. */
static seg_status score(const seg_net_config *config, const seg_program *program, int *percent,
                        seg_error *err)
{
    seg_weights *weights;
    seg_graft_report report = {0};
    *percent = 0;
    seg_status status = seg_model_weights_declare(&weights, config, err);
    if (status != SEG_OK)
        return status;
    int backbone = 0;
    for (int i = 0; i < seg_weights_count(weights); i++) /* what they hold is of no interest */
        backbone += strncmp(seg_weights_at(weights, i)->name, "backbone.", 9) == 0;
    status = seg_graft(weights, config, program, &report, err);
    if (status == SEG_OK && backbone > 0)
        *percent = 100 * (backbone - report.backbone_missing) / backbone;
    seg_graft_report_release(&report);
    seg_weights_free(weights);
    return status == SEG_MISMATCH ? SEG_OK : status;
}

/* Widths that make the first convolution as wide as it is: the paper's first layers have 32 or 64
 * channels. */
static seg_status try_backbone(seg_net_config *config, const char *name, int64_t channels,
                               const seg_program *program, int *best, seg_net_config *winner,
                               seg_error *err)
{
    static const struct {
        double channels;
        int64_t divisor;
    } first[] = {{32, 8}, {64, 8}, {32, 1}, {64, 1}};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        seg_net_config trial = *config;
        seg_error ignored;
        int percent = 0;
        memset(trial.backbone, 0, sizeof trial.backbone);
        snprintf(trial.backbone, sizeof trial.backbone, "%s", name);
        trial.width = (double)channels / first[i].channels;
        trial.divisor = first[i].divisor;
        if (seg_net_config_check(&trial, &ignored) != SEG_OK)
            continue;
        seg_status status = score(&trial, program, &percent, err);
        if (status != SEG_OK)
            return status;
        if (percent > *best) {
            *best = percent;
            *winner = trial;
        }
    }
    return SEG_OK;
}

seg_status seg_graft_recognise(seg_net_config *config, const seg_program *program, seg_error *err)
{
    enum { ENOUGH = 60 }; /* percent: without fc6 and fc7, VGG's convolutions are 80 */
    int64_t channels = first_channels(program), matrix = first_matrix(program);
    config->norm = has_norms(program);
    const dilation most = find_dilation(program);
    config->atrous = most.all >= 6;
    config->aligned = joins_corners(program);
    /* A network that does not dilate is a classifier: the default then. */
    if (most.backbone > 1 && config->output_stride != 32)
        config->output_stride = most.backbone >= 4 ? 8 : 16;
    seg_net_config winner = *config;
    int best = 0;
    if (channels == 0)
        return seg_fail(err, SEG_MISMATCH, "%s: holds no convolution in float32", program->path);
    if (matrix >= 16 && matrix <= 4096)
        winner.fc_channels = config->fc_channels = matrix;
    seg_status status = SEG_OK;
    for (int b = 0; status == SEG_OK && seg_backbone_at(b) != NULL; b++)
        status =
            try_backbone(config, seg_backbone_at(b)->name, channels, program, &best, &winner, err);
    if (status != SEG_OK)
        return status;
    if (best < ENOUGH)
        return seg_fail(err, SEG_MISMATCH,
                        "%s: its layers are not those of a backbone we have (the closest, %s, "
                        "shares %d %%)",
                        program->path, best > 0 ? winner.backbone : "none", best);
    *config = winner;
    return SEG_OK;
}
