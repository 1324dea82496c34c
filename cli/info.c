/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* info.c: what a model is, and what it takes to run. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "info_program.h"
#include "options.h"
#include "seg/program.h"
#include "seg/quantise.h"
#include "shared.h"

typedef struct facts {
    const seg_model *model;
    seg_model_info info;
    seg_model_cost cost;
    option_size size;
    int64_t file_bytes; /* -1: the model is built in */
} facts;

static void print_int8(const seg_model *model)
{
    const int count = seg_model_int8_layers(model);
    int floats = 0;
    for (int i = 0; i < count; i++)
        floats += seg_model_int8_layer(model, i).stays_float;
    printf("computes in  8-bit integers, by the ranges of %d values; %d layer%s in float%s", count,
           floats, floats == 1 ? "" : "s", floats > 0 ? ":" : "\n");
    for (int i = 0; floats > 0 && i < count; i++) {
        const seg_int8_layer layer = seg_model_int8_layer(model, i);
        if (layer.stays_float)
            printf(" %s%s", shared_plain(layer.name), --floats > 0 ? "," : "\n");
    }
}

/* NULL when memory runs out; null of a model in float. */
static json_t *json_int8(const seg_model *model)
{
    const int count = seg_model_int8_layers(model);
    json_t *floats = json_array();
    for (int i = 0; i < count; i++) {
        const seg_int8_layer layer = seg_model_int8_layer(model, i);
        if (layer.stays_float)
            json_array_append_new(floats, shared_json_path(layer.name));
    }
    if (count > 0)
        return json_pack("{s:i, s:o}", "values", count, "float", floats);
    json_decref(floats);
    return json_null();
}

static void print_text(const facts *f)
{
    const seg_model_info *info = &f->info;
    printf("network      %s, backbone %s\n", info->net, info->backbone);
    printf("settings     %s\n", info->config);
    printf("classes      %d:", info->classes);
    shared_print_classes(f->model);
    printf("\nparameters   %s\n", shared_grouped(info->parameters));
    if (f->file_bytes >= 0)
        printf("file         %s bytes\n", shared_grouped(f->file_bytes));
    else
        printf("file         none, built in\n");
    if (info->max_side > 0)
        printf("images       any size; shrunk to %d pixels on the longer side, labels at full "
               "size\n",
               info->max_side);
    else
        printf("images       any size, never shrunk\n");
    printf("at %dx%-6d %.3f G multiply-adds, %.1f MB of activations (HxW; network input %dx%d)\n",
           f->size.height, f->size.width, (double)f->cost.multiply_adds * 1e-9,
           (double)f->cost.activation_bytes * 1e-6, f->cost.input_height, f->cost.input_width);
    if (seg_model_int8_layers(f->model) > 0)
        print_int8(f->model);
    printf("trained on   %s\n", info->data[0] != '\0' ? info->data : "(not said)");
    printf("licence      %s\n", info->licence[0] != '\0' ? info->licence : "(not said)");
}

static int print_json(const facts *f)
{
    const seg_model_info *info = &f->info;
    const seg_color *palette = seg_model_palette(f->model);
    json_t *classes = json_array();
    for (int i = 0; i < info->classes; i++)
        json_array_append_new(classes, json_pack("{s:s, s:[i, i, i]}", "name",
                                                 seg_model_class_name(f->model, i), "color",
                                                 palette[i].r, palette[i].g, palette[i].b));
    json_t *file_bytes = f->file_bytes >= 0 ? json_integer(f->file_bytes) : json_null();
    return shared_print_json(
        &cmd_info,
        json_pack(
            "{s:s, s:s, s:o, s:o, s:I, s:o, s:i, s:[i, i], s:[i, i], s:I, s:I, s:o, s:s, s:s}", "net",
            info->net, "backbone", info->backbone, "config", json_loads(info->config, 0, NULL),
            "classes", classes, "parameters", (json_int_t)info->parameters, "file_bytes",
            file_bytes, "max_side", info->max_side, "size", f->size.height, f->size.width,
            "input_size", f->cost.input_height, f->cost.input_width, "multiply_adds",
            (json_int_t)f->cost.multiply_adds, "activation_bytes",
            (json_int_t)f->cost.activation_bytes, "int8", json_int8(f->model), "data", info->data, "licence", info->licence));
}

static int64_t file_size(const char *path)
{
    struct stat info;
    return path != NULL && stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
}

static int info_run(int argc, char **argv)
{
    bool json = false;
    facts f = {.size = {512, 512}};
    const option table[] = {{OPTION_SIZE, 's', "size", "<HxW>",
                             "image size that costs are given for", &f.size, 1, SEG_MAX_SIDE},
                            {OPTION_FLAG, 0, "json", NULL, "the facts as JSON", &json},
                            {0}};
    int status, count = options_parse(&cmd_info, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count > 1)
        return cmd_misuse(&cmd_info, "one model at a time, got %d", count);
    const char *path = count == 1 ? argv[0] : NULL;
    if (path != NULL && seg_program_is_file(path))
        return info_program(path, file_size(path), f.size, json);
    seg_model *model = shared_load_model(&cmd_info, path);
    if (model == NULL)
        return CMD_FAILED;
    seg_error err;
    f.model = model;
    f.info = seg_model_describe(model);
    f.file_bytes = file_size(path);
    if (seg_model_measure(model, f.size.width, f.size.height, &f.cost, &err) != SEG_OK)
        status = cmd_fail(&cmd_info, "%s", err.text);
    else if (json)
        status = print_json(&f);
    else
        print_text(&f);
    seg_model_free(model);
    return status;
}

const cmd cmd_info = {"info", "say what a model is and what it takes to run",
                      "seg info [<options>] [<model>]", info_run};
