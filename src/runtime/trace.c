/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * trace.c: the first run for some input shapes, which decides what the next ones repeat.
 *
 * Nodes are taken in order. What depends on nothing unknown is evaluated at once and is fixed from
 * then on (shape arithmetic disappears here). What can be lowered joins the open region. Anything
 * else closes the open region, if it reads from it, and is evaluated as a step of its own.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/state.h"

static seg_status add_step(seg_runtime *runtime, seg_region *region, int node, seg_error *err)
{
    void *steps = runtime->steps;
    if (!seg_array_reserve(&steps, &runtime->step_capacity, runtime->step_count + 1,
                           sizeof *runtime->steps)) {
        seg_region_free(region);
        return seg_fail_nomem(err, sizeof *runtime->steps, "a step");
    }
    runtime->steps = steps;
    runtime->steps[runtime->step_count++] = (seg_step){region, node, runtime->free_count, 0};
    return SEG_OK;
}

/* ---- who reads what ---- */

static void count_uses(seg_runtime *runtime)
{
    const seg_program *program = runtime->program;
    for (size_t s = 0; s < program->slot_count; s++)
        runtime->holders[s].uses = runtime->opts.keep_all ? 1 : 0;
    for (size_t i = 0; i < program->node_count; i++) {
        const seg_program_node *node = &program->nodes[i];
        for (int k = 0; k < node->src_count; k++) {
            if (node->src[k] != SEG_NO_SLOT)
                runtime->holders[node->src[k]].uses++;
        }
    }
    for (size_t i = 0; i < program->output_count; i++)
        runtime->holders[program->outputs[i]].uses++;
}

static bool open_reads(const seg_runtime *runtime, seg_slot slot)
{
    for (size_t i = 0; runtime->open != NULL && i < runtime->open->input_count; i++) {
        if (runtime->open->inputs[i].slot == slot)
            return true;
    }
    return false;
}

/* Free a slot that nobody reads any more, now and in every run after the latest step. */
static seg_status release(seg_runtime *runtime, seg_slot slot, seg_error *err)
{
    void *frees = runtime->frees;
    const seg_holder *holder = &runtime->holders[slot];
    if (holder->uses > 0 || holder->kind != SEG_HOLDS_TENSOR || holder->lasting ||
        runtime->outside[slot].fixed != NULL || open_reads(runtime, slot) ||
        (!holder->owned && holder->moved == NULL) || runtime->step_count == 0)
        return SEG_OK;
    if (!seg_array_reserve(&frees, &runtime->free_capacity, runtime->free_count + 1,
                           sizeof *runtime->frees))
        return seg_fail_nomem(err, sizeof *runtime->frees, "a step");
    runtime->frees = frees;
    runtime->frees[runtime->free_count++] = slot;
    runtime->steps[runtime->step_count - 1].free_count++;
    seg_slot_clear(runtime, slot);
    return SEG_OK;
}

static seg_status consume_sources(seg_runtime *runtime, const seg_program_node *node,
                                  seg_error *err)
{
    seg_status status = SEG_OK;
    for (int k = 0; k < node->src_count; k++) {
        if (node->src[k] != SEG_NO_SLOT)
            runtime->holders[node->src[k]].uses--;
    }
    for (int k = 0; status == SEG_OK && k < node->src_count; k++) {
        if (node->src[k] != SEG_NO_SLOT)
            status = release(runtime, node->src[k], err);
    }
    return status;
}

/* ---- regions ---- */

/* Whoever runs the program is the only one to read it, in the file's order. */
static bool is_only_output(const seg_runtime *runtime, seg_slot slot)
{
    const seg_program *program = runtime->program;
    bool output = false;
    for (size_t i = 0; i < program->output_count; i++)
        output = output || program->outputs[i] == slot;
    return output && runtime->holders[slot].uses == 1;
}

static seg_status close_region(seg_runtime *runtime, seg_error *err)
{
    const seg_program *program = runtime->program;
    const seg_exec_opts opts = {.threads = runtime->opts.threads,
                                .memory_limit = runtime->opts.memory_limit,
                                .no_reuse = runtime->opts.keep_all,
                                .profile = runtime->opts.profile,
                                .bf16 = runtime->opts.bf16};
    seg_region *region = runtime->open;
    seg_status status = SEG_OK;
    if (region == NULL)
        return SEG_OK;
    for (size_t s = 0; status == SEG_OK && s < program->slot_count; s++) {
        if (runtime->holders[s].kind == SEG_HOLDS_LOWERED && runtime->holders[s].uses > 0)
            status = seg_region_export(region, (seg_slot)s,
                                       is_only_output(runtime, (seg_slot)s), err);
        if (runtime->holders[s].kind == SEG_HOLDS_LOWERED)
            runtime->holders[s].kind = SEG_HOLDS_NOTHING;
    }
    runtime->open = NULL;
    if (status == SEG_OK) {
        seg_error engine; /* which knows no files */
        status = seg_region_close(region, &opts, &engine);
        if (status != SEG_OK)
            seg_fail(err, status, "%s: %s", program->path, engine.text);
    }
    if (status != SEG_OK) {
        seg_region_free(region);
        return status;
    }
    status = add_step(runtime, region, -1, err);
    const double start = seg_clock_seconds();
    if (status == SEG_OK)
        status = seg_runtime_run_region(runtime, region, err);
    runtime->run_seconds += seg_clock_seconds() - start;
    for (size_t i = 0; status == SEG_OK && i < region->input_count; i++)
        status = release(runtime, region->inputs[i].slot, err);
    return status;
}

static bool reads_lowered(const seg_runtime *runtime, const seg_program_node *node)
{
    for (int k = 0; k < node->src_count; k++) {
        if (node->src[k] != SEG_NO_SLOT &&
            runtime->holders[node->src[k]].kind == SEG_HOLDS_LOWERED)
            return true;
    }
    return false;
}

static seg_shape shape_of(const seg_runtime *runtime, seg_slot slot)
{
    if (slot == SEG_NO_SLOT)
        return (seg_shape){.rank = SEG_UNKNOWN_RANK};
    return runtime->holders[slot].kind == SEG_HOLDS_LOWERED
               ? seg_region_shape(runtime->open, slot)
               : runtime->outside[slot].shape;
}

static seg_lower lower_call(seg_runtime *runtime, int index, seg_error *err)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    for (int k = 0; k < node->src_count; k++) {
        seg_slot slot = node->src[k];
        runtime->src_shapes[k] = shape_of(runtime, slot);
        runtime->src[k] = (seg_tensor){runtime->src_shapes[k], NULL};
        if (slot != SEG_NO_SLOT && runtime->outside[slot].fixed != NULL)
            runtime->src[k].data = runtime->holders[slot].data;
    }
    for (int k = 0; k < node->dst_count; k++)
        runtime->lowered[k] = (seg_lowered){.value = SEG_NO_VALUE};
    return (seg_lower){.program = runtime->program,
                       .node = node,
                       .opset = runtime->program->opset,
                       .graph = runtime->open->graph,
                       .src_count = node->src_count,
                       .dst_count = node->dst_count,
                       .src = runtime->src_shapes,
                       .fixed = runtime->src,
                       .dst = runtime->lowered,
                       .region = runtime->open,
                       .err = err};
}

/* Whether the layers give every result that is asked for. */
static bool all_lowered(const seg_runtime *runtime, const seg_program_node *node)
{
    for (int k = 0; k < node->dst_count; k++) {
        if (node->dst[k] != SEG_NO_SLOT && runtime->lowered[k].value == SEG_NO_VALUE)
            return false;
    }
    return true;
}

/* *done: the node joined the open region. */
static seg_status try_lower(seg_runtime *runtime, int index, bool *done, bool *refused,
                            seg_error *err)
{
    const seg_runtime_op *op = runtime->ops[index];
    const seg_program_node *node = &runtime->program->nodes[index];
    seg_status status = SEG_OK;
    *done = false;
    if (op->lower == NULL || runtime->opts.reference || runtime->evaluate_only[index])
        return SEG_OK;
    if (runtime->open == NULL)
        status = seg_region_open(&runtime->open, runtime->program->slot_count, runtime->outside,
                                 err);
    if (status != SEG_OK)
        return status;
    seg_lower lower = lower_call(runtime, index, err);
    status = op->lower(&lower, done);
    if (status == SEG_OK)
        status = seg_graph_status(runtime->open->graph, err);
    if ((status != SEG_OK && status != SEG_NOMEM) ||
        (status == SEG_OK && *done && !all_lowered(runtime, node))) {
        /* A limit of a layer: the meaning has the last word. */
        runtime->evaluate_only[index] = *refused = true;
        *done = false;
        return SEG_OK;
    }
    for (int k = 0; status == SEG_OK && *done && k < node->dst_count; k++) {
        if (node->dst[k] == SEG_NO_SLOT)
            continue;
        runtime->open->lowered[node->dst[k]] = runtime->lowered[k];
        runtime->holders[node->dst[k]].kind = SEG_HOLDS_LOWERED;
    }
    return status;
}

/* ---- nodes ---- */

static bool all_fixed(const seg_runtime *runtime, const seg_program_node *node, bool *lasting)
{
    *lasting = true;
    for (int k = 0; k < node->src_count; k++) {
        if (node->src[k] == SEG_NO_SLOT)
            continue;
        if (runtime->outside[node->src[k]].fixed == NULL)
            return false;
        *lasting = *lasting && runtime->holders[node->src[k]].lasting;
    }
    return true;
}

static void put_results(seg_runtime *runtime, const seg_program_node *node)
{
    for (int k = 0; k < node->dst_count; k++) {
        seg_tensor *dst = &runtime->dst[k];
        if (node->dst[k] != SEG_NO_SLOT) {
            seg_slot_put(runtime, node->dst[k], dst, true);
            runtime->holders[node->dst[k]].traced = dst->shape;
        } else if (dst->data != NULL) {
            runtime->allowance += seg_shape_size(&dst->shape);
            seg_block_free(dst->data);
        }
        *dst = (seg_tensor){.data = NULL};
    }
}

static seg_status evaluate_now(seg_runtime *runtime, int index, bool lasting, seg_error *err)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    seg_status status = seg_runtime_evaluate(runtime, index, err);
    if (status != SEG_OK)
        return status;
    put_results(runtime, node);
    for (int k = 0; k < node->dst_count; k++) {
        if (node->dst[k] == SEG_NO_SLOT)
            continue;
        runtime->outside[node->dst[k]].fixed = runtime->holders[node->dst[k]].data;
        runtime->holders[node->dst[k]].lasting = lasting;
    }
    return SEG_OK;
}

static seg_status evaluate_as_step(seg_runtime *runtime, int index, seg_error *err)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    seg_status status = reads_lowered(runtime, node) ? close_region(runtime, err) : SEG_OK;
    if (status == SEG_OK)
        status = add_step(runtime, NULL, index, err);
    const double start = seg_clock_seconds();
    if (status == SEG_OK)
        status = seg_runtime_evaluate(runtime, index, err);
    runtime->run_seconds += seg_clock_seconds() - start;
    if (status == SEG_OK)
        put_results(runtime, node);
    for (int k = 0; status == SEG_OK && k < node->dst_count; k++) {
        if (node->dst[k] != SEG_NO_SLOT)
            status = release(runtime, node->dst[k], err);
    }
    return status;
}

static bool is_done(const seg_runtime *runtime, const seg_program_node *node)
{
    for (int k = 0; k < node->dst_count; k++) {
        if (node->dst[k] != SEG_NO_SLOT && !runtime->holders[node->dst[k]].lasting)
            return false;
    }
    return true;
}

static seg_status trace_node(seg_runtime *runtime, int index, bool *refused, seg_error *err)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    const seg_runtime_op *op = runtime->ops[index];
    bool lasting, lowered = false, fixed = !op->varies && all_fixed(runtime, node, &lasting);
    seg_status status = SEG_OK;
    if (is_done(runtime, node))
        return consume_sources(runtime, node, err);
    if (op->reads_shapes && !fixed) {
        fixed = true;
        lasting = false;
    }
    if (fixed) {
        status = evaluate_now(runtime, index, lasting, err);
    } else {
        status = try_lower(runtime, index, &lowered, refused, err);
        if (status == SEG_OK && !lowered && !*refused)
            status = evaluate_as_step(runtime, index, err);
    }
    return status == SEG_OK && !*refused ? consume_sources(runtime, node, err) : status;
}

seg_status seg_runtime_trace(seg_runtime *runtime, bool *refused, seg_error *err)
{
    seg_status status = SEG_OK;
    *refused = false;
    runtime->run_seconds = 0;
    count_uses(runtime);
    for (size_t i = 0; status == SEG_OK && !*refused && i < runtime->program->node_count; i++)
        status = trace_node(runtime, (int)i, refused, err);
    if (status == SEG_OK && !*refused)
        status = close_region(runtime, err);
    if (status != SEG_OK || *refused) {
        seg_region_free(runtime->open);
        runtime->open = NULL;
    }
    return status;
}
