/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* seg/version.h: the version of libseg, as macros for the compiler and as a call for the linker. */
#ifndef SEG_VERSION_H
#define SEG_VERSION_H

#include "seg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEG_VERSION_MAJOR 0
#define SEG_VERSION_MINOR 1
#define SEG_VERSION_PATCH 0
#define SEG_VERSION       "0.1.0"

/* "MAJOR.MINOR.PATCH" of the library that is linked; a constant string. */
SEG_API const char *seg_version(void);

#ifdef __cplusplus
}
#endif
#endif
