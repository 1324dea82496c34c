/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* runner.c: the public interface of imported networks: loading, and running on arrays. */
#include <stdlib.h>

#include "base/error.h"
#include "io/program_file.h"
#include "runtime/runtime.h"
#include "seg/program.h"

struct seg_runner {
    const seg_program *program;
    seg_runtime *runtime;
    seg_tensor *inputs; /* [input_count] of the run at hand */
    bool keep_all;
};

bool seg_program_is_file(const char *path)
{
    seg_file_kind kind;
    return seg_file_kind_of(&kind, path, NULL) == SEG_OK && kind != SEG_FILE_SAFETENSORS;
}

seg_status seg_program_load(seg_program **out, const char *path, const seg_program_opts *opts,
                            seg_error *err)
{
    return seg_program_read(out, path, opts, err);
}

seg_status seg_runner_new(seg_runner **out, const seg_program *program, const seg_runner_opts *opts,
                          seg_error *err)
{
    const seg_runner_opts zero = {0}, *given = opts != NULL ? opts : &zero;
    const seg_runtime_opts wanted = {.threads = given->threads,
                                     .memory_limit = given->memory_limit,
                                     .reference = given->reference,
                                     .keep_all = given->keep_all};
    *out = NULL;
    seg_runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL)
        return seg_fail_nomem(err, sizeof *runner, program->path);
    runner->program = program;
    runner->keep_all = given->keep_all;
    runner->inputs = calloc(program->input_count + 1, sizeof *runner->inputs);
    seg_status status =
        runner->inputs != NULL
            ? seg_runtime_new(&runner->runtime, program, &wanted, err)
            : seg_fail_nomem(err, program->input_count * sizeof *runner->inputs, program->path);
    if (status != SEG_OK) {
        seg_runner_free(runner);
        return status;
    }
    *out = runner;
    return SEG_OK;
}

void seg_runner_free(seg_runner *runner)
{
    if (runner == NULL)
        return;
    seg_runtime_free(runner->runtime);
    free(runner->inputs);
    free(runner);
}

seg_status seg_runner_run(seg_runner *runner, const seg_array *inputs, seg_error *err)
{
    const seg_program *program = runner->program;
    for (size_t i = 0; i < program->input_count; i++) {
        const char *name = program->slots[program->inputs[i]].name;
        if (inputs[i].rank < 0 || inputs[i].rank > SEG_MAX_RANK)
            return seg_fail(err, SEG_MISMATCH, "%s: input '%.200s' has rank %d", program->path,
                            name, inputs[i].rank);
        runner->inputs[i] = seg_array_tensor(&inputs[i]);
        if (!seg_shape_valid(&runner->inputs[i].shape))
            return seg_fail(err, SEG_MISMATCH, "%s: input '%.200s' has impossible extents",
                            program->path, name);
    }
    return seg_runtime_run(runner->runtime, runner->inputs, err);
}

seg_status seg_runner_read(seg_runner *runner, const char *name, seg_array *out, seg_error *err)
{
    seg_tensor tensor;
    *out = (seg_array){.rank = 0};
    seg_slot slot = seg_program_find(runner->program, name);
    if (slot == SEG_NO_SLOT)
        return seg_fail(err, SEG_INVALID, "%s: has no value '%.200s'", runner->program->path, name);
    seg_status status = seg_runtime_read(runner->runtime, slot, &tensor, err);
    if (status == SEG_OK)
        *out = seg_tensor_array(&tensor);
    return status;
}

seg_runner_cost seg_runner_measure(const seg_runner *runner)
{
    seg_runtime_facts facts = seg_runtime_describe(runner->runtime);
    return (seg_runner_cost){.multiply_adds =
                                 runner->keep_all ? seg_runtime_multiply_adds(runner->runtime) : 0,
                             .bytes = (int64_t)facts.bytes,
                             .layers = facts.layers,
                             .evaluated = facts.evaluated};
}
