/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* file.c: whole files in, whole files out (POSIX). */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

bool seg_path_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool seg_path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static seg_status read_all(int fd, const char *path, uint8_t *data, size_t size, seg_error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(fd, data + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return seg_fail(err, SEG_IO, "%s: cannot read: %s", path, strerror(errno));
        if (got == 0)
            return seg_fail(err, SEG_IO, "%s: shrank while being read: %zu of %zu bytes", path,
                            done, size);
        done += (size_t)got;
    }
    return SEG_OK;
}

seg_status seg_file_read(const char *path, size_t limit_bytes, uint8_t **data, size_t *size,
                         seg_error *err)
{
    struct stat info;
    *data = NULL;
    *size = 0;
    /* O_NONBLOCK: a named pipe is refused below, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return seg_fail(err, SEG_IO, "%s: cannot open: %s", path, strerror(errno));
    seg_status status = SEG_OK;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        status = seg_fail(err, SEG_IO, "%s: not a regular file", path);
    else if ((uintmax_t)info.st_size > limit_bytes)
        status = seg_fail(err, SEG_LIMIT, "%s: %jd bytes, more than the limit of %zu", path,
                          (intmax_t)info.st_size, limit_bytes);
    else {
        size_t bytes = (size_t)info.st_size;
        uint8_t *buffer = malloc(bytes + 1);
        if (buffer == NULL)
            status = seg_fail_nomem(err, bytes + 1, path);
        else if ((status = read_all(fd, path, buffer, bytes, err)) != SEG_OK)
            free(buffer);
        else {
            buffer[bytes] = 0;
            *data = buffer;
            *size = bytes;
        }
    }
    close(fd);
    return status;
}

struct seg_file_writer {
    int fd;
    char *path, *temporary;
};

static void writer_free(seg_file_writer *writer)
{
    free(writer->path);
    free(writer->temporary);
    free(writer);
}

seg_status seg_file_writer_open(seg_file_writer **out, const char *path, seg_error *err)
{
    *out = NULL;
    seg_file_writer *writer = calloc(1, sizeof *writer);
    size_t size = strlen(path) + 32;
    if (writer != NULL) {
        writer->path = strdup(path);
        writer->temporary = malloc(size);
    }
    if (writer == NULL || writer->path == NULL || writer->temporary == NULL) {
        if (writer != NULL)
            writer_free(writer);
        return seg_fail_nomem(err, size, path);
    }
    /* Beside the target, so that rename() stays within one file system. */
    snprintf(writer->temporary, size, "%s.%ld.tmp", path, (long)getpid());
    writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (writer->fd < 0) {
        seg_fail(err, SEG_IO, "%s: cannot create: %s", path, strerror(errno));
        writer_free(writer);
        return SEG_IO;
    }
    *out = writer;
    return SEG_OK;
}

static seg_status write_all(int fd, const char *path, const void *data, size_t size, seg_error *err)
{
    const uint8_t *bytes = data;
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return seg_fail(err, SEG_IO, "%s: cannot write: %s", path, strerror(errno));
        bytes += put;
        size -= (size_t)put;
    }
    return SEG_OK;
}

seg_status seg_file_writer_add(seg_file_writer *writer, const void *data, size_t size,
                               seg_error *err)
{
    return write_all(writer->fd, writer->path, data, size, err);
}

seg_status seg_file_writer_commit(seg_file_writer *writer, seg_error *err)
{
    bool synced = fsync(writer->fd) == 0;
    int sync_errno = errno;
    bool closed = close(writer->fd) == 0;
    seg_status status = SEG_OK;
    if (!synced || !closed)
        status = seg_fail(err, SEG_IO, "%s: cannot write: %s", writer->path,
                          strerror(synced ? errno : sync_errno));
    else if (rename(writer->temporary, writer->path) != 0)
        status = seg_fail(err, SEG_IO, "%s: cannot rename into place: %s", writer->path,
                          strerror(errno));
    if (status != SEG_OK)
        unlink(writer->temporary);
    writer_free(writer);
    return status;
}

void seg_file_writer_abort(seg_file_writer *writer)
{
    if (writer == NULL)
        return;
    close(writer->fd);
    unlink(writer->temporary);
    writer_free(writer);
}

seg_status seg_file_write(const char *path, const void *data, size_t size, seg_error *err)
{
    seg_file_writer *writer;
    seg_status status = seg_file_writer_open(&writer, path, err);
    if (status != SEG_OK)
        return status;
    status = seg_file_writer_add(writer, data, size, err);
    if (status != SEG_OK) {
        seg_file_writer_abort(writer);
        return status;
    }
    return seg_file_writer_commit(writer, err);
}

seg_status seg_file_append(const char *path, const void *data, size_t size, seg_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return seg_fail(err, SEG_IO, "%s: cannot open: %s", path, strerror(errno));
    seg_status status = write_all(fd, path, data, size, err);
    if (close(fd) != 0 && status == SEG_OK)
        status = seg_fail(err, SEG_IO, "%s: cannot write: %s", path, strerror(errno));
    return status;
}

/* flock, not fcntl: a lock of the open file keeps a second run of one process out, too. */
seg_status seg_file_lock(int *lock, const char *path, seg_error *err)
{
    int held, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    *lock = -1;
    if (fd < 0)
        return seg_fail(err, SEG_IO, "%s: cannot open: %s", path, strerror(errno));
    do
        held = flock(fd, LOCK_EX | LOCK_NB);
    while (held != 0 && errno == EINTR);
    if (held == 0) {
        *lock = fd;
        return SEG_OK;
    }
    seg_status status = errno == EWOULDBLOCK ? SEG_LIMIT : SEG_UNSUPPORTED;
    seg_fail(err, status, "%s: cannot lock: %s", path, strerror(errno));
    close(fd);
    return status;
}

void seg_file_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

seg_status seg_folder_make(const char *path, seg_error *err)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return seg_fail_nomem(err, strlen(path) + 1, path);
    seg_status status = SEG_OK;
    for (char *end = copy + 1; status == SEG_OK; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        char kept = *end;
        *end = '\0';
        if (mkdir(copy, 0777) != 0 && !seg_path_is_folder(copy))
            status = seg_fail(err, SEG_IO, "%s: cannot make the folder: %s", copy, strerror(errno));
        *end = kept;
        if (kept == '\0')
            break;
    }
    free(copy);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static seg_status list_add(const char *folder, const char *name, seg_name_list *list,
                           size_t *capacity, seg_error *err)
{
    void *names = list->names;
    if (!seg_array_reserve(&names, capacity, list->count + 1, sizeof *list->names))
        return seg_fail_nomem(err, (list->count + 1) * sizeof *list->names, folder);
    list->names = names;
    list->names[list->count] = strdup(name);
    if (list->names[list->count] == NULL)
        return seg_fail_nomem(err, strlen(name) + 1, folder);
    list->count++;
    return SEG_OK;
}

/* kind: of st_mode. */
static seg_status list_kind(const char *path, mode_t kind, seg_name_list *out, seg_error *err)
{
    *out = (seg_name_list){0};
    DIR *folder = opendir(path);
    if (folder == NULL)
        return seg_fail(err, errno == ENOMEM ? SEG_NOMEM : SEG_IO, "%s: cannot open the folder: %s",
                        path, strerror(errno));
    seg_status status = SEG_OK;
    size_t capacity = 0;
    while (status == SEG_OK) {
        struct stat info;
        errno = 0; /* the only way to tell the end from an error */
        struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0)
                status =
                    seg_fail(err, SEG_IO, "%s: cannot read the folder: %s", path, strerror(errno));
            break;
        }
        if (entry->d_name[0] == '.' || fstatat(dirfd(folder), entry->d_name, &info, 0) != 0 ||
            (info.st_mode & S_IFMT) != kind)
            continue;
        status = list_add(path, entry->d_name, out, &capacity, err);
    }
    closedir(folder);
    if (status != SEG_OK) {
        seg_name_list_release(out);
        return status;
    }
    if (out->count > 1)
        qsort(out->names, out->count, sizeof *out->names, compare_names);
    return SEG_OK;
}

seg_status seg_folder_list(const char *path, seg_name_list *out, seg_error *err)
{
    return list_kind(path, S_IFREG, out, err);
}

seg_status seg_folder_list_folders(const char *path, seg_name_list *out, seg_error *err)
{
    return list_kind(path, S_IFDIR, out, err);
}

void seg_name_list_release(seg_name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (seg_name_list){0};
}
