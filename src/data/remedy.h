/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* remedy.h: what masks that hold no class ids were meant to be, guessed from all their values. */
#ifndef DATA_REMEDY_H
#define DATA_REMEDY_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "data/dataset.h"

enum { SEG_REMEDY_COLORS = 256 };

/* What a data set's label files hold. */
typedef struct seg_label_facts {
    bool values[256];                        /* of files that hold one number for each pixel */
    seg_color colors[SEG_REMEDY_COLORS + 1]; /* of files that hold colours, different ones */
    int color_count; /* more than SEG_REMEDY_COLORS: too many to be classes */
} seg_label_facts;

/* True when the values, or the colours, look like something else than ids of these classes: then
 * text has a sentence that says so, and remedy one that says what to do. */
bool seg_remedy_of_values(const seg_label_facts *facts, const seg_class_list *classes,
                          seg_strbuf *text, seg_strbuf *remedy);
bool seg_remedy_of_colors(const seg_label_facts *facts, const seg_class_list *classes,
                          seg_strbuf *text, seg_strbuf *remedy);

#endif
