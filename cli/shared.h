/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* shared.h: what several verbs need. */
#ifndef CLI_SHARED_H
#define CLI_SHARED_H

#include <jansson.h>
#include <stdbool.h>

#include "cmd.h"
#include "seg/model.h"

/* The model at path, or the default one when path is NULL. On failure says why; NULL. */
seg_model *shared_load_model(const cmd *command, const char *path);

/* --precision, and what it says: float32 or bf16. */
#define PRECISION_OPTION(text)                                                                     \
    {                                                                                              \
        OPTION_TEXT, 0, "precision", "<how>", "dense convolutions in float32 or bf16", text        \
    }
int shared_read_precision(const cmd *command, const char *text, bool *bf16);

double shared_clock_ms(void); /* since some fixed moment */

/*
 * Print one line of JSON to stdout and free root. NULL root (jansson returns it when memory runs
 * out) is an error that is said. Returns CMD_DONE or CMD_FAILED.
 */
int shared_print_json(const cmd *command, json_t *root);

/* A number from 0 to 1, or null for NaN. */
json_t *shared_json_share(double share);

/* A path, or a text with one in it; bytes that are not UTF-8 become "?". */
json_t *shared_json_path(const char *path);

/* Text of a file for a terminal: control codes become "?", and 240 bytes are the most. In one of eight
 * rotating static buffers. */
const char *shared_plain(const char *text);
/* " background, road, ..." on standard output; long lists are cut. */
void shared_print_classes(const seg_model *model);

/* "12,345,678" in one of four rotating static buffers. */
const char *shared_grouped(int64_t number);

#endif
