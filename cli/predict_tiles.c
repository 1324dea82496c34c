/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * predict_tiles.c: seg predict's way with images too large for memory.
 *
 * By itself it only changes where things are: labels are those of the usual way. Seeing an image at
 * its full size with a model that wants it smaller gives other labels, so that is asked for.
 */
#define _POSIX_C_SOURCE 200809L
#include "predict_tiles.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Pixels: an image and its overlay take 200 MB then. */
static const int64_t LARGE_IMAGE = 1 << 25;

int tile_choice_read(const cmd *command, const char *text, tile_choice *choice)
{
    char *end;
    *choice = (tile_choice){.how = TILE_FULL};
    if (strcmp(text, "auto") == 0)
        choice->how = TILE_AUTO;
    else if (strcmp(text, "off") == 0)
        choice->how = TILE_OFF;
    if (choice->how != TILE_FULL || strcmp(text, "full") == 0)
        return CMD_DONE;
    const long side = strtol(text, &end, 10);
    if (end == text || *end != '\0' || side < 1 || side > SEG_MAX_SIDE)
        return cmd_misuse(command,
                          "option --tile needs auto, off, full or pixels from 1 to %d, got '%s'",
                          SEG_MAX_SIDE, text);
    choice->side = (int)side;
    return CMD_DONE;
}

static bool is_imported(const seg_model *model)
{
    return seg_model_describe(model).backbone[0] == '\0';
}

bool tile_wanted(const tile_settings *s, const seg_model *model, const char *path)
{
    seg_model_cost cost;
    seg_error ignored;
    int width, height;
    if (s->choice.how == TILE_FULL)
        return true;
    if (s->choice.how == TILE_OFF || is_imported(model) ||
        seg_image_size(path, &width, &height, &ignored) != SEG_OK)
        return false;
    if ((int64_t)width * height > LARGE_IMAGE)
        return true;
    return s->memory_mb > 0 && seg_model_measure(model, width, height, &cost, &ignored) == SEG_OK &&
           cost.activation_bytes > (int64_t)s->memory_mb << 20;
}

/* On a terminal; minutes pass. */
static bool show_progress(void *context, double share)
{
    fprintf(stderr, "\r%s: %.0f %% ", (const char *)context, 100 * share);
    return true;
}

seg_status tile_predict(const tile_settings *s, const seg_model *model, const char *path,
                        const char *mask, const char *overlay, seg_tile_report *report, bool *whole,
                        seg_error *err)
{
    const bool terminal = isatty(STDERR_FILENO) != 0;
    union {
        const char *text;
        void *context;
    } shown = {path};
    const seg_tile_opts opts = {.threads = s->threads,
                                .memory_limit = (size_t)s->memory_mb << 20,
                                .side = s->choice.side,
                                .full_size = s->choice.how == TILE_FULL,
                                .bf16 = s->bf16,
                                .progress = terminal ? show_progress : NULL,
                                .progress_context = shown.context};
    seg_status status =
        seg_segment_file(model, path, mask, overlay, (float)s->alpha, &opts, report, err);
    if (terminal)
        fputs("\r\033[K", stderr);
    *whole = status == SEG_LIMIT && s->choice.how == TILE_AUTO && s->memory_mb == 0;
    return status;
}
