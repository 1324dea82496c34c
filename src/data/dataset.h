/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * dataset.h: labelled images, in the one form that training and evaluation see.
 *
 * A format is one file in data/ that ends in one `const seg_dataset_format`, and one line in
 * datasets.def.
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/file.h"
#include "seg/image.h"

enum { SEG_CLASS_NAME_SIZE = 64 };

typedef struct seg_class_list {
    int count; /* 1..255 */
    char names[255][SEG_CLASS_NAME_SIZE];
    seg_color colors[256]; /* 255: ignore */
} seg_class_list;

/* Give every class the colour of PASCAL VOC's palette for its id, and SEG_IGNORE white. */
void seg_class_list_default_colors(seg_class_list *classes);

typedef struct seg_dataset_item {
    char *image_path, *label_path;
} seg_dataset_item;

typedef struct seg_dataset {
    seg_class_list classes;
    seg_dataset_item *items; /* in byte order of their names without extension */
    int count;
} seg_dataset;

/* Told of each file folder/name that is wrong, and why; opening then goes on without the file. */
typedef struct seg_fault_sink {
    void (*add)(void *context, const char *folder, const char *name, const char *text);
    void *context;
} seg_fault_sink;

typedef struct seg_dataset_format {
    const char *name, *help;
    /* faults NULL: the first fault is the error. */
    seg_status (*open)(seg_dataset *out, const char *dir, const char *split,
                       const seg_fault_sink *faults, seg_error *err);
    /* Names of the splits in dir, at least one. */
    seg_status (*splits)(seg_name_list *out, const char *dir, seg_error *err);
} seg_dataset_format;

#define SEG_DATASET(name) extern const seg_dataset_format seg_dataset_##name;
#include "data/datasets.def"
#undef SEG_DATASET

/* format NULL: "folder". Errors: SEG_IO (missing parts, named), SEG_FORMAT (classes), SEG_NOMEM. */
seg_status seg_dataset_open(seg_dataset *out, const char *format, const char *dir,
                            const char *split, seg_error *err);
/* The same, but files that are wrong are told to faults and left out; the rest may be empty. */
seg_status seg_dataset_open_faulty(seg_dataset *out, const char *format, const char *dir,
                                   const char *split, const seg_fault_sink *faults, seg_error *err);
seg_status seg_dataset_splits(seg_name_list *out, const char *format, const char *dir,
                              seg_error *err);
void seg_dataset_release(seg_dataset *dataset);

/* One image with its labels, of one size, every id a class or SEG_IGNORE. */
typedef struct seg_sample {
    seg_image_buffer image;  /* channels 3 */
    seg_image_buffer labels; /* channels 1 */
} seg_sample;

/* The image and its labels are of one size. Errors: SEG_MISMATCH. */
seg_status seg_sample_check_sizes(const seg_sample *sample, const seg_dataset_item *item,
                                  seg_error *err);

/* Every pixel is a class or SEG_IGNORE. SEG_FORMAT names the first that is not. */
seg_status seg_labels_check(const seg_image_buffer *labels, int classes, const char *path,
                            seg_error *err);

/* Decode item `index`. SEG_MISMATCH (sizes) and SEG_FORMAT (an id outside the classes) name the
 * file, pixel and value. */
seg_status seg_dataset_read(const seg_dataset *dataset, int index, seg_sample *out, seg_error *err);
void seg_sample_release(seg_sample *sample);

#endif
