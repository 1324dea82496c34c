/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * folder.c: the data set one makes by hand.
 *
 *   DIR/classes.txt              (class_list.h)
 *   DIR/SPLIT/images/<stem>.jpg  or .jpeg or .png; files of other kinds are left alone
 *   DIR/SPLIT/labels/<stem>.png  class ids, the image's size
 *
 * Extensions may be in capitals. Every image has one label and every label one image: a pair that
 * silently dropped out would change what is trained on and measured.
 */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "data/class_list.h"

/* The files of one folder that have one of its extensions, ordered by stem. */
typedef struct file {
    const char *name;   /* borrowed from the list of names */
    size_t stem_length; /* bytes before the extension's dot */
} file;

typedef struct folder {
    char *path;
    seg_name_list names;
    file *files;
    size_t count;
} folder;

/* "dir/name", malloc'ed; NULL when out of memory. */
static char *join(const char *dir, const char *name)
{
    seg_strbuf path = {0};
    seg_strbuf_addf(&path, "%s/%s", dir, name);
    if (path.failed)
        seg_strbuf_release(&path);
    return path.text;
}

static seg_status join_checked(const char *dir, const char *name, char **out, seg_error *err)
{
    *out = join(dir, name);
    return *out != NULL ? SEG_OK : seg_fail_nomem(err, strlen(dir) + strlen(name) + 2, dir);
}

static int compare_stems(const file *a, const file *b)
{
    size_t shorter = a->stem_length < b->stem_length ? a->stem_length : b->stem_length;
    int order = memcmp(a->name, b->name, shorter);
    if (order != 0)
        return order;
    return (a->stem_length > b->stem_length) - (a->stem_length < b->stem_length);
}

static int compare_files(const void *a, const void *b)
{
    return compare_stems(a, b);
}

static bool has_extension(const char *name, const char *const *extensions, size_t *stem_length)
{
    const char *dot = strrchr(name, '.');
    for (; dot != NULL && *extensions != NULL; extensions++) {
        if (strcasecmp(dot + 1, *extensions) == 0) {
            *stem_length = (size_t)(dot - name);
            return true;
        }
    }
    return false;
}

/* The fault is told and the caller goes on, or it is the error. */
static seg_status tell(const seg_fault_sink *faults, const folder *f, const char *name,
                       const seg_error *fault, seg_error *err)
{
    if (faults == NULL)
        return seg_fail(err, fault->status, "%s", fault->text);
    faults->add(faults->context, f->path, name, fault->text);
    return SEG_OK;
}

/* Of files with one stem the first stays. */
static seg_status drop_twins(folder *f, const seg_fault_sink *faults, seg_error *err)
{
    seg_status status = SEG_OK;
    size_t kept = f->count > 0 ? 1 : 0;
    for (size_t i = 1; status == SEG_OK && i < f->count; i++) {
        seg_error fault;
        if (compare_stems(&f->files[kept - 1], &f->files[i]) != 0) {
            f->files[kept++] = f->files[i];
            continue;
        }
        seg_fail(&fault, SEG_FORMAT, "%s: %s and %s differ in nothing but the extension", f->path,
                 f->files[kept - 1].name, f->files[i].name);
        status = tell(faults, f, f->files[i].name, &fault, err);
    }
    f->count = kept;
    return status;
}

static seg_status list_files(folder *f, const char *const *extensions, const seg_fault_sink *faults,
                             seg_error *err)
{
    seg_status status = seg_folder_list(f->path, &f->names, err);
    if (status != SEG_OK)
        return status;
    f->files = calloc(f->names.count + 1, sizeof *f->files);
    if (f->files == NULL)
        return seg_fail_nomem(err, (f->names.count + 1) * sizeof *f->files, f->path);
    for (size_t i = 0; i < f->names.count; i++) {
        size_t stem_length;
        if (has_extension(f->names.names[i], extensions, &stem_length))
            f->files[f->count++] = (file){f->names.names[i], stem_length};
    }
    qsort(f->files, f->count, sizeof *f->files, compare_files);
    return drop_twins(f, faults, err);
}

static void folder_release(folder *f)
{
    free(f->path);
    free(f->files);
    seg_name_list_release(&f->names);
}

static seg_status tell_unpaired(const folder *images, const file *image, const folder *labels,
                                const file *label, const seg_fault_sink *faults, seg_error *err)
{
    seg_error fault;
    if (label == NULL) {
        seg_fail(&fault, SEG_IO, "%s/%s has no labels: %s/%.*s.png is missing", images->path,
                 image->name, labels->path, (int)image->stem_length, image->name);
        return tell(faults, images, image->name, &fault, err);
    }
    seg_fail(&fault, SEG_IO, "%s/%s has no image: %s/%.*s.jpg, .jpeg or .png is missing",
             labels->path, label->name, images->path, (int)label->stem_length, label->name);
    return tell(faults, labels, label->name, &fault, err);
}

/* Both lists are ordered: what differs in one pass over both is a file without its partner. */
static seg_status keep_pairs(folder *images, folder *labels, const seg_fault_sink *faults,
                             seg_error *err)
{
    seg_status status = SEG_OK;
    size_t i = 0, l = 0, kept = 0;
    while (status == SEG_OK && (i < images->count || l < labels->count)) {
        const file *image = i < images->count ? &images->files[i] : NULL;
        const file *label = l < labels->count ? &labels->files[l] : NULL;
        int order = image == NULL ? 1 : label == NULL ? -1 : compare_stems(image, label);
        if (order == 0) {
            images->files[kept] = *image;
            labels->files[kept++] = *label;
        } else {
            status = tell_unpaired(images, image, labels, order < 0 ? NULL : label, faults, err);
        }
        i += order <= 0;
        l += order >= 0;
    }
    images->count = labels->count = kept;
    return status;
}

static seg_status make_items(seg_dataset *out, const folder *images, const folder *labels,
                             seg_error *err)
{
    if (images->count > INT_MAX)
        return seg_fail(err, SEG_LIMIT, "%s: %zu images, more than %d", images->path, images->count,
                        INT_MAX);
    out->items = calloc(images->count + 1, sizeof *out->items);
    if (out->items == NULL)
        return seg_fail_nomem(err, (images->count + 1) * sizeof *out->items, images->path);
    out->count = (int)images->count;
    seg_status status = SEG_OK;
    for (size_t i = 0; status == SEG_OK && i < images->count; i++) {
        seg_dataset_item *item = &out->items[i];
        status = join_checked(images->path, images->files[i].name, &item->image_path, err);
        if (status == SEG_OK)
            status = join_checked(labels->path, labels->files[i].name, &item->label_path, err);
    }
    return status;
}

static seg_status open_split(seg_dataset *out, const char *split_path, const seg_fault_sink *faults,
                             seg_error *err)
{
    static const char *const image_extensions[] = {"jpg", "jpeg", "png", NULL};
    static const char *const label_extensions[] = {"png", NULL};
    folder images = {0}, labels = {0};
    seg_status status = join_checked(split_path, "images", &images.path, err);
    if (status == SEG_OK)
        status = join_checked(split_path, "labels", &labels.path, err);
    if (status == SEG_OK)
        status = list_files(&images, image_extensions, faults, err);
    if (status == SEG_OK)
        status = list_files(&labels, label_extensions, faults, err);
    if (status == SEG_OK && images.count == 0 && labels.count == 0) {
        seg_error fault;
        seg_fail(&fault, SEG_IO, "%s: no .jpg, .jpeg or .png files", images.path);
        status = tell(faults, &images, "", &fault, err);
    }
    if (status == SEG_OK)
        status = keep_pairs(&images, &labels, faults, err);
    if (status == SEG_OK)
        status = make_items(out, &images, &labels, err);
    folder_release(&images);
    folder_release(&labels);
    return status;
}

static seg_status folder_open(seg_dataset *out, const char *dir, const char *split,
                              const seg_fault_sink *faults, seg_error *err)
{
    char *classes_path = NULL, *split_path = NULL;
    seg_status status = join_checked(dir, "classes.txt", &classes_path, err);
    if (status == SEG_OK)
        status = join_checked(dir, split, &split_path, err);
    if (status == SEG_OK && !seg_path_is_folder(dir))
        status = seg_fail(err, SEG_IO, "%s: no such folder", dir);
    if (status == SEG_OK && !seg_path_is_folder(split_path))
        status = seg_fail(err, SEG_IO, "%s: no such folder (it would hold images/ and labels/)",
                          split_path);
    if (status == SEG_OK)
        status = seg_class_list_read(&out->classes, classes_path, err);
    if (status == SEG_OK)
        status = open_split(out, split_path, faults, err);
    free(classes_path);
    free(split_path);
    return status;
}

/* With images/ or labels/ in it: one of them may be missing, and is told of later. */
static seg_status is_split(const char *dir, const char *name, bool *found, seg_error *err)
{
    static const char *const inner[] = {"images", "labels"};
    *found = false;
    for (int i = 0; i < 2; i++) {
        seg_strbuf path = {0};
        seg_strbuf_addf(&path, "%s/%s/%s", dir, name, inner[i]);
        if (path.failed) {
            seg_strbuf_release(&path);
            return seg_fail_nomem(err, strlen(dir) + strlen(name) + 9, dir);
        }
        *found = *found || seg_path_is_folder(path.text);
        seg_strbuf_release(&path);
    }
    return SEG_OK;
}

static seg_status keep_splits(seg_name_list *list, const char *dir, seg_error *err)
{
    seg_status status = SEG_OK;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        bool found = false;
        if (status == SEG_OK)
            status = is_split(dir, list->names[i], &found, err);
        if (found)
            list->names[kept++] = list->names[i];
        else
            free(list->names[i]);
    }
    list->count = kept;
    if (status == SEG_OK && kept == 0)
        status =
            seg_fail(err, SEG_IO, "%s: no split: no folder in it holds images/ and labels/", dir);
    return status;
}

static seg_status folder_splits(seg_name_list *out, const char *dir, seg_error *err)
{
    seg_status status = seg_folder_list_folders(dir, out, err);
    if (status != SEG_OK)
        return status;
    status = keep_splits(out, dir, err);
    if (status != SEG_OK)
        seg_name_list_release(out);
    return status;
}

const seg_dataset_format seg_dataset_folder = {
    .name = "folder",
    .help = "DIR/SPLIT/images/*.jpg|jpeg|png, DIR/SPLIT/labels/*.png, DIR/classes.txt",
    .open = folder_open,
    .splits = folder_splits,
};
