#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""compare.py: seg beside other engines, in turn, in the same minutes.

  bench/peers/compare.py [--seg build/seg] [--threads 2] [--rounds 5] [--seconds 1]
                         [--engines a,b] [--json FILE] [--markdown] MODEL ...

Models are ONNX and TFLite files. Each round runs every engine once, as a process of its own; figures
are medians over the rounds. load: until the first run can start (graph optimised, weights packed;
not what an engine's own modules take to import). first: the first run. min, median: of the runs
after it. All engines get the same random numbers, and one whose output is not seg's is marked.
--json appends every single measurement to FILE, one object a line.

An engine that is not installed, or cannot run a model, is named with the reason. Needs Python with
NumPy, and of these packages those that are to be measured: onnxruntime, openvino,
opencv-python-headless, ai-edge-litert (TFLite), pnnx with ncnn or torch. pnnx turns the ONNX file
into what ncnn and PyTorch read, folding and fusing on the way: no part of their load.
"""
import argparse
import datetime
import importlib.util
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np

MODULES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "opencv": "cv2", "ncnn": "ncnn",
           "pytorch": "torch", "tflite": "ai_edge_litert"}
READERS = {".onnx": ("onnxruntime", "openvino", "opencv", "ncnn", "pytorch"),
           ".tflite": ("tflite", "openvino", "opencv")}
CONVERTED = ("ncnn", "pytorch")
TYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "u8": np.uint8, "i8": np.int8,
         "i32": np.int32, "i64": np.int64, "bool": np.bool_}
KEYS = ("load_ms", "first_ms", "min_ms", "median_ms", "peak_rss_mb")


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:90] if lines else "it says nothing"


def command(words):
    """(standard output, None), or (None, why not)."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)[:90]
    if done.returncode != 0:
        why = last_line(done.stderr)
        return None, why if done.returncode > 0 else f"died of signal {-done.returncode}"
    return done.stdout, None


def seg_figures(model, args, seconds):
    text, why = command([args.seg, "bench", "-m", model, "--threads", str(args.threads),
                         "--seconds", str(seconds), "--json"])
    return (json.loads(text), None) if text else (None, why)


def make_inputs(model, args, folder):
    """Random arrays of the shapes that seg bench takes, and what seg makes of them."""
    figures, why = seg_figures(model, args, 0.001)
    if figures is None:
        return why
    rng, paths = np.random.default_rng(1), []
    for i, found in enumerate(re.findall(r": (\w+) ([0-9x]+)(?:, |$)", figures["input"])):
        dtype, shape = TYPES[found[0]], [int(side) for side in found[1].split("x")]
        if dtype in (np.uint8, np.int8):
            array = rng.integers(0, 256, shape).astype(dtype)
        elif np.issubdtype(dtype, np.floating):
            array = rng.uniform(-1, 1, shape).astype(dtype)
        else:
            array = rng.integers(0, 2, shape).astype(dtype)
        paths.append(os.path.join(folder, f"input{i}.npy"))
        np.save(paths[-1], array)
    text, why = command([args.seg, "run", "--json", "-o", os.path.join(folder, "seg"), model,
                         "--input", *paths])
    if text:
        shutil.copy(json.loads(text)["written"][0]["file"], os.path.join(folder, "wanted0.npy"))
    return why


def convert(model, folder):
    """By pnnx, as folder/converted.*; a reason when that fails."""
    program = shutil.which("pnnx") or os.path.join(os.path.dirname(sys.executable), "pnnx")
    if not os.path.exists(program):
        return "pnnx is not installed"
    names = ("converted.onnx", "converted.pnnx.param", "converted.pnnx.bin", "converted_pnnx.py",
             "converted.ncnn.param", "converted.ncnn.bin", "converted_ncnn.py")
    shutil.copy(model, os.path.join(folder, names[0]))
    paths = [os.path.join(folder, name) for name in names]
    _, why = command([program, paths[0], "fp16=0"] + [
        f"{key}={path}" for key, path in zip(("pnnxparam", "pnnxbin", "pnnxpy", "ncnnparam",
                                              "ncnnbin", "ncnnpy"), paths[1:])])
    return None if why is None else "pnnx: " + why


def chosen_engines(model, args, folder):
    """The engines to measure, and those that cannot be, with the reasons."""
    kind = os.path.splitext(model)[1]
    wanted = [engine for engine in READERS.get(kind, ())
              if not args.engines or engine in args.engines.split(",")]
    absent = {engine: "not installed" for engine in wanted
              if importlib.util.find_spec(MODULES[engine]) is None}
    if any(engine in CONVERTED and engine not in absent for engine in wanted):
        why = convert(model, folder)
        absent.update({engine: why for engine in wanted
                       if why is not None and engine in CONVERTED and engine not in absent})
    return ["seg"] + wanted, absent


def measure(engine, model, args, folder):
    if engine == "seg":
        return seg_figures(model, args, args.seconds)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "engines.py")
    text, why = command([sys.executable, script, engine, os.path.abspath(model),
                         str(args.threads), str(args.seconds), folder])
    return (json.loads(text.splitlines()[-1]), None) if text else (None, why)


def run_rounds(model, args, folder):
    engines, absent = chosen_engines(model, args, folder)
    found = {engine: [] for engine in engines}
    for number in range(args.rounds):
        for engine in engines:
            if engine in absent:
                continue
            figures, why = measure(engine, model, args, folder)
            if figures is None:
                absent[engine] = why
                continue
            figures.pop("layers", None)
            found[engine].append(figures)
            if args.json:
                with open(args.json, "a", encoding="utf-8") as file:
                    file.write(json.dumps({"model": os.path.basename(model), "engine": engine,
                                           "threads": args.threads, "round": number, **{
                                               key: value for key, value in figures.items()
                                               if key not in ("model", "threads")}}) + "\n")
    return found, absent


def cells(engine, found, absent):
    """What stands in the columns of one engine."""
    figures = found[engine]
    name = f"{engine} {figures[0].get('version', '')}".strip() if figures else engine
    if not figures:
        return [name, "not measured: " + str(absent.get(engine))]
    middle = {key: statistics.median(f[key] for f in figures) for key in KEYS}
    row = [name] + [f"{middle[key]:.{0 if middle[key] >= 1000 else 1 if middle[key] >= 100 else 2}f}"
                    for key in KEYS]
    for key in ("load_ms", "min_ms"):
        ours = [f[key] for f in found["seg"]]
        row.append(f"{middle[key] / statistics.median(ours):.2f}x" if ours else "")
    apart = figures[0].get("difference")
    if apart is not None and apart > 1e-2:
        row[0] += f" (its output differs by {apart:.2g})"
    return row


def print_table(model, found, absent, args):
    title = f"{os.path.basename(model)}, {args.threads} threads, {args.rounds} rounds"
    rows = [cells(engine, found, absent) for engine in found]
    if args.markdown:
        for row in rows:
            row += [""] * (8 - len(row))
            print("| " + " | ".join([title if row is rows[0] else ""] + row) + " |", flush=True)
        return
    print("\n" + title)
    heads = ["", "load ms", "first", "min ms", "median", "peak MB", "load", "min"]
    for row in [heads] + rows:
        print(f"{row[0]:24}" + ("".join(f" {text:>8}" for text in row[1:]) if len(row) > 2 else
                                " " + " ".join(row[1:])), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seg", default="build/seg")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--engines", help="names between commas, default all")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    print(f"{datetime.date.today()}, {platform.machine()}, Python {platform.python_version()}")
    for model in args.models:
        with tempfile.TemporaryDirectory(prefix="seg-peers-") as folder:
            why = make_inputs(model, args, folder)
            if why is not None:
                print(f"\n{os.path.basename(model)}: seg cannot run it: {why}")
                continue
            found, absent = run_rounds(model, args, folder)
            print_table(model, found, absent, args)


if __name__ == "__main__":
    main()
