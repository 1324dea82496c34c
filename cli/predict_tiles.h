/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* predict_tiles.h: seg predict's way with images too large for memory. */
#ifndef CLI_PREDICT_TILES_H
#define CLI_PREDICT_TILES_H

#include "cmd.h"
#include "seg/tiles.h"

/* What --tile says. */
typedef struct tile_choice {
    enum { TILE_AUTO, TILE_OFF, TILE_FULL } how;
    int side; /* pixels, with TILE_FULL; 0: what fits */
} tile_choice;

/* Returns CMD_DONE, or CMD_USAGE after a sentence. */
int tile_choice_read(const cmd *command, const char *text, tile_choice *choice);

/* What the two ways depend on. */
typedef struct tile_settings {
    tile_choice choice;
    int threads, memory_mb;
    double alpha;
    bool bf16;
} tile_settings;

/* Whether the image at path goes row by row. A file that cannot be read does not: the usual way says
 * why. */
bool tile_wanted(const tile_settings *s, const seg_model *model, const char *path);

/* What tile_wanted asked for. *whole: this file is better done the usual way, and nothing was said or
 * written. */
seg_status tile_predict(const tile_settings *s, const seg_model *model, const char *path,
                        const char *mask, const char *overlay, seg_tile_report *report, bool *whole,
                        seg_error *err);

#endif
