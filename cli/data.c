/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* data.c: what is wrong with a data set, and what is in it. */
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "seg/data.h"
#include "shared.h"

typedef struct request {
    seg_data_opts opts;
    bool json;
    json_t *list; /* of problems or splits */
} request;

/* ---- check ---- */

static void add_problem(void *context, const seg_data_problem *p)
{
    request *r = context;
    bool pixel = p->x >= 0;
    json_array_append_new(r->list, json_pack("{s:s?, s:o, s:o, s:o, s:o, s:o, s:I, s:s?}", "split",
                                             p->split, "path", shared_json_path(p->path), "text",
                                             shared_json_path(p->text), "x",
                                             pixel ? json_integer(p->x) : json_null(), "y",
                                             pixel ? json_integer(p->y) : json_null(), "value",
                                             pixel ? json_integer(p->value) : json_null(), "pixels",
                                             (json_int_t)p->pixels, "remedy", p->remedy));
}

static void print_problem(void *context, const seg_data_problem *p)
{
    (void)context;
    if (p->remedy == NULL)
        printf("%s\n", p->text);
    else
        printf("\n%s: %s\nremedy: %s\n", p->path, p->text, p->remedy);
}

static int check(request *r)
{
    seg_data_checked counts;
    seg_error err;
    seg_data_problem_told told = r->json ? add_problem : print_problem;
    if (seg_data_check(&r->opts, told, r, &counts, &err) != SEG_OK)
        return cmd_fail(&cmd_data, "%s", err.text);
    if (r->json) {
        int status = shared_print_json(
            &cmd_data, json_pack("{s:i, s:I, s:O}", "splits", counts.splits, "images",
                                 (json_int_t)counts.images, "problems", r->list));
        return counts.problems > 0 ? CMD_FAILED : status;
    }
    printf("%s%s images with labels in %d split%s: %s problem%s\n", counts.problems > 0 ? "\n" : "",
           shared_grouped(counts.images), counts.splits, counts.splits == 1 ? "" : "s",
           counts.problems > 0 ? shared_grouped(counts.problems) : "no",
           counts.problems == 1 ? "" : "s");
    return counts.problems > 0 ? CMD_FAILED : CMD_DONE;
}

/* ---- stats ---- */

static void add_split(void *context, const seg_split_stats *s)
{
    request *r = context;
    json_t *classes = json_array();
    for (int id = 0; id < s->classes; id++) {
        const seg_class_stats *c = &s->class_stats[id];
        json_array_append_new(classes,
                              json_pack("{s:s, s:I, s:I, s:f, s:f}", "name", c->name, "pixels",
                                        (json_int_t)c->pixels, "images", (json_int_t)c->images,
                                        "share", c->share, "weight", c->weight));
    }
    json_array_append_new(
        r->list,
        json_pack("{s:o, s:I, s:[i, i], s:[i, i], s:I, s:I, s:[f, f, f], s:[f, f, f], s:o}",
                  "split", shared_json_path(s->split), "images", (json_int_t)s->images, "width",
                  s->least_width, s->most_width, "height", s->least_height, s->most_height,
                  "labelled", (json_int_t)s->labelled, "ignored", (json_int_t)s->ignored, "mean",
                  s->mean[0], s->mean[1], s->mean[2], "std", s->std[0], s->std[1], s->std[2],
                  "classes", classes));
}

static void print_split(void *context, const seg_split_stats *s)
{
    request *r = context;
    double all = (double)(s->labelled + s->ignored);
    bool equal = s->least_width == s->most_width && s->least_height == s->most_height;
    if (json_array_size(r->list) > 0)
        putchar('\n');
    json_array_append_new(r->list, json_true()); /* counts the splits */
    printf("%s: %s images, ", s->split, shared_grouped(s->images));
    if (equal)
        printf("all %dx%d\n", s->most_width, s->most_height);
    else
        printf("%d to %d pixels wide, %d to %d high\n", s->least_width, s->most_width,
               s->least_height, s->most_height);
    printf("mean RGB %.4f %.4f %.4f, deviation %.4f %.4f %.4f (0..1)\n", s->mean[0], s->mean[1],
           s->mean[2], s->std[0], s->std[1], s->std[2]);
    printf("%s labelled pixels, %s to ignore (%.2f %%)\n", shared_grouped(s->labelled),
           shared_grouped(s->ignored), 100 * (double)s->ignored / all);
    printf("%4s  %-20s %9s %16s %8s %8s\n", "id", "class", "percent", "pixels", "images", "weight");
    for (int id = 0; id < s->classes; id++) {
        const seg_class_stats *c = &s->class_stats[id];
        printf("%4d  %-20s %9.3f %16s %8s %8.3f\n", id, c->name, 100 * c->share,
               shared_grouped(c->pixels), shared_grouped(c->images), c->weight);
    }
}

static int stats(request *r)
{
    seg_error err;
    if (seg_data_measure(&r->opts, r->json ? add_split : print_split, r, &err) != SEG_OK)
        return cmd_fail(&cmd_data, "%s", err.text);
    return r->json ? shared_print_json(&cmd_data, json_pack("{s:O}", "splits", r->list)) : CMD_DONE;
}

/* ---- the verb ---- */

static int data_run(int argc, char **argv)
{
    request r = {.opts = {.format = "folder"}};
    const option table[] = {
        {OPTION_TEXT, 's', "split", "<name>", "only this part of the data set", &r.opts.split},
        {OPTION_TEXT, 'f', "format", "<name>", "format of the data set", &r.opts.format},
        {OPTION_INT, 't', "threads", "<n>", "threads, 0: one per processor", &r.opts.threads, 0,
         1024},
        {OPTION_FLAG, 0, "json", NULL, "the results as JSON", &r.json},
        {0}};
    int status, count = options_parse(&cmd_data, table, argc, argv, &status);
    if (count < 0)
        return status;
    bool checks = count > 0 && strcmp(argv[0], "check") == 0;
    if (!checks && (count == 0 || strcmp(argv[0], "stats") != 0))
        return cmd_misuse(&cmd_data, "check or stats is expected, got '%s'",
                          count > 0 ? argv[0] : "");
    if (count != 2)
        return cmd_misuse(&cmd_data, "one folder is expected, got %d", count - 1);
    r.opts.data = argv[1];
    r.list = json_array();
    if (r.list == NULL)
        return cmd_fail(&cmd_data, "out of memory");
    status = checks ? check(&r) : stats(&r);
    json_decref(r.list);
    return status;
}

const cmd cmd_data = {"data", "check a data set, or say what is in it",
                      "seg data check|stats [<options>] <dir>", data_run};
