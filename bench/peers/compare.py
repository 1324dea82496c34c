#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""compare.py: seg beside other engines, in turn, in the same minutes.

  bench/peers/compare.py [--seg build/seg] [--threads 2] [--rounds 20] [--seconds 0.1] [--starts 2]
                         [--most SECONDS] [--engines a,b] [--json FILE] [--markdown] MODEL ...

Models are ONNX and TFLite files. Each engine is a process that has the model loaded. In a round
each runs it for some --seconds, and once at least, while the others are stopped; the next round
begins with the next engine; none begins later than --most seconds after the first. A machine that is slower for some minutes is so for all of them.
  best     the shortest run of all rounds
  ratio    the median over rounds of the engine's best time of the round, by seg's
  load     until the first run can start (graph optimised, weights packed; not what an engine's own
           modules take to import), first: the first run; medians over the --starts
  memory   what the process grew by at most, from its modules imported until the second run
All engines get the same random numbers, and one whose output is not seg's is marked. --json appends
one object for each model to FILE: with every round, for report.py.

An engine that is not installed, or cannot run a model, is named with the reason. Needs Python with
NumPy, and of these packages those that are to be measured: onnxruntime, openvino,
opencv-python-headless, ai-edge-litert (TFLite), pnnx with ncnn or torch (inductor: torch.compile).
pnnx turns the ONNX file into what ncnn and PyTorch read, folding and fusing on the way: no part of
their load.
"""
import argparse
import datetime
import importlib.util
import json
import math
import os
import platform
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

MODULES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "opencv": "cv2", "ncnn": "ncnn",
           "pytorch": "torch", "inductor": "torch", "tflite": "ai_edge_litert"}
READERS = {".onnx": ("onnxruntime", "openvino", "opencv", "ncnn", "pytorch", "inductor"),
           ".tflite": ("tflite", "openvino", "opencv")}
CONVERTED = ("ncnn", "pytorch", "inductor")
TYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "u8": np.uint8, "i8": np.int8,
         "i32": np.int32, "i64": np.int64, "bool": np.bool_}
# An engine that allocates activations in each run would otherwise take fresh pages for them each time
# (PyTorch a third of its time); read by glibc's malloc.
ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": str(4 << 30), "MALLOC_MMAP_THRESHOLD_": str(4 << 30)}
START_SECONDS, RUN_SECONDS = 300, 120  # the longest that an engine may take


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


# ---- what is to be measured ----

def make_inputs(model, args, folder):
    """Random arrays of the shapes that seg bench takes, and what seg makes of them."""
    text, why = command([args.seg, "bench", "-m", model, "--threads", str(args.threads), "--runs",
                         "1", "--json"])
    if text is None:
        return why
    rng, paths = np.random.default_rng(1), []
    found = re.findall(r": (\w+) ([0-9x]+)(?:, |$)", json.loads(text)["input"])
    for i, (kind, sides) in enumerate(found):
        dtype, shape = TYPES[kind], [int(side) for side in sides.split("x")]
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


# ---- engines that run ----

class Worker:
    """An engine's process with the model loaded, stopped except when it is asked."""

    def __init__(self, engine, model, args, folder):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "engines.py")
        library = os.path.join(os.path.dirname(os.path.abspath(args.seg)), "libseg.so")
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, script, engine, os.path.abspath(model), str(args.threads), folder,
             library], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env={**os.environ, **ALLOCATOR})
        try:
            self.facts = self.answer(START_SECONDS)
        except RuntimeError:
            self.end()
            raise

    def answer(self, seconds):
        """Its next line of JSON (others are an engine's chatter); then it is stopped."""
        line = ""
        while not line.startswith("{"):
            ready, _, _ = select.select([self.process.stdout], [], [], seconds)
            line = self.process.stdout.readline() if ready else ""
            if not ready:
                raise RuntimeError(f"takes longer than {seconds} s")
            if line == "":
                raise RuntimeError(self.why_ended())
        self.process.send_signal(signal.SIGSTOP)
        return json.loads(line)

    def why_ended(self):
        code = self.process.wait()
        self.errors.seek(0)
        return last_line(self.errors.read()) if code > 0 else f"died of signal {-code}"

    def run(self, seconds):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.answer(RUN_SECONDS)["ms"]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


def start_all(engines, absent, model, args, folder):
    """Every engine --starts times, in turn; the last process of each goes on. (workers, facts)"""
    workers, facts = {}, {engine: [] for engine in engines}
    for number in range(args.starts):
        for engine in engines:
            if engine in absent or (engine == "inductor" and number < args.starts - 1):
                continue  # that one compiles for minutes
            try:
                worker = Worker(engine, model, args, folder)
            except RuntimeError as error:
                absent[engine] = str(error)
                continue
            facts[engine].append(worker.facts)
            if number == args.starts - 1:
                workers[engine] = worker
            else:
                worker.end()
    return workers, facts


def run_rounds(workers, absent, args):
    """{engine: [[ms of a run, ...] of a round, ...]}; each round begins with another engine."""
    times, until = {engine: [] for engine in workers}, time.monotonic() + args.most
    for number in range(args.rounds):
        if time.monotonic() > until:
            break
        order = [engine for engine in times if engine in workers]
        shift = number % len(order)
        for engine in order[shift:] + order[:shift]:
            try:
                times[engine].append(workers[engine].run(args.seconds))
            except (RuntimeError, OSError) as error:
                absent[engine] = str(error)
                workers.pop(engine).end()
    return {engine: times[engine] for engine in workers}


def summary(engine, times, facts, ours):
    """What is kept of an engine's rounds."""
    best = [min(runs) for runs in times]
    middle = {key: statistics.median(f[key] for f in facts)
              for key in ("load_ms", "first_ms", "memory_mb")}
    return {"engine": engine, "version": facts[0]["version"], **middle, "best_ms": min(best),
            "ratio": statistics.median(b / o for b, o in zip(best, ours)),
            "difference": facts[0]["difference"], "round_ms": [round(ms, 4) for ms in best]}


def measure(model, args, folder):
    """The object that --json keeps: of each engine a summary, or the reason that there is none."""
    engines, absent = chosen_engines(model, args, folder)
    workers, facts = start_all(engines, absent, model, args, folder)
    try:
        if "seg" not in workers:
            raise RuntimeError("seg: " + absent["seg"])
        times = run_rounds(workers, absent, args)
    finally:
        for worker in workers.values():
            worker.end()
    ours = [min(runs) for runs in times["seg"]]
    return {"kind": "engines", "model": os.path.basename(model), "threads": args.threads,
            "date": str(datetime.date.today()), "machine": machine(),
            "rounds": len(ours), "engines": [
                summary(engine, times[engine], facts[engine], ours) if engine in times else
                {"engine": engine, "absent": absent[engine]} for engine in engines]}


def machine():
    name = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            found = re.search(r"model name\s*: (.*)", file.read())
        name = found[1] if found else name
    return f"{name}, {os.cpu_count()} processors"


# ---- tables ----

def text_of(value):
    return f"{value:.{0 if value >= 1000 else 1 if value >= 100 else 2}f}"


def cells(engine, ours):
    """What stands in the columns of one engine."""
    name = f"{engine['engine']} {engine.get('version', '')}".strip()
    if "absent" in engine:
        return [name, "not measured: " + engine["absent"]]
    apart = engine["difference"]
    if apart is not None and apart > 1e-2:
        name += f" (its output differs by {apart:.2g})"
    return [name, text_of(engine["best_ms"]), f"{engine['best_ms'] / ours['best_ms']:.2f}x",
            f"{engine['ratio']:.2f}x", text_of(engine["load_ms"]), text_of(engine["first_ms"]),
            text_of(engine["memory_mb"])]


HEADS = ["", "best ms", "to seg", "ratio", "load ms", "first ms", "MB"]


def print_table(result, markdown):
    ours = result["engines"][0]
    title = (f"{result['model']}, {result['threads']} thread{'s' * (result['threads'] > 1)}, "
             f"{result['rounds']} rounds")
    rows = [cells(engine, ours) for engine in result["engines"]]
    if markdown:
        for row in rows:
            row += [""] * (len(HEADS) - len(row))
            print("| " + " | ".join([title if row is rows[0] else ""] + row) + " |", flush=True)
        return
    print("\n" + title)
    for row in [HEADS] + rows:
        print(f"{row[0]:24}" + ("".join(f" {text:>8}" for text in row[1:]) if len(row) > 2 else
                                " " + " ".join(row[1:])), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seg", default="build/seg")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--starts", type=int, default=2)
    parser.add_argument("--most", type=float, default=math.inf)
    parser.add_argument("--engines", help="names between commas, default all")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    print(f"{datetime.date.today()}, {machine()}, Python {platform.python_version()}")
    for model in args.models:
        with tempfile.TemporaryDirectory(prefix="seg-peers-") as folder:
            why, start = make_inputs(model, args, folder), time.monotonic()
            if why is not None:
                print(f"\n{os.path.basename(model)}: seg cannot run it: {why}")
                continue
            result = measure(model, args, folder)
            result["seconds"] = round(time.monotonic() - start, 1)
            print_table(result, args.markdown)
            if args.json:
                with open(args.json, "a", encoding="utf-8") as file:
                    file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
