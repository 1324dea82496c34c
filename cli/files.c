/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* files.c: which images a verb was given, and where their results go (POSIX). */
#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Takes path over, also when it fails; NULL is a failed allocation. */
static bool add_owned(path_list *list, char *path)
{
    if (path == NULL)
        return false;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        char **paths = realloc(list->paths, capacity * sizeof *paths);
        if (paths == NULL) {
            free(path);
            return false;
        }
        list->paths = paths;
        list->capacity = capacity;
    }
    list->paths[list->count++] = path;
    return true;
}

bool path_list_add(path_list *list, const char *path)
{
    return add_owned(list, strdup(path));
}

void path_list_release(path_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (path_list){0};
}

static char *join(const char *folder, const char *name)
{
    size_t length = strlen(folder), size = length + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/",
                 name);
    return path;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);
    return length >= end_length && strcasecmp(name + length - end_length, end) == 0;
}

static bool is_input(const char *name)
{
    bool image = ends_with(name, ".jpg") || ends_with(name, ".jpeg") || ends_with(name, ".png");
    return image && name[0] != '.' && !ends_with(name, ".mask.png") &&
           !ends_with(name, ".overlay.png");
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool collect_folder(path_list *list, const char *path)
{
    size_t first = list->count;
    bool fine = true;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    for (struct dirent *entry; fine && (entry = readdir(folder)) != NULL;) {
        if (is_input(entry->d_name))
            fine = add_owned(list, join(path, entry->d_name));
    }
    closedir(folder);
    if (list->count > first)
        qsort(list->paths + first, list->count - first, sizeof *list->paths, compare_paths);
    return fine;
}

bool files_collect(path_list *list, const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return collect_folder(list, path);
    return path_list_add(list, path);
}

static bool make_one(const char *path)
{
    struct stat info;
    if (mkdir(path, 0777) == 0)
        return true;
    int reason = errno;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return true;
    errno = reason;
    return false;
}

bool files_make_folder(const char *path)
{
    char *copy = strdup(path);
    bool fine = copy != NULL;
    for (size_t i = 1; fine && path[0] != '\0' && i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        copy[i] = '\0';
        fine = make_one(copy);
        copy[i] = path[i];
    }
    int reason = errno;
    free(copy);
    errno = reason;
    return fine;
}

static bool is_taken(const path_list *taken, const char *stem)
{
    for (size_t i = 0; i < taken->count; i++) {
        if (strcmp(taken->paths[i], stem) == 0)
            return true;
    }
    return false;
}

const char *files_result_stem(path_list *taken, const char *folder, const char *image)
{
    const char *slash = strrchr(image, '/'), *name = slash != NULL ? slash + 1 : image;
    const char *dot = strrchr(name, '.');
    size_t length = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    size_t size = strlen(image) + (folder != NULL ? strlen(folder) : 0) + 32;
    char *stem = malloc(size);
    if (stem == NULL)
        return NULL;
    for (int number = 1; number == 1 || is_taken(taken, stem); number++) {
        char suffix[16] = "";
        if (number > 1)
            snprintf(suffix, sizeof suffix, "-%d", number);
        if (folder != NULL)
            snprintf(stem, size, "%s/%.*s%s", folder, (int)length, name, suffix);
        else
            snprintf(stem, size, "%.*s%s", (int)(name - image) + (int)length, image, suffix);
    }
    return add_owned(taken, stem) ? stem : NULL;
}
