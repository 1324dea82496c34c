/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* dataset.c: the list of formats, and reading a sample with its checks. */
#include "data/dataset.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const seg_dataset_format *const formats[] = {
#define SEG_DATASET(name) &seg_dataset_##name,
#include "data/datasets.def"
#undef SEG_DATASET
};

static const char format_names[] =
#define SEG_DATASET(name) " " #name
#include "data/datasets.def"
#undef SEG_DATASET
    ;

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

/* NULL: "folder". */
static seg_status find_format(const seg_dataset_format **out, const char *name, seg_error *err)
{
    if (name == NULL)
        name = "folder";
    for (int i = 0; i < FORMAT_COUNT; i++) {
        *out = formats[i];
        if (strcmp(formats[i]->name, name) == 0)
            return SEG_OK;
    }
    return seg_fail(err, SEG_UNSUPPORTED, "no data set format '%s'; there is:%s", name,
                    format_names);
}

seg_status seg_dataset_open_faulty(seg_dataset *out, const char *format, const char *dir,
                                   const char *split, const seg_fault_sink *faults, seg_error *err)
{
    const seg_dataset_format *kind;
    *out = (seg_dataset){0};
    seg_status status = find_format(&kind, format, err);
    if (status != SEG_OK)
        return status;
    status = kind->open(out, dir, split, faults, err);
    if (status != SEG_OK)
        seg_dataset_release(out);
    return status;
}

seg_status seg_dataset_open(seg_dataset *out, const char *format, const char *dir,
                            const char *split, seg_error *err)
{
    return seg_dataset_open_faulty(out, format, dir, split, NULL, err);
}

seg_status seg_dataset_splits(seg_name_list *out, const char *format, const char *dir,
                              seg_error *err)
{
    const seg_dataset_format *kind;
    *out = (seg_name_list){0};
    seg_status status = find_format(&kind, format, err);
    return status == SEG_OK ? kind->splits(out, dir, err) : status;
}

void seg_dataset_release(seg_dataset *dataset)
{
    for (int i = 0; i < dataset->count; i++) {
        free(dataset->items[i].image_path);
        free(dataset->items[i].label_path);
    }
    free(dataset->items);
    *dataset = (seg_dataset){0};
}

seg_status seg_labels_check(const seg_image_buffer *labels, int classes, const char *path,
                            seg_error *err)
{
    const size_t width = (size_t)labels->width, count = width * (size_t)labels->height;
    for (size_t i = 0; i < count; i++) {
        int id = labels->pixels[i];
        if (id >= classes && id != SEG_IGNORE)
            return seg_fail(err, SEG_FORMAT,
                            "%s: pixel x %zu, y %zu has the id %d; there are %d classes (ids "
                            "0..%d), and %d for pixels to ignore",
                            path, i % width, i / width, id, classes, classes - 1, SEG_IGNORE);
    }
    return SEG_OK;
}

seg_status seg_sample_check_sizes(const seg_sample *sample, const seg_dataset_item *item,
                                  seg_error *err)
{
    const seg_image_buffer *image = &sample->image, *labels = &sample->labels;
    if (image->width == labels->width && image->height == labels->height)
        return SEG_OK;
    return seg_fail(err, SEG_MISMATCH, "%s is %dx%d, but its labels %s are %dx%d", item->image_path,
                    image->width, image->height, item->label_path, labels->width, labels->height);
}

seg_status seg_dataset_read(const seg_dataset *dataset, int index, seg_sample *out, seg_error *err)
{
    *out = (seg_sample){0};
    if (index < 0 || index >= dataset->count)
        return seg_fail(err, SEG_INVALID, "no item %d in a data set of %d", index, dataset->count);
    const seg_dataset_item *item = &dataset->items[index];
    seg_status status = seg_image_read(&out->image, item->image_path, err);
    if (status == SEG_OK)
        status = seg_labels_read(&out->labels, item->label_path, err);
    if (status == SEG_OK)
        status = seg_sample_check_sizes(out, item, err);
    if (status == SEG_OK)
        status = seg_labels_check(&out->labels, dataset->classes.count, item->label_path, err);
    if (status != SEG_OK)
        seg_sample_release(out);
    return status;
}

void seg_sample_release(seg_sample *sample)
{
    seg_image_release(&sample->image);
    seg_image_release(&sample->labels);
}
