/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* import.c: what the shapes of a program decide about its use, checked once. */
#include "model/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "runtime/runtime.h"

void seg_import_free(seg_import *import)
{
    if (import == NULL)
        return;
    seg_program_free(import->program);
    free(import);
}

/* ---- input ---- */

static seg_status choose_layout(seg_import *import, const seg_import_facts *facts, seg_error *err)
{
    const char *path = import->program->path;
    const int64_t first = import->input.dim[1], last = import->input.dim[3];
    char text[SEG_SHAPE_TEXT_SIZE];
    if (facts->layout[0] != '\0') {
        import->channels_first = strcmp(facts->layout, "nchw") == 0;
        if (!import->channels_first && strcmp(facts->layout, "nhwc") != 0)
            return seg_fail(err, SEG_INVALID, "%s: layout: '%s' is neither nchw nor nhwc", path,
                            facts->layout);
    } else if ((first == 3 || first == 1) != (last == 3 || last == 1)) {
        import->channels_first = first == 3 || first == 1;
    } else {
        return seg_fail(err, SEG_INVALID,
                        "%s: the input is %s (-1: any): say whether its layout is nchw or nhwc",
                        path, seg_shape_text(&import->input, text));
    }
    int64_t channels = import->channels_first ? first : last;
    if (channels != 1 && channels != 3 && channels != SEG_ANY_EXTENT)
        return seg_fail(err, SEG_UNSUPPORTED,
                        "%s: an input with %lld channels is no photo (seg run takes any tensor)",
                        path, (long long)channels);
    return SEG_OK;
}

static seg_status choose_side(const seg_import *import, const char *what, int64_t extent,
                              int wanted, int *out, seg_error *err)
{
    if (extent != SEG_ANY_EXTENT && (extent < 1 || extent > SEG_MAX_SIDE))
        return seg_fail(err, SEG_UNSUPPORTED, "%s: an input %s of %lld", import->program->path,
                        what, (long long)extent);
    if (extent != SEG_ANY_EXTENT && wanted > 0 && wanted != extent)
        return seg_fail(err, SEG_INVALID, "%s: the file fixes the input's %s at %lld, not %d",
                        import->program->path, what, (long long)extent, wanted);
    *out = extent != SEG_ANY_EXTENT ? (int)extent : wanted;
    return SEG_OK;
}

static bool takes_bytes(seg_dtype dtype)
{
    return dtype == SEG_U8 || dtype == SEG_I8;
}

static seg_status choose_input(seg_import *import, const seg_import_facts *facts, seg_error *err)
{
    const seg_program *program = import->program;
    char text[SEG_SHAPE_TEXT_SIZE];
    if (program->input_count != 1)
        return seg_fail(err, SEG_UNSUPPORTED,
                        "%s: has %zu inputs, one image is wanted (seg run takes any tensors)",
                        program->path, program->input_count);
    const seg_program_slot *slot = &program->slots[program->inputs[0]];
    import->input = slot->shape;
    const seg_dtype dtype = slot->shape.dtype;
    if (slot->shape.rank != 4 || (dtype != SEG_F32 && dtype != SEG_F16 && !takes_bytes(dtype)))
        return seg_fail(err, SEG_UNSUPPORTED,
                        "%s: the input '%s' is %s, no image (seg run takes any tensor)",
                        program->path, slot->name, seg_shape_text(&slot->shape, text));
    if (import->input.dim[0] == SEG_ANY_EXTENT)
        import->input.dim[0] = 1;
    if (import->input.dim[0] != 1)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: takes %lld images at once, wanted 1",
                        program->path, (long long)import->input.dim[0]);
    seg_status status = choose_layout(import, facts, err);
    int64_t h = import->input.dim[import->channels_first ? 2 : 1];
    int64_t w = import->input.dim[import->channels_first ? 3 : 2];
    if (status == SEG_OK)
        status = choose_side(import, "height", h, facts->height, &import->height, err);
    if (status == SEG_OK)
        status = choose_side(import, "width", w, facts->width, &import->width, err);
    return status;
}

static seg_status choose_pixels(seg_import *import, const seg_import_facts *facts, seg_error *err)
{
    const char *path = import->program->path;
    const seg_program_slot *slot = &import->program->slots[import->program->inputs[0]];
    import->pad = strcmp(facts->fit, "pad") == 0;
    if (!import->pad && facts->fit[0] != '\0' && strcmp(facts->fit, "stretch") != 0)
        return seg_fail(err, SEG_INVALID, "%s: fit: '%s' is neither stretch nor pad", path,
                        facts->fit);
    if (takes_bytes(import->input.dtype)) {
        import->raw_pixels = !facts->has_preprocess;
        import->quantisation = slot->quantisation;
        if (!import->raw_pixels && import->quantisation.count != 1)
            return seg_fail(err, SEG_UNSUPPORTED,
                            "%s: mean and std given, but the input's numbers have no scale", path);
    } else if (!facts->has_preprocess) {
        return seg_fail(err, SEG_INVALID,
                        "%s: does not say how pixels become its input: give --mean and --std (of "
                        "RGB/255; 0.5 and 0.5 for -1..1), or a file %s.json",
                        path, path);
    }
    return SEG_OK;
}

/* ---- output ---- */

static seg_status choose_output(seg_import *import, const seg_import_facts *facts, seg_error *err)
{
    const seg_program *program = import->program;
    if (program->output_count == 0)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: has no output", program->path);
    for (size_t i = 0; facts->output[0] != '\0' && i < program->output_count; i++) {
        if (strcmp(program->slots[program->outputs[i]].name, facts->output) == 0) {
            import->output = (int)i;
            return SEG_OK;
        }
    }
    if (facts->output[0] != '\0')
        return seg_fail(err, SEG_INVALID, "%s: has no output '%s' (the first is '%s')",
                        program->path, facts->output, program->slots[program->outputs[0]].name);
    return SEG_OK;
}

/* Channels that the declared shape of the output holds, 0: one class id for each pixel, -1: it does
 * not say. */
static int64_t declared_channels(const seg_import *import)
{
    const seg_program *program = import->program;
    const seg_shape *shape = &program->slots[program->outputs[import->output]].shape;
    bool ids = shape->dtype != SEG_F32 && shape->dtype != SEG_F16;
    if (shape->rank == 3 || (ids && shape->rank != 4))
        return 0;
    if (shape->rank != 4)
        return -1;
    int64_t channels = shape->dim[import->channels_first ? 1 : 3];
    return ids && channels == 1 ? 0 : channels;
}

static void name_classes(seg_class_list *classes, int count)
{
    seg_class_list_default_colors(classes);
    classes->count = count;
    for (int i = 0; i < count; i++)
        snprintf(classes->names[i], sizeof classes->names[i], "class %d", i);
}

/* Without names the classes are counted; a mask of one channel knows background and foreground. */
static seg_status choose_classes(const seg_import *import, seg_import_facts *facts, seg_error *err)
{
    const char *path = import->program->path;
    int64_t channels = declared_channels(import);
    seg_class_list *classes = &facts->classes;
    if (classes->count == 0 && channels == SEG_ANY_EXTENT)
        return seg_fail(err, SEG_INVALID, "%s: does not say how many classes it has: give --labels",
                        path);
    if (classes->count == 0 && channels > 255)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: an output of %lld classes, at most 255", path,
                        (long long)channels);
    if (classes->count == 0) {
        name_classes(classes, channels == 1 ? 2 : channels == 0 ? 255 : (int)channels);
        if (channels == 1) {
            snprintf(classes->names[0], sizeof classes->names[0], "background");
            snprintf(classes->names[1], sizeof classes->names[1], "foreground");
        }
    }
    if (channels > 0 && classes->count != channels && !(channels == 1 && classes->count == 2))
        return seg_fail(err, SEG_MISMATCH, "%s: %d names for an output of %lld classes", path,
                        classes->count, (long long)channels);
    return SEG_OK;
}

seg_status seg_import_new(seg_import **out, seg_program *program, seg_import_facts *facts,
                          seg_error *err)
{
    *out = NULL;
    seg_import *import = calloc(1, sizeof *import);
    if (import == NULL) {
        seg_program_free(program);
        return seg_fail_nomem(err, sizeof *import, "a model");
    }
    import->program = program;
    import->threshold = facts->threshold;
    seg_status status = choose_input(import, facts, err);
    if (status == SEG_OK)
        status = choose_pixels(import, facts, err);
    if (status == SEG_OK)
        status = choose_output(import, facts, err);
    if (status == SEG_OK)
        status = choose_classes(import, facts, err);
    if (status != SEG_OK) {
        seg_import_free(import);
        return status;
    }
    *out = import;
    return SEG_OK;
}
