/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* strbuf.c: a string that grows. */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool reserve(seg_strbuf *buffer, size_t extra)
{
    void *text = buffer->text;
    if (buffer->failed ||
        !seg_array_reserve(&text, &buffer->capacity, buffer->length + extra + 1, 1)) {
        buffer->failed = true;
        return false;
    }
    buffer->text = text;
    return true;
}

void seg_strbuf_add_bytes(seg_strbuf *buffer, const void *bytes, size_t size)
{
    if (!reserve(buffer, size))
        return;
    if (size > 0)
        memcpy(buffer->text + buffer->length, bytes, size);
    buffer->length += size;
    buffer->text[buffer->length] = '\0';
}

void seg_strbuf_add(seg_strbuf *buffer, const char *text)
{
    seg_strbuf_add_bytes(buffer, text, strlen(text));
}

void seg_strbuf_addf(seg_strbuf *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0 && reserve(buffer, (size_t)length)) {
        vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

void seg_strbuf_release(seg_strbuf *buffer)
{
    free(buffer->text);
    *buffer = (seg_strbuf){0};
}
