/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * program.h: an imported network as its file says it: nodes over N-d tensors, in ONNX's words.
 *
 * io/onnx.c and io/tflite.c make programs, runtime/ runs them. Operators, attributes and the
 * order of axes are those of ONNX (github.com/onnx/onnx, docs/Operators.md); what another format
 * has and ONNX has not is an operator of another domain. Nothing here computes.
 *
 * Reading a file into a program checks the file; a program that was finished (seg_program_finish)
 * is sound: every slot has one writer that stands before its readers.
 */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H

#include "base/memory.h"
#include "seg/program.h"
#include "seg/status.h"
#include "tensor/tensor.h"

typedef int seg_slot; /* a value of the program, by index */
enum { SEG_NO_SLOT = -1 };
enum { SEG_UNKNOWN_RANK = -1, SEG_ANY_EXTENT = -1 };

/* Real value = scale * (stored - zero_point); one pair, or one for each index along `axis`. */
typedef struct seg_quantisation {
    int64_t count; /* 0: not quantised */
    const float *scale;
    const int32_t *zero_point;
    int axis;
} seg_quantisation;

typedef struct seg_program_slot {
    const char *name; /* unique within the program */
    seg_shape shape;  /* as declared; rank SEG_UNKNOWN_RANK, extents SEG_ANY_EXTENT where it says
                         nothing. Of a constant: exact */
    const void *constant; /* data of a constant, aligned to its dtype; NULL: computed, or an input */
    seg_quantisation quantisation;
    bool read; /* by a node, or an output; known after seg_program_finish */
} seg_program_slot;

typedef struct seg_attribute {
    const char *name;
    enum {
        SEG_ATTRIBUTE_INT,
        SEG_ATTRIBUTE_FLOAT,
        SEG_ATTRIBUTE_TEXT,
        SEG_ATTRIBUTE_INTS,
        SEG_ATTRIBUTE_FLOATS,
        SEG_ATTRIBUTE_TENSOR,
        SEG_ATTRIBUTE_OTHER /* of a kind that no operator we run uses */
    } type;
    int64_t count;         /* of ints or floats */
    const int64_t *ints;   /* INT: one */
    const float *floats;   /* FLOAT: one */
    const char *text;      /* TEXT */
    seg_tensor tensor;     /* TENSOR */
} seg_attribute;

typedef struct seg_program_node {
    const char *domain, *op, *name; /* domain "": ONNX's own; name may be "" */
    int attribute_count, src_count, dst_count;
    const seg_attribute *attributes;
    seg_slot *src, *dst; /* SEG_NO_SLOT where an optional one is left out */
} seg_program_node;

typedef struct seg_program_text {
    const char *key, *value;
} seg_program_text;

struct seg_program {
    seg_arena arena;                        /* all texts, lists and constants made while reading */
    void *file;                             /* block that constants may point into, owned */
    const char *path, *format, *producer;   /* for people: "a.onnx", "onnx", "pytorch 2.1" */
    int opset;                              /* of ONNX's own domain; what operators mean */
    seg_program_slot *slots;
    seg_program_node *nodes; /* after seg_program_finish in an order in which they can run */
    seg_slot *inputs, *outputs;
    seg_program_text *texts; /* metadata */
    size_t slot_count, node_count, input_count, output_count, text_count;
    size_t slot_capacity, node_capacity, input_capacity, output_capacity, text_capacity;
    void *names; /* hash of slot names */
};

/* path is for errors and is copied. What it gives goes to seg_program_free. */
seg_status seg_program_new(seg_program **out, const char *path, const char *format, seg_error *err);

/* ---- building: calls return SEG_NOMEM, or what they say ---- */

/* The slot called name; made, of unknown shape, when there is none. */
seg_status seg_program_slot_named(seg_program *program, const char *name, seg_slot *slot,
                                  seg_error *err);
/* A slot with a name of its own that starts with `stem`. */
seg_status seg_program_slot_fresh(seg_program *program, const char *stem, seg_slot *slot,
                                  seg_error *err);
/*
 * Make a slot a constant. data NULL: the program's arena gives seg_shape_size(shape) bytes, to be
 * filled through *filled; else it is borrowed and must live as long as the program (program->file).
 * Errors: SEG_FORMAT when the slot is a constant already, SEG_LIMIT (size).
 */
seg_status seg_program_constant(seg_program *program, seg_slot slot, const seg_shape *shape,
                                const void *data, void **filled, seg_error *err);
/*
 * A node with room for its sources (SEG_NO_SLOT), results (SEG_NO_SLOT) and attributes (zero), all
 * for the caller to fill through *node, which is valid until the next call. Texts are copied.
 */
seg_status seg_program_node_add(seg_program *program, const char *domain, const char *op,
                                const char *name, int src_count, int dst_count,
                                int attribute_count, seg_program_node **node, seg_error *err);
seg_status seg_program_input(seg_program *program, seg_slot slot, seg_error *err);
seg_status seg_program_output(seg_program *program, seg_slot slot, seg_error *err);
seg_status seg_program_text_add(seg_program *program, const char *key, const char *value,
                                seg_error *err);

/*
 * Sort the nodes so that writers stand before readers, and check. Errors, which name node and slot:
 * SEG_FORMAT: a slot that nobody writes, or two do; a cycle; an output that nothing makes.
 */
seg_status seg_program_finish(seg_program *program, seg_error *err);

/* ---- reading a program ---- */

/* The slot called name, or SEG_NO_SLOT. */
seg_slot seg_program_find(const seg_program *program, const char *name);

const seg_attribute *seg_program_attribute(const seg_program_node *node, const char *name);
/* The value of an attribute, or `missing` where there is none (of that type). */
int64_t seg_program_int(const seg_program_node *node, const char *name, int64_t missing);
float seg_program_float(const seg_program_node *node, const char *name, float missing);
const char *seg_program_get_text(const seg_program_node *node, const char *name,
                                 const char *missing);
/* Number of ints of a list (0 when there is none); *ints points to them. */
int64_t seg_program_ints(const seg_program_node *node, const char *name, const int64_t **ints);
int64_t seg_program_floats(const seg_program_node *node, const char *name, const float **floats);

/* Metadata by key, or NULL. */
const char *seg_program_text_of(const seg_program *program, const char *key);

/* "Conv 'layer1/conv'" (or the name of its first result) for errors; returns text. */
enum { SEG_NODE_TEXT_SIZE = 160 };
const char *seg_program_node_text(const seg_program *program, const seg_program_node *node,
                                  char text[SEG_NODE_TEXT_SIZE]);

#endif
