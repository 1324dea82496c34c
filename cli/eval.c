/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* eval.c: how well a model labels a data set. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "import_options.h"
#include "options.h"
#include "seg/metrics.h"
#include "shared.h"

/* bands[0] is 0, all pixels, and the results of the others stand behind its. */
typedef struct report {
    int bands[SEG_BANDS_MAX], count;
    seg_metrics *metrics; /* [count] */
    int64_t *confusion;   /* count times classes x classes */
    int images;
} report;

static int show_progress(void *context, int done, int total)
{
    report *r = context;
    r->images = total;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rseg eval: %d of %d images%s", done, total, done == total ? "\n" : "");
    return 0;
}

/* "61.37", or "-" where there is nothing to divide by. */
static const char *percent(double share, char text[16])
{
    if (isnan(share))
        snprintf(text, 16, "-");
    else
        snprintf(text, 16, "%.2f", 100 * share);
    return text;
}

static void print_classes(const seg_model *model, const report *r)
{
    char iou[16], accuracy[16];
    printf("%4s  %-20s %8s %10s   (percent)\n", "id", "class", "IoU", "accuracy");
    for (int i = 0; i < r->metrics->classes; i++)
        printf("%4d  %-20s %8s %10s\n", i, seg_model_class_name(model, i),
               percent(r->metrics->iou[i], iou), percent(r->metrics->accuracy[i], accuracy));
}

/* Row: truth. Column: what the model said, in percent of the row. */
static void print_confusion(const seg_model *model, const report *r)
{
    int classes = r->metrics->classes;
    printf("\nconfusion: of the pixels of a row's class, percent labelled as the column's\n%24s",
           "");
    for (int j = 0; j < classes; j++)
        printf(" %5d", j);
    putchar('\n');
    for (int i = 0; i < classes; i++) {
        const int64_t *row = r->confusion + (size_t)i * (size_t)classes;
        int64_t total = 0;
        for (int j = 0; j < classes; j++)
            total += row[j];
        printf("%3d %-20.20s", i, seg_model_class_name(model, i));
        for (int j = 0; j < classes; j++) {
            if (total == 0)
                printf("     -");
            else
                printf(" %5.1f", 100.0 * (double)row[j] / (double)total);
        }
        putchar('\n');
    }
}

static void print_bands(const report *r)
{
    char iou[16], accuracy[16];
    printf("\nalong edges: of the pixels at most so far from another label in the truth\n"
           "%8s %16s %10s %15s   (percent)\n",
           "distance", "labelled pixels", "mean IoU", "pixel accuracy");
    for (int i = 1; i < r->count; i++)
        printf("%5d px %16s %10s %15s\n", r->bands[i], shared_grouped(r->metrics[i].pixels),
               percent(r->metrics[i].mean_iou, iou),
               percent(r->metrics[i].pixel_accuracy, accuracy));
}

static void print_text(const seg_model *model, const report *r)
{
    const seg_metrics *m = r->metrics;
    char text[4][16];
    print_classes(model, r);
    print_confusion(model, r);
    printf("\n%d images, %s labelled pixels\n", r->images, shared_grouped(m->pixels));
    printf("mean IoU %s  pixel accuracy %s  mean accuracy %s  frequency-weighted IoU %s\n",
           percent(m->mean_iou, text[0]), percent(m->pixel_accuracy, text[1]),
           percent(m->mean_accuracy, text[2]), percent(m->frequency_weighted_iou, text[3]));
    if (r->count > 1)
        print_bands(r);
}

/* NULL when memory runs out, or without bands. */
static json_t *json_bands(const report *r)
{
    json_t *bands = r->count > 1 ? json_array() : NULL;
    for (int i = 1; i < r->count; i++)
        json_array_append_new(bands,
                              json_pack("{s:i, s:o, s:o, s:I}", "px", r->bands[i], "miou",
                                        shared_json_share(r->metrics[i].mean_iou), "pixel_accuracy",
                                        shared_json_share(r->metrics[i].pixel_accuracy), "pixels",
                                        (json_int_t)r->metrics[i].pixels));
    return bands;
}

static int print_json(const seg_model *model, const report *r)
{
    const seg_metrics *m = r->metrics;
    json_t *classes = json_array(), *confusion = json_array();
    for (int i = 0; i < m->classes; i++) {
        json_t *row = json_array();
        for (int j = 0; j < m->classes; j++)
            json_array_append_new(row, json_integer(r->confusion[i * m->classes + j]));
        json_array_append_new(confusion, row);
        json_array_append_new(classes,
                              json_pack("{s:s, s:o, s:o}", "name", seg_model_class_name(model, i),
                                        "iou", shared_json_share(m->iou[i]), "accuracy",
                                        shared_json_share(m->accuracy[i])));
    }
    /* "*": no key without bands */
    return shared_print_json(&cmd_eval,
                             json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o*}", "miou",
                                       shared_json_share(m->mean_iou), "pixel_accuracy",
                                       shared_json_share(m->pixel_accuracy), "mean_accuracy",
                                       shared_json_share(m->mean_accuracy), "fw_iou",
                                       shared_json_share(m->frequency_weighted_iou), "classes",
                                       classes, "confusion", confusion, "bands", json_bands(r)));
}

static int evaluate(const seg_model *model, seg_evaluate_opts *opts, report *r, bool json)
{
    seg_error err;
    size_t classes = (size_t)seg_model_describe(model).classes, count = (size_t)r->count;
    int status = CMD_DONE;
    r->metrics = calloc(count, sizeof *r->metrics);
    r->confusion = calloc(count * classes * classes, sizeof *r->confusion);
    opts->progress = show_progress;
    opts->progress_context = r;
    if (r->metrics == NULL || r->confusion == NULL)
        status = cmd_fail(&cmd_eval, "out of memory for %zu classes", classes);
    else if (seg_evaluate_bands(model, opts, r->bands, r->count, r->metrics, r->confusion, &err) !=
             SEG_OK)
        status = cmd_fail(&cmd_eval, "%s", err.text);
    else if (json)
        status = print_json(model, r);
    else
        print_text(model, r);
    free(r->metrics);
    free(r->confusion);
    return status;
}

/* "1,2,4" behind bands[0]. */
static int read_bands(const char *text, report *r)
{
    const char *at = text;
    for (r->count = 1; at != NULL; r->count++) {
        char *end;
        long px = strtol(at, &end, 10);
        if (end == at || px < 1 || px > SEG_BAND_MAX_PX || (*end != ',' && *end != '\0'))
            return cmd_misuse(&cmd_eval,
                              "option --band needs whole numbers from 1 to %d with commas between "
                              "them, got '%s'",
                              SEG_BAND_MAX_PX, text);
        if (r->count == SEG_BANDS_MAX)
            return cmd_misuse(&cmd_eval, "option --band takes at most %d numbers, got '%s'",
                              SEG_BANDS_MAX - 1, text);
        r->bands[r->count] = (int)px;
        at = *end == ',' ? end + 1 : NULL;
    }
    return CMD_DONE;
}

static int eval_run(int argc, char **argv)
{
    const char *model_path = NULL, *bands = NULL, *precision = "float32";
    bool json = false;
    report r = {0};
    seg_evaluate_opts opts = {.split = "val", .format = "folder"};
    import_options import = {0};
    const option table[] = {
        {OPTION_TEXT, 'm', "model", "<file>", "the model, instead of the one built in",
         &model_path},
        {OPTION_TEXT, 'd', "data", "<dir>", "folder of the data set", &opts.data},
        {OPTION_TEXT, 's', "split", "<name>", "part of the data set", &opts.split},
        {OPTION_TEXT, 'f', "format", "<name>", "format of the data set", &opts.format},
        {OPTION_TEXT, 'b', "band", "<px,..>", "measure also within so many pixels of an edge",
         &bands},
        {OPTION_INT, 't', "threads", "<n>", "threads, 0: one per processor", &opts.threads, 0,
         1024},
        PRECISION_OPTION(&precision),
        {OPTION_FLAG, 0, "json", NULL, "the results as JSON", &json},
        IMPORT_OPTIONS(&import),
        {0}};
    int status, count = options_parse(&cmd_eval, table, argc, argv, &status);
    if (count < 0)
        return status;
    if (count > 0)
        return cmd_misuse(&cmd_eval, "no argument is expected, got '%s'", argv[0]);
    if (shared_read_precision(&cmd_eval, precision, &opts.bf16) != CMD_DONE)
        return CMD_USAGE;
    if (opts.data == NULL)
        return cmd_misuse(&cmd_eval, "no data set given: --data <dir>");
    status = read_bands(bands, &r);
    if (status != CMD_DONE)
        return status;
    seg_model *model = import_options_load(&cmd_eval, model_path, &import);
    if (model == NULL)
        return CMD_FAILED;
    status = evaluate(model, &opts, &r, json);
    seg_model_free(model);
    return status;
}

const cmd cmd_eval = {"eval", "measure a model on a data set with labels",
                      "seg eval [-m <model>] --data <dir> [<options>]", eval_run};
