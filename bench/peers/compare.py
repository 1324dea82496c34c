#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""compare.py: seg beside other engines, in turn, in the same minutes.

  bench/peers/compare.py [--seg build/seg] [--threads 2] [--rounds 5] [--seconds 1] MODEL.onnx ...

Each round runs every engine once, as a process of its own, on every model; figures are medians over
the rounds. load: until the first run can start (graph optimised, weights packed; not the engine's
own import). Peers at their best settings: all graph optimisations, as many threads as given. An
engine that is not installed is named as absent. Needs Python with NumPy, and of the Python packages
onnxruntime, openvino, opencv-python-headless those that are to be measured.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

ENGINES = ("seg", "onnxruntime", "openvino", "opencv")
TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8}


def random_input(shape, dtype):
    shape = [side if isinstance(side, int) and side > 0 else 1 for side in shape]
    rng = np.random.default_rng(1)
    if np.issubdtype(dtype, np.integer):
        return rng.integers(0, 2, shape).astype(dtype)
    return rng.uniform(-1, 1, shape).astype(dtype)


def load_onnxruntime(model, threads):
    import onnxruntime as ort
    yield ort.__version__
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {i.name: random_input(i.shape, TYPES[i.type]) for i in session.get_inputs()}
    yield lambda: session.run(None, feed)


def load_openvino(model, threads):
    import openvino as ov
    yield ov.__version__.split("-")[0]
    core = ov.Core()
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads,
                                                 "INFERENCE_PRECISION_HINT": "f32",
                                                 "PERFORMANCE_HINT": "LATENCY"})
    feed = [random_input(list(i.shape), np.float32) for i in compiled.inputs]
    request = compiled.create_infer_request()
    yield lambda: request.infer(feed)


def load_opencv(model, threads):
    import cv2
    import onnxruntime as ort  # for the shape of the input only
    shape = ort.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0].shape
    yield cv2.__version__
    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromONNX(model)
    net.setInput(random_input(shape, np.float32))
    yield net.forward


LOADERS = {"onnxruntime": load_onnxruntime, "openvino": load_openvino, "opencv": load_opencv}


def peak_mb():
    with open("/proc/self/status", encoding="ascii") as status:
        kib = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
    return kib[0] * 1024e-6


def child(engine, model, threads, seconds):
    """One engine on one model, as JSON on standard output."""
    steps = LOADERS[engine](model, threads)
    version = next(steps)
    before = peak_mb()
    start = time.perf_counter()
    run = next(steps)
    load = time.perf_counter() - start
    start = time.perf_counter()
    run()
    first, times = time.perf_counter() - start, []
    until = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < until:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    print(json.dumps({"version": version, "load_ms": 1e3 * load, "first_ms": 1e3 * first,
                      "min_ms": 1e3 * min(times), "median_ms": 1e3 * statistics.median(times),
                      "peak_rss_mb": peak_mb(), "import_mb": before}))


def measure(engine, model, args):
    if engine == "seg":
        command = [args.seg, "bench", "-m", model, "--threads", str(args.threads), "--seconds",
                   str(args.seconds), "--json"]
    else:
        command = [sys.executable, __file__, "--child", engine, "--threads", str(args.threads),
                   "--seconds", str(args.seconds), model]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return None, lines[-1][:100] if lines else f"exit {done.returncode}"
    return json.loads(done.stdout.splitlines()[-1]), None


def compare(model, args):
    found, absent = {engine: [] for engine in ENGINES}, {}
    for _ in range(args.rounds):
        for engine in ENGINES:
            if engine in absent:
                continue
            figures, why = measure(engine, model, args)
            if figures is None:
                absent[engine] = why
            else:
                found[engine].append(figures)
    print(f"\n{os.path.basename(model)}, {args.threads} threads, {args.rounds} rounds")
    print(f"{'':24} {'load ms':>9} {'first':>8} {'min ms':>9} {'median':>9} {'peak MB':>8}"
          f" {'load':>6} {'min':>6}")
    middle = lambda engine, key: statistics.median(f[key] for f in found[engine])
    for engine in ENGINES:
        if engine in absent or not found[engine]:
            print(f"{engine:24} not measured: {absent.get(engine)}")
            continue
        row = [middle(engine, key) for key in ("load_ms", "first_ms", "min_ms", "median_ms",
                                               "peak_rss_mb")]
        ratios = [middle(engine, key) / middle("seg", key) for key in ("load_ms", "min_ms")
                  ] if found["seg"] else [float("nan")] * 2
        name = f"{engine} {found[engine][0].get('version', '')}"
        print(f"{name:24} {row[0]:9.2f} {row[1]:8.2f} {row[2]:9.2f} {row[3]:9.2f} {row[4]:8.1f}"
              f" {ratios[0]:5.1f}x {ratios[1]:5.2f}x", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seg", default="build/seg")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    if args.child:
        child(args.child, args.models[0], args.threads, args.seconds)
        return
    for model in args.models:
        compare(model, args)


if __name__ == "__main__":
    main()
