/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* files.h: which images a verb was given, and where their results go. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Paths in memory of their own. Zero is the empty list. */
typedef struct path_list {
    char **paths;
    size_t count, capacity;
} path_list;

/* These exit status-like calls return false and set errno when they fail. */
bool path_list_add(path_list *list, const char *path);
void path_list_release(path_list *list);

/*
 * Add path, or when it is a folder the .jpg, .jpeg and .png files in it in byte order, without
 * hidden files and without what predict itself writes (*.mask.png, *.overlay.png).
 */
bool files_collect(path_list *list, const char *path);

/* Make a folder and its parents; fine when it exists. */
bool files_make_folder(const char *path);

/*
 * "<folder>/<stem of image>", or beside the image when folder is NULL: what results are called
 * before their ".mask.png". When taken has it already, "-2", "-3" ... is added; the result is
 * added to taken, which owns it. NULL: out of memory.
 */
const char *files_result_stem(path_list *taken, const char *folder, const char *image);

#endif
