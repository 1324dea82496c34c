/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* tflite.c: the file as a whole: one subgraph, its operators in turn, its inputs and outputs. */
#include "io/tflite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/tflite_reader.h"

/* Fields of the schema's tables. */
enum { MODEL_VERSION, MODEL_CODES, MODEL_SUBGRAPHS, MODEL_DESCRIPTION, MODEL_BUFFERS };
enum { SUBGRAPH_TENSORS, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, SUBGRAPH_OPERATORS };
enum { OPCODE_DEPRECATED, OPCODE_CUSTOM, OPCODE_VERSION, OPCODE_CODE };
enum {
    OPERATOR_CODE,
    OPERATOR_INPUTS,
    OPERATOR_OUTPUTS,
    OPERATOR_OPTIONS_TYPE,
    OPERATOR_OPTIONS,
    OPERATOR_CUSTOM_OPTIONS
};

enum { CODE_CUSTOM = 32, OPSET = 17, SCHEMA_VERSION = 3 };
/* The stated limit of memory, and what a node takes at most besides its lists. */
enum { ALLOWANCE = 1 << 20, ALLOWANCE_PER_BYTE = 64 };

void seg_tflite_fail(seg_tflite_reader *reader, seg_status status, const char *format, ...)
{
    if (reader->status != SEG_OK)
        return;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (reader->op != NULL)
        reader->status = seg_fail(reader->err, status, "%s: operator %zu (%.60s): %s",
                                  reader->program->path, reader->op_index, reader->op->name, text);
    else
        reader->status = seg_fail(reader->err, status, "%s: %s", reader->program->path, text);
}

bool seg_tflite_charge(seg_tflite_reader *reader, size_t bytes)
{
    if (reader->status != SEG_OK)
        return false;
    if (bytes > reader->allowance) {
        seg_tflite_fail(reader, SEG_LIMIT,
                        "the network takes more than %d bytes per byte of the file",
                        ALLOWANCE_PER_BYTE);
        return false;
    }
    reader->allowance -= bytes;
    return true;
}

void *seg_tflite_alloc(seg_tflite_reader *reader, size_t bytes)
{
    if (!seg_tflite_charge(reader, bytes))
        return NULL;
    void *data = seg_arena_alloc(&reader->program->arena, bytes);
    if (data == NULL)
        reader->status = seg_fail_nomem(reader->err, bytes, reader->program->path);
    return data;
}

/* A fault of the FlatBuffer becomes the failure. */
static bool sound(seg_tflite_reader *reader)
{
    if (reader->file.fault != NULL)
        seg_tflite_fail(reader, SEG_FORMAT, "byte %zu: %s", reader->file.fault_at,
                        reader->file.fault);
    return reader->status == SEG_OK;
}

/* ---- operators ---- */

/* An operator of domain "tflite": the tensors as stored, the options as attributes. */
static void emit_own(seg_tflite_reader *reader)
{
    enum { MOST = 8 };
    int64_t ints[MOST];
    float floats[MOST];
    seg_attribute attributes[MOST];
    int count = 0;
    for (const seg_tflite_option *o = reader->op->options; o != NULL && o->name != NULL; o++) {
        if (o->kind == OPTION_F32) {
            floats[count] = seg_tflite_float(reader, o->name);
            attributes[count] = seg_tflite_attr_float(o->name, &floats[count]);
        } else {
            ints[count] = seg_tflite_int(reader, o->name);
            attributes[count] = seg_tflite_attr_int(o->name, &ints[count]);
        }
        count++;
    }
    const int src_count = seg_tflite_src_count(reader), dst_count = seg_tflite_dst_count(reader);
    seg_slot *slots = malloc((size_t)(src_count + dst_count) * sizeof *slots);
    if (slots == NULL) {
        reader->status = seg_fail_nomem(reader->err, sizeof *slots, reader->program->path);
        return;
    }
    for (int i = 0; i < src_count; i++)
        slots[i] = seg_tflite_src_slot(reader, i);
    for (int i = 0; i < dst_count; i++)
        slots[src_count + i] = seg_tflite_dst_slot(reader, i);
    seg_tflite_emit_many(reader, "tflite", reader->op->name, dst_count, slots + src_count,
                         src_count, slots, count, attributes);
    free(slots);
}

static const seg_tflite_op *find_op(int64_t code, const char *custom)
{
    for (const seg_tflite_op *op = seg_tflite_ops; op->name != NULL; op++) {
        if (code == CODE_CUSTOM ? op->code < 0 && strcmp(op->name, custom) == 0 : op->code == code)
            return op;
    }
    return NULL;
}

/* An operator that we do not know: kept under its name, so that all of them are listed at once by
 * who wants to run the program. */
static const seg_tflite_op *unknown_op(seg_tflite_reader *reader, int64_t code, const char *custom)
{
    char text[32];
    const char *name = code == CODE_CUSTOM ? custom : seg_tflite_code_name(code);
    if (name == NULL || name[0] == '\0') {
        snprintf(text, sizeof text, "OPERATOR_%lld", (long long)code);
        name = text;
    }
    char *copy = seg_tflite_alloc(reader, strlen(name) + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, name, strlen(name));
    reader->unknown = (seg_tflite_op){.name = copy,
                                      .src_max = -1,
                                      .dst_max = -1,
                                      .translate = emit_own,
                                      .quantised = QUANTISED_OWN};
    return &reader->unknown;
}

/* The line of the table for an operator; NULL after a failure. */
static const seg_tflite_op *op_of(seg_tflite_reader *reader, const seg_flat_vector *codes,
                                  int64_t index)
{
    if (index < 0 || (uint64_t)index >= codes->count) {
        seg_tflite_fail(reader, SEG_FORMAT, "operator %zu has code %lld of %zu", reader->op_index,
                        (long long)index, codes->count);
        return NULL;
    }
    seg_flat_table entry = seg_flat_item(&reader->file, codes, (size_t)index);
    /* Codes over 127 did not fit the old field, which then says 127; new files set both. */
    int64_t old = seg_flat_i8(&reader->file, &entry, OPCODE_DEPRECATED, 0);
    int64_t code = seg_flat_i32(&reader->file, &entry, OPCODE_CODE, 0);
    const char *custom = seg_flat_text(&reader->file, &entry, OPCODE_CUSTOM);
    if (!sound(reader))
        return NULL;
    code = code > old ? code : old;
    custom = custom != NULL ? custom : "";
    const seg_tflite_op *op = find_op(code, custom);
    return op != NULL ? op : unknown_op(reader, code, custom);
}

static void check_indices(seg_tflite_reader *reader, const seg_flat_vector *list, bool optional)
{
    for (size_t i = 0; i < list->count && reader->status == SEG_OK; i++) {
        int64_t index = seg_flat_item_i32(&reader->file, list, i);
        if ((index < 0 && !(optional && index == -1)) || index >= (int64_t)reader->tensor_count)
            seg_tflite_fail(reader, SEG_FORMAT, "tensor %lld of %zu", (long long)index,
                            reader->tensor_count);
    }
}

static void check_counts(seg_tflite_reader *reader)
{
    const seg_tflite_op *op = reader->op;
    const int64_t src = seg_tflite_src_count(reader), dst = seg_tflite_dst_count(reader);
    if (src < op->src_min || (op->src_max >= 0 && src > op->src_max))
        seg_tflite_fail(reader, SEG_FORMAT, "%lld sources", (long long)src);
    else if (dst < 1 || (op->dst_max >= 0 && dst > op->dst_max))
        seg_tflite_fail(reader, SEG_FORMAT, "%lld results", (long long)dst);
    for (int i = 0; i < op->src_min; i++) {
        if (seg_tflite_src(reader, i) == NULL)
            seg_tflite_fail(reader, SEG_FORMAT, "source %d is left out", i);
    }
}

/* Whether the operator computes on quantised data. */
static bool is_quantised(seg_tflite_reader *reader)
{
    bool found = false;
    for (int i = 0; i < seg_tflite_src_count(reader); i++) {
        const seg_tflite_tensor *src = seg_tflite_src(reader, i);
        found |= src != NULL && src->data == NULL && seg_tflite_is_quantised(src);
    }
    for (int i = 0; i < seg_tflite_dst_count(reader); i++)
        found |= seg_tflite_is_quantised(seg_tflite_dst(reader, i));
    return found && !reader->dequantise;
}

static bool same_quantisation(const seg_quantisation *a, const seg_quantisation *b)
{
    return a->count == 1 && b->count == 1 && a->scale[0] == b->scale[0] &&
           a->zero_point[0] == b->zero_point[0];
}

/* Every quantised tensor of the operator must have the quantisation of the first result. */
static void check_moved(seg_tflite_reader *reader)
{
    const seg_tflite_tensor *first = seg_tflite_dst(reader, 0);
    bool same = true;
    for (int i = 0; i < seg_tflite_src_count(reader); i++) {
        const seg_tflite_tensor *src = seg_tflite_src(reader, i);
        if (src != NULL && !(reader->op->lists >> i & 1))
            same = same && same_quantisation(&src->quantisation, &first->quantisation);
    }
    for (int i = 1; i < seg_tflite_dst_count(reader); i++)
        same = same &&
               same_quantisation(&seg_tflite_dst(reader, i)->quantisation, &first->quantisation);
    if (!same)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "sources and results are quantised differently");
}

static void translate(seg_tflite_reader *reader)
{
    reader->quantised = is_quantised(reader);
    if (!reader->quantised) {
        reader->op->translate(reader);
        return;
    }
    switch (reader->op->quantised) {
    case QUANTISED_OWN:
        emit_own(reader);
        return;
    case QUANTISED_MOVED:
        check_moved(reader);
        break;
    case QUANTISED_FREE:
        break;
    case QUANTISED_REFUSED: /* as one that we do not know */
        emit_own(reader);
        return;
    }
    if (reader->status == SEG_OK)
        reader->op->translate(reader);
}

static void read_operator(seg_tflite_reader *reader, const seg_flat_vector *codes,
                          const seg_flat_table *entry)
{
    seg_flatbuffer *file = &reader->file;
    const seg_tflite_op *op = op_of(reader, codes, seg_flat_u32(file, entry, OPERATOR_CODE, 0));
    if (op == NULL)
        return;
    reader->op = op;
    reader->src = seg_flat_list(file, entry, OPERATOR_INPUTS, 4);
    reader->dst = seg_flat_list(file, entry, OPERATOR_OUTPUTS, 4);
    reader->custom = seg_flat_list(file, entry, OPERATOR_CUSTOM_OPTIONS, 1);
    reader->options = seg_flat_child(file, entry, OPERATOR_OPTIONS);
    const int64_t type = seg_flat_u8(file, entry, OPERATOR_OPTIONS_TYPE, 0);
    if (!sound(reader))
        return;
    if (type == 0)
        reader->options = (seg_flat_table){0};
    else if (op->options_type != 0 && type != op->options_type)
        seg_tflite_fail(reader, SEG_FORMAT, "its options are of another operator (type %lld)",
                        (long long)type);
    check_indices(reader, &reader->src, true);
    check_indices(reader, &reader->dst, false);
    if (reader->status == SEG_OK)
        check_counts(reader);
    if (reader->status == SEG_OK)
        translate(reader);
    sound(reader);
}

static void read_operators(seg_tflite_reader *reader, const seg_flat_table *model,
                           const seg_flat_table *subgraph)
{
    seg_flat_vector codes = seg_flat_list(&reader->file, model, MODEL_CODES, 4);
    seg_flat_vector operators = seg_flat_list(&reader->file, subgraph, SUBGRAPH_OPERATORS, 4);
    for (size_t i = 0; i < operators.count && sound(reader); i++) {
        reader->op_index = i;
        seg_flat_table entry = seg_flat_item(&reader->file, &operators, i);
        read_operator(reader, &codes, &entry);
        reader->op = NULL;
    }
}

/* ---- inputs and outputs ---- */

/* In a float network the file's quantised inputs and outputs are converted at the door. */
static seg_slot door(seg_tflite_reader *reader, seg_tflite_tensor *tensor, bool in)
{
    if (!reader->dequantise || !seg_tflite_is_quantised(tensor))
        return tensor->slot;
    seg_slot stored = tensor->stored, slot = tensor->slot;
    if (in)
        seg_tflite_emit_many(reader, "tflite", "DEQUANTIZE", 1, &slot, 1, &stored, 0, NULL);
    else
        seg_tflite_emit_many(reader, "tflite", "QUANTIZE", 1, &stored, 1, &slot, 0, NULL);
    return tensor->stored;
}

static void read_ends(seg_tflite_reader *reader, const seg_flat_table *subgraph)
{
    for (int in = 1; in >= 0; in--) {
        seg_flat_vector list =
            seg_flat_list(&reader->file, subgraph, in ? SUBGRAPH_INPUTS : SUBGRAPH_OUTPUTS, 4);
        if (!sound(reader))
            return;
        if (list.count == 0)
            seg_tflite_fail(reader, SEG_FORMAT, "a network without %s", in ? "inputs" : "outputs");
        check_indices(reader, &list, false);
        for (size_t i = 0; i < list.count && seg_tflite_charge(reader, 16); i++) {
            seg_tflite_tensor *tensor =
                &reader->tensors[seg_flat_item_i32(&reader->file, &list, i)];
            if (in && tensor->data != NULL)
                continue; /* a constant listed among the inputs needs no value */
            if (!tensor->known || tensor->slot == SEG_NO_SLOT) {
                seg_tflite_fail(reader, SEG_UNSUPPORTED, "%s '%.100s' is of type %lld",
                                in ? "input" : "output", tensor->name, (long long)tensor->type);
                return;
            }
            seg_slot slot = door(reader, tensor, in);
            if (reader->status == SEG_OK)
                reader->status = in ? seg_program_input(reader->program, slot, reader->err)
                                    : seg_program_output(reader->program, slot, reader->err);
        }
    }
}

/* ---- the file ---- */

static void read_model(seg_tflite_reader *reader)
{
    seg_flatbuffer *file = &reader->file;
    seg_flat_table model = seg_flat_root(file, "TFL3");
    int64_t version = seg_flat_u32(file, &model, MODEL_VERSION, 0);
    seg_flat_vector subgraphs = seg_flat_list(file, &model, MODEL_SUBGRAPHS, 4);
    seg_flat_vector buffers = seg_flat_list(file, &model, MODEL_BUFFERS, 4);
    const char *producer = seg_flat_text(file, &model, MODEL_DESCRIPTION);
    if (!sound(reader))
        return;
    if (version != SCHEMA_VERSION)
        seg_tflite_fail(reader, SEG_UNSUPPORTED, "version %lld of the format, not %d",
                        (long long)version, SCHEMA_VERSION);
    else if (subgraphs.count != 1)
        seg_tflite_fail(reader, SEG_UNSUPPORTED,
                        "%zu subgraphs: only networks of one are supported", subgraphs.count);
    if (producer != NULL && seg_tflite_charge(reader, strlen(producer)))
        reader->program->producer = seg_arena_strdup(&reader->program->arena, producer);
    if (reader->program->producer == NULL)
        reader->status = seg_fail_nomem(reader->err, strlen(producer), reader->program->path);
    if (reader->status != SEG_OK)
        return;
    seg_flat_table subgraph = seg_flat_item(file, &subgraphs, 0);
    seg_tflite_read_tensors(reader, &subgraph, &buffers);
    if (sound(reader))
        read_ends(reader, &subgraph);
    if (sound(reader))
        read_operators(reader, &model, &subgraph);
}

bool seg_tflite_recognise(const void *data, size_t size)
{
    return size >= 8 && memcmp((const char *)data + 4, "TFL3", 4) == 0;
}

static seg_status parse(seg_program *program, const void *data, size_t size,
                        const seg_program_opts *opts, seg_error *err)
{
    if (!seg_tflite_recognise(data, size))
        return seg_fail(err, SEG_FORMAT, "%s: not a TensorFlow Lite file (no 'TFL3' at byte 4)",
                        program->path);
    seg_tflite_reader reader = {
        .file = {.bytes = data, .size = size},
        .program = program,
        .dequantise = opts != NULL && opts->dequantise,
        .allowance = size > (SIZE_MAX - ALLOWANCE) / ALLOWANCE_PER_BYTE
                         ? SIZE_MAX
                         : ALLOWANCE + size * ALLOWANCE_PER_BYTE,
        .err = err,
    };
    program->opset = OPSET;
    read_model(&reader);
    free(reader.tensors);
    return reader.status != SEG_OK ? reader.status : seg_program_finish(program, err);
}

seg_status seg_tflite_parse(seg_program **out, const void *data, size_t size, const char *name,
                            const seg_program_opts *opts, seg_error *err)
{
    seg_status status = seg_program_new(out, name, "tflite", err);
    if (status == SEG_OK)
        status = parse(*out, data, size, opts, err);
    if (status != SEG_OK) {
        seg_program_free(*out);
        *out = NULL;
    }
    return status;
}

seg_status seg_tflite_read(seg_program **out, const char *path, const seg_program_opts *opts,
                           seg_error *err)
{
    uint8_t *data;
    size_t size;
    *out = NULL;
    seg_status status = seg_file_read(path, SIZE_MAX / 4, &data, &size, err);
    if (status != SEG_OK)
        return status;
    status = seg_tflite_parse(out, data, size, path, opts, err);
    if (status == SEG_OK)
        (*out)->file = data;
    else
        free(data);
    return status;
}
