/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* file.h: whole files in, whole files out. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg/status.h"

/*
 * Read all of a regular file. *data is malloc'ed, with a zero byte behind its size bytes.
 * Errors: SEG_IO (cannot open, a folder), SEG_LIMIT (larger than limit_bytes), SEG_NOMEM.
 */
seg_status seg_file_read(const char *path, size_t limit_bytes, uint8_t **data, size_t *size,
                         seg_error *err);

/* A file being written beside its final name; it takes that name only when it is complete. */
typedef struct seg_file_writer seg_file_writer;

seg_status seg_file_writer_open(seg_file_writer **out, const char *path, seg_error *err);
seg_status seg_file_writer_add(seg_file_writer *writer, const void *data, size_t size,
                               seg_error *err);
/* Flush, fsync, rename; frees the writer whatever happens. On failure the old file is intact. */
seg_status seg_file_writer_commit(seg_file_writer *writer, seg_error *err);
void seg_file_writer_abort(seg_file_writer *writer); /* removes what was written; NULL is fine */

/* The three calls above in one. */
seg_status seg_file_write(const char *path, const void *data, size_t size, seg_error *err);

/* Append to a file (a log), creating it. */
seg_status seg_file_append(const char *path, const void *data, size_t size, seg_error *err);

/*
 * Hold a file (made empty where it is missing) against other processes, and other locks of this
 * one, until seg_file_unlock or the end of the process, whatever ends it. SEG_LIMIT: it is held by
 * somebody else; SEG_UNSUPPORTED: the file system knows no locks; SEG_IO. *lock is -1 on failure.
 */
seg_status seg_file_lock(int *lock, const char *path, seg_error *err);
void seg_file_unlock(int lock); /* -1 is fine; the file stays: removing it would be a race */

/* Make a folder and its parents; fine when it exists. */
seg_status seg_folder_make(const char *path, seg_error *err);

bool seg_path_is_folder(const char *path);
bool seg_path_exists(const char *path);

/* Names (not paths) of the regular files in a folder, byte order, hidden ones left out. */
typedef struct seg_name_list {
    char **names;
    size_t count;
} seg_name_list;

seg_status seg_folder_list(const char *path, seg_name_list *out, seg_error *err);
/* The same of the folders in a folder. */
seg_status seg_folder_list_folders(const char *path, seg_name_list *out, seg_error *err);
void seg_name_list_release(seg_name_list *list);

#endif
