/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* quantise.h: `seg convert --int8 --calibrate`: a network in integers, and what that costs it. */
#ifndef CLI_QUANTISE_H
#define CLI_QUANTISE_H

#include <stdbool.h>

#include "cmd.h"
#include "seg/quantise.h"

typedef struct quantise_options {
    const char *calibrate, *check; /* folders; check NULL: no evaluation */
    int images;
    double least_snr_db;
    bool force;
} quantise_options;

/* Writes nothing when the model loses too much, unless forced. */
int quantise_convert(const cmd *command, const char *from, const char *to,
                     const quantise_options *options, const seg_save_opts *save);

#endif
