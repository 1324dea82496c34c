/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * graft.h: the weights of an imported network in one of our own, matched by structure.
 *
 * Names in ONNX and TFLite files are the exporter's; what does not change is which layer reads
 * which. So both networks are walked together from the image on: a layer of ours is found where a
 * node of the same kind, with weights of the same shape, reads the value that corresponds to its
 * source. Batch norms may be there, or folded into the convolutions before (then they get scale 1
 * and the folded bias as shift). fc6 and fc7 of FCN's VGG are found in fully connected layers: a
 * matrix of (7*7*512) x 4096 is a 7x7 convolution (Long et al. 2015, section 3.1).
 *
 * What has no counterpart keeps its initial values: classifiers of other classes, decoders.
 */
#ifndef MODEL_GRAFT_H
#define MODEL_GRAFT_H

#include "base/strbuf.h"
#include "graph/weights.h"
#include "nets/net.h"
#include "program/program.h"

typedef struct seg_graft_report {
    int loaded, total;   /* tensors of the network */
    int backbone_missing; /* of those, tensors of the backbone that found nothing */
    seg_strbuf text;      /* sentences, one a line */
} seg_graft_report;

/*
 * Fill, of the weights of config's network (all declared and initialised), those that have a
 * counterpart. program must be folded (seg_runtime_fold). report goes to seg_graft_report_release
 * whatever happens. Errors: SEG_MISMATCH when nothing matches, SEG_FORMAT (a NaN), SEG_NOMEM.
 */
seg_status seg_graft(seg_weights *weights, const seg_net_config *config, const seg_program *program,
                     seg_graft_report *report, seg_error *err);
void seg_graft_report_release(seg_graft_report *report);

/*
 * Backbone, width, (VGG) fc_channels, (ASPP) atrous and output stride of config as the program has them: the backbone whose first
 * layers match, tried in the order of backbones.def unless config->backbone names one that fits.
 * SEG_MISMATCH when none does.
 */
seg_status seg_graft_recognise(seg_net_config *config, const seg_program *program, seg_error *err);

#endif
