/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* export.c: layer by layer from the optimised inference graph. */
#include "model/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "graph/optimise.h"
#include "ops/params.h"
#include "program/emit.h"

enum { OPSET = 17 };

typedef struct exporter {
    const seg_graph *graph;
    seg_emit emit;
    seg_slot *slots; /* [values of the graph]: N,C,H,W; SEG_NO_SLOT: not made yet */
} exporter;

/* One layer at hand. */
typedef struct layer {
    exporter *to;
    const seg_graph_node *node;
} layer;

static const float *data_of(const exporter *e, seg_value value)
{
    const seg_graph_value *v = &e->graph->values[value];
    return v->kind == SEG_VALUE_WEIGHT
               ? seg_f32(&seg_weights_at(e->graph->weights, v->weight)->tensor)
               : v->constant;
}

/* ---- weights ---- */

/* KH,KW,I,O (or KH,KW,1,C) to O,I,KH,KW, or with `transposed` to I,O,KH,KW. */
static seg_slot kernel(const layer *l, int src, bool transposed)
{
    exporter *e = l->to;
    const seg_graph_value *value = &e->graph->values[l->node->src[src]];
    const seg_shape s = value->shape;
    const float *from = data_of(e, l->node->src[src]);
    seg_shape shape =
        seg_shape_nhwc(transposed ? s.ic : s.oc, transposed ? s.oc : s.ic, s.kh, s.kw);
    void *memory;
    seg_slot slot = seg_emit_constant(&e->emit, value->name, &shape, NULL, &memory);
    float *to = memory;
    for (int64_t k = 0; to != NULL && k < s.kh * s.kw; k++) {
        for (int64_t i = 0; i < s.ic; i++) {
            for (int64_t o = 0; o < s.oc; o++)
                to[(transposed ? i * s.oc + o : o * s.ic + i) * s.kh * s.kw + k] =
                    from[(k * s.ic + i) * s.oc + o];
        }
    }
    return slot;
}

static seg_slot vector(const layer *l, int src)
{
    const seg_graph_value *value = &l->to->graph->values[l->node->src[src]];
    return seg_emit_constant(&l->to->emit, value->name, &value->shape,
                             data_of(l->to, l->node->src[src]), NULL);
}

/* ---- layers ---- */

static seg_slot src_slot(const layer *l, int src)
{
    return l->to->slots[l->node->src[src]];
}

static seg_slot emit(const layer *l, const char *op, int src_count, const seg_slot *src,
                     int attribute_count, const seg_attribute *attributes)
{
    return seg_emit_node(&l->to->emit, op, l->node->name, src_count, src, attribute_count,
                         attributes);
}

static seg_slot number(const layer *l, float value)
{
    const seg_shape scalar = {.dtype = SEG_F32, .rank = 0};
    return seg_emit_constant(&l->to->emit, l->node->name, &scalar, &value, NULL);
}

/* The layer's fused activation behind it. */
static seg_slot activate(const layer *l, int64_t activation, seg_slot value)
{
    if (activation == SEG_ACT_RELU)
        return emit(l, "Relu", 1, &value, 0, NULL);
    if (activation != SEG_ACT_RELU6)
        return value;
    const seg_slot src[3] = {value, number(l, 0.0f), number(l, 6.0f)};
    return emit(l, "Clip", 3, src, 0, NULL);
}

static seg_slot convolution(const layer *l, bool depthwise)
{
    const seg_conv2d_params *p = l->node->params;
    const seg_shape *weights = &l->to->graph->values[l->node->src[1]].shape;
    const int64_t group = depthwise ? weights->oc : p->groups;
    const int64_t pads[4] = {p->ph, p->pw, p->ph_end, p->pw_end}, strides[2] = {p->sh, p->sw};
    const int64_t dilations[2] = {p->dh, p->dw}, size[2] = {weights->kh, weights->kw};
    const seg_attribute attributes[] = {
        seg_attribute_ints("kernel_shape", 2, size), seg_attribute_ints("pads", 4, pads),
        seg_attribute_ints("strides", 2, strides), seg_attribute_ints("dilations", 2, dilations),
        seg_attribute_int("group", &group)};
    seg_slot src[3] = {src_slot(l, 0), kernel(l, 1, false), SEG_NO_SLOT};
    if (l->node->src_count > 2)
        src[2] = vector(l, 2);
    seg_slot value = emit(l, "Conv", l->node->src_count, src, 5, attributes);
    return activate(l, p->activation, value);
}

static seg_slot conv2d(const layer *l)
{
    return convolution(l, false);
}

static seg_slot depthwise2d(const layer *l)
{
    return convolution(l, true);
}

static seg_slot conv_transpose2d(const layer *l)
{
    const seg_conv_transpose2d_params *p = l->node->params;
    const seg_shape *weights = &l->to->graph->values[l->node->src[1]].shape;
    const int64_t pads[4] = {p->ph, p->pw, p->ph_end, p->pw_end}, strides[2] = {p->sh, p->sw};
    const int64_t dilations[2] = {p->dh, p->dw}, size[2] = {weights->kh, weights->kw};
    const int64_t more[2] = {p->out_pad_h, p->out_pad_w};
    const seg_attribute attributes[] = {
        seg_attribute_ints("kernel_shape", 2, size), seg_attribute_ints("pads", 4, pads),
        seg_attribute_ints("strides", 2, strides), seg_attribute_ints("dilations", 2, dilations),
        seg_attribute_ints("output_padding", 2, more)};
    seg_slot src[3] = {src_slot(l, 0), kernel(l, 1, true), SEG_NO_SLOT};
    if (l->node->src_count > 2)
        src[2] = vector(l, 2);
    seg_slot value = emit(l, "ConvTranspose", l->node->src_count, src, 5, attributes);
    return activate(l, p->activation, value);
}

static seg_slot batchnorm(const layer *l)
{
    const seg_batchnorm_params *p = l->node->params;
    const float epsilon = (float)p->epsilon;
    const seg_attribute attribute = seg_attribute_float("epsilon", &epsilon);
    const seg_slot src[5] = {src_slot(l, 0), vector(l, 1), vector(l, 2), vector(l, 3),
                             vector(l, 4)};
    return activate(l, p->activation, emit(l, "BatchNormalization", 5, src, 1, &attribute));
}

static seg_slot pool(const layer *l, bool average)
{
    const seg_pool2d_params *p = l->node->params;
    const int64_t size[2] = {p->kh, p->kw}, strides[2] = {p->sh, p->sw};
    const int64_t pads[4] = {p->ph, p->pw, p->ph, p->pw};
    const seg_attribute attributes[] = {
        seg_attribute_ints("kernel_shape", 2, size), seg_attribute_ints("strides", 2, strides),
        seg_attribute_ints("pads", 4, pads), seg_attribute_int("ceil_mode", &p->ceil_mode),
        seg_attribute_int("count_include_pad", &p->count_pad)};
    const seg_slot src = src_slot(l, 0);
    return emit(l, average ? "AveragePool" : "MaxPool", 1, &src, average ? 5 : 4, attributes);
}

static seg_slot maxpool2d(const layer *l)
{
    return pool(l, false);
}

static seg_slot avgpool2d(const layer *l)
{
    return pool(l, true);
}

static seg_slot global_avgpool(const layer *l)
{
    const seg_slot src = src_slot(l, 0);
    return emit(l, "GlobalAveragePool", 1, &src, 0, NULL);
}

static seg_slot add(const layer *l)
{
    const seg_add_params *p = l->node->params;
    const seg_slot src[2] = {src_slot(l, 0), src_slot(l, 1)};
    return activate(l, p->activation, emit(l, "Add", 2, src, 0, NULL));
}

static seg_slot concat(const layer *l)
{
    const int64_t axis = 1;
    const seg_attribute attribute = seg_attribute_int("axis", &axis);
    seg_slot src[SEG_OP_MAX_SRC];
    for (int i = 0; i < l->node->src_count; i++)
        src[i] = src_slot(l, i);
    return emit(l, "Concat", l->node->src_count, src, 1, &attribute);
}

static seg_slot relu(const layer *l)
{
    return activate(l, SEG_ACT_RELU, src_slot(l, 0));
}

static seg_slot relu6(const layer *l)
{
    return activate(l, SEG_ACT_RELU6, src_slot(l, 0));
}

static seg_slot scale(const layer *l)
{
    const seg_scale_params *p = l->node->params;
    const seg_slot src[2] = {src_slot(l, 0), number(l, (float)p->factor)};
    return emit(l, "Mul", 2, src, 0, NULL);
}

static seg_slot softmax(const layer *l)
{
    const int64_t axis = 1;
    const seg_attribute attribute = seg_attribute_int("axis", &axis);
    const seg_slot src = src_slot(l, 0);
    return emit(l, "Softmax", 1, &src, 1, &attribute);
}

static seg_slot pad(const layer *l)
{
    const seg_pad_params *p = l->node->params;
    const int64_t pads[8] = {0, 0, p->top, p->left, 0, 0, p->bottom, p->right};
    const seg_slot src[3] = {src_slot(l, 0), seg_emit_list(&l->to->emit, l->node->name, 8, pads),
                             number(l, (float)p->value)};
    return emit(l, "Pad", 3, src, 0, NULL);
}

/* Rows top.. and columns left.. of src, h x w of them. */
static seg_slot slice(const layer *l, seg_slot src, const seg_crop_params *p)
{
    const int64_t starts[2] = {p->top, p->left}, ends[2] = {p->top + p->h, p->left + p->w};
    const int64_t axes[2] = {2, 3};
    seg_emit *to = &l->to->emit;
    const seg_slot all[4] = {src, seg_emit_list(to, l->node->name, 2, starts),
                             seg_emit_list(to, l->node->name, 2, ends),
                             seg_emit_list(to, l->node->name, 2, axes)};
    return emit(l, "Slice", 4, all, 0, NULL);
}

static seg_slot crop(const layer *l)
{
    return slice(l, src_slot(l, 0), l->node->params);
}

static seg_slot resize(const layer *l, const char *mode, const char *centres, int64_t h, int64_t w)
{
    const seg_shape *from = &l->to->graph->values[l->node->src[0]].shape;
    const int64_t sizes[4] = {from->n, from->c, h, w};
    const seg_attribute attributes[] = {
        seg_attribute_text("mode", mode),
        seg_attribute_text("coordinate_transformation_mode", centres),
        seg_attribute_text("nearest_mode", "floor")};
    const seg_slot src[4] = {src_slot(l, 0), SEG_NO_SLOT, SEG_NO_SLOT,
                             seg_emit_list(&l->to->emit, l->node->name, 4, sizes)};
    return emit(l, "Resize", 4, src, 3, attributes);
}

static seg_slot resize_bilinear(const layer *l)
{
    const seg_resize_params *p = l->node->params;
    const seg_shape *from = &l->to->graph->values[l->node->src[0]].shape;
    if (p->coordinates != SEG_COORDINATES_ASYMMETRIC)
        return resize(l, "linear", p->align_corners ? "align_corners" : "half_pixel", p->h, p->w);
    /* ONNX takes the scale from the sizes: all pixels of all cells, less those beyond the image. */
    const int64_t h = from->h * (int64_t)p->scale_h, w = from->w * (int64_t)p->scale_w;
    const seg_crop_params kept = {.h = p->h, .w = p->w};
    const seg_slot whole = resize(l, "linear", "asymmetric", h, w);
    return h == p->h && w == p->w ? whole : slice(l, whole, &kept);
}

static seg_slot resize_nearest(const layer *l)
{
    const seg_resize_params *p = l->node->params;
    return resize(l, "nearest", "asymmetric", p->h, p->w);
}

static const struct {
    const char *op;
    seg_slot (*write)(const layer *l);
} writers[] = {{"add", add},
               {"avgpool2d", avgpool2d},
               {"batchnorm", batchnorm},
               {"concat", concat},
               {"conv2d", conv2d},
               {"conv_transpose2d", conv_transpose2d},
               {"crop", crop},
               {"depthwise2d", depthwise2d},
               {"global_avgpool", global_avgpool},
               {"maxpool2d", maxpool2d},
               {"pad", pad},
               {"relu", relu},
               {"relu6", relu6},
               {"resize_bilinear", resize_bilinear},
               {"resize_nearest", resize_nearest},
               {"scale", scale},
               {"softmax", softmax}};

static void export_node(exporter *e, const seg_graph_node *node)
{
    const layer l = {e, node};
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        if (strcmp(writers[i].op, node->op->name) == 0) {
            e->slots[node->dst] = writers[i].write(&l);
            return;
        }
    }
    if (e->emit.status == SEG_OK)
        e->emit.status =
            seg_fail(e->emit.err, SEG_UNSUPPORTED, "%s: no ONNX operator for the layer %s",
                     node->name, node->op->name);
}

/* ---- the whole ---- */

static seg_shape nchw(const seg_shape *s)
{
    return seg_shape_nhwc(s->n, s->c, s->h, s->w);
}

static void export_graph(exporter *e)
{
    const seg_graph *graph = e->graph;
    const seg_graph_binding *in = &graph->inputs[0], *out = &graph->outputs[0];
    const seg_shape input = nchw(&graph->values[in->value].shape);
    const seg_shape output = nchw(&graph->values[out->value].shape);
    e->slots[in->value] = seg_emit_input(&e->emit, in->name, &input);
    for (size_t i = 0; i < graph->node_count && e->emit.status == SEG_OK; i++)
        export_node(e, &graph->nodes[i]);
    seg_emit_output(&e->emit, out->name, &output, e->slots[out->value]);
}

static seg_status add_metadata(seg_program *program, const seg_model *model, seg_error *err)
{
    char *json;
    seg_status status = seg_model_spec_to_json(&model->spec, &json, err);
    if (status == SEG_OK)
        status = seg_program_text_add(program, "seg.model", json, err);
    free(json);
    return status;
}

static seg_status build(seg_graph **out, const seg_model *model, seg_weights *weights, int width,
                        int height, seg_error *err)
{
    seg_status status = seg_graph_new(out, weights, err);
    if (status == SEG_OK)
        status = seg_net_build(*out, &model->spec.net, 1, height, width, err);
    if (status == SEG_OK)
        status = seg_graph_optimise(*out, false, err);
    return status == SEG_OK ? seg_graph_refold(*out, err) : status;
}

seg_status seg_model_export(seg_program **out, const seg_model *model, int width, int height,
                            seg_error *err)
{
    seg_weights *weights;
    seg_graph *graph = NULL;
    seg_program *program = NULL;
    exporter e = {.emit = {.err = err}};
    *out = NULL;
    if (model->import != NULL)
        return seg_fail(err, SEG_UNSUPPORTED, "%s: an imported network is not exported this way",
                        model->spec.net.net);
    seg_status status = seg_weights_copy(&weights, model->weights, err);
    if (status == SEG_OK)
        status = build(&graph, model, weights, width, height, err);
    if (status == SEG_OK)
        status = seg_program_new(&program, model->spec.net.net, "onnx", err);
    if (status == SEG_OK) {
        program->opset = OPSET;
        e.slots = malloc((graph->value_count + 1) * sizeof *e.slots);
        if (e.slots == NULL)
            status = seg_fail_nomem(err, graph->value_count * sizeof *e.slots, "an export");
    }
    if (status == SEG_OK) {
        for (size_t v = 0; v < graph->value_count; v++)
            e.slots[v] = SEG_NO_SLOT;
        e.graph = graph;
        e.emit.program = program;
        export_graph(&e);
        status = e.emit.status;
    }
    if (status == SEG_OK)
        status = add_metadata(program, model, err);
    if (status == SEG_OK)
        status = seg_program_finish(program, err);
    free(e.slots);
    seg_graph_free(graph);
    seg_weights_free(weights);
    if (status == SEG_OK)
        *out = program;
    else
        seg_program_free(program);
    return status;
}
