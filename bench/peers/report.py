#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""report.py: what compare.py and layers.py have measured, as tables and plots.

  bench/peers/report.py RESULTS DOCS

RESULTS is what --json of those two wrote; of each network and number of threads the last object
counts. Writes DOCS/peers.svg and DOCS/layers.svg, and the tables into DOCS/performance.md, between
its lines <!-- NAME --> and <!-- end of NAME --> for NAME peers and layers.
"""
import html
import json
import math
import os
import re
import sys

COLOURS = ("#2f8fd0", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#7a8ba0", "#8a6fd1", "#888888")
STYLE = """<style>
text { font: 13px sans-serif; fill: #24292f } .small { font-size: 11px; fill: #57606a }
.bold { font-weight: bold } .grid { stroke: #d0d7de } .one { stroke: #24292f; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9da7b1 } .grid { stroke: #3d444d } .one { stroke: #e6edf3 }
}
</style>"""
WIDTH, LEFT, RIGHT = 860, 270, 20
NAMES = {"dlv3p_mnv2_513": "DeepLab-v3+ MobileNetV2, 513x513",
         "fcn8s_vgg16_512": "FCN-8s VGG16, 512x512",
         "tv_deeplabv3_resnet50_513": "DeepLab-v3 ResNet-50, 513x513",
         "tv_fcn_resnet50_513": "FCN ResNet-50, 513x513",
         "tv_lraspp_mnv3_513": "LR-ASPP MobileNetV3, 513x513",
         "mobilenetv2_224": "MobileNetV2, 224x224", "vgg16_224": "VGG16, 224x224",
         "deeplabv3_257_mv_gpu": "TFLite DeepLab-v3, 257x257",
         "deeplabv3_mnv2_pascal_quant": "TFLite DeepLab-v3 int8, 513x513",
         "deeplabv3_mnv2_dm05_pascal_quant": "TFLite DeepLab-v3 0.5 int8, 513x513",
         "deeplabv3_mnv2_ade20k_int8": "TFLite DeepLab-v3 ADE20K int8",
         "mobilenet_v1_0.25_224_1_default_1": "TFLite MobileNetV1 0.25, 224x224"}


def title_of(result):
    stem = os.path.splitext(result["model"])[0]
    return NAMES.get(stem, stem)


def threads_of(result):
    return f"{result['threads']} thread" + ("s" if result["threads"] > 1 else "")


def last_results(path):
    """{kind: [objects]}, in the order of their first appearance."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            result = json.loads(line)
            found[result["kind"], result["model"], result["threads"]] = result
    return {kind: [r for key, r in found.items() if key[0] == kind]
            for kind in ("engines", "layers")}


# ---- plots ----

class Scale:
    """A logarithmic axis from pixel `start` to pixel `end`."""
    TICKS = (0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 16)

    def __init__(self, values, start, end, most=math.inf):
        self.low, self.high = min([0.8] + values) * 0.95, min(max([1.25] + values) * 1.05, most)
        self.start, self.end = start, end

    def __call__(self, value):
        share = math.log(min(value, self.high) / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, apart):
        """Those so many pixels apart, of which 1 is one."""
        kept = [1]
        for tick in sorted((t for t in self.TICKS if self.low <= t <= self.high),
                           key=lambda t: abs(math.log(t))):
            if all(abs(self(tick) - self(other)) >= apart for other in kept):
                kept.append(tick)
        return sorted(kept)


def text(x, y, words, anchor="start", kind=""):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" class="{kind}">{html.escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{kind}"/>'


def mark(x, y, engine):
    """A shape for each engine too, for those who see no colours."""
    corners = (0, 4, 3, 5, 4, 3, 6, 0)[engine % 8]
    turn = (0, 45, -90, -90, 0, 90, 0, 0)[engine % 8]
    if corners == 0:
        return f'<circle cx="{x}" cy="{y}" r="4.5" fill="{COLOURS[engine % 8]}"/>'
    angles = [math.radians(turn + 360 * k / corners) for k in range(corners)]
    points = " ".join(f"{x + 5.5 * math.cos(a):.1f},{y + 5.5 * math.sin(a):.1f}" for a in angles)
    return f'<polygon points="{points}" fill="{COLOURS[engine % 8]}"/>'


def write_svg(path, height, parts):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                   f'width="{WIDTH}" height="{height}">\n' + "\n".join([STYLE] + parts) +
                   "\n</svg>\n")


def legend(names, y):
    parts, x = [], 20
    for index, name in enumerate(names):
        parts += [mark(x, y - 4, index), text(x + 10, y, name)]
        x += 34 + 7 * len(name)
    return parts


def measured(result):
    return [e for e in result["engines"] if "absent" not in e and e["engine"] != "seg"]


def plot_engines(results, path):
    names = list(dict.fromkeys(e["engine"] for r in results for e in measured(r)))
    scale = Scale([e["ratio"] for r in results for e in measured(r)], LEFT, WIDTH - RIGHT)
    lane, top = 9, 64
    heights = [lane * len(names) + 14] * len(results)
    bottom = top + sum(heights)
    parts = [text(20, 22, "Time of a run as a multiple of seg's (right of 1: seg is faster)",
                  kind="bold")] + legend(names, 46)
    for tick in scale.ticks(34):
        parts += [line(scale(tick), top, scale(tick), bottom, "one" if tick == 1 else "grid"),
                  text(scale(tick), bottom + 18, f"{tick:g}", "middle", "small")]
    y = top
    for result, height in zip(results, heights):
        seg = result["engines"][0]
        parts += [line(20, y, WIDTH - RIGHT, y, "grid"),
                  text(20, y + height / 2 - 2, title_of(result)),
                  text(20, y + height / 2 + 14,
                       f"{threads_of(result)}, seg {seg['best_ms']:.3g} ms", kind="small")]
        for engine in measured(result):
            index = names.index(engine["engine"])
            parts.append(mark(scale(engine["ratio"]), y + 11 + lane * index, index))
        y += height
    write_svg(path, bottom + 28, parts)


def plot_layers(results, path):
    """A column of dots for each network: its layers by ratio, larger where more time goes."""
    top, height = 64, 320
    scale = Scale([layer["ratio"] for r in results for layer in r["layers"]], top + height, top, 4)
    width = (WIDTH - 60 - RIGHT) / max(1, len(results))
    parts = [text(20, 22, "Layer by layer: oneDNN's time as a multiple of seg's "
                          "(above 1: seg is faster)", kind="bold"),
             text(20, 42, "Convolutions of each network, from the lowest ratio to the highest; "
                          "areas are shares of its time; 4: or more", kind="small")]
    for tick in scale.ticks(20):
        parts += [line(60, scale(tick), WIDTH - RIGHT, scale(tick), "one" if tick == 1 else "grid"),
                  text(52, scale(tick) + 4, f"{tick:g}", "end", "small")]
    for index, result in enumerate(results):
        layers = sorted(result["layers"], key=lambda layer: layer["ratio"])
        whole = sum(layer["count"] * layer["seg_ms"] for layer in layers)
        left = 60 + width * index
        parts.append(text(left + width / 2, top + height + 20,
                          title_of(result).rsplit(",", 1)[0], "middle"))
        for k, layer in enumerate(layers):
            x = round(left + width * (k + 1) / (len(layers) + 1), 1)
            radius = 2 + 22 * math.sqrt(layer["count"] * layer["seg_ms"] / whole) / 2
            parts.append(f'<circle cx="{x}" cy="{scale(layer["ratio"])}" r="{radius:.1f}" '
                         f'fill="{COLOURS[index % 8]}" fill-opacity="0.8"><title>'
                         f'{html.escape(layer["name"])}: {layer["ratio"]:.2f}</title></circle>')
    write_svg(path, top + height + 34, parts)


# ---- tables ----

def number(value):
    return f"{value:.{0 if value >= 1000 else 1 if value >= 100 else 2}f}"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def measured_on(results):
    dates, machines = {r["date"] for r in results}, {r["machine"] for r in results}
    return f"{', '.join(sorted(dates))}; {'; '.join(sorted(machines))}."


def engine_rows(result):
    seg = result["engines"][0]
    for engine in result["engines"]:
        head = f"{title_of(result)}, {threads_of(result)}" if engine is seg else ""
        if "absent" in engine:
            why = re.sub(r"/\S+/", "", engine["absent"])  # folders of who built it
            yield row([head, engine["engine"], "not measured: " + why, "", "", "", "",
                       ""])
            continue
        name = f"{engine['engine']} {engine['version']}".strip()
        if (engine["difference"] or 0) > 1e-2:
            name += f" (output differs by {engine['difference']:.2g})"
        yield row([head, name, number(engine["best_ms"]),
                   f"{engine['best_ms'] / seg['best_ms']:.2f}x", f"{engine['ratio']:.2f}x"] +
                  [number(engine[key]) for key in ("load_ms", "first_ms", "memory_mb")])


def engines_table(results):
    rounds = sorted({r["rounds"] for r in results})
    return [f"{measured_on(results)} {'/'.join(map(str, rounds))} rounds.", "",
            row(["network", "engine", "best ms", "best, to seg", "median ratio", "load ms",
                 "first run ms", "MB"]), "|---" * 8 + "|"] + [
                     text for result in results for text in engine_rows(result)]


def verdict(result):
    layers = result["layers"]
    ahead, level = (sum(1 for l in layers if low <= l["ratio"] < high)
                    for low, high in ((1, math.inf), (0.97, 1)))
    sums = [sum(l["count"] * l[key] for l in layers) for key in ("seg_ms", "onednn_ms")]
    return row([title_of(result), threads_of(result), layers[0]["version"], str(len(layers)),
                str(ahead), str(level), str(len(layers) - ahead - level),
                *(number(s) for s in sums)])


def layers_table(results):
    lines = [measured_on(results), "",
             row(["network", "", "oneDNN", "distinct layers", "ahead", "up to 3 % behind", "behind",
                  "seg ms", "oneDNN ms"]), "|---" * 9 + "|"] + [verdict(r) for r in results]
    lines += ["", "Behind by more than 3 %:", "",
              row(["network", "layer", "times", "seg ms", "oneDNN ms", "median ratio", "seg's way",
                   "oneDNN's"]), "|---" * 8 + "|"]
    for result in results:
        behind = [layer for layer in result["layers"] if layer["ratio"] < 0.97]
        for k, layer in enumerate(sorted(behind, key=lambda layer: layer["ratio"])):
            lines.append(row([title_of(result) if k == 0 else "", layer["name"],
                              str(layer["count"]), f"{layer['seg_ms']:.3f}",
                              f"{layer['onednn_ms']:.3f}", f"{layer['ratio']:.2f}x",
                              layer["algorithm"], layer["implementation"]]))
    return lines


def put(path, name, lines):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    marks = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if not all(part in page for part in marks):
        sys.exit(f"{path}: no place for {name}")
    body = marks[0] + "\n" + "\n".join(lines) + "\n\n" + marks[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(re.escape(marks[0]) + ".*?" + re.escape(marks[1]), lambda _: body, page,
                          count=1, flags=re.S))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results, docs = last_results(sys.argv[1]), sys.argv[2]
    page = os.path.join(docs, "performance.md")
    if results["engines"]:
        plot_engines(results["engines"], os.path.join(docs, "peers.svg"))
        put(page, "peers", engines_table(results["engines"]))
    if results["layers"]:
        plot_layers(results["layers"], os.path.join(docs, "layers.svg"))
        put(page, "layers", layers_table(results["layers"]))


if __name__ == "__main__":
    main()
