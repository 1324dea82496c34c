/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * npy_header.c: magic, version, and a Python dictionary
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }
 * whose keys may stand in any order, each once.
 */
#include "io/npy_header.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const char magic[6] = "\x93NUMPY";

enum { ALIGN = 64 };

static const struct {
    const char *code; /* behind the byte order */
    seg_dtype dtype;
} types[] = {
    {"f4", SEG_F32}, {"u1", SEG_U8},  {"i4", SEG_I32}, {"f2", SEG_F16},
    {"i1", SEG_I8},  {"i8", SEG_I64}, {"f8", SEG_F64}, {"b1", SEG_BOOL},
    {"u2", SEG_U16}, {"i2", SEG_I16}, {"u4", SEG_U32}, {"u8", SEG_U64},
};

enum { TYPES = sizeof types / sizeof *types };

/* ---- reading ---- */

/* The dictionary being read. */
typedef struct cursor {
    const char *at, *end;
    const char *name; /* of the file */
    seg_error *err;
} cursor;

static seg_status bad(const cursor *in, const char *what)
{
    return seg_fail(in->err, SEG_FORMAT, "%s: not an .npy file, or damaged: its header has %s",
                    in->name, what);
}

static void skip_spaces(cursor *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\t'))
        in->at++;
}

/* Whether the next thing is this text; passed over when it is. */
static bool take(cursor *in, const char *text)
{
    size_t length = strlen(text);
    skip_spaces(in);
    if ((size_t)(in->end - in->at) < length || memcmp(in->at, text, length) != 0)
        return false;
    in->at += length;
    return true;
}

/* A quoted text of at most 31 characters. */
static bool take_text(cursor *in, char text[32])
{
    const char quote = take(in, "'") ? '\'' : take(in, "\"") ? '"' : '\0';
    const char *start = in->at;
    if (quote == '\0')
        return false;
    while (in->at < in->end && *in->at != quote)
        in->at++;
    size_t length = (size_t)(in->at - start);
    if (in->at == in->end || length > 31)
        return false;
    memcpy(text, start, length);
    text[length] = '\0';
    in->at++;
    return true;
}

static seg_status take_type(cursor *in, seg_npy_header *out)
{
    char text[32];
    if (!take_text(in, text))
        return seg_fail(in->err, SEG_UNSUPPORTED,
                        "%s: its elements are records, which are not read", in->name);
    for (int i = 0; i < TYPES; i++) {
        const bool one_byte = seg_dtype_size(types[i].dtype) == 1;
        if (text[0] == '\0' || strcmp(text + 1, types[i].code) != 0 ||
            strchr(one_byte ? "|<>=" : "<>=", text[0]) == NULL)
            continue;
        out->shape.dtype = types[i].dtype;
        out->big_endian = text[0] == '>' && !one_byte;
        return SEG_OK;
    }
    return seg_fail(in->err, SEG_UNSUPPORTED,
                    "%s: elements of type '%s' are not read, only booleans, integers and reals of "
                    "16 to 64 bits",
                    in->name, text);
}

static seg_status take_order(cursor *in, seg_npy_header *out)
{
    out->fortran_order = take(in, "True");
    return out->fortran_order || take(in, "False") ? SEG_OK : bad(in, "no order");
}

/* A whole number of at most 18 digits, with the L of Python 2. */
static bool take_number(cursor *in, int64_t *number)
{
    int digits = 0;
    *number = 0;
    skip_spaces(in);
    for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++, digits++) {
        if (digits == 18)
            return false;
        *number = *number * 10 + (*in->at - '0');
    }
    if (digits > 0)
        take(in, "L");
    return digits > 0;
}

static seg_status take_shape(cursor *in, seg_npy_header *out)
{
    out->shape.rank = 0;
    if (!take(in, "("))
        return bad(in, "no shape");
    while (!take(in, ")")) {
        int64_t extent;
        if (!take_number(in, &extent))
            return bad(in, "a shape that is not whole numbers of 0 or more");
        if (out->shape.rank == SEG_MAX_RANK)
            return seg_fail(in->err, SEG_UNSUPPORTED, "%s: has more than %d dimensions", in->name,
                            SEG_MAX_RANK);
        out->shape.dim[out->shape.rank++] = extent;
        if (!take(in, ",")) {
            if (!take(in, ")"))
                return bad(in, "a shape without end");
            break;
        }
    }
    return SEG_OK;
}

static const struct {
    const char *key;
    seg_status (*take)(cursor *in, seg_npy_header *out);
} entries[] = {{"descr", take_type}, {"fortran_order", take_order}, {"shape", take_shape}};

enum { ENTRIES = sizeof entries / sizeof *entries };

static seg_status take_entry(cursor *in, seg_npy_header *out, bool seen[ENTRIES])
{
    char key[32];
    if (!take_text(in, key) || !take(in, ":"))
        return bad(in, "no dictionary of Python");
    for (int i = 0; i < ENTRIES; i++) {
        if (strcmp(key, entries[i].key) == 0 && !seen[i]) {
            seen[i] = true;
            return entries[i].take(in, out);
        }
    }
    return seg_fail(in->err, SEG_FORMAT, "%s: its header has the key '%s' %s", in->name, key,
                    "twice, or it is unknown");
}

static seg_status take_dictionary(cursor *in, seg_npy_header *out)
{
    bool seen[ENTRIES] = {false};
    if (!take(in, "{"))
        return bad(in, "no dictionary of Python");
    while (!take(in, "}")) {
        seg_status status = take_entry(in, out, seen);
        if (status != SEG_OK)
            return status;
        if (!take(in, ",")) {
            if (!take(in, "}"))
                return bad(in, "a dictionary without end");
            break;
        }
    }
    skip_spaces(in);
    if (in->at != in->end)
        return bad(in, "something behind the dictionary");
    for (int i = 0; i < ENTRIES; i++) {
        if (!seen[i])
            return seg_fail(in->err, SEG_FORMAT, "%s: its header has no '%s'", in->name,
                            entries[i].key);
    }
    if (!seg_shape_valid(&out->shape))
        return bad(in, "a shape of more bytes than 63 bits count");
    return SEG_OK;
}

seg_status seg_npy_header_parse(seg_npy_header *out, const void *data, size_t size,
                                const char *name, seg_error *err)
{
    const uint8_t *bytes = data;
    size_t start = 10, length;
    *out = (seg_npy_header){0};
    if (size < start || memcmp(bytes, magic, sizeof magic) != 0)
        return seg_fail(err, SEG_FORMAT, "%s: not an .npy file (%zu bytes)", name, size);
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: version %d.%d of .npy, not 1.0 to 3.0", name,
                        bytes[6], bytes[7]);
    length = bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] > 1) {
        start = 12;
        if (size < start)
            return seg_fail(err, SEG_FORMAT, "%s: cut short: %zu bytes", name, size);
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    }
    if (length > size - start)
        return seg_fail(err, SEG_FORMAT, "%s: cut short: a header of %zu bytes in %zu", name,
                        length, size - start);
    const char *text = (const char *)bytes + start;
    cursor in = {text, text + length, name, err};
    out->size = start + length;
    return take_dictionary(&in, out);
}

/* ---- writing ---- */

static const char *code_of(seg_dtype dtype)
{
    for (int i = 0; i < TYPES; i++) {
        if (types[i].dtype == dtype)
            return types[i].code;
    }
    return "";
}

size_t seg_npy_header_write(char header[SEG_NPY_HEADER_SIZE], const seg_shape *shape)
{
    enum { START = 10 };
    char *const text = header + START;
    const size_t room = SEG_NPY_HEADER_SIZE - START;
    int used = snprintf(text, room, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                        seg_dtype_size(shape->dtype) == 1 ? '|' : '<', code_of(shape->dtype));
    for (int i = 0; i < shape->rank; i++)
        used +=
            snprintf(text + used, room - (size_t)used, "%s%lld%s", i > 0 ? " " : "",
                     (long long)shape->dim[i], i + 1 < shape->rank || shape->rank == 1 ? "," : "");
    used += snprintf(text + used, room - (size_t)used, "), }");
    const size_t size = (START + (size_t)used + 1 + ALIGN - 1) / ALIGN * ALIGN;
    memset(text + used, ' ', size - START - (size_t)used);
    header[size - 1] = '\n';
    memcpy(header, magic, sizeof magic);
    header[6] = 1;
    header[7] = 0;
    header[8] = (char)((size - START) & 0xff);
    header[9] = (char)((size - START) >> 8);
    return size;
}
