/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* runtime.c: making a runtime, and running it again. */
#include "runtime/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/strbuf.h"
#include "runtime/state.h"

/* ---- making ---- */

static bool met_before(const seg_program *program, size_t index)
{
    const seg_program_node *node = &program->nodes[index];
    for (size_t i = 0; i < index; i++) {
        if (strcmp(program->nodes[i].op, node->op) == 0 &&
            strcmp(program->nodes[i].domain, node->domain) == 0)
            return true;
    }
    return false;
}

seg_status seg_runtime_unsupported(const seg_program *program, char **names, seg_error *err)
{
    seg_strbuf text = {0};
    seg_strbuf_add(&text, "");
    for (size_t i = 0; i < program->node_count; i++) {
        const seg_program_node *node = &program->nodes[i];
        if (seg_runtime_op_find(node->domain, node->op) != NULL || met_before(program, i))
            continue;
        seg_strbuf_addf(&text, node->domain[0] != '\0' ? "%s%s (%s)" : "%s%s",
                        text.length > 0 ? ", " : "", node->op, node->domain);
    }
    if (text.failed) {
        seg_strbuf_release(&text);
        *names = NULL;
        return seg_fail_nomem(err, program->node_count, "names of operators");
    }
    *names = text.text;
    return SEG_OK;
}

seg_status seg_runtime_check(const seg_program *program, seg_error *err)
{
    char *names;
    seg_status status = seg_runtime_unsupported(program, &names, err);
    if (status == SEG_OK && names[0] != '\0')
        status = seg_fail(err, SEG_UNSUPPORTED, "%s: operators not supported: %.300s",
                          program->path, names);
    free(names);
    return status;
}

static seg_status check_sources(const seg_runtime *runtime, size_t index, seg_error *err)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    const seg_runtime_op *op = runtime->ops[index];
    char text[SEG_NODE_TEXT_SIZE];
    if (node->src_count < op->src_min || (op->src_max >= 0 && node->src_count > op->src_max))
        return seg_fail(err, SEG_FORMAT, "%s: %s: has %d inputs, wants %d to %d",
                        runtime->program->path, seg_program_node_text(runtime->program, node, text),
                        node->src_count, op->src_min, op->src_max);
    for (int k = 0; k < op->src_min; k++) {
        if (node->src[k] == SEG_NO_SLOT)
            return seg_fail(err, SEG_FORMAT, "%s: %s: input %d is missing", runtime->program->path,
                            seg_program_node_text(runtime->program, node, text), k);
    }
    return SEG_OK;
}

static seg_status find_ops(seg_runtime *runtime, seg_error *err)
{
    const seg_program *program = runtime->program;
    seg_status status = SEG_OK;
    runtime->results_most = SEG_EVAL_RESULTS;
    for (size_t i = 0; status == SEG_OK && i < program->node_count; i++) {
        const seg_program_node *node = &program->nodes[i];
        runtime->ops[i] = seg_runtime_op_find(node->domain, node->op);
        status = check_sources(runtime, i, err);
        if (node->src_count > runtime->sources_most)
            runtime->sources_most = node->src_count;
        if (node->dst_count > runtime->results_most)
            runtime->results_most = node->dst_count;
    }
    return status;
}

static seg_status allocate_node_lists(seg_runtime *runtime, seg_error *err)
{
    size_t sources = (size_t)runtime->sources_most + 1, results = (size_t)runtime->results_most + 1;
    runtime->src = calloc(sources, sizeof *runtime->src);
    runtime->src_shapes = calloc(sources, sizeof *runtime->src_shapes);
    runtime->dst = calloc(results, sizeof *runtime->dst);
    runtime->lowered = calloc(results, sizeof *runtime->lowered);
    if (runtime->src == NULL || runtime->src_shapes == NULL || runtime->dst == NULL ||
        runtime->lowered == NULL)
        return seg_fail_nomem(err, sources * sizeof *runtime->src, "a runtime");
    return SEG_OK;
}

static void put_constants(seg_runtime *runtime)
{
    const seg_program *program = runtime->program;
    for (size_t s = 0; s < program->slot_count; s++) {
        const seg_program_slot *slot = &program->slots[s];
        runtime->outside[s].shape.rank = SEG_UNKNOWN_RANK;
        if (slot->constant == NULL)
            continue;
        /* Holders are written to by nobody; the pointer only loses its const on the way. */
        seg_tensor tensor = {slot->shape, (void *)(uintptr_t)slot->constant};
        seg_slot_put(runtime, (seg_slot)s, &tensor, false);
        runtime->outside[s].fixed = slot->constant;
        runtime->holders[s].lasting = true;
    }
}

seg_status seg_runtime_new(seg_runtime **out, const seg_program *program,
                           const seg_runtime_opts *opts, seg_error *err)
{
    *out = NULL;
    seg_status status = seg_runtime_check(program, err);
    if (status != SEG_OK)
        return status;
    seg_runtime *runtime = calloc(1, sizeof *runtime);
    if (runtime == NULL)
        return seg_fail_nomem(err, sizeof *runtime, "a runtime");
    runtime->program = program;
    runtime->opts = opts != NULL ? *opts : (seg_runtime_opts){0};
    if (runtime->opts.threads == 0)
        runtime->opts.threads = seg_cpu_count();
    if (runtime->opts.memory_limit == 0)
        runtime->opts.memory_limit = SEG_RUNTIME_MEMORY;
    runtime->allowance = runtime->opts.memory_limit;
    runtime->ops = calloc(program->node_count + 1, sizeof *runtime->ops);
    runtime->evaluate_only = calloc(program->node_count + 1, sizeof *runtime->evaluate_only);
    runtime->outside = calloc(program->slot_count + 1, sizeof *runtime->outside);
    runtime->holders = calloc(program->slot_count + 1, sizeof *runtime->holders);
    runtime->input_shapes = calloc(program->input_count + 1, sizeof *runtime->input_shapes);
    if (runtime->ops == NULL || runtime->evaluate_only == NULL || runtime->outside == NULL ||
        runtime->holders == NULL || runtime->input_shapes == NULL)
        status = seg_fail_nomem(err, program->slot_count * sizeof(seg_holder), "a runtime");
    if (status == SEG_OK)
        status = find_ops(runtime, err);
    if (status == SEG_OK)
        status = allocate_node_lists(runtime, err);
    if (status != SEG_OK) {
        seg_runtime_free(runtime);
        return status;
    }
    put_constants(runtime);
    *out = runtime;
    return SEG_OK;
}

/* Steps and all that a trace left; what does not depend on inputs stays unless `all`. */
static void forget_plan(seg_runtime *runtime, bool all)
{
    for (size_t i = 0; i < runtime->step_count; i++)
        seg_region_free(runtime->steps[i].region);
    runtime->step_count = runtime->free_count = 0;
    runtime->planned = false;
    for (size_t s = 0; runtime->holders != NULL && s < runtime->program->slot_count; s++) {
        if (all || !runtime->holders[s].lasting)
            seg_slot_clear(runtime, (seg_slot)s);
    }
}

void seg_runtime_free(seg_runtime *runtime)
{
    if (runtime == NULL)
        return;
    if (runtime->outside != NULL)
        forget_plan(runtime, true);
    free(runtime->ops);
    free(runtime->evaluate_only);
    free(runtime->outside);
    free(runtime->holders);
    free(runtime->input_shapes);
    free(runtime->steps);
    free(runtime->frees);
    free(runtime->src);
    free(runtime->src_shapes);
    free(runtime->dst);
    free(runtime->lowered);
    free(runtime);
}

/* ---- running ---- */

static void drop_results(seg_runtime *runtime, int first)
{
    for (int k = first; k < runtime->results_most; k++) {
        if (runtime->dst[k].data != NULL)
            runtime->allowance += seg_shape_size(&runtime->dst[k].shape);
        seg_block_free(runtime->dst[k].data);
        runtime->dst[k] = (seg_tensor){.data = NULL};
    }
}

static seg_status get_source(seg_runtime *runtime, int index, int k, seg_error *err)
{
    seg_slot slot = runtime->program->nodes[index].src[k];
    if (slot != SEG_NO_SLOT && runtime->ops[index]->reads_shapes) {
        const bool lowered = runtime->holders[slot].kind == SEG_HOLDS_LOWERED;
        /* Nobody looks at the data, but they must not seem to be left out. */
        runtime->src[k] = (seg_tensor){lowered ? seg_region_shape(runtime->open, slot)
                                               : runtime->outside[slot].shape,
                                       runtime->holders};
        return SEG_OK;
    }
    return seg_slot_get(runtime, slot, &runtime->src[k], err);
}

seg_status seg_runtime_evaluate(seg_runtime *runtime, int index, seg_error *err)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    char text[SEG_NODE_TEXT_SIZE];
    seg_status status = SEG_OK;
    for (int k = 0; status == SEG_OK && k < node->src_count; k++)
        status = get_source(runtime, index, k, err);
    seg_eval call = {.program = runtime->program,
                     .node = node,
                     .opset = runtime->program->opset,
                     .threads = runtime->opts.threads,
                     .src_count = node->src_count,
                     .dst_count = node->dst_count,
                     .src = runtime->src,
                     .dst = runtime->dst,
                     .allowance = &runtime->allowance,
                     .err = err};
    if (status == SEG_OK)
        status = runtime->ops[index]->evaluate(&call);
    for (int k = 0; status == SEG_OK && k < node->dst_count; k++) {
        if (node->dst[k] != SEG_NO_SLOT && runtime->dst[k].data == NULL)
            status = seg_fail(err, SEG_UNSUPPORTED, "%s: %s: its output %d is not supported",
                              runtime->program->path,
                              seg_program_node_text(runtime->program, node, text), k);
    }
    drop_results(runtime, status == SEG_OK ? node->dst_count : 0); /* beyond those: made in vain */
    return status;
}

static void bring_in(seg_runtime *runtime, seg_region *region, int index)
{
    const seg_region_input *input = &region->inputs[index];
    const seg_outside *from = &runtime->outside[input->slot];
    const void *data = runtime->holders[input->slot].data;
    void *to = seg_exec_input(region->exec, index).data;
    if (from->shape.dtype == SEG_F32)
        seg_axes_copy(runtime->opts.threads, &from->shape, data, &from->axes, to, &input->axes);
    else
        seg_bytes_copy(runtime->opts.threads, data, seg_shape_count(&from->shape),
                       from->shape.dtype == SEG_I8 ? 0x80 : 0, to);
}

/* Labels leave a region in memory of their own, as the file's numbers. */
static seg_status put_labels(seg_runtime *runtime, seg_slot slot, const seg_shape *shape,
                             const uint8_t *labels, seg_error *err)
{
    const size_t size = seg_shape_size(shape);
    seg_slot_clear(runtime, slot);
    if (size > runtime->allowance)
        return seg_fail(err, SEG_LIMIT, "%s: '%s' exceeds the memory limit", runtime->program->path,
                        runtime->program->slots[slot].name);
    seg_tensor tensor = {*shape, seg_block_new(size)};
    if (tensor.data == NULL)
        return seg_fail_nomem(err, size, runtime->program->slots[slot].name);
    runtime->allowance -= size;
    seg_labels_widen(runtime->opts.threads, labels, seg_shape_count(shape), tensor.data);
    seg_slot_put(runtime, slot, &tensor, true);
    return SEG_OK;
}

seg_status seg_runtime_run_region(seg_runtime *runtime, seg_region *region, seg_error *err)
{
    seg_status status = SEG_OK;
    for (size_t i = 0; i < region->input_count; i++)
        bring_in(runtime, region, (int)i);
    seg_exec_forward(region->exec, 0, 0);
    for (size_t i = 0; status == SEG_OK && i < region->output_count; i++) {
        const seg_region_output *output = &region->outputs[i];
        seg_tensor result = seg_exec_output(region->exec, (int)i);
        seg_shape shape = {.dtype = output->lowered.dtype, .rank = output->lowered.axes.rank};
        for (int k = 0; k < shape.rank; k++)
            shape.dim[k] = result.shape.dim[output->lowered.axes.axis[k]];
        if (shape.dtype == SEG_I64)
            status = put_labels(runtime, output->slot, &shape, result.data, err);
        else
            seg_slot_put_region(runtime, output->slot, &shape, &output->lowered.axes, result.data);
    }
    return status;
}

/* *changed: a result has another shape than when it was traced. */
static seg_status repeat_node(seg_runtime *runtime, int index, bool *changed, seg_error *err)
{
    const seg_program_node *node = &runtime->program->nodes[index];
    seg_status status = seg_runtime_evaluate(runtime, index, err);
    for (int k = 0; status == SEG_OK && k < node->dst_count; k++) {
        if (node->dst[k] == SEG_NO_SLOT)
            continue;
        if (!seg_shape_equal(&runtime->dst[k].shape, &runtime->holders[node->dst[k]].traced))
            *changed = true;
        seg_slot_put(runtime, node->dst[k], &runtime->dst[k], true);
        runtime->dst[k] = (seg_tensor){.data = NULL};
    }
    drop_results(runtime, 0);
    return status;
}

static seg_status repeat(seg_runtime *runtime, bool *changed, seg_error *err)
{
    seg_status status = SEG_OK;
    for (size_t i = 0; status == SEG_OK && !*changed && i < runtime->step_count; i++) {
        seg_step *step = &runtime->steps[i];
        const double start = runtime->opts.profile ? seg_clock_seconds() : 0;
        status = step->region != NULL ? seg_runtime_run_region(runtime, step->region, err)
                                      : repeat_node(runtime, step->node, changed, err);
        if (runtime->opts.profile)
            seg_step_profile(runtime, step, seg_clock_seconds() - start);
        for (size_t k = 0; status == SEG_OK && !*changed && k < step->free_count; k++)
            seg_slot_clear(runtime, runtime->frees[step->first_free + k]);
    }
    return status;
}

static seg_status check_input(const seg_runtime *runtime, size_t index, const seg_tensor *input,
                              seg_error *err)
{
    const seg_program_slot *slot = &runtime->program->slots[runtime->program->inputs[index]];
    char got[SEG_SHAPE_TEXT_SIZE], wanted[SEG_SHAPE_TEXT_SIZE];
    bool fits = input->data != NULL && input->shape.dtype == slot->shape.dtype;
    if (slot->shape.rank != SEG_UNKNOWN_RANK) {
        fits = fits && input->shape.rank == slot->shape.rank;
        for (int i = 0; fits && i < slot->shape.rank; i++)
            fits =
                slot->shape.dim[i] == SEG_ANY_EXTENT || slot->shape.dim[i] == input->shape.dim[i];
    }
    return fits ? SEG_OK
                : seg_fail(err, SEG_MISMATCH, "%s: input '%s' is %s, wanted %s (-1: any)",
                           runtime->program->path, slot->name, seg_shape_text(&input->shape, got),
                           seg_shape_text(&slot->shape, wanted));
}

static void put_inputs(seg_runtime *runtime, const seg_tensor *inputs)
{
    for (size_t i = 0; i < runtime->program->input_count; i++) {
        seg_slot slot = runtime->program->inputs[i];
        seg_slot_put(runtime, slot, &inputs[i], false);
        runtime->input_shapes[i] = inputs[i].shape;
    }
}

static bool same_shapes(const seg_runtime *runtime, const seg_tensor *inputs)
{
    for (size_t i = 0; i < runtime->program->input_count; i++) {
        if (!seg_shape_equal(&runtime->input_shapes[i], &inputs[i].shape))
            return false;
    }
    return true;
}

static seg_status trace(seg_runtime *runtime, const seg_tensor *inputs, seg_error *err)
{
    bool refused = true;
    seg_status status = SEG_OK;
    while (status == SEG_OK && refused) {
        forget_plan(runtime, false);
        put_inputs(runtime, inputs);
        status = seg_runtime_trace(runtime, &refused, err);
    }
    runtime->planned = status == SEG_OK;
    if (status != SEG_OK)
        forget_plan(runtime, false);
    return status;
}

seg_status seg_runtime_run(seg_runtime *runtime, const seg_tensor *inputs, seg_error *err)
{
    seg_status status = SEG_OK;
    bool changed = false;
    for (size_t i = 0; status == SEG_OK && i < runtime->program->input_count; i++)
        status = check_input(runtime, i, &inputs[i], err);
    if (status != SEG_OK)
        return status;
    if (!runtime->planned || !same_shapes(runtime, inputs))
        return trace(runtime, inputs, err);
    put_inputs(runtime, inputs);
    status = repeat(runtime, &changed, err);
    if (status != SEG_OK)
        forget_plan(runtime, false);
    return changed ? trace(runtime, inputs, err) : status;
}

seg_status seg_runtime_read(seg_runtime *runtime, seg_slot slot, seg_tensor *out, seg_error *err)
{
    if (slot < 0 || (size_t)slot >= runtime->program->slot_count ||
        runtime->holders[slot].kind != SEG_HOLDS_TENSOR)
        return seg_fail(err, SEG_INVALID, "%s: no result to read", runtime->program->path);
    return seg_slot_get(runtime, slot, out, err);
}

bool seg_runtime_copied(const seg_runtime *runtime, seg_slot slot)
{
    return runtime->holders[slot].moved != NULL;
}

seg_runtime_facts seg_runtime_describe(const seg_runtime *runtime)
{
    seg_runtime_facts facts = {.bytes = runtime->opts.memory_limit - runtime->allowance};
    for (size_t i = 0; i < runtime->step_count; i++) {
        const seg_region *region = runtime->steps[i].region;
        facts.evaluated += region == NULL;
        if (region == NULL)
            continue;
        facts.regions++;
        facts.layers += (int)region->layers;
        facts.multiply_adds += seg_exec_multiply_adds(region->exec);
        facts.bytes += seg_exec_arena_bytes(region->exec);
    }
    return facts;
}
