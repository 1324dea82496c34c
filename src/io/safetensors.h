/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * safetensors.h: named tensors and text metadata in one file.
 *
 * Format: 8 bytes little-endian header size, a JSON header {"name": {"dtype", "shape",
 * "data_offsets"}, "__metadata__": {text: text}}, then the data
 * (github.com/huggingface/safetensors, README "Format"). Read tensors are views into the one buffer
 * of the file.
 */
#ifndef IO_SAFETENSORS_H
#define IO_SAFETENSORS_H

#include "seg/status.h"
#include "tensor/tensor.h"

typedef struct seg_safetensors seg_safetensors;

/* Every offset, size, overlap, dtype and rank is checked before anything is returned. */
seg_status seg_safetensors_read(seg_safetensors **out, const char *path, seg_error *err);
/* From memory: data must live as long as the result, aligned to 8; name is for errors. */
seg_status seg_safetensors_parse(seg_safetensors **out, const void *data, size_t size,
                                 const char *name, seg_error *err);
void seg_safetensors_free(seg_safetensors *file);

int seg_safetensors_count(const seg_safetensors *file);
const char *seg_safetensors_name(const seg_safetensors *file, int index);
seg_tensor seg_safetensors_tensor(const seg_safetensors *file, int index);
int seg_safetensors_find(const seg_safetensors *file, const char *name); /* -1: none */
/* Metadata by key, or NULL. */
const char *seg_safetensors_metadata(const seg_safetensors *file, const char *key);

typedef struct seg_safetensors_entry {
    const char *name;
    seg_tensor tensor;
} seg_safetensors_entry;

/* Write whole or not at all (beside, then rename). metadata: `pairs` keys and values in turn. */
seg_status seg_safetensors_write(const char *path, int count, const seg_safetensors_entry *entries,
                                 int pairs, const char *const *metadata, seg_error *err);

#endif
