/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* calibrate.c: the ranges that a network's values have on images. */
#include "model/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "image/buffer.h"
#include "image/resize.h"

/* ---- images ---- */

static bool is_image(const char *name)
{
    static const char *const ends[] = {".jpg", ".jpeg", ".png"};
    const size_t length = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t end = strlen(ends[i]);
        if (length > end && strcasecmp(name + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}

static seg_status take_path(seg_calibration *out, const char *dir, const char *name, seg_error *err)
{
    const size_t size = strlen(dir) + strlen(name) + 2;
    char *path = malloc(size);
    if (path == NULL)
        return seg_fail_nomem(err, size, dir);
    snprintf(path, size, "%s/%s", dir, name);
    out->paths[out->count++] = path;
    return SEG_OK;
}

static seg_status take_paths(seg_calibration *out, const char *dir, const seg_name_list *names,
                             int most, seg_error *err)
{
    size_t images = 0, seen = 0;
    seg_status status = SEG_OK;
    for (size_t i = 0; i < names->count; i++)
        images += is_image(names->names[i]);
    const size_t wanted = images < (size_t)most ? images : (size_t)most;
    if (images == 0)
        return seg_fail(err, SEG_INVALID, "%s: no images (*.jpg, *.png) to calibrate on", dir);
    out->paths = calloc(wanted, sizeof *out->paths);
    if (out->paths == NULL)
        return seg_fail_nomem(err, wanted * sizeof *out->paths, dir);
    for (size_t i = 0; i < names->count && status == SEG_OK; i++) {
        if (!is_image(names->names[i]))
            continue;
        if (seen * wanted / images != (seen + 1) * wanted / images)
            status = take_path(out, dir, names->names[i], err);
        seen++;
    }
    return status;
}

seg_status seg_calibration_open(seg_calibration *out, const char *dir, int most, seg_error *err)
{
    static const char INSIDE[] = "/train/images";
    const size_t size = strlen(dir) + sizeof INSIDE;
    seg_name_list names;
    *out = (seg_calibration){0};
    char *folder = malloc(size);
    if (folder == NULL)
        return seg_fail_nomem(err, size, dir);
    snprintf(folder, size, "%s%s", dir, INSIDE);
    if (!seg_path_is_folder(folder))
        snprintf(folder, size, "%s", dir);
    seg_status status = seg_folder_list(folder, &names, err);
    if (status == SEG_OK) {
        status = take_paths(out, folder, &names, most, err);
        seg_name_list_release(&names);
    }
    free(folder);
    if (status != SEG_OK)
        seg_calibration_release(out);
    return status;
}

void seg_calibration_release(seg_calibration *calibration)
{
    for (int i = 0; i < calibration->count; i++)
        free(calibration->paths[i]);
    free(calibration->paths);
    *calibration = (seg_calibration){0};
}

/* Pixels of the size that the network sees. */
static seg_status shrink(const seg_image *image, int width, int height, seg_image_buffer *out,
                         seg_error *err)
{
    const size_t size = (size_t)width * (size_t)height * (size_t)image->channels;
    *out = (seg_image_buffer){malloc(size), width, height, image->channels};
    if (out->pixels == NULL)
        return seg_fail_nomem(err, size, "the shrunk image");
    return seg_resize_bilinear(image, seg_resize_whole(width, height), out->pixels, err);
}

static seg_status plan_for(const seg_calibration *c, const seg_model *model, int width, int height,
                           const seg_exec_watch *watch, seg_model_plan *plan, seg_error *err)
{
    const seg_plan_opts opts = {
        .width = width, .height = height, .threads = c->threads, .watch = watch};
    if (plan->exec != NULL) {
        const seg_shape shape = seg_exec_input(plan->exec, 0).shape;
        if (shape.w == width && shape.h == height)
            return SEG_OK;
        seg_model_plan_release(plan);
    }
    return seg_model_plan_init(plan, model, &opts, err);
}

seg_status seg_calibration_plan(const seg_calibration *c, int index, const seg_model *model,
                                const seg_exec_watch *watch, seg_model_plan *plan, seg_error *err)
{
    const seg_preprocess *preprocess = &model->spec.preprocess;
    seg_image_buffer read, shrunk = {0};
    int width, height;
    seg_status status = seg_image_read(&read, c->paths[index], err);
    if (status != SEG_OK)
        return status;
    seg_image image = seg_image_view(&read);
    seg_model_input_size(preprocess, image.width, image.height, &width, &height);
    if (width != image.width || height != image.height) {
        status = shrink(&image, width, height, &shrunk, err);
        image = seg_image_view(&shrunk);
    }
    if (status == SEG_OK)
        status = plan_for(c, model, width, height, watch, plan, err);
    if (status == SEG_OK) {
        const seg_tensor input = seg_exec_input(plan->exec, 0);
        seg_preprocess_image(preprocess, &image, seg_f32(&input));
    }
    seg_image_release(&read);
    free(shrunk.pixels);
    return status;
}

/* ---- ranges ---- */

enum { BINS = 2048 };

/* How often a value's numbers fall into parts of low..high; zeros, which are exact, do not count. */
typedef struct histogram {
    double low, high;
    int64_t bins[BINS];
} histogram;

typedef struct watcher {
    const seg_model_plan *plan;
    seg_int8 *int8;
    histogram *histograms; /* [int8->count]; NULL: the first pass, which finds ends */
    seg_status status;     /* of what went wrong in a callback */
    seg_error error;
} watcher;

/* Only what some layer in integers reads or makes. */
static bool matters(const seg_graph *graph, seg_value value)
{
    const seg_graph_value *v = &graph->values[value];
    if (v->kind == SEG_VALUE_NODE && seg_graph_quantises(graph->nodes[v->node].op))
        return true;
    for (size_t i = 0; i < graph->node_count; i++) {
        const seg_graph_node *node = &graph->nodes[i];
        for (int k = 0; k < node->src_count; k++) {
            if (node->src[k] == value && seg_graph_quantises(node->op))
                return true;
        }
    }
    return false;
}

static void widen(watcher *w, const char *name, const seg_tensor *t)
{
    const float *x = t->data;
    float low = 0, high = 0;
    for (int64_t i = 0, count = seg_shape_count(&t->shape); i < count; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    const seg_ranges ranges = seg_int8_ranges(w->int8);
    const seg_range *found = seg_ranges_find(&ranges, name);
    if (found == NULL) {
        w->status = seg_int8_add(w->int8, name, (double)low, (double)high, &w->error);
        return;
    }
    seg_range *range = &w->int8->items[found - w->int8->items];
    range->low = fmin(range->low, (double)low);
    range->high = fmax(range->high, (double)high);
}

static void count(watcher *w, const char *name, const seg_tensor *t)
{
    const seg_ranges ranges = seg_int8_ranges(w->int8);
    const seg_range *found = seg_ranges_find(&ranges, name);
    if (found == NULL || found->high <= found->low)
        return;
    histogram *h = &w->histograms[found - w->int8->items];
    const float *x = t->data, low = (float)h->low;
    const float scale = (float)(BINS / (h->high - h->low));
    for (int64_t i = 0, n = seg_shape_count(&t->shape); i < n; i++) {
        if (x[i] == 0.0f)
            continue;
        const int bin = (int)((x[i] - low) * scale);
        h->bins[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
    }
}

static void see(watcher *w, seg_value value, const seg_tensor *t)
{
    const seg_graph *graph = w->plan->graph;
    const char *name = graph->values[value].name;
    if (w->status != SEG_OK || t->shape.dtype != SEG_F32 || !matters(graph, value))
        return;
    if (w->histograms == NULL)
        widen(w, name, t);
    else
        count(w, name, t);
}

static void see_node(void *context, int node, const seg_tensor *dst)
{
    watcher *w = context;
    see(w, w->plan->graph->nodes[node].dst, dst);
}

static seg_status pass(watcher *w, const seg_model *model, const seg_calibration *c, seg_error *err)
{
    seg_model_plan plan = {0};
    const seg_exec_watch watch = {see_node, w};
    seg_status status = SEG_OK;
    w->plan = &plan;
    for (int i = 0; i < c->count && status == SEG_OK; i++) {
        status = seg_calibration_plan(c, i, model, &watch, &plan, err);
        if (status != SEG_OK)
            break;
        const seg_tensor input = seg_exec_input(plan.exec, 0);
        see(w, plan.graph->inputs[0].value, &input);
        seg_exec_forward(plan.exec, 0, 0);
        status = w->status;
        if (status != SEG_OK)
            seg_fail(err, status, "%s", w->error.text);
    }
    seg_model_plan_release(&plan);
    return status;
}

/* Squared error of a histogram's numbers as bytes of this range. */
static double error_of(const histogram *h, double low, double high)
{
    const seg_quant q = seg_quant_of(low, high);
    const double step = (h->high - h->low) / BINS;
    double sum = 0;
    for (int i = 0; i < BINS; i++) {
        if (h->bins[i] == 0)
            continue;
        const double x = h->low + ((double)i + 0.5) * step;
        const double byte = fmin(255, fmax(0, rint(x / q.scale) + (double)q.zero));
        const double error = x - (byte - (double)q.zero) * q.scale;
        /* Numbers of a bin are spread over it. */
        sum += (double)h->bins[i] * (error * error + step * step / 12);
    }
    return sum;
}

static void narrow(seg_range *range, const histogram *h)
{
    enum { STEPS = 40 };
    double least = error_of(h, range->low, range->high);
    const double low = range->low, high = range->high;
    for (int i = 1; i < STEPS; i++) {
        const double share = 1 - (double)i / STEPS;
        const double error = error_of(h, low * share, high * share);
        if (error < least) {
            least = error;
            range->low = low * share;
            range->high = high * share;
        }
    }
}

static seg_status check_ends(const seg_int8 *int8, seg_error *err)
{
    for (size_t i = 0; i < int8->count; i++) {
        const seg_range *r = &int8->items[i];
        if (!(r->low >= -SEG_INT8_NUMBER_MAX && r->high <= SEG_INT8_NUMBER_MAX))
            return seg_fail(err, SEG_UNSUPPORTED, "'%s' reaches from %g to %g: too far for int8",
                            r->name, r->low, r->high);
    }
    return SEG_OK;
}

seg_status seg_calibrate(seg_int8 *out, const seg_model *model, const seg_calibration *c,
                         seg_error *err)
{
    watcher w = {.int8 = out};
    seg_status status = pass(&w, model, c, err);
    if (status == SEG_OK)
        status = check_ends(out, err);
    if (status != SEG_OK)
        return status;
    w.histograms = calloc(out->count + 1, sizeof *w.histograms);
    if (w.histograms == NULL)
        return seg_fail_nomem(err, out->count * sizeof *w.histograms, "histograms");
    for (size_t i = 0; i < out->count; i++) {
        w.histograms[i].low = out->items[i].low;
        w.histograms[i].high = out->items[i].high;
    }
    status = pass(&w, model, c, err);
    for (size_t i = 0; i < out->count && status == SEG_OK; i++)
        narrow(&out->items[i], &w.histograms[i]);
    free(w.histograms);
    return status;
}
