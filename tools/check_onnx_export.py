#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""check_onnx_export.py: every network, exported by seg, in ONNX Runtime and in seg.

usage: check_onnx_export.py BUILD      (BUILD: folder with seg and tests/make-model)

Makes random models of every network on every backbone, exports them with `seg convert`, and runs
the file in ONNX Runtime (Python package onnxruntime) and with `seg run`. That `seg run` of an
export equals the network itself is what tests/model/export.c proves. Prints the largest
difference relative to the largest logit; exits 1 when one is above 1e-4.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

NETS = ["deeplabv3plus", "deeplabv3", "fcn8s", "fcn16s", "fcn32s"]
BACKBONES = ["mobilenetv2", "resnet50", "resnet101", "vgg16", "xception65"]


def difference(build, folder, net, backbone):
    run = lambda *command: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    model, path = os.path.join(folder, "m.safetensors"), os.path.join(folder, "m.onnx")
    image = os.path.join(folder, "x.npy")
    run(os.path.join(build, "tests", "make-model"), "model", model, net, "5", "0", backbone)
    run(os.path.join(build, "seg"), "convert", "--size", "65x97", model, path)
    x = np.random.default_rng(1).standard_normal((1, 3, 65, 97)).astype(np.float32)
    np.save(image, x)
    run(os.path.join(build, "seg"), "run", path, "--input", image, "--output", folder)
    ours = np.load(os.path.join(folder, "logits.npy"))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"image": x})[0]
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def main():
    build, worst = sys.argv[1], 0.0
    print(f"ONNX Runtime {onnxruntime.__version__}")
    for net in NETS:
        for backbone in BACKBONES:
            with tempfile.TemporaryDirectory() as folder:
                found = difference(build, folder, net, backbone)
            worst = max(worst, found)
            print(f"{net:14} {backbone:12} {found:.1e}")
    sys.exit(worst > 1e-4)


if __name__ == "__main__":
    main()
