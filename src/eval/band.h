/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * band.h: the narrow band along the edges of the truth (the "trimap" of Kohli et al. 2009).
 *
 *   d(p)    = smallest Euclidean distance from pixel p to a pixel of another label, centre to centre
 *   band(n) = { p : d(p) <= n }
 *
 * So band(1) is the pixels with another label above, below, left or right of them. SEG_IGNORE is a
 * label like any other here: a region to ignore has edges. Its own pixels do not count afterwards,
 * as ever. The image's border is no edge.
 *
 * Kraehenbuehl and Koltun 2011 (section 6) count in a band around the edges of an accurate truth,
 * which is the case without SEG_IGNORE. Chen et al. 2018 (DeepLab-v3+, section 4.3) dilate VOC's
 * "void" labels, which are painted along the objects' edges, by n pixels: the case in which all
 * edges are edges of SEG_IGNORE. Both are the set above, with a disc as the dilation's element.
 */
#ifndef EVAL_BAND_H
#define EVAL_BAND_H

#include <stddef.h>
#include <stdint.h>

/*
 * squared[y * width + x] = d^2 where d <= most_px, and something above most_px^2 elsewhere.
 * most_px 1..SEG_BAND_MAX_PX; scratch: seg_band_scratch_size(height) bytes. Takes time in
 * proportion to the pixels, whatever most_px is.
 */
void seg_band_distances(const uint8_t *labels, int width, int height, int most_px, int32_t *squared,
                        void *scratch);
size_t seg_band_scratch_size(int height);

/* kept[i] = truth[i] within the band, SEG_IGNORE elsewhere; px at most the distances' most_px. */
void seg_band_keep(const uint8_t *truth, const int32_t *squared, int64_t count, int px,
                   uint8_t *kept);

#endif
