/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* make_data.h: data sets of the folder form, made for one test. */
#ifndef TESTS_DATA_MAKE_DATA_H
#define TESTS_DATA_MAKE_DATA_H

#include <stdint.h>

/* folder/name with that text; folders of name are made. */
void put_text(const char *folder, const char *name, const char *text);
/* folder/name: a PNG of one grey, or of one class id. */
void put_image(const char *folder, const char *name, int width, int height, uint8_t grey);
void put_labels(const char *folder, const char *name, int width, int height, uint8_t id);
/* The same from pixels: channels 3, or 1 for labels. */
void put_pixels(const char *folder, const char *name, const uint8_t *pixels, int width, int height,
                int channels);

#endif
