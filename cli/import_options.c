/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* import_options.c: texts of options to what seg_model_import takes. */
#include "import_options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shared.h"

/* The number at *text, which moves behind it. */
static bool take_number(const char **text, float *number)
{
    char *end;
    errno = 0;
    *number = strtof(*text, &end);
    bool fits = end != *text && errno == 0 && isfinite(*number);
    *text = end;
    return fits;
}

/* "x" for all three or "r,g,b"; NULL is fine. */
static bool read_channels(const cmd *command, const char *name, const char *text, float out[3])
{
    const char *at = text;
    if (text == NULL)
        return true;
    bool fits = take_number(&at, &out[0]);
    out[1] = out[2] = out[0];
    for (int c = 1; fits && c < 3 && *at != '\0'; c++) {
        fits = *at == ',';
        at++;
        fits = fits && take_number(&at, &out[c]) && (c == 2 || *at == ',');
    }
    if (fits && *at == '\0')
        return true;
    cmd_misuse(command, "--%s: '%s' is neither a number nor three with commas between", name, text);
    return false;
}

/* Numbers that seg_import_opts points to. */
typedef struct numbers {
    float mean[3], std[3], threshold;
} numbers;

static bool read_options(const cmd *command, const import_options *o, numbers *n,
                         seg_import_opts *opts)
{
    const char *end = o->threshold;
    if (!read_channels(command, "mean", o->mean, n->mean) ||
        !read_channels(command, "std", o->std, n->std))
        return false;
    if (o->threshold != NULL && (!take_number(&end, &n->threshold) || *end != '\0')) {
        cmd_misuse(command, "--threshold: '%s' is not a number", o->threshold);
        return false;
    }
    *opts = (seg_import_opts){.labels = o->labels,
                              .mean = o->mean != NULL ? n->mean : NULL,
                              .std = o->std != NULL ? n->std : NULL,
                              .layout = o->layout,
                              .height = o->input_size.height,
                              .width = o->input_size.width,
                              .fit = o->fit,
                              .output = o->output,
                              .threshold = o->threshold != NULL ? &n->threshold : NULL,
                              .dequantise = o->dequantise};
    return true;
}

seg_model *import_options_load(const cmd *command, const char *path, const import_options *o)
{
    numbers n;
    seg_import_opts opts;
    seg_model *model;
    seg_error err;
    if (path == NULL &&
        (o->labels != NULL || o->mean != NULL || o->std != NULL || o->layout != NULL ||
         o->fit != NULL || o->output != NULL || o->threshold != NULL || o->input_size.height > 0 ||
         o->dequantise)) {
        cmd_misuse(command, "--labels, --mean and the like are for imported models: -m <file>");
        return NULL;
    }
    if (path == NULL)
        return shared_load_model(command, NULL);
    if (!read_options(command, o, &n, &opts))
        return NULL;
    if (seg_model_import(&model, path, &opts, &err) != SEG_OK)
        cmd_fail(command, "%s", err.text);
    return model;
}

seg_model *import_options_graft(const cmd *command, const char *path, const char *net,
                                const import_options *o, char *report, size_t report_size)
{
    numbers n;
    seg_import_opts opts;
    seg_model *model;
    seg_error err;
    if (!read_options(command, o, &n, &opts))
        return NULL;
    if (seg_model_graft(&model, path, net, &opts, 1, report, report_size, &err) != SEG_OK)
        cmd_fail(command, "%s", err.text);
    return model;
}
