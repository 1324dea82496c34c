/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * info_program.c: seg info for ONNX and TFLite files: inputs, outputs, operators, and what a run
 * takes, which is found by running once on zeros.
 */
#include "info_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seg/program.h"
#include "shared.h"

enum { KINDS_MOST = 256, INPUTS_MOST = 64 };

typedef struct facts {
    const char *path;
    int64_t file_bytes;
    option_size size;
    seg_program *program;
    seg_program_info info;
    seg_program_op kinds[KINDS_MOST];
    int kind_count, unsupported;
    seg_runner_cost cost;
    bool measured;
    char why_not[SEG_ERROR_TEXT_SIZE]; /* unless measured */
    seg_model *model;                  /* NULL: not one that labels photos */
    char no_model[SEG_ERROR_TEXT_SIZE];
} facts;

/* ---- measuring ---- */

/* Extents that the file leaves open: one image, of the size asked for. */
static void close_extents(seg_array *array, option_size size)
{
    const bool channels_first = array->rank == 4 && array->dim[1] > 0 && array->dim[1] <= 4;
    for (int i = 0; i < array->rank; i++) {
        if (array->dim[i] >= 0)
            continue;
        const int axis = channels_first ? i - 1 : i; /* 1: height, 2: width */
        array->dim[i] = array->rank != 4 ? 1 : axis == 1 ? size.height : axis == 2 ? size.width : 1;
    }
}

/* Zeros for an input; false: why_not says it. */
static bool make_input(facts *f, int index, seg_array *input)
{
    const seg_program_value value = seg_program_input_at(f->program, index);
    *input = value.array;
    if (input->rank < 0) {
        snprintf(f->why_not, sizeof f->why_not, "the rank of the input '%.100s' is not known",
                 value.name);
        return false;
    }
    close_extents(input, f->size);
    size_t bytes = seg_dtype_size(input->dtype);
    bool fits = true;
    for (int i = 0; i < input->rank; i++)
        fits = fits && !__builtin_mul_overflow(bytes, (size_t)input->dim[i], &bytes);
    input->data = fits ? calloc(1, bytes + 1) : NULL;
    if (input->data == NULL)
        snprintf(f->why_not, sizeof f->why_not, "no memory for the input '%.100s'", value.name);
    return input->data != NULL;
}

static void run_on_zeros(facts *f, const seg_array *inputs)
{
    const seg_runner_opts opts = {.keep_all = true};
    seg_runner *runner;
    seg_error err;
    f->measured = seg_runner_new(&runner, f->program, &opts, &err) == SEG_OK &&
                  seg_runner_run(runner, inputs, &err) == SEG_OK;
    if (f->measured)
        f->cost = seg_runner_measure(runner);
    else
        snprintf(f->why_not, sizeof f->why_not, "%s", err.text);
    seg_runner_free(runner);
}

static void measure(facts *f)
{
    seg_array inputs[INPUTS_MOST] = {{.rank = 0}};
    int made = 0;
    if (f->unsupported > 0) {
        snprintf(f->why_not, sizeof f->why_not, "there are operators that are not supported");
        return;
    }
    if (f->info.inputs > INPUTS_MOST) {
        snprintf(f->why_not, sizeof f->why_not, "there are more than %d inputs", INPUTS_MOST);
        return;
    }
    while (made < f->info.inputs && make_input(f, made, &inputs[made]))
        made++;
    if (made == f->info.inputs)
        run_on_zeros(f, inputs);
    for (int i = 0; i < made; i++)
        free(inputs[i].data);
}

/* ---- text ---- */

static void print_values(const facts *f, const char *what, int count,
                         seg_program_value (*at)(const seg_program *program, int index))
{
    char text[SEG_ARRAY_TEXT_SIZE];
    for (int i = 0; i < count; i++) {
        const seg_program_value value = at(f->program, i);
        printf("%-12s %s: %s\n", i == 0 ? what : "", shared_plain(value.name),
               seg_array_text(&value.array, text));
    }
}

static void print_kinds(const facts *f)
{
    printf("operators    ");
    for (int i = 0; i < f->kind_count; i++)
        printf("%s%d %s", i > 0 ? ", " : "", f->kinds[i].count, shared_plain(f->kinds[i].name));
    printf(f->unsupported > 0 ? "\nNOT SUPPORTED" : "\nsupported    all of them");
    const char *between = " ";
    for (int i = 0; i < f->kind_count; i++) {
        const seg_program_op *kind = &f->kinds[i];
        if (kind->supported)
            continue;
        printf(kind->domain[0] != '\0' ? "%s%s (%s)" : "%s%s", between, shared_plain(kind->name),
               shared_plain(kind->domain));
        between = ", ";
    }
    printf("\n");
}

static void print_model(const facts *f)
{
    if (f->model == NULL) {
        const size_t length = strlen(f->path);
        const bool named = strncmp(f->no_model, f->path, length) == 0 &&
                           strncmp(f->no_model + length, ": ", 2) == 0;
        printf("photos       not as it is: %s\n", f->no_model + (named ? length + 2 : 0));
        return;
    }
    const seg_model_info info = seg_model_describe(f->model);
    printf("photos       seg predict labels them; %d classes:", info.classes);
    shared_print_classes(f->model);
    printf("\n");
    if (info.data[0] != '\0')
        printf("trained on   %s\n", info.data);
    if (info.licence[0] != '\0')
        printf("licence      %s\n", info.licence);
}

static int print_text(const facts *f)
{
    const seg_program_info *info = &f->info;
    printf("format       %s", info->format);
    if (info->opset > 0)
        printf(", operator set %d", info->opset);
    if (info->producer[0] != '\0')
        printf(", made by %s", shared_plain(info->producer));
    printf("\n");
    print_values(f, "inputs", info->inputs, seg_program_input_at);
    print_values(f, "outputs", info->outputs, seg_program_output_at);
    print_kinds(f);
    printf("parameters   %s\n", shared_grouped(info->parameters));
    printf("file         %s bytes\n", shared_grouped(f->file_bytes));
    if (f->measured)
        printf("a run        %.3f G multiply-adds, %.1f MB of values\n",
               (double)f->cost.multiply_adds * 1e-9, (double)f->cost.bytes * 1e-6);
    else
        printf("a run        not measured: %s\n", f->why_not);
    print_model(f);
    for (int i = 0; i < info->texts; i++) {
        const char *key, *value = seg_program_text_at(f->program, i, &key);
        printf("%-12s %s: %s\n", i == 0 ? "metadata" : "", shared_plain(key), shared_plain(value));
    }
    return CMD_DONE;
}

/* ---- JSON ---- */

static json_t *json_values(const facts *f, int count,
                           seg_program_value (*at)(const seg_program *program, int index))
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        const seg_program_value value = at(f->program, i);
        json_t *shape = value.array.rank < 0 ? json_null() : json_array();
        for (int k = 0; k < value.array.rank; k++)
            json_array_append_new(shape, value.array.dim[k] < 0 ? json_null()
                                                                : json_integer(value.array.dim[k]));
        json_array_append_new(list, json_pack("{s:o, s:s, s:o}", "name",
                                              shared_json_path(value.name), "dtype",
                                              seg_dtype_name(value.array.dtype), "shape", shape));
    }
    return list;
}

static json_t *json_kinds(const facts *f)
{
    json_t *list = json_array();
    for (int i = 0; i < f->kind_count; i++) {
        const seg_program_op *kind = &f->kinds[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:i, s:b}", "name",
                                              shared_json_path(kind->name), "domain",
                                              shared_json_path(kind->domain), "count", kind->count,
                                              "supported", kind->supported));
    }
    return list;
}

static json_t *json_classes(const facts *f)
{
    if (f->model == NULL)
        return json_null();
    json_t *list = json_array();
    for (int i = 0; i < seg_model_describe(f->model).classes; i++)
        json_array_append_new(list, shared_json_path(seg_model_class_name(f->model, i)));
    return list;
}

static json_t *json_texts(const facts *f)
{
    json_t *texts = json_object();
    for (int i = 0; i < f->info.texts; i++) {
        const char *key, *value = seg_program_text_at(f->program, i, &key);
        json_object_set_new(texts, key, shared_json_path(value)); /* keys that are not UTF-8: not */
    }
    return texts;
}

static int print_json(const facts *f)
{
    json_t *work = f->measured ? json_integer(f->cost.multiply_adds) : json_null();
    json_t *bytes = f->measured ? json_integer(f->cost.bytes) : json_null();
    return shared_print_json(
        &cmd_info,
        json_pack("{s:s, s:o, s:i, s:o, s:o, s:i, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "format",
                  f->info.format, "producer", shared_json_path(f->info.producer), "opset",
                  f->info.opset, "inputs", json_values(f, f->info.inputs, seg_program_input_at),
                  "outputs", json_values(f, f->info.outputs, seg_program_output_at), "nodes",
                  f->info.nodes, "operators", json_kinds(f), "parameters",
                  (json_int_t)f->info.parameters, "file_bytes", (json_int_t)f->file_bytes,
                  "multiply_adds", work, "value_bytes", bytes, "classes", json_classes(f),
                  "metadata", json_texts(f)));
}

int info_program(const char *path, int64_t file_bytes, option_size size, bool json)
{
    facts *f = calloc(1, sizeof *f);
    seg_error err;
    if (f == NULL)
        return cmd_fail(&cmd_info, "out of memory");
    *f = (facts){.path = path, .file_bytes = file_bytes, .size = size};
    int status = CMD_DONE;
    if (seg_program_load(&f->program, path, NULL, &err) != SEG_OK) {
        status = cmd_fail(&cmd_info, "%s", err.text);
    } else {
        f->info = seg_program_describe(f->program);
        f->kind_count = seg_program_ops(f->program, f->kinds, KINDS_MOST);
        for (int i = 0; i < f->kind_count; i++)
            f->unsupported += !f->kinds[i].supported;
        measure(f);
        if (seg_model_load(&f->model, path, &err) != SEG_OK)
            snprintf(f->no_model, sizeof f->no_model, "%s", err.text);
        status = json ? print_json(f) : print_text(f);
    }
    seg_model_free(f->model);
    seg_program_free(f->program);
    free(f);
    return status;
}
