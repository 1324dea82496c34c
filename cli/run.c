/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* run.c: an imported network on raw arrays. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "options.h"
#include "seg/program.h"
#include "shared.h"

typedef struct run {
    const char *model, *first, *output, *dump;
    char **others; /* arguments behind the model: inputs too */
    int other_count;
    int threads, memory_mb;
    bool reference, dequantise, json;

    seg_program *program;
    seg_program_info info;
    seg_runner *runner;
    seg_array *inputs; /* [info.inputs] */
    path_list taken;   /* files written, without ".npy" */
    json_t *written;   /* --json: an array of objects */
    double load_ms, run_ms;
} run;

static int fail(const seg_error *err)
{
    return cmd_fail(&cmd_run, "%s", err->text);
}

/* ---- inputs ---- */

static const char *input_file(const run *r, int index)
{
    if (r->first != NULL && index == 0)
        return r->first;
    return r->others[index - (r->first != NULL)];
}

/* Which input "name=file" is for, or -1 for a file alone; *path is where the file's name starts. */
static int named_input(const run *r, const char *text, const char **path)
{
    const char *sign = strchr(text, '=');
    *path = text;
    for (int i = 0; sign != NULL && i < r->info.inputs; i++) {
        const char *name = seg_program_input_at(r->program, i).name;
        if (strncmp(text, name, (size_t)(sign - text)) == 0 && name[sign - text] == '\0') {
            *path = sign + 1;
            return i;
        }
    }
    return -1;
}

/* "x (f32 1x3x?x?), y (i64 2)" of what the network takes; static buffer. */
static const char *wanted_inputs(const run *r)
{
    static char text[600];
    char shape[SEG_ARRAY_TEXT_SIZE];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < r->info.inputs && used < sizeof text; i++) {
        seg_program_value value = seg_program_input_at(r->program, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s (%s)", i > 0 ? ", " : "",
                                 shared_plain(value.name), seg_array_text(&value.array, shape));
    }
    return text;
}

/* The first input that has no array yet. */
static int next_input(const run *r)
{
    int index = 0;
    while (index < r->info.inputs && r->inputs[index].data != NULL)
        index++;
    return index;
}

static int read_inputs(run *r)
{
    const int given = (r->first != NULL) + r->other_count;
    seg_error err;
    if (given != r->info.inputs)
        return cmd_fail(&cmd_run, "%s: takes %d input%s, got %d: %s", r->model, r->info.inputs,
                        r->info.inputs == 1 ? "" : "s", given, wanted_inputs(r));
    r->inputs = calloc((size_t)r->info.inputs + 1, sizeof *r->inputs);
    if (r->inputs == NULL)
        return cmd_fail(&cmd_run, "out of memory");
    for (int i = 0; i < given; i++) {
        const char *path;
        int index = named_input(r, input_file(r, i), &path);
        if (index < 0)
            index = next_input(r);
        if (index >= r->info.inputs || r->inputs[index].data != NULL)
            return cmd_fail(&cmd_run, "%s: an input is given twice", input_file(r, i));
        if (seg_array_read(&r->inputs[index], path, &err) != SEG_OK)
            return fail(&err);
    }
    return CMD_DONE;
}

/* ---- results ---- */

/* A name of a value as one of a file: letters, digits and -._ are kept, but not a dot in front. */
static void file_name(const char *name, char text[128])
{
    size_t used = 0;
    for (; *name != '\0' && used < 120; name++) {
        const char c = *name;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && used > 0);
        text[used++] = (char)(plain ? c : '_');
    }
    snprintf(text + used, 8, ".npy");
}

static int write_value(run *r, const char *name)
{
    char plain[128], path[1024], shape[SEG_ARRAY_TEXT_SIZE];
    seg_error err;
    seg_array array;
    file_name(name, plain);
    if (seg_runner_read(r->runner, name, &array, &err) != SEG_OK)
        return fail(&err);
    const char *stem = files_result_stem(&r->taken, r->output, plain);
    if (stem == NULL)
        return cmd_fail(&cmd_run, "out of memory");
    if (snprintf(path, sizeof path, "%s.npy", stem) >= (int)sizeof path)
        return cmd_fail(&cmd_run, "%s: the path is too long", stem);
    if (seg_array_write(&array, path, &err) != SEG_OK)
        return fail(&err);
    if (!r->json) {
        printf("%s  %s\n", path, seg_array_text(&array, shape));
        return CMD_DONE;
    }
    json_t *dims = json_array();
    for (int i = 0; i < array.rank; i++)
        json_array_append_new(dims, json_integer(array.dim[i]));
    json_array_append_new(r->written,
                          json_pack("{s:o, s:s, s:o, s:o}", "name", shared_json_path(name), "dtype",
                                    seg_dtype_name(array.dtype), "shape", dims, "file",
                                    shared_json_path(path)));
    return CMD_DONE;
}

/* All results of a node, or a value. */
static int write_node(run *r, const char *node)
{
    int status = CMD_DONE;
    const char *name = seg_program_result(r->program, node, 0);
    if (name == NULL)
        return cmd_fail(&cmd_run, "%s: has no node or value '%s'", r->model, node);
    for (int i = 1; name != NULL && status == CMD_DONE; i++) {
        if (name[0] != '\0')
            status = write_value(r, name);
        name = seg_program_result(r->program, node, i);
    }
    return status;
}

/* Names between commas, or one with commas in it. */
static int write_dumps(run *r)
{
    if (seg_program_result(r->program, r->dump, 0) != NULL)
        return write_node(r, r->dump);
    char *names = strdup(r->dump);
    if (names == NULL)
        return cmd_fail(&cmd_run, "out of memory");
    int status = CMD_DONE;
    for (char *at = names; at != NULL && status == CMD_DONE;) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma = '\0';
        status = write_node(r, at);
        at = comma != NULL ? comma + 1 : NULL;
    }
    free(names);
    return status;
}

static int write_results(run *r)
{
    int status = CMD_DONE;
    if (!files_make_folder(r->output))
        return cmd_fail(&cmd_run, "%s: cannot make the folder: %s", r->output, strerror(errno));
    r->written = r->json ? json_array() : NULL;
    for (int i = 0; i < r->info.outputs && status == CMD_DONE; i++)
        status = write_value(r, seg_program_output_at(r->program, i).name);
    if (status == CMD_DONE && r->dump != NULL)
        status = write_dumps(r);
    if (status != CMD_DONE || !r->json)
        return status;
    const seg_runner_cost cost = seg_runner_measure(r->runner);
    return shared_print_json(&cmd_run, json_pack("{s:O, s:{s:f, s:f}, s:i, s:i, s:I}", "written",
                                                 r->written, "ms", "load", r->load_ms, "run",
                                                 r->run_ms, "layers", cost.layers, "evaluated",
                                                 cost.evaluated, "bytes", (json_int_t)cost.bytes));
}

/* ---- the verb ---- */

static int run_network(run *r)
{
    const seg_program_opts reading = {.dequantise = r->dequantise};
    const seg_runner_opts running = {.threads = r->threads,
                                     .memory_limit = (size_t)r->memory_mb << 20,
                                     .reference = r->reference,
                                     .keep_all = r->dump != NULL};
    seg_error err;
    double start = shared_clock_ms();
    if (seg_program_load(&r->program, r->model, &reading, &err) != SEG_OK)
        return fail(&err);
    r->info = seg_program_describe(r->program);
    if (seg_runner_new(&r->runner, r->program, &running, &err) != SEG_OK)
        return fail(&err);
    r->load_ms = shared_clock_ms() - start;
    int status = read_inputs(r);
    if (status != CMD_DONE)
        return status;
    start = shared_clock_ms();
    if (seg_runner_run(r->runner, r->inputs, &err) != SEG_OK)
        return fail(&err);
    r->run_ms = shared_clock_ms() - start;
    return write_results(r);
}

static void release(run *r)
{
    for (int i = 0; r->inputs != NULL && i < r->info.inputs; i++)
        seg_array_release(&r->inputs[i]);
    free(r->inputs);
    seg_runner_free(r->runner);
    seg_program_free(r->program);
    path_list_release(&r->taken);
    json_decref(r->written);
}

static int run_run(int argc, char **argv)
{
    run r = {.output = "."};
    const option table[] = {
        {OPTION_TEXT, 'i', "input", "<file>", "the first input (.npy); more may follow", &r.first},
        {OPTION_TEXT, 'o', "output", "<dir>", "folder of the results", &r.output},
        {OPTION_TEXT, 0, "dump", "<names>", "write inner values too: of nodes, or by name",
         &r.dump},
        {OPTION_FLAG, 0, "reference", NULL, "evaluate each node as the format means it",
         &r.reference},
        {OPTION_FLAG, 0, "dequantise", NULL, "run a quantised network in float", &r.dequantise},
        {OPTION_INT, 't', "threads", "<n>", "threads, 0: one per processor", &r.threads, 0, 1024},
        {OPTION_INT, 0, "memory", "<MB>", "most memory of values, 0: 8192", &r.memory_mb, 0,
         1 << 20},
        {OPTION_FLAG, 0, "json", NULL, "what was written, and times, as JSON", &r.json},
        {0}};
    int status, count = options_parse(&cmd_run, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count == 0)
        return cmd_misuse(&cmd_run, "no model given");
    r.model = argv[0];
    r.others = argv + 1;
    r.other_count = count - 1;
    status = run_network(&r);
    release(&r);
    return status;
}

const cmd cmd_run = {"run", "run an imported network (ONNX, TFLite) on raw arrays",
                     "seg run [<options>] <model> --input <file.npy> [<file.npy>...]", run_run};
