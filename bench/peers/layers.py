#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""layers.py: every distinct convolution of networks, ours and oneDNN's in turn.

  bench/peers/layers.py [--seg build/seg] [--threads 2] [--processes 5] [--rounds 4]
                        [--seconds 0.01] [--json FILE] [--markdown] MODEL ...

Models are files that `seg bench` reads; what it says of their layers goes to bench-onednn-layers
(bench/peers/onednn_layers.c; `make bench`, Debian's libdnnl-dev), which says what is compared.
ratio: oneDNN's time by ours, the median over rounds, and of that the median over processes: some
layers, of either side, are twice as slow for the whole life of a process, probably by the pages that
their arrays got. Above 1 we are ahead. Times are the best of all. --json appends one
object for each model to FILE, for report.py.
"""
import argparse
import collections
import datetime
import json
import os
import statistics
import subprocess
import sys

import compare

NUMBERS = ("sh", "sw", "ph", "pw", "ph_end", "pw_end", "dh", "dw", "out_pad_h", "out_pad_w")
OPS = ("conv2d", "depthwise2d", "conv_transpose2d")


def sides(text):
    return [int(side) for side in text.split(" ")[1].split("x")]


def line_of(layer):
    """What onednn_layers.c reads."""
    (n, ih, iw, ic), (kh, kw, _, oc) = (sides(text) for text in layer["sources"][:2])
    settings = layer["settings"]
    groups = ic if layer["op"] == "depthwise2d" else max(1, settings.get("groups", 1))
    numbers = [n, ih, iw, ic, kh, kw, oc, *(settings.get(key, 0) for key in NUMBERS), groups,
               settings["activation"]]
    return " ".join([layer["op"]] + [str(int(number)) for number in numbers])


def name_of(layer):
    (_, ih, iw, ic), (kh, kw, _, oc) = (sides(text) for text in layer["sources"][:2])
    settings = layer["settings"]
    words = [{"conv2d": "", "depthwise2d": "depthwise ", "conv_transpose2d": "transposed "}[
        layer["op"]] + f"{kh}x{kw}"]
    if settings["sh"] > 1:
        words.append(f"stride {int(settings['sh'])}")
    if settings["dh"] > 1:
        words.append(f"rate {int(settings['dh'])}")
    if layer["op"] == "conv2d" and settings["groups"] > 1:
        words.append(f"{int(settings['groups'])} groups")
    words.append(f"{ic}->{oc}" if layer["op"] != "depthwise2d" else str(oc))
    return " ".join(words) + f" @{ih}" + (f"x{iw}" if iw != ih else "")


def distinct_layers(model, args):
    """{line of onednn_layers.c: [layers of the network]}, in the order in which they run."""
    text, why = compare.command([args.seg, "bench", "-m", model, "--threads", str(args.threads),
                                 "--runs", "1", "--layers", "--json"])
    if text is None:
        sys.exit(f"{model}: {why}")
    found = collections.OrderedDict()
    for layer in json.loads(text)["layers"]:
        if layer["op"] in OPS and layer["sources"]:
            found.setdefault(line_of(layer), []).append(layer)
    return found


def run_once(layers, args):
    """What a process of onednn_layers.c says of each layer."""
    program = os.path.join(os.path.dirname(args.seg), "bench", "bench-onednn-layers")
    # Their threads spin for microseconds instead of milliseconds after a call, not into our time.
    environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads), "GOMP_SPINCOUNT": "20000"}
    done = subprocess.run([program, str(args.rounds), str(args.seconds)], text=True, check=False,
                          input="\n".join(layers) + "\n", stdout=subprocess.PIPE, env=environment)
    if done.returncode != 0:
        sys.exit(f"{program} has failed")
    return [json.loads(line) for line in done.stdout.splitlines()]


def joined(runs):
    """One layer in several processes: the fastest way of each side."""
    if not all(runs):
        return {}
    best = min(runs, key=lambda run: run["onednn_ms"])
    return {**best, "seg_ms": min(run["seg_ms"] for run in runs),
            "ratio": statistics.median(run["ratio"] for run in runs),
            "difference": max(run["difference"] for run in runs)}


def measure(model, args):
    layers = distinct_layers(model, args)
    processes = [run_once(layers, args) for _ in range(args.processes)]
    results = map(joined, zip(*processes))
    return {"kind": "layers", "model": os.path.basename(model), "threads": args.threads,
            "date": str(datetime.date.today()), "machine": compare.machine(),
            "rounds": args.processes * args.rounds, "layers": [
                {"name": name_of(same[0]), "count": len(same), **result}
                for same, result in zip(layers.values(), results) if result]}


def print_table(result, markdown):
    layers = result["layers"]
    behind = [layer for layer in layers if layer["ratio"] < 1]
    title = (f"{result['model']}, {result['threads']} threads, {result['rounds']} rounds, oneDNN "
             f"{layers[0]['version']}: ahead on {len(layers) - len(behind)} of {len(layers)}")
    print(f"\n{title}", flush=True)
    for layer in sorted(layers, key=lambda layer: layer["ratio"]):
        cells = [f"{layer['count']} x", layer["name"], f"{layer['seg_ms']:.3f}",
                 f"{layer['onednn_ms']:.3f}", f"{layer['ratio']:.2f}x", layer["algorithm"],
                 f"{layer['implementation']}, {layer['layout']}"]
        if layer["difference"] > 1e-3:
            cells[-1] += f" (differs by {layer['difference']:.2g})"
        if markdown:
            print("| " + " | ".join(cells) + " |")
        else:
            print("{:>5} {:36} {:>9} {:>9} {:>7}  {:31} {}".format(*cells))
    whole = {key: sum(layer["count"] * layer[key] for layer in layers)
             for key in ("seg_ms", "onednn_ms")}
    print(f"together {whole['seg_ms']:.2f} ms, oneDNN {whole['onednn_ms']:.2f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seg", default="build/seg")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=0.01)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    for model in args.models:
        result = measure(model, args)
        print_table(result, args.markdown)
        if args.json:
            with open(args.json, "a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
