/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* init.c: weights of another model by name, from either layout, with a report. */
#include "train/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/stored.h"

static const char PREFIX[] = "backbone.";
enum { PREFIX_LENGTH = sizeof PREFIX - 1, NAMES_SHOWN = 8 };

/* Lists of names for the report, cut after NAMES_SHOWN. */
typedef struct name_list {
    seg_strbuf text;
    int count;
} name_list;

static void list_add(name_list *list, const char *name, const char *why)
{
    if (list->count++ < NAMES_SHOWN)
        seg_strbuf_addf(&list->text, "%s%s%s", list->count > 1 ? ", " : "", name, why);
}

static void list_end(name_list *list, seg_strbuf *report, const char *what)
{
    if (list->count > 0)
        seg_strbuf_addf(report, "%s (%d): %s", what, list->count, list->text.text);
    if (list->count > NAMES_SHOWN)
        seg_strbuf_addf(report, " and %d more", list->count - NAMES_SHOWN);
    if (list->count > 0)
        seg_strbuf_add(report, "\n");
    report->failed = report->failed || list->text.failed;
    seg_strbuf_release(&list->text);
}

static int find(const seg_safetensors *file, const char *name)
{
    char longer[512];
    int index = seg_safetensors_find(file, name);
    if (index < 0 && strncmp(name, PREFIX, PREFIX_LENGTH) == 0)
        index = seg_safetensors_find(file, name + PREFIX_LENGTH);
    if (index < 0) {
        snprintf(longer, sizeof longer, "%s%s", PREFIX, name);
        index = seg_safetensors_find(file, longer);
    }
    return index;
}

static bool is_transposed(seg_weight_role role)
{
    return role == SEG_WEIGHT_BILINEAR || role == SEG_WEIGHT_FIXED_BILINEAR;
}

/* The shape that a tensor of PyTorch's layout has in ours. */
static seg_shape shape_from_torch(const seg_shape *torch, seg_weight_role role)
{
    seg_shape shape = *torch;
    if (shape.rank == 4) {
        shape.kh = torch->dim[2];
        shape.kw = torch->dim[3];
        shape.ic = torch->dim[is_transposed(role) ? 0 : 1];
        shape.oc = torch->dim[is_transposed(role) ? 1 : 0];
    }
    return shape;
}

/* src is in PyTorch's layout, dst of the given shape in ours. */
static void copy_from_torch(const float *src, float *dst, const seg_shape *shape,
                            seg_weight_role role)
{
    const int64_t taps = shape->kh * shape->kw, ic = shape->ic, oc = shape->oc;
    for (int64_t t = 0; t < taps; t++) {
        for (int64_t i = 0; i < ic; i++) {
            for (int64_t o = 0; o < oc; o++) {
                int64_t plane = is_transposed(role) ? i * oc + o : o * ic + i;
                dst[(t * ic + i) * oc + o] = src[plane * taps + t];
            }
        }
    }
}

static seg_status copy_values(seg_weight *weight, const seg_safetensors *file, int index,
                              bool torch, const char *name, seg_error *err)
{
    const seg_tensor from = seg_safetensors_tensor(file, index);
    const size_t size = (size_t)seg_shape_count(&from.shape) * sizeof(float);
    float *values = malloc(size + 1);
    if (values == NULL)
        return seg_fail_nomem(err, size, weight->name);
    seg_status status = seg_stored_read(file, index, name, values, err);
    if (status == SEG_OK && torch && from.shape.rank == 4)
        copy_from_torch(values, seg_f32(&weight->tensor), &weight->tensor.shape, weight->role);
    else if (status == SEG_OK)
        memcpy(weight->tensor.data, values, size);
    free(values);
    return status;
}

static bool fits(const seg_tensor *from, bool torch, const seg_weight *weight)
{
    const seg_shape stored = seg_stored_shape(from);
    const seg_shape shape = torch ? shape_from_torch(&stored, weight->role) : stored;
    return seg_shape_equal(&shape, &weight->tensor.shape);
}

/* used[i]: tensor i of the file found its place (or is no weight at all). */
static seg_status load_all(seg_weights *weights, const seg_safetensors *file, const char *name,
                           bool *used, seg_init_report *report, seg_error *err)
{
    const char *layout = seg_safetensors_metadata(file, "layout");
    bool torch = layout == NULL || strcmp(layout, "HWIO") != 0;
    name_list missing = {0}, misshapen = {0};
    seg_status status = SEG_OK;
    for (int i = 0; status == SEG_OK && i < seg_weights_count(weights); i++) {
        char has[SEG_SHAPE_TEXT_SIZE], wants[SEG_SHAPE_TEXT_SIZE], why[2 * SEG_SHAPE_TEXT_SIZE];
        seg_weight *weight = seg_weights_at(weights, i);
        int index = find(file, weight->name);
        if (index < 0) {
            list_add(&missing, weight->name, "");
            continue;
        }
        seg_tensor from = seg_safetensors_tensor(file, index);
        used[index] = true;
        if (fits(&from, torch, weight)) {
            status = copy_values(weight, file, index, torch, name, err);
            report->loaded++;
            continue;
        }
        snprintf(why, sizeof why, " (%s, the file has %s)",
                 seg_shape_text(&weight->tensor.shape, wants), seg_shape_text(&from.shape, has));
        list_add(&misshapen, weight->name, why);
    }
    report->missing = missing.count;
    report->misshapen = misshapen.count;
    seg_strbuf_addf(&report->text, "%s: %d of the network's %d tensors loaded\n", name,
                    report->loaded, seg_weights_count(weights));
    list_end(&missing, &report->text, "not in the file");
    list_end(&misshapen, &report->text, "of another shape");
    return status;
}

seg_status seg_weights_init(seg_weights *weights, const seg_safetensors *file, const char *name,
                            seg_init_report *report, seg_error *err)
{
    int count = seg_safetensors_count(file);
    *report = (seg_init_report){0};
    bool *used = calloc((size_t)count + 1, sizeof *used);
    if (used == NULL)
        return seg_fail_nomem(err, (size_t)count + 1, name);
    seg_status status = load_all(weights, file, name, used, report, err);
    name_list unused = {0};
    for (int i = 0; i < count; i++) {
        if (!used[i] && !seg_stored_is_scale(file, i) &&
            strncmp(seg_safetensors_name(file, i), "train/", 6) != 0)
            list_add(&unused, seg_safetensors_name(file, i), "");
    }
    report->unused = unused.count;
    list_end(&unused, &report->text, "in the file only");
    free(used);
    if (status == SEG_OK && report->text.failed)
        status = seg_fail_nomem(err, report->text.length, name);
    if (status == SEG_OK && report->loaded == 0)
        status = seg_fail(err, SEG_MISMATCH,
                          "%s: none of its %d tensors fits the network (the first is '%s', the "
                          "network's '%s')",
                          name, count, count > 0 ? seg_safetensors_name(file, 0) : "",
                          seg_weights_at(weights, 0)->name);
    return status;
}

void seg_init_report_release(seg_init_report *report)
{
    seg_strbuf_release(&report->text);
}
