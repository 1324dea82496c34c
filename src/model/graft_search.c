/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* graft_search.c: readers of a value, past what only moves numbers. */
#include "model/graft_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { DEEPEST = 16 }; /* nodes looked past in a row */

seg_status seg_graft_search_init(seg_graft_search *search, const seg_program *program,
                                 seg_error *err)
{
    search->program = program;
    search->used = calloc(program->node_count + 1, sizeof *search->used);
    return search->used != NULL ? SEG_OK : seg_fail_nomem(err, program->node_count, program->path);
}

void seg_graft_search_release(seg_graft_search *search)
{
    free(search->used);
}

static bool is(const seg_program_node *node, const char *op)
{
    return node->domain[0] == '\0' && strcmp(node->op, op) == 0;
}

/* The constant behind source k, or NULL. */
static const seg_shape *constant_shape(const seg_program *program, const seg_program_node *node,
                                       int k)
{
    if (k >= node->src_count || node->src[k] == SEG_NO_SLOT)
        return NULL;
    const seg_program_slot *slot = &program->slots[node->src[k]];
    return slot->constant != NULL && slot->shape.dtype == SEG_F32 ? &slot->shape : NULL;
}

/* An average over windows of one pixel, as exports of adaptive pooling have. */
static bool averages_nothing(const seg_program_node *node)
{
    const int64_t *size;
    int64_t count = seg_program_ints(node, "kernel_shape", &size);
    if (!is(node, "AveragePool"))
        return false;
    for (int64_t i = 0; i < count; i++) {
        if (size[i] != 1)
            return false;
    }
    return true;
}

/* Where a quantised network that is read in float takes its input. */
static bool is_door(const seg_program_node *node)
{
    return strcmp(node->domain, "tflite") == 0 && strcmp(node->op, "DEQUANTIZE") == 0;
}

static bool only_moves(const seg_program_node *node)
{
    static const char *const ops[] = {"Transpose", "Identity", "Dropout",   "Pad",
                                      "Resize",    "Upsample", "Slice",     "Reshape",
                                      "Flatten",   "Squeeze",  "Unsqueeze", "Cast"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (is(node, ops[i]))
            return true;
    }
    return averages_nothing(node) || is_door(node);
}

/* ---- kinds ---- */

static bool fits_convolution(const seg_graft_search *search, const seg_program_node *node,
                             const seg_graft_want *want)
{
    const seg_shape *k = &want->kernel, *w = constant_shape(search->program, node, 1);
    if (w == NULL)
        return false;
    if (is(node, "Conv")) {
        int64_t group = seg_program_int(node, "group", 1);
        return w->rank == 4 && w->dim[0] == k->oc && w->dim[1] == k->ic && w->dim[2] == k->kh &&
               w->dim[3] == k->kw && group == (want->depthwise ? k->oc : 1);
    }
    int64_t inputs = k->kh * k->kw * k->ic;
    if (want->depthwise || w->rank != 2)
        return false;
    if (is(node, "Gemm") && seg_program_int(node, "transB", 0) != 0)
        return w->dim[0] == k->oc && w->dim[1] == inputs;
    return (is(node, "Gemm") || is(node, "MatMul")) && w->dim[1] == k->oc && w->dim[0] == inputs;
}

static bool fits_transposed(const seg_graft_search *search, const seg_program_node *node,
                            const seg_graft_want *want)
{
    const seg_shape *k = &want->kernel, *w = constant_shape(search->program, node, 1);
    return is(node, "ConvTranspose") && w != NULL && w->rank == 4 && w->dim[0] == k->ic &&
           w->dim[1] == k->oc && w->dim[2] == k->kh && w->dim[3] == k->kw;
}

static bool fits_norm(const seg_graft_search *search, const seg_program_node *node,
                      const seg_graft_want *want)
{
    if (!is(node, "BatchNormalization"))
        return false;
    for (int k = 1; k < 5; k++) {
        const seg_shape *shape = constant_shape(search->program, node, k);
        if (shape == NULL || shape->rank != 1 || shape->dim[0] != want->kernel.dim[0])
            return false;
    }
    return true;
}

static bool leads_to(const seg_graft_search *search, seg_slot from, seg_slot to, int depth)
{
    if (from == to)
        return true;
    for (size_t i = 0; depth < DEEPEST && i < search->program->node_count; i++) {
        const seg_program_node *node = &search->program->nodes[i];
        if (only_moves(node) && node->src_count > 0 && node->src[0] == from &&
            node->dst_count > 0 && leads_to(search, node->dst[0], to, depth + 1))
            return true;
    }
    return false;
}

bool seg_graft_leads_to(const seg_graft_search *search, seg_slot from, seg_slot to)
{
    return leads_to(search, from, to, 0);
}

/* Whether node reads slot, perhaps through nodes that only move numbers. */
static bool reads(const seg_graft_search *search, const seg_program_node *node, seg_slot slot)
{
    for (int k = 0; k < node->src_count; k++) {
        if (node->src[k] != SEG_NO_SLOT && leads_to(search, slot, node->src[k], 0))
            return true;
    }
    return false;
}

static bool reads_others(const seg_graft_search *search, const seg_program_node *node,
                         const seg_graft_want *want)
{
    for (int i = 0; i < want->other_count; i++) {
        if (!reads(search, node, want->others[i]))
            return false;
    }
    return true;
}

static bool fits(const seg_graft_search *search, const seg_program_node *node,
                 const seg_graft_want *want)
{
    switch (want->kind) {
    case SEG_GRAFT_CONVOLUTION:
        return fits_convolution(search, node, want);
    case SEG_GRAFT_TRANSPOSED:
        return fits_transposed(search, node, want);
    case SEG_GRAFT_NORM:
        return fits_norm(search, node, want);
    case SEG_GRAFT_RELU:
        return is(node, "Relu") || is(node, "Clip");
    case SEG_GRAFT_ADD:
        return is(node, "Add") && reads_others(search, node, want);
    case SEG_GRAFT_CONCAT:
        return is(node, "Concat") && reads_others(search, node, want);
    case SEG_GRAFT_POOL:
        return is(node, "MaxPool");
    case SEG_GRAFT_GLOBAL_POOL:
        return is(node, "GlobalAveragePool") || is(node, "ReduceMean") ||
               (is(node, "AveragePool") && !averages_nothing(node));
    }
    return false;
}

static bool dilates_alike(const seg_program_node *node, const seg_graft_want *want)
{
    const int64_t *dilations;
    if (want->kind != SEG_GRAFT_CONVOLUTION)
        return true;
    return (seg_program_ints(node, "dilations", &dilations) > 0 ? dilations[0] : 1) ==
           want->dilation;
}

static int look(const seg_graft_search *search, seg_slot slot, const seg_graft_want *want,
                int depth)
{
    int second_best = -1;
    for (size_t i = 0; i < search->program->node_count; i++) {
        const seg_program_node *node = &search->program->nodes[i];
        bool direct = false;
        for (int k = 0; k < node->src_count; k++)
            direct = direct || node->src[k] == slot;
        if (!direct || node->dst_count < 1)
            continue;
        int found = -1;
        if (!search->used[i] && fits(search, node, want))
            found = (int)i;
        else if (only_moves(node) && node->src[0] == slot && depth < DEEPEST)
            found = look(search, node->dst[0], want, depth + 1);
        if (found >= 0 && dilates_alike(&search->program->nodes[found], want))
            return found;
        second_best = second_best < 0 ? found : second_best;
    }
    return second_best;
}

int seg_graft_find(seg_graft_search *search, seg_slot slot, const seg_graft_want *want)
{
    int found = slot != SEG_NO_SLOT ? look(search, slot, want, 0) : -1;
    if (found >= 0)
        search->used[found] = true;
    return found;
}
