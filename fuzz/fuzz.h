/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * fuzz.h: readers of files, fed any bytes. A target returns 0 and aborts when a promise of the
 * reader is broken; the sanitizers watch the rest. libFuzzer drives a target through entry.c, the
 * test program replays the corpus and its small mutations (tests/fuzz/fuzz.c).
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "seg/image.h"

#define FUZZ(name) int fuzz_##name(const uint8_t *data, size_t size);
#include "fuzz/targets.def"
#undef FUZZ

/* What checks call the file that they read. */
#define FUZZ_NAME "fuzzed.bin"

/* Abort unless the call failed with a sentence that starts with FUZZ_NAME, or ran out of memory. */
void fuzz_check_error(seg_status status, const seg_error *err);
/* Abort unless out is an image when status is SEG_OK, and zero with a good error otherwise. */
void fuzz_check_image(seg_status status, const seg_image_buffer *out, int channels,
                      const seg_error *err);
/* A copy (free() it) in which every PNG chunk has its right checksum, so that mutations get on. */
uint8_t *fuzz_png_repair(const uint8_t *data, size_t size);
/* Reads every byte, so that the sanitizers see a block that is not whole. */
void fuzz_touch(const void *data, size_t size);

#endif
