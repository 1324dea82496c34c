/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * seg/status.h: how every call of libseg says whether it worked.
 *
 * A call that can fail returns a seg_status and takes a seg_error last (NULL is allowed),
 * which receives one sentence with the culprit and the numbers. The library never prints,
 * exits or aborts on input.
 */
#ifndef SEG_STATUS_H
#define SEG_STATUS_H

#if defined(__GNUC__)
#define SEG_API __attribute__((visibility("default")))
#else
#define SEG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, meaning): the one list of statuses. */
#define SEG_STATUS_MAP(X)                                                                          \
    X(OK, "done")                                                                                  \
    X(NOMEM, "out of memory")                                                                      \
    X(INVALID, "an argument or option is out of range")                                            \
    X(IO, "a file could not be opened, read or written")                                           \
    X(FORMAT, "the bytes of a file are not what its format asks for")                              \
    X(UNSUPPORTED, "valid, but nothing here can do it")                                            \
    X(MISMATCH, "two things that must agree do not (shapes, classes, networks)")                   \
    X(LIMIT, "a stated limit would be exceeded")                                                   \
    X(NONFINITE, "a computation produced NaN or infinity")                                         \
    X(CANCELLED, "a callback asked to stop")

typedef enum seg_status {
#define SEG_STATUS_ENUM(name, meaning) SEG_##name,
    SEG_STATUS_MAP(SEG_STATUS_ENUM)
#undef SEG_STATUS_ENUM
} seg_status;

enum { SEG_ERROR_TEXT_SIZE = 512 };

/* One sentence, no newline, always terminated. Only meaningful after a call returned non-OK. */
typedef struct seg_error {
    seg_status status;
    char text[SEG_ERROR_TEXT_SIZE];
} seg_error;

/* The meaning from SEG_STATUS_MAP; "unknown status" for other values. Never NULL. */
SEG_API const char *seg_status_text(seg_status status);

#ifdef __cplusplus
}
#endif
#endif
