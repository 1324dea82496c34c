/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* palette.h: colours for class ids that have none of their own. */
#ifndef IMAGE_PALETTE_H
#define IMAGE_PALETTE_H

#include "seg/image.h"

/*
 * PASCAL VOC's colours (VOCdevkit, VOClabelcolormap): the id's bits 0, 1, 2 are the top bits of
 * red, green, blue, bits 3, 4, 5 the next ones, and so on. 0 is black, 255 (224, 224, 192).
 */
seg_color seg_palette_voc(int id);

#endif
