/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* error.c: status texts and the one place that formats an error sentence. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "seg/version.h"

const char *seg_status_text(seg_status status)
{
    switch (status) {
#define SEG_STATUS_TEXT(name, meaning)                                                             \
    case SEG_##name:                                                                               \
        return meaning;
        SEG_STATUS_MAP(SEG_STATUS_TEXT)
#undef SEG_STATUS_TEXT
    }
    return "unknown status";
}

const char *seg_version(void)
{
    return SEG_VERSION;
}

seg_status seg_fail(seg_error *err, seg_status status, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        /* Names come from files: keep it one line, and no codes a terminal would obey. */
        for (char *c = err->text; *c != '\0'; c++) {
            if ((unsigned char)*c < ' ' || *c == 0x7f)
                *c = '?';
        }
        err->status = status;
    }
    return status;
}

seg_status seg_fail_nomem(seg_error *err, size_t size_bytes, const char *what)
{
    return seg_fail(err, SEG_NOMEM, "out of memory: %zu bytes for %s", size_bytes, what);
}
