/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* orient.h: turning a picture the way its camera was held. */
#ifndef IMAGE_ORIENT_H
#define IMAGE_ORIENT_H

#include "seg/image.h"

/*
 * Apply an EXIF orientation 1..8 (Exif 2.3, tag 0x0112; others count as 1) in place. On SEG_NOMEM
 * the image is as it was. name is for the sentence.
 */
seg_status seg_image_orient(seg_image_buffer *image, int orientation, const char *name,
                            seg_error *err);

#endif
