/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * json.h: jansson with our error sentences.
 *
 * `name` is the file (or "file: section") the object came from and starts every sentence. What a
 * lookup returns is borrowed from the object. Every lookup wants its key to be there; test for
 * an optional one with json_object_get() first. On failure *out is untouched.
 */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg/status.h"

/*
 * Parse one object. Duplicate keys, bytes behind it, invalid UTF-8, numbers beyond int64 or
 * double and nesting over 2048 levels are SEG_FORMAT. *out goes to json_decref(), NULL on failure.
 */
seg_status seg_json_parse(json_t **out, const void *text, size_t size, const char *name,
                          seg_error *err);

seg_status seg_json_object(const json_t *object, const char *key, const char *name, json_t **out,
                           seg_error *err);
seg_status seg_json_list(const json_t *object, const char *key, const char *name, json_t **out,
                         seg_error *err);
seg_status seg_json_string(const json_t *object, const char *key, const char *name,
                           const char **out, seg_error *err);
seg_status seg_json_boolean(const json_t *object, const char *key, const char *name, bool *out,
                            seg_error *err);
/* Both ends of the range are allowed. */
seg_status seg_json_integer(const json_t *object, const char *key, const char *name, int64_t min,
                            int64_t max, int64_t *out, seg_error *err);
seg_status seg_json_real(const json_t *object, const char *key, const char *name, double min,
                         double max, double *out, seg_error *err);
/* The list must hold exactly count numbers; they are written to out (not untouched on failure). */
seg_status seg_json_reals(const json_t *object, const char *key, const char *name, int count,
                          double *out, seg_error *err);

/* Every key of object is one of keys[] (ended by NULL); otherwise SEG_FORMAT names it. */
seg_status seg_json_only(json_t *object, const char *const *keys, const char *name, seg_error *err);

/*
 * object[key] = value, taking value over whatever happens. A NULL value is SEG_NOMEM (the
 * allocation that made it failed), a key or text that is not UTF-8 SEG_INVALID.
 */
seg_status seg_json_put(json_t *object, const char *key, json_t *value, const char *name,
                        seg_error *err);
seg_status seg_json_put_string(json_t *object, const char *key, const char *text, const char *name,
                               seg_error *err);
/* The same at the end of a list. */
seg_status seg_json_add_string(json_t *list, const char *text, const char *name, seg_error *err);

#endif
