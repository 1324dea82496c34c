/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* discs.h: a made-up data set that is easy to learn. */
#ifndef TESTS_DISCS_H
#define TESTS_DISCS_H

/*
 * Noise with a disc (class 1, red) and a square (class 2, green) on 40x40 pixels: split "train" with
 * that many images and split "val" in folder. Returns folder.
 */
const char *discs_make(const char *folder, int train, int val);

#endif
