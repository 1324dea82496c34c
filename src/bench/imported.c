/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * imported.c: an ONNX or TFLite network, from arrays in the file's layout to arrays in the file's
 * layout, as seg_runner runs it.
 *
 * Planning happens within the first run (runtime/trace.c); what of that run was planning is told
 * apart, because other engines call it loading.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/network.h"
#include "io/program_file.h"
#include "runtime/runtime.h"

typedef struct imported {
    seg_bench_opts opts;
    seg_program *program;
    seg_runtime *runtime;
    seg_tensor *inputs; /* [program's]; data of seg_block_new */
    double run_seconds, planning_seconds, read_seconds;
    bool planned; /* the first run is done */
} imported;

static void imported_free(void *network)
{
    imported *m = network;
    if (m == NULL)
        return;
    seg_runtime_free(m->runtime);
    for (size_t i = 0; m->inputs != NULL && i < m->program->input_count; i++)
        seg_block_free(m->inputs[i].data);
    free(m->inputs);
    seg_program_free(m->program);
    free(m);
}

static seg_status imported_load(void **network, const char *path, const seg_bench_opts *opts,
                                seg_error *err)
{
    imported *m = *network = calloc(1, sizeof *m);
    if (m == NULL)
        return seg_fail_nomem(err, sizeof *m, "a benchmark");
    m->opts = *opts;
    const seg_program_opts reading = {.dequantise = opts->dequantise};
    const seg_runtime_opts running = {.threads = opts->threads, .profile = true, .bf16 = opts->bf16};
    seg_status status = seg_exec_check_bf16(opts->bf16, err);
    if (status == SEG_OK)
        status = seg_program_read(&m->program, path, &reading, err);
    return status == SEG_OK ? seg_runtime_new(&m->runtime, m->program, &running, err) : status;
}

/* ---- inputs ---- */

/* Which extent an axis has where the file leaves it open; rank 4 is an image in either layout. */
static int64_t open_extent(const imported *m, const seg_shape *shape, int axis)
{
    const bool channels_first = shape->rank == 4 && shape->dim[1] > 0 && shape->dim[1] <= 4;
    const int side = channels_first ? axis - 1 : axis; /* 1: height, 2: width */
    if (axis == 0)
        return m->opts.batch;
    if (shape->rank != 4 || side < 1 || side > 2)
        return 1;
    const int asked = side == 1 ? m->opts.height : m->opts.width;
    return asked > 0 ? asked : 512;
}

static bool is_open(const seg_shape *shape, int first, int last)
{
    for (int i = first; i <= last && i < shape->rank; i++) {
        if (shape->dim[i] == SEG_ANY_EXTENT)
            return true;
    }
    return false;
}

/* What was asked for must be possible: sizes and batches that the file fixes are the file's. */
static seg_status check_wishes(const imported *m, seg_error *err)
{
    const seg_program *program = m->program;
    char text[SEG_SHAPE_TEXT_SIZE];
    bool batch = false, size = false;
    for (size_t i = 0; i < program->input_count; i++) {
        const seg_program_slot *slot = &program->slots[program->inputs[i]];
        if (slot->shape.rank == SEG_UNKNOWN_RANK)
            return seg_fail(err, SEG_INVALID, "%s: the rank of the input '%.100s' is not known",
                            program->path, slot->name);
        batch = batch || is_open(&slot->shape, 0, 0) ||
                (slot->shape.rank > 0 && slot->shape.dim[0] == m->opts.batch);
        size = size || (slot->shape.rank == 4 && is_open(&slot->shape, 1, 3));
    }
    if (program->input_count == 0)
        return SEG_OK;
    const seg_program_slot *first = &program->slots[program->inputs[0]];
    seg_shape_text(&first->shape, text);
    if (m->opts.batch > 1 && !batch)
        return seg_fail(err, SEG_INVALID,
                        "%s: no batch of %d: the file fixes its input '%.100s' to %s",
                        program->path, m->opts.batch, first->name, text);
    if (m->opts.height > 0 && !size)
        return seg_fail(err, SEG_INVALID,
                        "%s: no size of %dx%d: the file fixes its input '%.100s' to %s",
                        program->path, m->opts.height, m->opts.width, first->name, text);
    return SEG_OK;
}

static seg_status make_input(imported *m, size_t index, seg_error *err)
{
    const seg_program_slot *slot = &m->program->slots[m->program->inputs[index]];
    seg_tensor *input = &m->inputs[index];
    input->shape = slot->shape;
    for (int i = 0; i < input->shape.rank; i++) {
        if (input->shape.dim[i] == SEG_ANY_EXTENT)
            input->shape.dim[i] = open_extent(m, &slot->shape, i);
    }
    if (!seg_shape_valid(&input->shape))
        return seg_fail(err, SEG_INVALID, "%s: the input '%.100s' is too large", m->program->path,
                        slot->name);
    const size_t size = seg_shape_size(&input->shape);
    input->data = seg_block_new(size);
    if (input->data == NULL)
        return seg_fail_nomem(err, size, slot->name);
    seg_bench_randomise(input->data, input->shape.dtype, seg_shape_count(&input->shape));
    return SEG_OK;
}

static seg_status imported_feed(void *network, seg_error *err)
{
    imported *m = network;
    const size_t count = m->program->input_count;
    seg_status status = check_wishes(m, err);
    if (status != SEG_OK)
        return status;
    m->inputs = calloc(count + 1, sizeof *m->inputs);
    if (m->inputs == NULL)
        return seg_fail_nomem(err, count * sizeof *m->inputs, "inputs");
    for (size_t i = 0; status == SEG_OK && i < count; i++)
        status = make_input(m, i, err);
    return status;
}

/* ---- running ---- */

static seg_status imported_run(void *network, seg_error *err)
{
    imported *m = network;
    const double start = seg_clock_seconds();
    seg_status status = seg_runtime_run(m->runtime, m->inputs, err);
    const double ran = seg_clock_seconds();
    m->planning_seconds = m->planned ? 0 : ran - start - seg_runtime_traced_seconds(m->runtime);
    m->planned = true;
    for (size_t i = 0; status == SEG_OK && i < m->program->output_count; i++) {
        seg_tensor output;
        status = seg_runtime_read(m->runtime, m->program->outputs[i], &output, err);
    }
    m->read_seconds = seg_clock_seconds() - ran;
    return status;
}

static double imported_planning(const void *network)
{
    return ((const imported *)network)->planning_seconds;
}

/* The outputs that had to be copied into the file's layout; false: none. */
static bool copies_cost(const imported *m, seg_layer_cost *cost)
{
    bool any = false;
    *cost = (seg_layer_cost){.name = "into the file's layout",
                             .op = "copy",
                             .algorithm = "",
                             .seconds = m->read_seconds};
    for (size_t i = m->program->output_count; i-- > 0;) {
        const seg_slot slot = m->program->outputs[i];
        seg_tensor output;
        if (!seg_runtime_copied(m->runtime, slot) ||
            seg_runtime_read(m->runtime, slot, &output, NULL) != SEG_OK)
            continue;
        any = true;
        cost->shape = output.shape;
        cost->bytes += 2 * (int64_t)seg_shape_size(&output.shape);
    }
    return any;
}

static size_t imported_layers(const void *network, seg_layer_cost *layers, size_t capacity)
{
    seg_layer_cost copies;
    size_t count;
    seg_runtime_layers(((const imported *)network)->runtime, layers, capacity, &count);
    if (!copies_cost(network, &copies))
        return count;
    if (count < capacity)
        layers[count] = copies;
    return count + 1;
}

static void imported_describe(const void *network, char name[SEG_BENCH_TEXT],
                              char input[SEG_BENCH_TEXT])
{
    const imported *m = network;
    char shape[SEG_SHAPE_TEXT_SIZE];
    int used = 0;
    snprintf(name, SEG_BENCH_TEXT, "%s", m->program->format);
    input[0] = '\0';
    for (size_t i = 0; i < m->program->input_count && used < SEG_BENCH_TEXT; i++)
        used += snprintf(input + used, (size_t)(SEG_BENCH_TEXT - used), "%s%s: %s",
                         i > 0 ? ", " : "", m->program->slots[m->program->inputs[i]].name,
                         seg_shape_text(&m->inputs[i].shape, shape));
}

const seg_bench_kind seg_bench_imported = {.load = imported_load,
                                           .feed = imported_feed,
                                           .run = imported_run,
                                           .planning = imported_planning,
                                           .layers = imported_layers,
                                           .describe = imported_describe,
                                           .free = imported_free};
