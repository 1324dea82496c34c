/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* int8.c: the ranges of an int8 network as JSON, and their check. */
#include "model/int8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "graph/optimise.h"
#include "io/json.h"
#include "model/spec.h"

void seg_int8_free(seg_int8 *int8)
{
    if (int8 == NULL)
        return;
    free(int8->items);
    free(int8->snr_db);
    seg_arena_release(&int8->names);
    free(int8);
}

static bool reserve(seg_int8 *int8)
{
    size_t items = int8->capacity, rates = int8->capacity;
    void *more = int8->items;
    if (!seg_array_reserve(&more, &items, int8->count + 1, sizeof *int8->items))
        return false;
    int8->items = more;
    more = int8->snr_db;
    if (!seg_array_reserve(&more, &rates, int8->count + 1, sizeof *int8->snr_db))
        return false;
    int8->snr_db = more;
    int8->capacity = items < rates ? items : rates;
    return true;
}

seg_status seg_int8_add(seg_int8 *int8, const char *value, double low, double high, seg_error *err)
{
    size_t at = int8->count;
    const char *name = seg_arena_strdup(&int8->names, value);
    if (name == NULL || !reserve(int8))
        return seg_fail_nomem(err, (int8->count + 1) * sizeof *int8->items, "ranges");
    for (; at > 0 && strcmp(int8->items[at - 1].name, name) > 0; at--) {
        int8->items[at] = int8->items[at - 1];
        int8->snr_db[at] = int8->snr_db[at - 1];
    }
    int8->items[at] = (seg_range){.name = name, .low = low, .high = high};
    int8->snr_db[at] = (double)NAN;
    int8->count++;
    return SEG_OK;
}

bool seg_int8_keeps(const seg_int8 *int8, const char *weight)
{
    for (size_t i = 0; i < int8->count; i++) {
        const size_t length = strlen(int8->items[i].name);
        if (int8->items[i].stays_float && strncmp(weight, int8->items[i].name, length) == 0 &&
            strcmp(weight + length, ".weight") == 0)
            return true;
    }
    return false;
}

/* ---- JSON ---- */

static const char WHAT[] = "int8 description";

static seg_status put(const seg_int8 *int8, json_t *object, seg_error *err)
{
    json_t *values = json_object(), *floats = json_array();
    seg_status status = seg_json_put(object, "values", values, WHAT, err);
    seg_status second = seg_json_put(object, "float", floats, WHAT, err);
    status = status == SEG_OK ? second : status;
    for (size_t i = 0; i < int8->count && status == SEG_OK; i++) {
        const seg_range *r = &int8->items[i];
        status = seg_json_put(values, r->name, json_pack("[f, f]", r->low, r->high), WHAT, err);
        if (status == SEG_OK && r->stays_float)
            status = seg_json_add_string(floats, r->name, WHAT, err);
    }
    return status;
}

seg_status seg_int8_to_json(const seg_int8 *int8, char **json, seg_error *err)
{
    json_t *object = json_object();
    *json = NULL;
    seg_status status = object != NULL ? put(int8, object, err) : seg_fail_nomem(err, 0, WHAT);
    if (status == SEG_OK) {
        *json = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9) | JSON_SORT_KEYS);
        if (*json == NULL)
            status = seg_fail_nomem(err, 0, WHAT);
    }
    json_decref(object);
    return status;
}

static seg_status read_value(seg_int8 *int8, const json_t *values, const char *key,
                             const char *name, seg_error *err)
{
    double ends[2];
    seg_status status = seg_json_reals(values, key, name, 2, ends, err);
    if (status != SEG_OK)
        return status;
    if (!(ends[0] <= 0 && ends[1] >= 0 && ends[0] >= -SEG_INT8_NUMBER_MAX &&
          ends[1] <= SEG_INT8_NUMBER_MAX))
        return seg_fail(err, SEG_FORMAT,
                        "%s: the range of '%.200s' is %g..%g, which must hold 0 and stay within "
                        "%d",
                        name, key, ends[0], ends[1], SEG_INT8_NUMBER_MAX);
    return seg_int8_add(int8, key, ends[0], ends[1], err);
}

static seg_status read_floats(seg_int8 *int8, const json_t *object, const char *name,
                              seg_error *err)
{
    json_t *list;
    seg_status status = seg_json_list(object, "float", name, &list, err);
    const seg_ranges ranges = seg_int8_ranges(int8);
    for (size_t i = 0; status == SEG_OK && i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        const seg_range *range = text != NULL ? seg_ranges_find(&ranges, text) : NULL;
        if (text == NULL)
            status = seg_fail(err, SEG_FORMAT, "%s: item %zu of 'float' must be a string", name, i);
        else if (range == NULL)
            status = seg_fail(err, SEG_FORMAT, "%s: float layer '%.200s' has no range", name, text);
        else
            int8->items[range - int8->items].stays_float = true;
    }
    return status;
}

static seg_status read_all(seg_int8 *int8, json_t *object, const char *name, seg_error *err)
{
    static const char *const keys[] = {"values", "float", NULL};
    json_t *values;
    seg_status status = seg_json_only(object, keys, name, err);
    if (status == SEG_OK)
        status = seg_json_object(object, "values", name, &values, err);
    if (status == SEG_OK && json_object_size(values) > SEG_INT8_VALUES_MAX)
        status = seg_fail(err, SEG_LIMIT, "%s: ranges of %zu values, more than %d", name,
                          json_object_size(values), SEG_INT8_VALUES_MAX);
    if (status != SEG_OK)
        return status;
    for (void *at = json_object_iter(values); at != NULL && status == SEG_OK;
         at = json_object_iter_next(values, at))
        status = read_value(int8, values, json_object_iter_key(at), name, err);
    return status == SEG_OK ? read_floats(int8, object, name, err) : status;
}

seg_status seg_int8_from_json(seg_int8 **out, const char *json, const char *name, seg_error *err)
{
    json_t *object;
    *out = NULL;
    seg_status status = seg_json_parse(&object, json, strlen(json), name, err);
    seg_int8 *int8 = status == SEG_OK ? calloc(1, sizeof *int8) : NULL;
    if (int8 != NULL)
        int8->all_snr_db = (double)NAN;
    if (status == SEG_OK)
        status = int8 != NULL ? read_all(int8, object, name, err)
                              : seg_fail_nomem(err, sizeof *int8, name);
    json_decref(object);
    if (status == SEG_OK)
        *out = int8;
    else
        seg_int8_free(int8);
    return status;
}

/* ---- check ---- */

/* An odd size, at which no layer falls away because nothing is left to crop or to resize. */
enum { CHECK_SIDE = 97 };

static bool is_value(const seg_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->input_count; i++) {
        if (strcmp(graph->inputs[i].name, name) == 0)
            return true;
    }
    for (size_t i = 0; i < graph->node_count; i++) {
        if (strcmp(graph->nodes[i].name, name) == 0)
            return true;
    }
    return false;
}

static seg_status check_graph(const seg_int8 *int8, seg_graph *graph, const seg_net_config *net,
                              const char *name, seg_error *err)
{
    const seg_ranges ranges = seg_int8_ranges(int8);
    seg_error reason;
    seg_status status = seg_net_build(graph, net, 1, CHECK_SIDE, CHECK_SIDE, err);
    if (status == SEG_OK)
        status = seg_graph_optimise(graph, false, err);
    for (size_t i = 0; i < int8->count && status == SEG_OK; i++) {
        if (!is_value(graph, int8->items[i].name))
            status = seg_fail(err, SEG_MISMATCH,
                              "%s: the network has no '%.200s', which an int8 range is for", name,
                              int8->items[i].name);
    }
    if (status != SEG_OK)
        return status;
    status = seg_graph_quantise(graph, &ranges, &reason);
    return status == SEG_OK ? SEG_OK : seg_fail(err, status, "%s: in int8, %s", name, reason.text);
}

seg_status seg_int8_check(const seg_int8 *int8, const seg_net_config *net, const char *name,
                          seg_error *err)
{
    seg_weights *weights;
    seg_graph *graph = NULL;
    seg_status status = seg_weights_new(&weights, err);
    if (status == SEG_OK)
        status = seg_graph_new(&graph, weights, err);
    if (status == SEG_OK)
        status = check_graph(int8, graph, net, name, err);
    seg_graph_free(graph);
    seg_weights_free(weights);
    return status;
}
