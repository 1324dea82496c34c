/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* options.c: one table, made of the list in seg/train.h, that checks, writes, reads, compares. */
#include "train/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "io/json.h"
#include "train/loss_sum.h"
#include "train/optimiser.h"
#include "train/schedule.h"

typedef struct field {
    const char *name;
    enum { TEXT, INT, NUMBER, FLAG, SIZE } type;
    size_t offset;
    double min, max;
    bool fixed;
} field;

static const field fields[] = {
#define SEG_FIELD(TYPE, name, value, min, max, fixed, argument, help)                              \
    {#name, TYPE, offsetof(seg_train_opts, name), min, max, fixed},
    SEG_TRAIN_OPTS_MAP(SEG_FIELD)
#undef SEG_FIELD
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

/* Settings of networks: whole ones are int64_t fields, others double. */
static const struct {
    seg_setting_info info;
    size_t offset;
} settings[] = {
#define SEG_FIELD(field, value, min, max, help)                                                    \
    {{#field, help, min, max, true}, offsetof(seg_net_config, field)},
    SEG_NET_INT_MAP(SEG_FIELD)
#undef SEG_FIELD
#define SEG_FIELD(field, value, min, max, help)                                                    \
    {{#field, help, min, max, false}, offsetof(seg_net_config, field)},
        SEG_NET_FLOAT_MAP(SEG_FIELD)
#undef SEG_FIELD
};

enum { SETTING_COUNT = sizeof settings / sizeof *settings };

bool seg_setting_at(int index, seg_setting_info *out)
{
    /* "classes" is the first of the list, and comes from the data set. */
    if (index < 0 || index >= SETTING_COUNT - 1)
        return false;
    *out = settings[index + 1].info;
    return true;
}

void seg_train_opts_default(seg_train_opts *opts)
{
#define SEG_DEFAULT_TEXT(field, value)   opts->field = value;
#define SEG_DEFAULT_INT(field, value)    opts->field = value;
#define SEG_DEFAULT_NUMBER(field, value) opts->field = value;
#define SEG_DEFAULT_FLAG(field, value)   opts->field = value;
#define SEG_DEFAULT_SIZE(field, value)   opts->field = (seg_train_size){value, value};
#define SEG_FIELD(TYPE, field, value, min, max, fixed, argument, help)                             \
    SEG_DEFAULT_##TYPE(field, value)
    *opts = (seg_train_opts){0};
    SEG_TRAIN_OPTS_MAP(SEG_FIELD)
#undef SEG_FIELD
}

static const void *at(const seg_train_opts *opts, const field *f)
{
    return (const char *)opts + f->offset;
}

/* ---- check ---- */

static seg_status check_range(const field *f, double value, seg_error *err)
{
    if (value >= f->min && value <= f->max)
        return SEG_OK;
    return seg_fail(err, SEG_INVALID, "%s: %g is not within %g..%g", f->name, value, f->min,
                    f->max);
}

static seg_status check_field(const seg_train_opts *opts, const field *f, seg_error *err)
{
    switch (f->type) {
    case INT:
        return check_range(f, *(const int *)at(opts, f), err);
    case NUMBER:
        return check_range(f, *(const double *)at(opts, f), err);
    case SIZE: {
        const seg_train_size *size = at(opts, f);
        if (size->height == 0 && size->width == 0)
            return SEG_OK;
        seg_status status = check_range(f, size->height, err);
        return status == SEG_OK ? check_range(f, size->width, err) : status;
    }
    case TEXT:
    case FLAG:
        break;
    }
    return SEG_OK;
}

/* SEG_INVALID with the names there are: next(0), next(1), ... */
static seg_status unknown_name(const char *what, const char *given, const char *(*next)(int),
                               seg_error *err)
{
    seg_strbuf names = {0};
    for (int i = 0; next(i) != NULL; i++)
        seg_strbuf_addf(&names, "%s%s", i > 0 ? ", " : "", next(i));
    seg_status status = seg_fail(err, SEG_INVALID, "%s: no '%s', there are %s", what, given,
                                 names.failed ? "others" : names.text);
    seg_strbuf_release(&names);
    return status;
}

static const char *optimiser_name(int i)
{
    return seg_optimiser_at(i) != NULL ? seg_optimiser_at(i)->name : NULL;
}

static const char *schedule_name(int i)
{
    return seg_schedule_at(i) != NULL ? seg_schedule_at(i)->name : NULL;
}

static const char *weighting_name(int i)
{
    static const char *const names[] = {"none", "median", NULL};
    return names[i];
}

static const char *nonfinite_name(int i)
{
    static const char *const names[] = {"stop", "rollback", NULL};
    return names[i];
}

static const char *precision_name(int i)
{
    static const char *const names[] = {"float32", "bf16", NULL};
    return names[i];
}

static const char *init_bn_name(int i)
{
    static const char *const names[] = {"auto", "keep", "rebuild", NULL};
    return names[i];
}

static seg_status check_name(const char *what, const char *given, const char *(*next)(int),
                             seg_error *err)
{
    for (int i = 0; given != NULL && next(i) != NULL; i++) {
        if (strcmp(next(i), given) == 0)
            return SEG_OK;
    }
    return unknown_name(what, given != NULL ? given : "", next, err);
}

seg_status seg_train_opts_check(const seg_train_opts *opts, seg_error *err)
{
    seg_net_config config;
    seg_loss_sum loss;
    seg_status status = SEG_OK;
    if (opts->data == NULL || opts->out == NULL)
        return seg_fail(err, SEG_INVALID, "%s: must be given", opts->data == NULL ? "data" : "out");
    for (int i = 0; status == SEG_OK && i < FIELD_COUNT; i++)
        status = check_field(opts, &fields[i], err);
    if (status == SEG_OK && opts->scale_min > opts->scale_max)
        status = seg_fail(err, SEG_INVALID, "scale_min: %g is larger than scale_max %g",
                          opts->scale_min, opts->scale_max);
    const struct {
        const char *what, *given;
        const char *(*next)(int);
    } names[] = {
        {"optimiser", opts->optimiser, optimiser_name},
        {"schedule", opts->schedule, schedule_name},
        {"class_weights", opts->class_weights, weighting_name},
        {"on_nonfinite", opts->on_nonfinite, nonfinite_name},
        {"init_bn", opts->init_bn, init_bn_name},
        {"precision", opts->precision, precision_name},
    };
    for (size_t i = 0; status == SEG_OK && i < sizeof names / sizeof *names; i++)
        status = check_name(names[i].what, names[i].given, names[i].next, err);
    if (status == SEG_OK)
        status = seg_loss_sum_parse(&loss, opts->loss, err);
    if (status == SEG_OK)
        status = seg_train_net_config(opts, &config, err);
    return status;
}

static seg_status apply_setting(seg_net_config *config, const seg_setting *setting, seg_error *err)
{
    const double value = setting->value;
    int i = 1; /* not the classes */
    while (i < SETTING_COUNT && strcmp(settings[i].info.name, setting->name) != 0)
        i++;
    if (i == SETTING_COUNT)
        return seg_fail(err, SEG_INVALID, "%s: not a setting of networks", setting->name);
    const seg_setting_info *info = &settings[i].info;
    if (!(value >= info->min && value <= info->max) || (info->whole && value != floor(value)))
        return seg_fail(err, SEG_INVALID, "%s: %g is not a %snumber within %g..%g", info->name,
                        value, info->whole ? "whole " : "", info->min, info->max);
    void *where = (char *)config + settings[i].offset;
    if (info->whole)
        *(int64_t *)where = (int64_t)value;
    else
        *(double *)where = value;
    return SEG_OK;
}

seg_status seg_train_net_config(const seg_train_opts *opts, seg_net_config *config, seg_error *err)
{
    seg_status status = seg_net_config_default(config, opts->net, err);
    if (status == SEG_OK && opts->backbone != NULL) {
        if (seg_backbone_find(opts->backbone) == NULL)
            return seg_fail(err, SEG_INVALID, "backbone: no '%s'", opts->backbone);
        memset(config->backbone, 0, sizeof config->backbone);
        memcpy(config->backbone, opts->backbone, strlen(opts->backbone));
    }
    for (int i = 0; status == SEG_OK && i < opts->setting_count; i++)
        status = apply_setting(config, &opts->settings[i], err);
    return status == SEG_OK ? seg_net_config_check(config, err) : status;
}

/* ---- config.json ---- */

static json_t *field_to_json(const seg_train_opts *opts, const field *f)
{
    switch (f->type) {
    case TEXT: {
        const char *text = *(const char *const *)at(opts, f);
        return text != NULL ? json_string(text) : json_null();
    }
    case INT:
        return json_integer(*(const int *)at(opts, f));
    case NUMBER:
        return json_real(*(const double *)at(opts, f));
    case FLAG:
        return json_boolean(*(const bool *)at(opts, f));
    case SIZE: {
        const seg_train_size *size = at(opts, f);
        return json_pack("[i,i]", size->height, size->width);
    }
    }
    return NULL;
}

seg_status seg_train_opts_write(const seg_train_opts *opts, const char *path, seg_error *err)
{
    json_t *root = json_object(), *chosen = json_object();
    seg_status status = SEG_OK;
    if (root == NULL || chosen == NULL)
        status = seg_fail_nomem(err, 64, path);
    for (int i = 0; status == SEG_OK && i < FIELD_COUNT; i++)
        status = seg_json_put(root, fields[i].name, field_to_json(opts, &fields[i]), path, err);
    for (int i = 0; status == SEG_OK && i < opts->setting_count; i++)
        status = seg_json_put(chosen, opts->settings[i].name, json_real(opts->settings[i].value),
                              path, err);
    if (status == SEG_OK)
        status = seg_json_put(root, "settings", json_incref(chosen), path, err);
    char *text = status == SEG_OK ? json_dumps(root, JSON_INDENT(2)) : NULL;
    if (status == SEG_OK)
        status = text != NULL ? seg_file_write(path, text, strlen(text), err)
                              : seg_fail_nomem(err, 4096, path);
    free(text);
    json_decref(chosen);
    json_decref(root);
    return status;
}

static seg_status read_text(seg_train_opts *opts, const field *f, const json_t *root,
                            const char *path, seg_arena *arena, seg_error *err)
{
    const char *text = NULL, **where = (const char **)(void *)((char *)opts + f->offset);
    if (json_is_null(json_object_get(root, f->name))) {
        *where = NULL;
        return SEG_OK;
    }
    seg_status status = seg_json_string(root, f->name, path, &text, err);
    if (status != SEG_OK)
        return status;
    *where = seg_arena_strdup(arena, text);
    return *where != NULL ? SEG_OK : seg_fail_nomem(err, strlen(text) + 1, path);
}

static seg_status read_field(seg_train_opts *opts, const field *f, const json_t *root,
                             const char *path, seg_arena *arena, seg_error *err)
{
    void *where = (char *)opts + f->offset;
    seg_status status = SEG_OK;
    int64_t integer;
    double sides[2];
    if (json_object_get(root, f->name) == NULL)
        return SEG_OK;
    switch (f->type) {
    case TEXT:
        return read_text(opts, f, root, path, arena, err);
    case INT:
        status =
            seg_json_integer(root, f->name, path, (int64_t)f->min, (int64_t)f->max, &integer, err);
        if (status == SEG_OK)
            *(int *)where = (int)integer;
        return status;
    case NUMBER:
        return seg_json_real(root, f->name, path, f->min, f->max, where, err);
    case FLAG:
        return seg_json_boolean(root, f->name, path, where, err);
    case SIZE:
        status = seg_json_reals(root, f->name, path, 2, sides, err);
        if (status == SEG_OK &&
            (!(sides[0] >= 0 && sides[0] <= f->max) || !(sides[1] >= 0 && sides[1] <= f->max)))
            status = seg_fail(err, SEG_FORMAT, "%s: %s: %g x %g is not a size", path, f->name,
                              sides[0], sides[1]);
        if (status == SEG_OK)
            *(seg_train_size *)where = (seg_train_size){(int)sides[0], (int)sides[1]};
        return status;
    }
    return status;
}

static seg_status read_settings(seg_train_opts *opts, const json_t *root, const char *path,
                                seg_arena *arena, seg_error *err)
{
    json_t *object, *value;
    const char *name;
    if (json_object_get(root, "settings") == NULL)
        return SEG_OK;
    seg_status status = seg_json_object(root, "settings", path, &object, err);
    if (status != SEG_OK)
        return status;
    size_t size = (json_object_size(object) + 1) * sizeof(seg_setting);
    seg_setting *list = seg_arena_alloc(arena, size);
    if (list == NULL)
        return seg_fail_nomem(err, size, path);
    opts->settings = list;
    json_object_foreach(object, name, value)
    {
        if (!json_is_number(value))
            return seg_fail(err, SEG_FORMAT, "%s: settings: %s is not a number", path, name);
        seg_setting *setting = &list[opts->setting_count++];
        setting->value = json_number_value(value);
        setting->name = seg_arena_strdup(arena, name);
        if (setting->name == NULL)
            return seg_fail_nomem(err, strlen(name) + 1, path);
    }
    return SEG_OK;
}

seg_status seg_train_opts_read(seg_train_opts *opts, const char *path, seg_arena *arena,
                               seg_error *err)
{
    uint8_t *data;
    size_t size;
    json_t *root = NULL;
    const char *keys[FIELD_COUNT + 2] = {0};
    seg_train_opts_default(opts);
    for (int i = 0; i < FIELD_COUNT; i++)
        keys[i] = fields[i].name;
    keys[FIELD_COUNT] = "settings";
    seg_status status = seg_file_read(path, 1 << 20, &data, &size, err);
    if (status == SEG_OK)
        status = seg_json_parse(&root, data, size, path, err);
    if (status == SEG_OK)
        status = seg_json_only(root, keys, path, err);
    for (int i = 0; status == SEG_OK && i < FIELD_COUNT; i++)
        status = read_field(opts, &fields[i], root, path, arena, err);
    if (status == SEG_OK)
        status = read_settings(opts, root, path, arena, err);
    json_decref(root);
    free(data);
    return status;
}

/* ---- resuming ---- */

static bool same_field(const seg_train_opts *a, const seg_train_opts *b, const field *f)
{
    const void *x = at(a, f), *y = at(b, f);
    switch (f->type) {
    case TEXT: {
        const char *s = *(const char *const *)x, *t = *(const char *const *)y;
        return s == t || (s != NULL && t != NULL && strcmp(s, t) == 0);
    }
    case INT:
        return *(const int *)x == *(const int *)y;
    case NUMBER:
        return !(*(const double *)x < *(const double *)y) &&
               !(*(const double *)x > *(const double *)y);
    case FLAG:
        return *(const bool *)x == *(const bool *)y;
    case SIZE:
        return memcmp(x, y, sizeof(seg_train_size)) == 0;
    }
    return false;
}

static bool same_settings(const seg_train_opts *a, const seg_train_opts *b)
{
    seg_net_config x, y;
    memset(&x, 0, sizeof x);
    memset(&y, 0, sizeof y);
    return seg_train_net_config(a, &x, NULL) == SEG_OK &&
           seg_train_net_config(b, &y, NULL) == SEG_OK && memcmp(&x, &y, sizeof x) == 0;
}

seg_status seg_train_opts_same(const seg_train_opts *stored, const seg_train_opts *given,
                               seg_error *err)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (fields[i].fixed && !same_field(stored, given, &fields[i]))
            return seg_fail(err, SEG_MISMATCH,
                            "%s: differs from the run in %s, which cannot change it midway",
                            fields[i].name, given->out);
    }
    if (!same_settings(stored, given))
        return seg_fail(err, SEG_MISMATCH,
                        "settings of the network differ from the run in %s, which cannot change "
                        "them midway",
                        given->out);
    return SEG_OK;
}
