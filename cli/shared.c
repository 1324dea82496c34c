/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* shared.c: what several verbs need. */
#define _POSIX_C_SOURCE 200809L
#include "shared.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

seg_model *shared_load_model(const cmd *command, const char *path)
{
    seg_model *model;
    seg_error err;
    seg_status status =
        path != NULL ? seg_model_load(&model, path, &err) : seg_model_load_default(&model, &err);
    if (status != SEG_OK)
        cmd_fail(command, "%s", err.text);
    return model;
}

int shared_read_precision(const cmd *command, const char *text, bool *bf16)
{
    *bf16 = strcmp(text, "bf16") == 0;
    if (!*bf16 && strcmp(text, "float32") != 0)
        return cmd_misuse(command, "option --precision needs float32 or bf16, got '%s'", text);
    return CMD_DONE;
}

double shared_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

int shared_print_json(const cmd *command, json_t *root)
{
    char *text = root != NULL ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(root);
    if (text == NULL)
        return cmd_fail(command, "out of memory for the JSON");
    puts(text);
    free(text);
    return CMD_DONE;
}

json_t *shared_json_share(double share)
{
    return isnan(share) ? json_null() : json_real(share);
}

json_t *shared_json_path(const char *path)
{
    json_t *text = json_string(path);
    char *plain = text == NULL ? strdup(path) : NULL;
    for (char *at = plain; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    if (plain != NULL)
        text = json_string(plain);
    free(plain);
    return text;
}

const char *shared_plain(const char *text)
{
    static char buffers[8][241];
    static int next;
    char *out = buffers[next++ % 8];
    snprintf(out, sizeof buffers[0], "%s", text);
    for (char *at = out; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    }
    return out;
}

const char *shared_grouped(int64_t number)
{
    static char buffers[4][32];
    static int next;
    char digits[24], *out = buffers[next++ % 4];
    int length = snprintf(digits, sizeof digits, "%" PRId64, number), at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

void shared_print_classes(const seg_model *model)
{
    enum { SHOWN = 40 };
    const int count = seg_model_describe(model).classes;
    for (int i = 0; i < count && i < SHOWN; i++)
        printf("%s %s", i > 0 ? "," : "", seg_model_class_name(model, i));
    if (count > SHOWN)
        printf(" and %d more", count - SHOWN);
}
