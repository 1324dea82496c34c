/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* seg/seg.h: all of libseg's public interface. */
#ifndef SEG_SEG_H
#define SEG_SEG_H

#include "seg/array.h"
#include "seg/bench.h"
#include "seg/data.h"
#include "seg/image.h"
#include "seg/metrics.h"
#include "seg/model.h"
#include "seg/program.h"
#include "seg/quantise.h"
#include "seg/status.h"
#include "seg/train.h"
#include "seg/version.h"

#endif
