/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* image_file.h: what seg_image_read and seg_labels_read do, from memory. */
#ifndef IO_IMAGE_FILE_H
#define IO_IMAGE_FILE_H

#include "seg/image.h"

/* name starts the error sentences. */
seg_status seg_image_decode(seg_image_buffer *out, const void *data, size_t size, const char *name,
                            seg_error *err);
seg_status seg_labels_decode(seg_image_buffer *out, const void *data, size_t size, const char *name,
                             seg_error *err);

#endif
