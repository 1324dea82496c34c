/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * class_list.h: classes.txt, the names and colours of a data set's classes.
 *
 *   # one class a line, the first is id 0; empty lines and lines that start with # do not count
 *   sky
 *   traffic light 250 170 30
 *
 * Three integers at a line's end are its colour (red, green, blue, 0..255); without them a class
 * has the colour of PASCAL VOC's palette for its id.
 */
#ifndef DATA_CLASS_LIST_H
#define DATA_CLASS_LIST_H

#include "data/dataset.h"

/*
 * Errors: SEG_IO, SEG_FORMAT (no class, more than 255, a name that is empty, too long, twice there
 * or not UTF-8, a colour out of range; the sentence starts with path:line), SEG_NOMEM.
 */
seg_status seg_class_list_read(seg_class_list *out, const char *path, seg_error *err);

/* The same from text[size], which is cut up and must have a zero byte behind its end. */
seg_status seg_class_list_parse(seg_class_list *out, char *text, size_t size, const char *name,
                                seg_error *err);

#endif
