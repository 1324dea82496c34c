/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* net.c: the lists of networks and backbones, the configuration, and building by it. */
#include "nets/net.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"

static const seg_net *const nets[] = {
#define SEG_NET(name) &seg_net_##name,
#include "nets/nets.def"
#undef SEG_NET
    NULL};

static const seg_backbone *const backbones[] = {
#define SEG_BACKBONE(name) &seg_backbone_##name,
#include "nets/backbones.def"
#undef SEG_BACKBONE
    NULL};

enum {
    NET_COUNT = sizeof nets / sizeof *nets - 1,
    BACKBONE_COUNT = sizeof backbones / sizeof *backbones - 1
};

const seg_net *seg_net_at(int index)
{
    return index >= 0 && index < NET_COUNT ? nets[index] : NULL;
}

const seg_backbone *seg_backbone_at(int index)
{
    return index >= 0 && index < BACKBONE_COUNT ? backbones[index] : NULL;
}

const seg_net *seg_net_find(const char *name)
{
    for (int i = 0; i < NET_COUNT; i++) {
        if (strcmp(nets[i]->name, name) == 0)
            return nets[i];
    }
    return NULL;
}

const seg_backbone *seg_backbone_find(const char *name)
{
    for (int i = 0; i < BACKBONE_COUNT; i++) {
        if (strcmp(backbones[i]->name, name) == 0)
            return backbones[i];
    }
    return NULL;
}

static const char *net_name(int index)
{
    return index < NET_COUNT ? nets[index]->name : NULL;
}

static const char *backbone_name(int index)
{
    return index < BACKBONE_COUNT ? backbones[index]->name : NULL;
}

/* "<what> <name> is unknown (a, b, c)" */
static seg_status fail_unknown(seg_error *err, const char *what, const char *name,
                               const char *(*name_at)(int))
{
    seg_strbuf list = {0};
    for (int i = 0; name_at(i) != NULL; i++) {
        seg_strbuf_add(&list, i > 0 ? ", " : "");
        seg_strbuf_add(&list, name_at(i));
    }
    seg_fail(err, SEG_INVALID, "there is no %s %s (there are %s)", what, name,
             list.failed || list.text == NULL ? "none" : list.text);
    seg_strbuf_release(&list);
    return SEG_INVALID;
}

seg_status seg_net_config_default(seg_net_config *config, const char *name, seg_error *err)
{
    const seg_net *net = seg_net_find(name);
    if (net == NULL)
        return fail_unknown(err, "network", name, net_name);
    *config = (seg_net_config){
#define SEG_DEFAULT(field, value, min, max, help) .field = value,
        SEG_NET_INT_MAP(SEG_DEFAULT) SEG_NET_FLOAT_MAP(SEG_DEFAULT)
#undef SEG_DEFAULT
    };
    snprintf(config->net, sizeof config->net, "%s", net->name);
    snprintf(config->backbone, sizeof config->backbone, "%s", net->default_backbone);
    config->output_stride = net->default_output_stride;
    return SEG_OK;
}

/* Written so that NaN fails. */
static seg_status check_range(const char *name, double value, double min, double max,
                              seg_error *err)
{
    if (value >= min && value <= max)
        return SEG_OK;
    return seg_fail(err, SEG_INVALID, "%s is %g, outside %g..%g", name, value, min, max);
}

seg_status seg_net_config_check(const seg_net_config *config, seg_error *err)
{
    if (seg_net_find(config->net) == NULL)
        return fail_unknown(err, "network", config->net, net_name);
    if (seg_backbone_find(config->backbone) == NULL)
        return fail_unknown(err, "backbone", config->backbone, backbone_name);
#define SEG_CHECK(field, value, min, max, help)                                                    \
    if (check_range(#field, (double)config->field, min, max, err) != SEG_OK)                       \
        return SEG_INVALID;
    SEG_NET_INT_MAP(SEG_CHECK)
    SEG_NET_FLOAT_MAP(SEG_CHECK)
#undef SEG_CHECK
    if (config->output_stride != 8 && config->output_stride != 16 && config->output_stride != 32)
        return seg_fail(err, SEG_INVALID, "output_stride is %lld, not 8, 16 or 32",
                        (long long)config->output_stride);
    if (config->dropout < 0 && config->dropout > -1)
        return seg_fail(err, SEG_INVALID, "dropout is %g, neither -1 nor 0..0.9", config->dropout);
    return SEG_OK;
}

seg_status seg_net_build(seg_graph *graph, const seg_net_config *config, int64_t n, int64_t h,
                         int64_t w, seg_error *err)
{
    seg_status status = seg_net_config_check(config, err);
    if (status != SEG_OK)
        return status;
    if (n < 1 || h < 1 || w < 1)
        return seg_fail(err, SEG_INVALID,
                        "a network cannot be built for %lld images of %lld x %lld", (long long)n,
                        (long long)w, (long long)h);
    seg_shape shape = seg_shape_nhwc(n, h, w, 3);
    seg_value image = seg_graph_input(graph, "image", &shape);
    seg_value logits = seg_net_find(config->net)->build(graph, config, image);
    seg_graph_output(graph, "logits", logits);
    return seg_graph_status(graph, err);
}
