/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * init.h: start from the weights of another model, as far as they fit.
 *
 * Tensors match by name, with or without "backbone." in front on either side. Files of ours
 * (metadata "layout" = "HWIO") hold tensors as they are used; any other file is taken to be in
 * PyTorch's layout: convolutions OC,IC,KH,KW (depthwise C,1,KH,KW), transposed ones IC,OC,KH,KW.
 * What has another shape (a head with other classes) is left as it was.
 */
#ifndef TRAIN_INIT_H
#define TRAIN_INIT_H

#include "base/strbuf.h"
#include "graph/weights.h"
#include "io/safetensors.h"

typedef struct seg_init_report {
    int loaded, missing, misshapen; /* of the network's tensors */
    int unused;                     /* of the file's tensors */
    seg_strbuf text;                /* sentences, one a line: how many, and which not and why */
} seg_init_report;

/*
 * Fills what matches. name is for the sentences. Errors: SEG_MISMATCH when nothing at all matches,
 * SEG_FORMAT (a NaN: the tensor is named), SEG_NOMEM. report goes to seg_init_report_release.
 */
seg_status seg_weights_init(seg_weights *weights, const seg_safetensors *file, const char *name,
                            seg_init_report *report, seg_error *err);
void seg_init_report_release(seg_init_report *report);

#endif
