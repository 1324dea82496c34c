/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* net_run.h: a network on the weights and images that tools/make_net_golden.py computes too. */
#ifndef TESTS_NETS_NET_RUN_H
#define TESTS_NETS_NET_RUN_H

#include "graph/exec.h"
#include "nets/net.h"

/* A network for one input size, planned. */
typedef struct net_run {
    seg_graph *graph;
    seg_exec *exec;
} net_run;

/* Defaults of net on backbone, as small as the tests like: 5 classes, a quarter of the width. */
seg_net_config net_small(const char *net, const char *backbone);

/* Builds, optimises and plans; weights gains what is missing, uninitialised. Fails the test on an
 * error. */
net_run net_run_make(seg_weights *weights, const seg_net_config *config, int64_t n, int64_t h,
                     int64_t w, bool train);
void net_run_release(net_run *run);

seg_weights *net_weights_new(void);
/* Every weight by the formula of tools/make_net_golden.py (uniform numbers seeded by its name). */
void net_weights_fill(seg_weights *weights);
/* How many numbers train. */
int64_t net_weights_trained(seg_weights *weights);

/* The tool's image: tint, blocks and noise. */
void net_image_fill(seg_tensor image);
/* The tool's labels, n*h*w of them (to be freed). */
uint8_t *net_labels_new(int64_t n, int64_t h, int64_t w, int64_t classes);

/* Largest |a - b| over count numbers, relative to the largest |b|. */
double net_difference(const float *a, const float *b, int64_t count);

#endif
