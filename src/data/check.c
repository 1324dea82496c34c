/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * check.c: everything that is wrong with a data set.
 *
 * Files are read on all threads; what they say is kept per item and told in the items' order.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "data/remedy.h"
#include "seg/data.h"

enum { PATH_SIZE = 4096 };

/* One problem of an item. */
typedef struct fault {
    struct fault *next;
    bool of_labels; /* else of the image */
    int x, y, value;
    int64_t pixels;
    char text[]; /* terminated */
} fault;

typedef struct check {
    seg_data_problem_told tell;
    void *context;
    seg_data_checked *counts;
    const char *split;
    const seg_dataset *dataset;
    fault **faults;         /* [items]: the first of each */
    seg_label_facts *facts; /* [threads], over all splits */
    bool *no_memory;        /* [threads] */
} check;

static void tell(const check *c, const seg_data_problem *problem)
{
    c->counts->problems++;
    if (c->tell != NULL)
        c->tell(c->context, problem);
}

/* ---- one item, on any thread ---- */

static const fault NO_PIXEL = {.x = -1, .y = -1, .value = -1};

/* Behind the item's other faults. where: text and next do not count. */
static void add_fault(const check *c, int64_t index, int thread, const fault *where,
                      const char *text)
{
    size_t size = strlen(text) + 1;
    fault *new = malloc(sizeof *new + size), **end = &c->faults[index];
    if (new == NULL) {
        c->no_memory[thread] = true;
        return;
    }
    *new = *where;
    new->next = NULL;
    memcpy(new->text, text, size);
    while (*end != NULL)
        end = &(*end)->next;
    *end = new;
}

/* A file that could not be read. */
static void add_failure(const check *c, int64_t index, int thread, bool of_labels,
                        const seg_error *err)
{
    fault where = NO_PIXEL;
    where.of_labels = of_labels;
    if (err->status == SEG_NOMEM)
        c->no_memory[thread] = true;
    else
        add_fault(c, index, thread, &where, err->text);
}

static void add_color(seg_label_facts *facts, const uint8_t rgb[3])
{
    for (int i = facts->color_count - 1; i >= 0; i--) {
        if (memcmp(&facts->colors[i], rgb, 3) == 0)
            return;
    }
    facts->colors[facts->color_count++] = (seg_color){rgb[0], rgb[1], rgb[2]};
}

/* Labels that are no ids may be a picture in colours. */
static void collect_colors(seg_label_facts *facts, const char *path)
{
    seg_image_buffer picture;
    if (seg_image_read(&picture, path, NULL) != SEG_OK)
        return;
    const size_t count = (size_t)picture.width * (size_t)picture.height;
    const uint8_t *rgb = picture.pixels;
    for (size_t i = 0; i < count && facts->color_count <= SEG_REMEDY_COLORS; i++, rgb += 3) {
        if (i == 0 || memcmp(rgb, rgb - 3, 3) != 0)
            add_color(facts, rgb);
    }
    seg_image_release(&picture);
}

typedef struct histogram {
    int64_t pixels[256];
} histogram;

static void check_ids(const check *c, int64_t index, int thread, const seg_image_buffer *labels,
                      const histogram *found)
{
    const int classes = c->dataset->classes.count;
    const size_t width = (size_t)labels->width;
    fault where = {.of_labels = true};
    char text[SEG_ERROR_TEXT_SIZE + 96];
    seg_error first;
    int strangers = 0;
    for (int id = classes; id < SEG_IGNORE; id++) {
        where.pixels += found->pixels[id];
        strangers += found->pixels[id] > 0;
    }
    if (where.pixels == 0)
        return;
    size_t at = 0;
    while (labels->pixels[at] < classes || labels->pixels[at] == SEG_IGNORE)
        at++;
    where.x = (int)(at % width);
    where.y = (int)(at / width);
    where.value = labels->pixels[at];
    seg_labels_check(labels, classes, c->dataset->items[index].label_path, &first);
    snprintf(text, sizeof text, "%s; so are %lld of its pixels, of %d such ids", first.text,
             (long long)where.pixels, strangers);
    add_fault(c, index, thread, &where, text);
}

static void check_labels(const check *c, int64_t index, int thread, const seg_image_buffer *labels)
{
    const size_t count = (size_t)labels->width * (size_t)labels->height;
    histogram found = {{0}};
    for (size_t i = 0; i < count; i++)
        found.pixels[labels->pixels[i]]++;
    for (int value = 0; value < 256; value++)
        c->facts[thread].values[value] |= found.pixels[value] > 0;
    check_ids(c, index, thread, labels, &found);
}

static void check_item(void *context, int64_t index, int thread)
{
    const check *c = context;
    const seg_dataset_item *item = &c->dataset->items[index];
    seg_sample sample;
    seg_error err;
    seg_status image = seg_image_read(&sample.image, item->image_path, &err);
    if (image != SEG_OK)
        add_failure(c, index, thread, false, &err);
    seg_status labels = seg_labels_read(&sample.labels, item->label_path, &err);
    if (labels != SEG_OK) {
        add_failure(c, index, thread, true, &err);
        if (labels == SEG_FORMAT)
            collect_colors(&c->facts[thread], item->label_path);
    }
    if (image == SEG_OK && labels == SEG_OK &&
        seg_sample_check_sizes(&sample, item, &err) != SEG_OK)
        add_failure(c, index, thread, true, &err);
    if (labels == SEG_OK)
        check_labels(c, index, thread, &sample.labels);
    seg_sample_release(&sample);
}

/* ---- one split ---- */

/* Files without a partner, and the like. */
static void tell_of_file(void *context, const char *folder, const char *name, const char *text)
{
    const check *c = context;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, name[0] != '\0' ? "%s/%s" : "%s%s", folder, name);
    tell(c, &(seg_data_problem){
                .split = c->split, .path = path, .text = text, .x = -1, .y = -1, .value = -1});
}

static void tell_of_item(const check *c, int index)
{
    const seg_dataset_item *item = &c->dataset->items[index];
    for (fault *f = c->faults[index], *next; f != NULL; f = next) {
        next = f->next;
        tell(c, &(seg_data_problem){.split = c->split,
                                    .path = f->of_labels ? item->label_path : item->image_path,
                                    .text = f->text,
                                    .x = f->x,
                                    .y = f->y,
                                    .value = f->value,
                                    .pixels = f->pixels});
        free(f);
    }
}

static seg_status check_items(check *c, int threads, seg_error *err)
{
    const int count = c->dataset->count;
    c->faults = calloc((size_t)count + 1, sizeof *c->faults);
    if (c->faults == NULL)
        return seg_fail_nomem(err, ((size_t)count + 1) * sizeof *c->faults, "the check");
    seg_parallel_for(threads, count, check_item, c);
    for (int i = 0; i < count; i++)
        tell_of_item(c, i);
    free(c->faults);
    for (int t = 0; t < threads; t++) {
        if (c->no_memory[t])
            return seg_fail(err, SEG_NOMEM, "out of memory while checking split '%s'", c->split);
    }
    return SEG_OK;
}

static seg_status check_split(check *c, const seg_data_opts *opts, const char *split, int threads,
                              seg_class_list *classes, seg_error *err)
{
    seg_dataset dataset;
    const seg_fault_sink faults = {tell_of_file, c};
    c->split = split;
    seg_status status =
        seg_dataset_open_faulty(&dataset, opts->format, opts->data, split, &faults, err);
    if (status != SEG_OK)
        return status;
    c->dataset = &dataset;
    c->counts->splits++;
    c->counts->images += dataset.count;
    *classes = dataset.classes;
    status = check_items(c, threads, err);
    seg_dataset_release(&dataset);
    return status;
}

/* ---- all of it ---- */

/* Colours come in an order that depends on threads. */
static int compare_colors(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(seg_color));
}

static void join_facts(seg_label_facts *to, const seg_label_facts *from)
{
    for (int value = 0; value < 256; value++)
        to->values[value] |= from->values[value];
    for (int i = 0; i < from->color_count && to->color_count <= SEG_REMEDY_COLORS; i++) {
        const uint8_t rgb[3] = {from->colors[i].r, from->colors[i].g, from->colors[i].b};
        add_color(to, rgb);
    }
}

typedef bool (*remedy_of)(const seg_label_facts *facts, const seg_class_list *classes,
                          seg_strbuf *text, seg_strbuf *remedy);

static seg_status tell_remedies(check *c, const seg_data_opts *opts, int threads,
                                const seg_class_list *classes, seg_error *err)
{
    static const remedy_of guesses[] = {seg_remedy_of_values, seg_remedy_of_colors};
    seg_label_facts *all = &c->facts[0];
    seg_status status = SEG_OK;
    for (int t = 1; t < threads; t++)
        join_facts(all, &c->facts[t]);
    qsort(all->colors, (size_t)all->color_count, sizeof *all->colors, compare_colors);
    for (int i = 0; i < 2; i++) {
        seg_strbuf text = {0}, remedy = {0};
        bool guessed = guesses[i](all, classes, &text, &remedy);
        if (text.failed || remedy.failed)
            status = seg_fail_nomem(err, 1024, "the check");
        else if (guessed)
            tell(c, &(seg_data_problem){.path = opts->data,
                                        .text = text.text,
                                        .x = -1,
                                        .y = -1,
                                        .value = -1,
                                        .remedy = remedy.text});
        seg_strbuf_release(&text);
        seg_strbuf_release(&remedy);
    }
    return status;
}

static seg_status check_splits(check *c, const seg_data_opts *opts, int threads, seg_error *err)
{
    seg_name_list splits = {0};
    seg_class_list classes = {0};
    seg_status status = SEG_OK;
    if (opts->split != NULL)
        status = check_split(c, opts, opts->split, threads, &classes, err);
    else
        status = seg_dataset_splits(&splits, opts->format, opts->data, err);
    for (size_t i = 0; status == SEG_OK && i < splits.count; i++)
        status = check_split(c, opts, splits.names[i], threads, &classes, err);
    seg_name_list_release(&splits);
    return status == SEG_OK ? tell_remedies(c, opts, threads, &classes, err) : status;
}

seg_status seg_data_check(const seg_data_opts *opts, seg_data_problem_told told, void *context,
                          seg_data_checked *out, seg_error *err)
{
    *out = (seg_data_checked){0};
    if (opts == NULL || opts->data == NULL)
        return seg_fail(err, SEG_INVALID, "a check needs the folder of a data set");
    const int threads = opts->threads > 0 ? opts->threads : seg_cpu_count();
    check c = {.tell = told, .context = context, .counts = out};
    c.facts = calloc((size_t)threads, sizeof *c.facts);
    c.no_memory = calloc((size_t)threads, sizeof *c.no_memory);
    seg_status status = c.facts != NULL && c.no_memory != NULL
                            ? check_splits(&c, opts, threads, err)
                            : seg_fail_nomem(err, (size_t)threads * sizeof *c.facts, "the check");
    free(c.facts);
    free(c.no_memory);
    return status;
}
