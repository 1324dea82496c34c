/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* error.h: fill a seg_error in one line: `return seg_fail(err, SEG_IO, "%s: ...", path);` */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

#include "seg/status.h"

/* Writes the sentence (cut to fit) when err is not NULL, and returns status. */
seg_status seg_fail(seg_error *err, seg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* SEG_NOMEM with the size that was asked for and what it was for. */
seg_status seg_fail_nomem(seg_error *err, size_t size_bytes, const char *what)
    __attribute__((cold));

#endif
