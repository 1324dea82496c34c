/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* make_tflite.c: FlatBuffers written front to back, parents before children. */
#include "io/make_tflite.h"

#include <stdlib.h>
#include <string.h>

/* ---- a FlatBuffer ---- */

/* Room for `size` zero bytes at a multiple of `align`, less 4 when `odd`; returns where. */
static size_t place(tflite_maker *m, size_t size, size_t align, size_t less)
{
    size_t at = m->size;
    while ((at + less) % align != 0)
        at++;
    if (at + size > m->capacity) {
        m->capacity = 2 * (at + size);
        m->bytes = realloc(m->bytes, m->capacity);
        if (m->bytes == NULL)
            abort();
    }
    memset(m->bytes + m->size, 0, at + size - m->size);
    m->size = at + size;
    return at;
}

static void store(tflite_maker *m, size_t at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        m->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

/* A table whose fields are 8 bytes wide each and left out until they are set. */
static size_t table(tflite_maker *m, size_t fields)
{
    const size_t vtable = place(m, 4 + 2 * fields, 2, 0);
    const size_t at = place(m, 4 + 8 * fields, 8, 4);
    store(m, vtable, 4 + 2 * fields, 2);
    store(m, vtable + 2, 4 + 8 * fields, 2);
    store(m, at, at - vtable, 4);
    return at;
}

static size_t field_at(tflite_maker *m, size_t at, size_t field)
{
    const size_t back = (size_t)m->bytes[at] | (size_t)m->bytes[at + 1] << 8;
    store(m, at - back + 4 + 2 * field, 4 + 8 * field, 2);
    return at + 4 + 8 * field;
}

static void set(tflite_maker *m, size_t at, size_t field, uint64_t value, size_t size)
{
    store(m, field_at(m, at, field), value, size);
}

/* From a field, or from an element of a vector, to something that was placed later. */
static void link_to(tflite_maker *m, size_t from, size_t target)
{
    store(m, from, target - from, 4);
}

static size_t vector(tflite_maker *m, size_t count, size_t element, const void *data)
{
    const size_t at = place(m, 4 + count * element, element > 8 ? 16 : 8, 4);
    store(m, at, count, 4);
    if (count > 0 && data != NULL)
        memcpy(m->bytes + at + 4, data, count * element);
    return at;
}

static size_t blob(tflite_maker *m, size_t size, const void *data)
{
    const size_t at = place(m, 4 + size, 16, 4);
    store(m, at, size, 4);
    if (size > 0)
        memcpy(m->bytes + at + 4, data, size);
    return at;
}

static size_t text(tflite_maker *m, const char *value)
{
    const size_t length = strlen(value), at = place(m, 4 + length + 1, 4, 0);
    store(m, at, length, 4);
    memcpy(m->bytes + at + 4, value, length);
    return at;
}

/* Field `field` of `at` becomes a vector of `count` offsets; returns where the first stands. */
static size_t tables(tflite_maker *m, size_t at, size_t field, size_t count)
{
    const size_t from = field_at(m, at, field), list = vector(m, count, 4, NULL);
    link_to(m, from, list);
    return list + 4;
}

static void numbers(tflite_maker *m, size_t at, size_t field, size_t count, size_t element,
                    const void *data)
{
    const size_t from = field_at(m, at, field);
    link_to(m, from, vector(m, count, element, data));
}

static void name(tflite_maker *m, size_t at, size_t field, const char *value)
{
    const size_t from = field_at(m, at, field);
    link_to(m, from, text(m, value));
}

/* ---- the schema ---- */

static void write_tensor(tflite_maker *m, size_t from, int index)
{
    const tflite_maker_tensor *t = &m->tensors[index];
    const size_t at = table(m, 8);
    link_to(m, from, at);
    numbers(m, at, 0, (size_t)t->rank, 4, t->shape);
    set(m, at, 1, (uint64_t)t->type, 1);
    set(m, at, 2, (uint64_t)(t->buffer >= 0 ? t->buffer : t->data != NULL ? index + 1 : 0), 4);
    if (t->name != NULL)
        name(m, at, 3, t->name);
    if (t->has_signature)
        numbers(m, at, 7, (size_t)t->rank, 4, t->signature);
    if (t->scales == 0)
        return;
    const size_t quantisation_from = field_at(m, at, 4), quantisation = table(m, 7);
    link_to(m, quantisation_from, quantisation);
    numbers(m, quantisation, 2, (size_t)t->scales, 4, t->scale);
    numbers(m, quantisation, 3, (size_t)t->zeros, 8, t->zero);
    set(m, quantisation, 6, (uint32_t)t->axis, 4);
}

static void write_operator(tflite_maker *m, size_t from, const tflite_maker_operator *op)
{
    const size_t at = table(m, 6);
    link_to(m, from, at);
    set(m, at, 0, (uint32_t)op->code, 4);
    numbers(m, at, 1, (size_t)op->srcs, 4, op->src);
    numbers(m, at, 2, (size_t)op->dsts, 4, op->dst);
    if (op->custom != NULL)
        numbers(m, at, 5, op->custom_size, 1, op->custom);
    if (op->options_type == 0)
        return;
    set(m, at, 3, (uint64_t)op->options_type, 1);
    const size_t options_from = field_at(m, at, 4), options = table(m, 8);
    link_to(m, options_from, options);
    for (int i = 0; i < op->options; i++)
        set(m, options, (size_t)op->option[i].field, (uint32_t)op->option[i].value,
            (size_t)op->option[i].width);
}

static void write_subgraph(tflite_maker *m, size_t from)
{
    const size_t at = table(m, 5);
    link_to(m, from, at);
    const size_t tensors = tables(m, at, 0, (size_t)m->tensor_count);
    for (int i = 0; i < m->tensor_count; i++)
        write_tensor(m, tensors + 4 * (size_t)i, i);
    numbers(m, at, 1, (size_t)m->input_count, 4, m->inputs);
    numbers(m, at, 2, (size_t)m->output_count, 4, m->outputs);
    const size_t operators = tables(m, at, 3, (size_t)m->operator_count);
    for (int i = 0; i < m->operator_count; i++)
        write_operator(m, operators + 4 * (size_t)i, &m->operators[i]);
}

static void write_codes(tflite_maker *m, size_t model)
{
    const size_t codes = tables(m, model, 1, (size_t)m->code_count);
    for (int i = 0; i < m->code_count; i++) {
        const size_t at = table(m, 4);
        link_to(m, codes + 4 * (size_t)i, at);
        set(m, at, 0, (uint64_t)(int64_t)m->codes[i].deprecated, 1);
        if (m->codes[i].builtin >= 0)
            set(m, at, 3, (uint32_t)m->codes[i].builtin, 4);
        if (m->codes[i].custom != NULL)
            name(m, at, 1, m->codes[i].custom);
    }
}

/* Buffer 0 is empty, as the format asks; then one per tensor. */
static void write_buffers(tflite_maker *m, size_t model)
{
    const size_t buffers = tables(m, model, 4, (size_t)m->tensor_count + 1);
    for (int i = 0; i <= m->tensor_count; i++) {
        const size_t at = table(m, 1);
        link_to(m, buffers + 4 * (size_t)i, at);
        if (i == 0 || m->tensors[i - 1].data == NULL)
            continue;
        const size_t from = field_at(m, at, 0);
        link_to(m, from, blob(m, m->tensors[i - 1].size, m->tensors[i - 1].data));
    }
}

const uint8_t *tflite_bytes(tflite_maker *m, size_t *size)
{
    m->size = 0;
    place(m, 8, 8, 0);
    memcpy(m->bytes + 4, "TFL3", 4);
    const size_t model = table(m, 5);
    link_to(m, 0, model);
    set(m, model, 0, m->version, 4);
    write_codes(m, model);
    const size_t subgraphs = tables(m, model, 2, (size_t)m->subgraphs);
    for (int i = 0; i < m->subgraphs; i++)
        write_subgraph(m, subgraphs + 4 * (size_t)i);
    name(m, model, 3, "by hand");
    write_buffers(m, model);
    *size = m->size;
    return m->bytes;
}

/* ---- lists ---- */

void tflite_maker_init(tflite_maker *m)
{
    memset(m, 0, sizeof *m);
    m->version = 3;
    m->subgraphs = 1;
}

void tflite_maker_release(tflite_maker *m)
{
    free(m->bytes);
    m->bytes = NULL;
    m->capacity = 0;
}

int tflite_tensor(tflite_maker *m, const char *called, int type, const char *dims, const void *data,
                  size_t size)
{
    tflite_maker_tensor *t = &m->tensors[m->tensor_count];
    *t = (tflite_maker_tensor){
        .name = called, .type = type, .data = data, .size = (uint32_t)size, .buffer = -1};
    while (*dims != '\0') {
        char *end;
        t->shape[t->rank++] = (int32_t)strtol(dims, &end, 10);
        dims = *end == 'x' ? end + 1 : end;
    }
    return m->tensor_count++;
}

void tflite_quantise(tflite_maker *m, int tensor, float scale, int64_t zero)
{
    tflite_maker_tensor *t = &m->tensors[tensor];
    t->scales = t->zeros = 1;
    t->scale[0] = scale;
    t->zero[0] = zero;
}

static int read_list(const char *list, int32_t *out)
{
    int count = 0;
    while (*list != '\0') {
        char *end;
        out[count++] = (int32_t)strtol(list, &end, 10);
        list = *end == ',' ? end + 1 : end;
    }
    return count;
}

tflite_maker_operator *tflite_operator(tflite_maker *m, int code, const char *src, const char *dst)
{
    tflite_maker_operator *op = &m->operators[m->operator_count++];
    m->codes[m->code_count] =
        (tflite_maker_code){.deprecated = code > 127 ? 127 : code, .builtin = code};
    *op = (tflite_maker_operator){.code = m->code_count++};
    op->srcs = read_list(src, op->src);
    op->dsts = read_list(dst, op->dst);
    return op;
}

void tflite_option(tflite_maker_operator *op, int type, int field, int width, int32_t value)
{
    op->options_type = type;
    op->option[op->options++] = (tflite_maker_option){field, width, value};
}

void tflite_input(tflite_maker *m, int tensor)
{
    m->inputs[m->input_count++] = tensor;
}

void tflite_output(tflite_maker *m, int tensor)
{
    m->outputs[m->output_count++] = tensor;
}
