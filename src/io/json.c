/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* json.c: jansson with our error sentences. */
#include "io/json.h"

#include <string.h>

#include "base/error.h"

seg_status seg_json_parse(json_t **out, const void *text, size_t size, const char *name,
                          seg_error *err)
{
    json_error_t at;
    *out = json_loadb(text, size, JSON_REJECT_DUPLICATES, &at);
    /* Where jansson has nothing to say, an allocation failed. */
    if (*out == NULL && (json_error_code(&at) == json_error_out_of_memory || at.text[0] == '\0'))
        return seg_fail_nomem(err, size, name);
    if (*out == NULL)
        return seg_fail(err, SEG_FORMAT, "%s: bad JSON in line %d, column %d: %s", name, at.line,
                        at.column, at.text);
    if (json_is_object(*out))
        return SEG_OK;
    json_decref(*out);
    *out = NULL;
    return seg_fail(err, SEG_FORMAT, "%s: the JSON is not an object", name);
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return names[json_typeof(value)];
}

static seg_status wrong_type(const json_t *value, const char *key, const char *name,
                             const char *wanted, seg_error *err)
{
    if (value == NULL)
        return seg_fail(err, SEG_FORMAT, "%s: '%s' is missing", name, key);
    return seg_fail(err, SEG_FORMAT, "%s: '%s' must be %s, not %s", name, key, wanted,
                    type_name(value));
}

seg_status seg_json_object(const json_t *object, const char *key, const char *name, json_t **out,
                           seg_error *err)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_object(value))
        return wrong_type(value, key, name, "an object", err);
    *out = value;
    return SEG_OK;
}

seg_status seg_json_list(const json_t *object, const char *key, const char *name, json_t **out,
                         seg_error *err)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_array(value))
        return wrong_type(value, key, name, "a list", err);
    *out = value;
    return SEG_OK;
}

seg_status seg_json_string(const json_t *object, const char *key, const char *name,
                           const char **out, seg_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return wrong_type(value, key, name, "a string", err);
    *out = json_string_value(value);
    return SEG_OK;
}

seg_status seg_json_boolean(const json_t *object, const char *key, const char *name, bool *out,
                            seg_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value))
        return wrong_type(value, key, name, "true or false", err);
    *out = json_is_true(value);
    return SEG_OK;
}

seg_status seg_json_integer(const json_t *object, const char *key, const char *name, int64_t min,
                            int64_t max, int64_t *out, seg_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return wrong_type(value, key, name, "a whole number", err);
    int64_t number = json_integer_value(value);
    if (number < min || number > max)
        return seg_fail(err, SEG_FORMAT, "%s: '%s' is %lld, not in %lld..%lld", name, key,
                        (long long)number, (long long)min, (long long)max);
    *out = number;
    return SEG_OK;
}

seg_status seg_json_real(const json_t *object, const char *key, const char *name, double min,
                         double max, double *out, seg_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        return wrong_type(value, key, name, "a number", err);
    double number = json_number_value(value);
    if (!(number >= min && number <= max))
        return seg_fail(err, SEG_FORMAT, "%s: '%s' is %g, not in %g..%g", name, key, number, min,
                        max);
    *out = number;
    return SEG_OK;
}

seg_status seg_json_reals(const json_t *object, const char *key, const char *name, int count,
                          double *out, seg_error *err)
{
    json_t *list = NULL;
    seg_status status = seg_json_list(object, key, name, &list, err);
    if (status != SEG_OK)
        return status;
    if (json_array_size(list) != (size_t)count)
        return seg_fail(err, SEG_FORMAT, "%s: '%s' must hold %d numbers, not %zu", name, key, count,
                        json_array_size(list));
    for (int i = 0; i < count; i++) {
        const json_t *value = json_array_get(list, (size_t)i);
        if (!json_is_number(value))
            return seg_fail(err, SEG_FORMAT, "%s: item %d of '%s' must be a number, not %s", name,
                            i, key, type_name(value));
        out[i] = json_number_value(value);
    }
    return SEG_OK;
}

seg_status seg_json_only(json_t *object, const char *const *keys, const char *name, seg_error *err)
{
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        const char *const *known = keys;
        while (*known != NULL && strcmp(*known, key) != 0)
            known++;
        if (*known == NULL)
            return seg_fail(err, SEG_FORMAT, "%s: unknown key '%s'", name, key);
    }
    return SEG_OK;
}

/* Bytes of the UTF-8 character at p (Unicode 15, table 3-7), 0 when there is none. */
static int utf8_length(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    int length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4) /* inside a character, or too long a form */
        return 0;
    for (int i = 1; i < length; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    }
    bool too_long = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f, too_large = p[0] == 0xf4 && p[1] > 0x8f;
    return too_long || surrogate || too_large ? 0 : length;
}

static seg_status check_utf8(const char *text, const char *name, seg_error *err)
{
    const unsigned char *p = (const unsigned char *)text;
    for (int length; *p != 0; p += length) {
        length = utf8_length(p);
        if (length == 0)
            return seg_fail(err, SEG_INVALID, "%s: the text '%.200s' is not UTF-8", name, text);
    }
    return SEG_OK;
}

seg_status seg_json_put(json_t *object, const char *key, json_t *value, const char *name,
                        seg_error *err)
{
    seg_status status = check_utf8(key, name, err);
    if (status != SEG_OK) {
        json_decref(value);
        return status;
    }
    if (json_object_set_new_nocheck(object, key, value) != 0)
        return seg_fail_nomem(err, strlen(key), name);
    return SEG_OK;
}

seg_status seg_json_put_string(json_t *object, const char *key, const char *text, const char *name,
                               seg_error *err)
{
    seg_status status = check_utf8(text, name, err);
    if (status != SEG_OK)
        return status;
    return seg_json_put(object, key, json_string_nocheck(text), name, err);
}

seg_status seg_json_add_string(json_t *list, const char *text, const char *name, seg_error *err)
{
    seg_status status = check_utf8(text, name, err);
    if (status == SEG_OK && json_array_append_new(list, json_string_nocheck(text)) != 0)
        status = seg_fail_nomem(err, strlen(text), name);
    return status;
}
