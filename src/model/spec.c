/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * spec.c: seg_model_spec as JSON and back.
 *
 * Reading is strict: an unknown key or a value of the wrong type is an error that names it, so a
 * typing error or a file of a later version never runs as something else. A network setting that
 * is absent has its default, so files stay readable when a setting is added.
 */
#include "model/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/json.h"

/* ---- to JSON ---- */

static const char WHAT[] = "model description";

static seg_status put_net(json_t *object, const seg_net_config *net, seg_error *err)
{
    seg_status status = seg_json_put_string(object, "net", net->net, WHAT, err);
    if (status == SEG_OK)
        status = seg_json_put_string(object, "backbone", net->backbone, WHAT, err);
#define SETTING(name, value, min, max, help)                                                       \
    if (status == SEG_OK)                                                                          \
        status = seg_json_put(object, #name, json_integer(net->name), WHAT, err);
    SEG_NET_INT_MAP(SETTING)
#undef SETTING
#define SETTING(name, value, min, max, help)                                                       \
    if (status == SEG_OK)                                                                          \
        status = seg_json_put(object, #name, json_real(net->name), WHAT, err);
    SEG_NET_FLOAT_MAP(SETTING)
#undef SETTING
    return status;
}

static seg_status put_class_names(json_t *object, const seg_class_list *classes, seg_error *err)
{
    json_t *list = json_array();
    seg_status status = seg_json_put(object, "classes", list, WHAT, err);
    for (int i = 0; status == SEG_OK && i < classes->count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s: class %d", WHAT, i);
        status = seg_json_add_string(list, classes->names[i], name, err);
    }
    return status;
}

static json_t *class_colors(const seg_class_list *classes)
{
    json_t *list = json_array();
    for (int i = 0; i < classes->count; i++) {
        const seg_color *c = &classes->colors[i];
        if (json_array_append_new(list, json_pack("[i, i, i]", c->r, c->g, c->b)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *preprocessing(const seg_preprocess *p)
{
    return json_pack("{s:[f, f, f], s:[f, f, f], s:i}", "mean", (double)p->mean[0],
                     (double)p->mean[1], (double)p->mean[2], "std", (double)p->std[0],
                     (double)p->std[1], (double)p->std[2], "max_side", p->max_side);
}

static seg_status put_spec(json_t *object, const seg_model_spec *spec, seg_error *err)
{
    json_t *net = json_object();
    seg_status status = seg_json_put(object, "net", net, WHAT, err); /* owns net from here */
    if (status == SEG_OK)
        status = put_net(net, &spec->net, err);
    if (status == SEG_OK)
        status = put_class_names(object, &spec->classes, err);
    if (status == SEG_OK)
        status = seg_json_put(object, "colors", class_colors(&spec->classes), WHAT, err);
    if (status == SEG_OK)
        status = seg_json_put(object, "preprocess", preprocessing(&spec->preprocess), WHAT, err);
    if (status == SEG_OK)
        status = seg_json_put_string(object, "data", spec->data, WHAT, err);
    if (status == SEG_OK)
        status = seg_json_put_string(object, "licence", spec->licence, WHAT, err);
    return status;
}

/* Takes object over. */
static seg_status print(json_t *object, seg_status status, char **json, seg_error *err)
{
    *json = NULL;
    if (status == SEG_OK) {
        /* Nine digits give a float back exactly. */
        *json = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
        if (*json == NULL)
            status = seg_fail_nomem(err, 0, WHAT);
    }
    json_decref(object);
    return status;
}

seg_status seg_net_config_to_json(const seg_net_config *net, char **json, seg_error *err)
{
    json_t *object = json_object();
    seg_status status = object != NULL ? put_net(object, net, err) : seg_fail_nomem(err, 0, WHAT);
    return print(object, status, json, err);
}

seg_status seg_model_spec_to_json(const seg_model_spec *spec, char **json, seg_error *err)
{
    json_t *object = json_object();
    seg_status status = object != NULL ? put_spec(object, spec, err) : seg_fail_nomem(err, 0, WHAT);
    return print(object, status, json, err);
}

/* ---- from JSON ---- */

static seg_status copy_text(char *out, size_t size, const char *text, const char *key,
                            const char *name, seg_error *err)
{
    if (strlen(text) >= size)
        return seg_fail(err, SEG_FORMAT, "%s: '%s' has %zu bytes, more than %zu", name, key,
                        strlen(text), size - 1);
    memcpy(out, text, strlen(text) + 1);
    return SEG_OK;
}

/* An absent key leaves out as it is. */
static seg_status read_text(const json_t *object, const char *key, char *out, size_t size,
                            const char *name, seg_error *err)
{
    const char *text;
    if (json_object_get(object, key) == NULL)
        return SEG_OK;
    seg_status status = seg_json_string(object, key, name, &text, err);
    return status == SEG_OK ? copy_text(out, size, text, key, name, err) : status;
}

static seg_status read_settings(seg_net_config *net, const json_t *object, const char *name,
                                seg_error *err)
{
    seg_status status =
        read_text(object, "backbone", net->backbone, sizeof net->backbone, name, err);
#define SETTING(field, value, min, max, help)                                                      \
    if (status == SEG_OK && json_object_get(object, #field) != NULL)                               \
        status = seg_json_integer(object, #field, name, min, max, &net->field, err);
    SEG_NET_INT_MAP(SETTING)
#undef SETTING
#define SETTING(field, value, min, max, help)                                                      \
    if (status == SEG_OK && json_object_get(object, #field) != NULL)                               \
        status = seg_json_real(object, #field, name, min, max, &net->field, err);
    SEG_NET_FLOAT_MAP(SETTING)
#undef SETTING
    return status;
}

static seg_status read_net(seg_net_config *net, const json_t *object, const char *name,
                           seg_error *err)
{
    static const char *const keys[] = {"net", "backbone",
#define SETTING(name, value, min, max, help) #name,
                                       SEG_NET_INT_MAP(SETTING) SEG_NET_FLOAT_MAP(SETTING)
#undef SETTING
                                           NULL};
    json_t *settings;
    const char *net_name;
    seg_error inner;
    seg_status status = seg_json_object(object, "net", name, &settings, err);
    if (status == SEG_OK)
        status = seg_json_only(settings, keys, name, err);
    if (status == SEG_OK)
        status = seg_json_string(settings, "net", name, &net_name, err);
    if (status != SEG_OK)
        return status;
    if (seg_net_config_default(net, net_name, &inner) != SEG_OK)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: %s", name, inner.text);
    status = read_settings(net, settings, name, err);
    if (status == SEG_OK && seg_net_config_check(net, &inner) != SEG_OK)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: %s", name, inner.text);
    return status;
}

static seg_status read_class_names(seg_class_list *classes, const json_t *object, const char *name,
                                   seg_error *err)
{
    json_t *list;
    seg_status status = seg_json_list(object, "classes", name, &list, err);
    if (status != SEG_OK)
        return status;
    size_t count = json_array_size(list);
    if (count < 1 || count > SEG_MAX_CLASSES)
        return seg_fail(err, SEG_FORMAT, "%s: %zu classes, not 1..%d", name, count,
                        SEG_MAX_CLASSES);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL)
            return seg_fail(err, SEG_FORMAT, "%s: the name of class %zu must be a string", name, i);
        status = copy_text(classes->names[i], sizeof classes->names[i], text, "classes", name, err);
        if (status != SEG_OK)
            return status;
    }
    classes->count = (int)count;
    return SEG_OK;
}

static bool read_color(const json_t *list, seg_color *color)
{
    uint8_t rgb[3];
    if (json_array_size(list) != 3)
        return false;
    for (size_t c = 0; c < 3; c++) {
        const json_t *part = json_array_get(list, c);
        json_int_t number = json_integer_value(part);
        if (!json_is_integer(part) || number < 0 || number > 255)
            return false;
        rgb[c] = (uint8_t)number;
    }
    *color = (seg_color){rgb[0], rgb[1], rgb[2]};
    return true;
}

static seg_status read_class_colors(seg_class_list *classes, const json_t *object, const char *name,
                                    seg_error *err)
{
    json_t *list;
    seg_status status = seg_json_list(object, "colors", name, &list, err);
    if (status != SEG_OK)
        return status;
    if (json_array_size(list) != (size_t)classes->count)
        return seg_fail(err, SEG_FORMAT, "%s: %zu colors for %d classes", name,
                        json_array_size(list), classes->count);
    for (int i = 0; i < classes->count; i++) {
        if (!read_color(json_array_get(list, (size_t)i), &classes->colors[i]))
            return seg_fail(err, SEG_FORMAT, "%s: the color of class %d must be [r, g, b], 0..255",
                            name, i);
    }
    return SEG_OK;
}

seg_status seg_preprocess_from_json(seg_preprocess *p, const json_t *object, const char *name,
                                    seg_error *err)
{
    static const char *const keys[] = {"mean", "std", "max_side", NULL};
    json_t *part;
    double mean[3], std[3];
    int64_t max_side = 0;
    seg_status status = seg_json_object(object, "preprocess", name, &part, err);
    if (status == SEG_OK)
        status = seg_json_only(part, keys, name, err);
    if (status == SEG_OK)
        status = seg_json_reals(part, "mean", name, 3, mean, err);
    if (status == SEG_OK)
        status = seg_json_reals(part, "std", name, 3, std, err);
    if (status == SEG_OK && json_object_get(part, "max_side") != NULL)
        status = seg_json_integer(part, "max_side", name, 0, SEG_MAX_SIDE, &max_side, err);
    for (int c = 0; status == SEG_OK && c < 3; c++) {
        if (!(std[c] >= 1e-6 && std[c] <= 1e6 && mean[c] >= -1e6 && mean[c] <= 1e6))
            return seg_fail(err, SEG_FORMAT, "%s: mean %g and std %g of channel %d", name, mean[c],
                            std[c], c);
        p->mean[c] = (float)mean[c];
        p->std[c] = (float)std[c];
    }
    p->max_side = (int)max_side;
    return status;
}

seg_status seg_class_list_from_json(seg_class_list *classes, const json_t *object, const char *name,
                                    seg_error *err)
{
    seg_status status = read_class_names(classes, object, name, err);
    if (status != SEG_OK)
        return status;
    if (json_object_get(object, "colors") != NULL)
        return read_class_colors(classes, object, name, err);
    seg_class_list_default_colors(classes);
    return SEG_OK;
}

static seg_status read_spec(seg_model_spec *spec, json_t *object, const char *name, seg_error *err)
{
    static const char *const keys[] = {"net",  "classes", "colors", "preprocess",
                                       "data", "licence", NULL};
    seg_status status = seg_json_only(object, keys, name, err);
    if (status == SEG_OK)
        status = read_net(&spec->net, object, name, err);
    if (status == SEG_OK)
        status = read_class_names(&spec->classes, object, name, err);
    if (status == SEG_OK && spec->classes.count != spec->net.classes)
        status = seg_fail(err, SEG_FORMAT, "%s: %d class names for a network of %d classes", name,
                          spec->classes.count, (int)spec->net.classes);
    if (status == SEG_OK)
        status = read_class_colors(&spec->classes, object, name, err);
    if (status == SEG_OK)
        status = seg_preprocess_from_json(&spec->preprocess, object, name, err);
    if (status == SEG_OK)
        status = read_text(object, "data", spec->data, sizeof spec->data, name, err);
    if (status == SEG_OK)
        status = read_text(object, "licence", spec->licence, sizeof spec->licence, name, err);
    return status;
}

seg_status seg_model_spec_from_json(seg_model_spec *spec, const char *json, const char *name,
                                    seg_error *err)
{
    json_t *object;
    *spec = (seg_model_spec){0};
    seg_status status = seg_json_parse(&object, json, strlen(json), name, err);
    if (status == SEG_OK)
        status = read_spec(spec, object, name, err);
    json_decref(object);
    return status;
}
