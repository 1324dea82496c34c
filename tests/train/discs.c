/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* discs.c: a made-up data set that is easy to learn. */
#include "train/discs.h"

#include <stdio.h>

#include "base/file.h"
#include "base/rng.h"
#include "seg/image.h"
#include "test.h"

enum { SIDE = 40 };

/* Discs of class 1 (red) and squares of class 2 (green) on a dark background, class 0. */
static void make_image(const char *folder, const char *split, int number)
{
    static uint8_t pixels[SIDE * SIDE * 3], labels[SIDE * SIDE];
    seg_error err;
    char name[64];
    seg_rng rng = seg_rng_make(5, SEG_RNG_METHOD, (uint64_t)number);
    int cx = 10 + (int)seg_rng_below(&rng, 20), cy = 10 + (int)seg_rng_below(&rng, 20);
    int sx = (int)seg_rng_below(&rng, 28), sy = (int)seg_rng_below(&rng, 28);
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            int disc = (x - cx) * (x - cx) + (y - cy) * (y - cy) < 64;
            int square = x >= sx && x < sx + 12 && y >= sy && y < sy + 12;
            uint8_t *p = pixels + (y * SIDE + x) * 3;
            for (int c = 0; c < 3; c++)
                p[c] = (uint8_t)(20 + seg_rng_below(&rng, 40));
            p[0] = (uint8_t)(p[0] + (disc ? 150 : 0));
            p[1] = (uint8_t)(p[1] + (!disc && square ? 150 : 0));
            labels[y * SIDE + x] = (uint8_t)(disc ? 1 : square ? 2 : 0);
        }
    }
    labels[0] = SEG_IGNORE;
    seg_color palette[256] = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}};
    snprintf(name, sizeof name, "%s/images/%02d.png", split, number);
    ck_ok(seg_image_write(test_path(folder, name), &(seg_image){pixels, SIDE, SIDE, 3, 0}, &err),
          err);
    snprintf(name, sizeof name, "%s/labels/%02d.png", split, number);
    ck_ok(seg_labels_write(test_path(folder, name), &(seg_image){labels, SIDE, SIDE, 1, 0}, palette,
                           256, &err),
          err);
}

const char *discs_make(const char *folder, int train, int val)
{
    const char classes[] = "background\ndisc\nsquare\n";
    const char *const parts[] = {"train/images", "train/labels", "val/images", "val/labels"};
    seg_error err;
    for (int i = 0; i < 4; i++)
        ck_ok(seg_folder_make(test_path(folder, parts[i]), &err), err);
    ck_ok(seg_file_write(test_path(folder, "classes.txt"), classes, strlen(classes), &err), err);
    for (int i = 0; i < train; i++)
        make_image(folder, "train", i);
    for (int i = train; i < train + val; i++)
        make_image(folder, "val", i);
    return folder;
}
