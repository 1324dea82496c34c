/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* strbuf.h: a string that grows. Failure is sticky: check `failed` once, at the end. */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

typedef struct seg_strbuf {
    char *text;    /* terminated once anything was added; NULL before */
    size_t length; /* bytes before the terminator */
    size_t capacity;
    bool failed; /* an allocation failed: text is incomplete */
} seg_strbuf;

void seg_strbuf_add(seg_strbuf *buffer, const char *text);
void seg_strbuf_add_bytes(seg_strbuf *buffer, const void *bytes, size_t size);
void seg_strbuf_addf(seg_strbuf *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void seg_strbuf_release(seg_strbuf *buffer); /* frees and zeroes */

#endif
