/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* check_isas.c: every instruction set against the portable one, at sizes beyond golden files. */
#include <stdio.h>

#include "ops/check_op.h"

static void run_forward(op_run *run, const seg_op *op, const void *params, int src_count,
                        const seg_shape *src, const seg_kernels *kernels)
{
    op_run_init(run, op, params, src_count, src);
    run->call.kernels = kernels;
    run->call.seed = 5;
    op_run_prepare(run);
    for (int i = 0; i < src_count; i++) {
        double low = src[i].rank == 1 ? 0.5 : -1.0; /* variances are positive */
        op_fill(&run->src[i], 10 + (uint64_t)i, low, low + 2.0);
    }
    op_run_forward(run, kernels->isa);
    if (op->backward != NULL)
        op_fill(&run->diff_dst, 20, -1.0, 1.0);
}

void check_isas(const seg_op *op, const void *params, int src_count, const seg_shape *src)
{
    op_run first, run;
    char label[300], text[SEG_SHAPE_TEXT_SIZE];
    int supported;
    run_forward(&first, op, params, src_count, src, seg_kernels_at(0, &supported));
    for (int i = 1; seg_kernels_at(i, &supported) != NULL; i++) {
        if (!supported)
            continue;
        run_forward(&run, op, params, src_count, src, seg_kernels_at(i, &supported));
        snprintf(label, sizeof label, "%s of %s (%s)", op->name, seg_shape_text(&src[0], text),
                 run.call.kernels->isa);
        check_close(&run.dst, &first.dst, 1e-5, label);
        if (op->backward != NULL) {
            op_run again; /* backward spoils what it may not read: the first run is kept */
            run_forward(&again, op, params, src_count, src, first.call.kernels);
            op_run_backward(&again, label);
            op_run_backward(&run, label);
            for (int k = 0; k < src_count; k++)
                check_close(&run.diff_src[k], &again.diff_src[k], 1e-5, label);
            op_run_release(&again);
        }
        op_run_release(&run);
    }
    op_run_release(&first);
}
