/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * net.c: a whole network, layer by layer.
 *   bench-net NET BACKBONE WIDTH BATCH HEIGHT WIDTH train|infer [THREADS [RUNS [float32|bf16 [MEMORY_MB]]]]
 * Random weights and pixels; prints the median pass and where its time goes: by op, then the
 * slowest nodes. ms of a node are the best of its runs, so that a neighbour's load hides little.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "graph/exec.h"
#include "graph/optimise.h"
#include "nets/net.h"

static void die(const seg_error *err)
{
    fprintf(stderr, "bench-net: %s\n", err->text);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Best seconds of every node, forward and backward. */
typedef struct node_times {
    double seconds[2];
} node_times;

static double total(const node_times *best, size_t node)
{
    return best[node].seconds[0] + best[node].seconds[1];
}

static void take_times(const seg_exec *exec, size_t nodes, node_times *best, bool first)
{
    for (size_t i = 0; i < nodes; i++) {
        for (int pass = 0; pass < 2; pass++) {
            double seconds = seg_exec_seconds(exec, (int)i, pass == 1);
            double *least = &best[i].seconds[pass];
            *least = first || seconds < *least ? seconds : *least;
        }
    }
}

static void print_ops(const seg_graph *graph, const node_times *best)
{
    double all = 0;
    printf("%-18s %6s %10s %10s\n", "op", "nodes", "forward ms", "backward ms");
    for (int i = 0; seg_op_at(i) != NULL; i++) {
        double forward = 0, backward = 0;
        int nodes = 0;
        for (size_t k = 0; k < graph->node_count; k++) {
            if (graph->nodes[k].op != seg_op_at(i))
                continue;
            nodes++;
            forward += best[k].seconds[0];
            backward += best[k].seconds[1];
        }
        all += forward + backward;
        if (nodes > 0)
            printf("%-18s %6d %10.2f %10.2f\n", seg_op_at(i)->name, nodes, forward * 1e3,
                   backward * 1e3);
    }
    printf("all nodes: %.1f ms\n", all * 1e3);
}

static void print_slowest(const seg_graph *graph, const node_times *times, int count)
{
    double bound = 1e9;
    printf("slowest nodes\n");
    for (int row = 0; row < count; row++) {
        size_t best = graph->node_count;
        for (size_t k = 0; k < graph->node_count; k++) {
            if (total(times, k) < bound &&
                (best == graph->node_count || total(times, k) > total(times, best)))
                best = k;
        }
        if (best == graph->node_count)
            return;
        char text[SEG_SHAPE_TEXT_SIZE];
        bound = total(times, best);
        printf("  %-34s %-16s %-22s %8.2f %8.2f\n", graph->nodes[best].name,
               graph->nodes[best].op->name,
               seg_shape_text(&graph->values[graph->nodes[best].dst].shape, text),
               times[best].seconds[0] * 1e3, times[best].seconds[1] * 1e3);
    }
}

static void run(seg_graph *graph, const seg_net_config *config, bool train, int threads, int runs,
                bool bf16, double memory_mb)
{
    seg_error err;
    seg_exec *exec;
    seg_exec_opts opts = {.threads = threads,
                          .train = train,
                          .profile = true,
                          .bf16 = bf16,
                          .memory_limit = (size_t)(memory_mb * 1e6)};
    if (seg_exec_new(&exec, graph, &opts, &err) != SEG_OK)
        die(&err);
    seg_tensor image = seg_exec_input(exec, 0);
    double *seconds = calloc((size_t)runs, sizeof *seconds);
    node_times *best = calloc(graph->node_count, sizeof *best);
    for (int r = -1; r < runs; r++) {
        /* The arena is reused, so what stood there must be written anew for each pass. */
        for (int64_t i = 0, count = seg_shape_count(&image.shape); i < count; i++)
            seg_f32(&image)[i] = (float)(i * 2654435761 % 1000) * 4e-3f - 2.0f;
        double start = seg_clock_seconds();
        seg_exec_forward(exec, 1, 1);
        if (train) {
            seg_tensor diff = seg_exec_output_grad(exec, 0);
            for (int64_t i = 0, count = seg_shape_count(&diff.shape); i < count; i++)
                seg_f32(&diff)[i] = 1e-3f;
            seg_exec_backward(exec);
        }
        if (r >= 0) {
            seconds[r] = seg_clock_seconds() - start;
            take_times(exec, graph->node_count, best, r == 0);
        }
    }
    qsort(seconds, (size_t)runs, sizeof *seconds, by_value);
    double median = seconds[runs / 2],
           work = (double)seg_exec_multiply_adds(exec) * (train ? 6 : 2);
    print_ops(graph, best);
    print_slowest(graph, best, 20);
    printf("%s %s: median %.1f ms, best %.1f ms, %.2f images/s, %.0f GFLOP/s, arena %.0f MB, %d "
           "layers "
           "recomputed\n",
           config->net, config->backbone, median * 1e3, seconds[0] * 1e3,
           (double)image.shape.n / median, work / median * 1e-9,
           (double)seg_exec_arena_bytes(exec) * 1e-6, seg_exec_recomputed(exec));
    free(seconds);
    free(best);
    seg_exec_free(exec);
}

int main(int argc, char **argv)
{
    seg_error err;
    seg_net_config config;
    seg_weights *weights;
    seg_graph *graph;
    if (argc < 8) {
        fprintf(stderr, "usage: bench-net NET BACKBONE WIDTH BATCH HEIGHT WIDTH train|infer "
                        "[THREADS [RUNS [float32|bf16 [MEMORY_MB]]]]\n");
        return 2;
    }
    bool train = strcmp(argv[7], "train") == 0;
    bool bf16 = argc > 10 && strcmp(argv[10], "bf16") == 0;
    if (seg_net_config_default(&config, argv[1], &err) != SEG_OK)
        die(&err);
    snprintf(config.backbone, sizeof config.backbone, "%s", argv[2]);
    config.width = strtod(argv[3], NULL);
    if (seg_weights_new(&weights, &err) != SEG_OK || seg_graph_new(&graph, weights, &err) != SEG_OK)
        die(&err);
    if (seg_net_build(graph, &config, strtol(argv[4], NULL, 10), strtol(argv[5], NULL, 10),
                      strtol(argv[6], NULL, 10), &err) != SEG_OK ||
        seg_graph_optimise(graph, train, &err) != SEG_OK)
        die(&err);
    for (int i = 0; i < seg_weights_count(weights); i++)
        seg_weights_initialise(weights, i, 1);
    int runs = argc > 9 ? (int)strtol(argv[9], NULL, 10) : 3;
    run(graph, &config, train, argc > 8 ? (int)strtol(argv[8], NULL, 10) : 0, runs < 1 ? 1 : runs,
        bf16, argc > 11 ? strtod(argv[11], NULL) : 0);
    seg_graph_free(graph);
    seg_weights_free(weights);
    return 0;
}
