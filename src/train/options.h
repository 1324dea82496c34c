/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* options.h: options of a run checked, resolved, written to and read from config.json. */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "base/memory.h"
#include "nets/net.h"
#include "seg/train.h"

/* Every field in its range, every name known; what is missing (data, out) is named. */
seg_status seg_train_opts_check(const seg_train_opts *opts, seg_error *err);

/* The network's defaults with opts' net, backbone and settings. classes is left as it is there. */
seg_status seg_train_net_config(const seg_train_opts *opts, seg_net_config *config, seg_error *err);

/* Write to path. */
seg_status seg_train_opts_write(const seg_train_opts *opts, const char *path, seg_error *err);
/* Read; texts and settings live in arena. Unknown keys are errors, missing ones take defaults. */
seg_status seg_train_opts_read(seg_train_opts *opts, const char *path, seg_arena *arena,
                               seg_error *err);
/* SEG_MISMATCH names the first option that a resumed run must keep and that differs. */
seg_status seg_train_opts_same(const seg_train_opts *stored, const seg_train_opts *given,
                               seg_error *err);

#endif
