/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* seg/data.h: what is wrong with a data set, and what is in it. */
#ifndef SEG_DATA_H
#define SEG_DATA_H

#include <stdint.h>

#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero means the default, but data is needed. */
typedef struct seg_data_opts {
    const char *data;   /* folder of the data set */
    const char *format; /* NULL: "folder" */
    const char *split;  /* NULL: every split there is, in byte order of their names */
    int threads;        /* 0: one per processor */
} seg_data_opts;

/* The texts live during the call. */
typedef struct seg_data_problem {
    const char *split;  /* NULL: seen over all of them */
    const char *path;   /* the file, or the folder of the data set */
    const char *text;   /* one sentence, which names the file, and pixel and value if there are */
    int x, y, value;    /* the first pixel concerned and what it holds; -1: no pixel */
    int64_t pixels;     /* concerned, of the file */
    const char *remedy; /* what to do where that can be guessed; or NULL */
} seg_data_problem;

/* Called from the thread that checks, in the order of splits and files. */
typedef void (*seg_data_problem_told)(void *context, const seg_data_problem *problem);

typedef struct seg_data_checked {
    int splits;
    int64_t images; /* that have a label file */
    int64_t problems;
} seg_data_checked;

/*
 * Read every image and every label file, and tell of each file that training or evaluation would
 * refuse: without its partner, unreadable, of another size than its partner, with ids that are no
 * class. Last, tell what masks look like as a whole when they look like no class ids (0 and 255,
 * painted values, colours), with the remedy. tell may be NULL.
 * Problems are no error: SEG_OK with out->problems. Errors: SEG_INVALID (opts), SEG_IO and
 * SEG_FORMAT (no folder, no split, classes.txt), SEG_NOMEM.
 */
SEG_API seg_status seg_data_check(const seg_data_opts *opts, seg_data_problem_told tell,
                                  void *context, seg_data_checked *out, seg_error *err);

typedef struct seg_class_stats {
    const char *name;
    int64_t pixels, images; /* labelled so; in which it occurs */
    double share;           /* of the labelled pixels, 0..1 */
    /* By median frequency, as `seg train --class-weights median`: the median over the classes of f,
     * divided by f = pixels / pixels of the images in which the class occurs; 1: never occurs. */
    double weight;
} seg_class_stats;

/* The pointers live during the call. */
typedef struct seg_split_stats {
    const char *split;
    int64_t images;
    int64_t labelled, ignored;   /* pixels */
    int least_width, most_width; /* of the images */
    int least_height, most_height;
    double mean[3], std[3]; /* of red, green, blue, 0..1, over all pixels */
    int classes;
    const seg_class_stats *class_stats; /* [classes] */
} seg_split_stats;

typedef void (*seg_split_told)(void *context, const seg_split_stats *stats);

/*
 * Read everything and tell what is in each split. Errors: as seg_data_check, and the first problem
 * of the data (SEG_IO, SEG_FORMAT, SEG_MISMATCH).
 */
SEG_API seg_status seg_data_measure(const seg_data_opts *opts, seg_split_told tell, void *context,
                                    seg_error *err);

#ifdef __cplusplus
}
#endif
#endif
