/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* info_program.h: seg info for ONNX and TFLite files. */
#ifndef CLI_INFO_PROGRAM_H
#define CLI_INFO_PROGRAM_H

#include "options.h"

/* Says what is in the file, and what a run takes where its inputs leave the size of images open.
 * Returns the verb's exit status. */
int info_program(const char *path, int64_t file_bytes, option_size size, bool json);

#endif
