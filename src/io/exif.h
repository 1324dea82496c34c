/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * exif.h: the one thing we want from EXIF, how the camera was held.
 *
 * Metadata is no reason to refuse a picture: whatever is damaged counts as orientation 1.
 */
#ifndef IO_EXIF_H
#define IO_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* Orientation 1..8 from a TIFF structure (what JPEG's APP1 and PNG's eXIf carry). */
int seg_exif_orientation(const uint8_t *tiff, size_t size);

#endif
