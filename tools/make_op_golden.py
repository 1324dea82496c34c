#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""make_op_golden.py: reference values of every op, made by PyTorch, for tests/ops.

usage: make_op_golden.py [OP...]       (writes tests/ops/golden/<op>.safetensors)

Sources are random float32 numbers; results and gradients are computed in float64 and rounded
once. All is stored as seg lays it out: images N,H,W,C, weights KH,KW,IC,OC. A file holds
  "<case>.src<i>"  "<case>.dst"  "<case>.diff_dst"  "<case>.diff_src<i>" (sources with a gradient)
  "<case>.after<i>"  source i after forward, where the op changes it (running statistics)
and the metadata "cases": JSON text, a list of {"name", "train", "src" (how many), "params"}.
"""
import json
import os
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "ops", "golden")
DTYPES = {np.dtype(np.float32): "F32", np.dtype(np.uint8): "U8"}


def write_safetensors(path, tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": DTYPES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())


# How PyTorch's axes of a source are moved to seg's.
LAYOUTS = {"image": (0, 2, 3, 1), "conv": (2, 3, 1, 0), "transposed": (2, 3, 0, 1), "vector": (0,)}


def to_seg(tensor, layout):
    array = tensor.detach().permute(LAYOUTS[layout]).numpy()
    if array.dtype != np.uint8:
        array = array.astype(np.float32)
    return np.ascontiguousarray(array)


def randn(*shape):
    """float64 tensor of random numbers that float32 holds exactly."""
    return torch.randn(*shape, dtype=torch.float32).double()


class Writer:
    """Collects the cases of one op."""

    def __init__(self):
        self.tensors, self.cases = {}, []

    def case(self, name, sources, run, params=None, train=True, fixed=(), after=None):
        """sources: (tensor, layout) pairs in PyTorch's layout; run(*tensors) gives dst.
        fixed: sources without a gradient. after: {index: tensor}, filled by run."""
        leaves = [t.clone().requires_grad_(i not in fixed and train)
                  for i, (t, _) in enumerate(sources)]
        dst = run(*leaves)
        put = lambda key, tensor, layout: self.tensors.update(
            {f"{name}.{key}": to_seg(tensor, layout)})
        for i, (tensor, layout) in enumerate(sources):
            put(f"src{i}", tensor, layout)
        put("dst", dst, "image")
        for i, tensor in (after or {}).items():
            put(f"after{i}", tensor, sources[i][1])
        if train and dst.requires_grad:
            diff_dst = randn(*dst.shape)
            dst.backward(diff_dst)
            put("diff_dst", diff_dst, "image")
            for i, (_, layout) in enumerate(sources):
                if i not in fixed:
                    put(f"diff_src{i}", leaves[i].grad, layout)
        self.cases.append({"name": name, "train": train, "src": len(sources),
                           "params": params or {}})


ACTIVATIONS = [lambda x: x, F.relu, F.relu6]


# ---- convolutions ----

def conv_params(activation=0, stride=1, pad=(0, 0, 0, 0), dilation=1, groups=None):
    """pad: top, left, bottom, right; stride, dilation: one number or (rows, columns)."""
    sh, sw = stride if isinstance(stride, tuple) else (stride, stride)
    dh, dw = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    pad = (pad,) * 4 if isinstance(pad, int) else pad
    params = {"activation": activation, "sh": sh, "sw": sw, "ph": pad[0], "pw": pad[1],
              "ph_end": pad[2], "pw_end": pad[3], "dh": dh, "dw": dw}
    if groups is not None:
        params["groups"] = groups
    return params


def run_conv(p, groups):
    def run(src, weights, bias=None):
        src = F.pad(src, (p["pw"], p["pw_end"], p["ph"], p["ph_end"]))
        dst = F.conv2d(src, weights, bias, (p["sh"], p["sw"]), 0, (p["dh"], p["dw"]), groups)
        return ACTIVATIONS[p["activation"]](dst)
    return run


def conv_case(writer, name, image, oc, kernel, bias=True, groups=1, **rest):
    params = conv_params(groups=groups, **rest)
    kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    fan_in = image[1] // groups * kh * kw
    gain = 4.0 if params["activation"] == 2 else 1.0  # so that ReLU6 cuts at 6 too
    sources = [(randn(*image), "image"),
               ((randn(oc, image[1] // groups, kh, kw) * gain / fan_in ** 0.5).float().double(),
                "conv")]
    if bias:
        sources.append((randn(oc), "vector"))
    writer.case(name, sources, run_conv(params, groups), params)


def make_conv2d(w):
    conv_case(w, "1x1", (1, 5, 4, 3), 7, 1)
    conv_case(w, "1x1_wide", (2, 19, 5, 3), 37, 1, bias=False)
    conv_case(w, "1x1_one_pixel", (1, 33, 1, 1), 17, 1)
    conv_case(w, "1x1_stride2", (1, 8, 7, 6), 16, 1, stride=2)
    conv_case(w, "3x3", (2, 3, 7, 6), 16, 3, pad=1)
    conv_case(w, "3x3_no_bias_no_pad", (1, 4, 6, 7), 33, 3, bias=False)
    conv_case(w, "3x3_stride2", (1, 3, 9, 8), 32, 3, stride=2, pad=1)
    conv_case(w, "3x3_stride2_end_pad", (1, 3, 8, 8), 8, 3, stride=2, pad=(0, 0, 1, 1))
    conv_case(w, "3x3_rate2", (1, 6, 7, 9), 8, 3, pad=2, dilation=2)
    conv_case(w, "3x3_rate12_small_map", (1, 4, 5, 5), 9, 3, pad=12, dilation=12)
    conv_case(w, "3x3_rate4_stride2", (1, 4, 11, 10), 5, 3, stride=2, pad=4, dilation=4)
    conv_case(w, "1x3_mixed", (1, 5, 6, 9), 6, (1, 3), stride=(1, 2), pad=(0, 2, 0, 1),
              dilation=(1, 2))
    conv_case(w, "7x7_stride2", (1, 3, 13, 12), 8, 7, stride=2, pad=3)
    conv_case(w, "4x4_even", (1, 2, 6, 6), 4, 4, pad=(1, 1, 2, 2))
    conv_case(w, "stride_over_kernel", (1, 3, 8, 9), 4, 1, stride=3)
    conv_case(w, "groups2", (1, 6, 5, 5), 8, 3, pad=1, groups=2)
    conv_case(w, "groups_all", (2, 4, 5, 4), 8, 3, pad=1, groups=4, stride=2)
    conv_case(w, "relu", (1, 5, 6, 5), 17, 3, pad=1, activation=1)
    conv_case(w, "relu6", (2, 9, 4, 4), 16, 1, activation=2)


def make_depthwise2d(w):
    def case(name, n, c, h, width, kernel=3, bias=True, **rest):
        params = conv_params(groups=1, **rest)
        kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        gain = 2.0 if params["activation"] == 2 else 0.5
        sources = [(randn(n, c, h, width), "image"), (randn(c, 1, kh, kw) * gain, "conv")]
        if bias:
            sources.append((randn(c), "vector"))
        w.case(name, sources, run_conv(params, c), params)

    case("3x3", 1, 5, 6, 7, pad=1)
    case("3x3_batch2", 2, 17, 5, 4, pad=1, bias=False)
    case("3x3_stride2", 1, 16, 7, 8, stride=2, pad=1)
    case("3x3_stride2_end_pad", 2, 8, 6, 6, stride=2, pad=(0, 0, 1, 1))
    case("3x3_rate2", 1, 33, 6, 5, pad=2, dilation=2)
    case("3x3_rate4_small_map", 1, 7, 3, 4, pad=4, dilation=4)
    case("3x3_rate2_stride2", 1, 12, 9, 7, stride=2, pad=2, dilation=2)
    case("5x5", 1, 9, 7, 6, kernel=5, pad=2)
    case("1x3_mixed", 1, 4, 5, 9, kernel=(1, 3), stride=(1, 2), pad=(0, 2, 0, 1), dilation=(1, 2))
    case("no_pad", 1, 31, 4, 5)
    case("1x1", 1, 3, 4, 3, kernel=1)
    case("one_pixel", 2, 15, 1, 1, pad=1)
    case("relu", 1, 19, 4, 5, pad=1, activation=1)
    case("relu6", 1, 16, 5, 5, pad=1, activation=2)


def make_conv_transpose2d(w):
    def case(name, image, oc, kernel, bias=True, out_pad=0, **rest):
        params = conv_params(**rest)
        kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        out_pad = out_pad if isinstance(out_pad, tuple) else (out_pad, out_pad)
        params["out_pad_h"], params["out_pad_w"] = out_pad
        p = params

        def run(src, weights, bias=None):
            full = F.conv_transpose2d(src, weights, None, (p["sh"], p["sw"]),
                                      dilation=(p["dh"], p["dw"]))
            full = F.pad(full, (0, out_pad[1], 0, out_pad[0]))
            dst = full[:, :, p["ph"]:full.shape[2] - p["ph_end"],
                       p["pw"]:full.shape[3] - p["pw_end"]]
            if bias is not None:
                dst = dst + bias.reshape(1, -1, 1, 1)
            return ACTIVATIONS[p["activation"]](dst)

        gain = 4.0 if p["activation"] == 2 else 1.0
        sources = [(randn(*image), "image"),
                   ((randn(image[1], oc, kh, kw) * gain / (image[1] * 4) ** 0.5).float().double(),
                    "transposed")]
        if bias:
            sources.append((randn(oc), "vector"))
        w.case(name, sources, run, params)

    case("2x2_stride2", (1, 5, 4, 3), 6, 2, stride=2)
    case("4x4_stride2_fcn", (2, 3, 4, 5), 3, 4, stride=2, pad=1, bias=False)
    case("16x16_stride8_fcn", (1, 2, 3, 3), 2, 16, stride=8, pad=4, bias=False)
    case("3x3_stride2_out_pad", (1, 8, 4, 5), 17, 3, stride=2, pad=1, out_pad=1)
    case("3x3_stride1", (1, 4, 5, 4), 5, 3, pad=1)
    case("3x3_rate2", (1, 3, 4, 4), 4, 3, pad=2, dilation=2)
    case("asymmetric", (1, 3, 4, 4), 4, 3, stride=2, pad=(0, 0, 1, 1))
    case("stride_over_kernel", (1, 3, 3, 4), 4, 2, stride=3, out_pad=(1, 2))
    case("out_pad_under_pad_end", (1, 3, 3, 3), 33, 3, stride=2, pad=(1, 0, 0, 0), out_pad=1)
    case("2x3_mixed", (1, 4, 3, 4), 16, (2, 3), stride=(2, 1), pad=(0, 1, 0, 2))
    case("one_pixel", (1, 19, 1, 1), 7, 4, stride=2, pad=1)
    case("relu", (1, 5, 3, 4), 8, 4, stride=2, pad=1, activation=1)
    case("relu6", (1, 6, 4, 4), 9, 2, stride=2, activation=2)


# ---- normalisation and elementwise ----

def make_batchnorm(w):
    def case(name, n, c, h, width, train=True, frozen=0, activation=0, epsilon=1e-5,
             momentum=0.1, shift=0.0):
        mean, var = randn(c), randn(c).abs() + 0.5
        var = var.float().double()
        after = {3: mean.clone(), 4: var.clone()}
        use_batch = train and not frozen
        scale = 3.0 if activation == 2 else 1.0
        params = {"activation": activation, "epsilon": epsilon, "momentum": momentum,
                  "frozen": frozen}

        def run(src, weight, bias, _mean, _var):
            dst = F.batch_norm(src, after[3], after[4], weight, bias, use_batch, momentum,
                               epsilon)
            return ACTIVATIONS[activation](dst)

        sources = [((randn(n, c, h, width) * 2 + shift).float().double(), "image"),
                   ((randn(c) * scale).float().double(), "vector"),
                   ((randn(c) * scale).float().double(), "vector"),
                   (mean, "vector"), (var, "vector")]
        w.case(name, sources, run, params, train, fixed=(3, 4), after=after)

    case("train", 2, 5, 4, 3)
    case("train_wide", 1, 37, 5, 4, momentum=0.01, epsilon=1e-3)
    case("train_far_from_zero", 2, 8, 6, 5, shift=30.0)
    case("train_two_values", 2, 3, 1, 1, epsilon=1e-3)
    case("train_momentum1", 1, 16, 3, 3, momentum=1.0)
    case("train_relu", 2, 17, 3, 4, activation=1)
    case("train_relu6", 1, 8, 4, 5, activation=2)
    case("frozen", 2, 9, 3, 4, frozen=1)
    case("frozen_relu", 1, 16, 4, 3, frozen=1, activation=1)
    case("frozen_relu6", 1, 33, 3, 3, frozen=1, activation=2)
    case("eval", 1, 19, 4, 4, train=False)
    case("eval_relu6", 2, 6, 3, 3, train=False, activation=2)


SIZES = [(1, 1, 1, 1), (1, 3, 5, 4), (2, 17, 3, 5), (1, 64, 2, 3)]


def make_relu(w):
    for shape in SIZES:
        w.case("x".join(map(str, shape)), [(randn(*shape), "image")], F.relu)


def make_relu6(w):
    for shape in SIZES:
        w.case("x".join(map(str, shape)), [((randn(*shape) * 5).float().double(), "image")],
               F.relu6)


def make_add(w):
    for activation in range(3):
        for shape in SIZES:
            a, b = randn(*shape) * 4, randn(*shape) * 4
            w.case(f"act{activation}_" + "x".join(map(str, shape)),
                   [(a, "image"), (b, "image")],
                   lambda x, y, act=activation: ACTIVATIONS[act](x + y),
                   {"activation": activation})


def make_scale(w):
    for i, factor in enumerate([0.25, -3.0, 0.0, 1.5]):
        w.case(f"by{factor:g}", [(randn(*SIZES[i]), "image")], lambda x, f=factor: x * f,
               {"factor": factor})


# In the order of ops/params.h; a, b: the numbers the formulas there name.
UNARY = [
    ("clamp", lambda x, a, b: torch.clamp(x, a, b), -0.75, 1.25),
    ("leaky_relu", lambda x, a, b: F.leaky_relu(x, a), 0.1, 0),
    ("elu", lambda x, a, b: F.elu(x, a), 1.5, 0),
    ("sigmoid", lambda x, a, b: torch.sigmoid(x), 0, 0),
    ("hard_sigmoid", lambda x, a, b: torch.clamp(a * x + b, 0, 1), 0.25, 0.5),
    ("hard_swish", lambda x, a, b: F.hardswish(x), 0, 0),
    ("tanh", lambda x, a, b: torch.tanh(x), 0, 0),
    ("exp", lambda x, a, b: torch.exp(x), 0, 0),
    ("log", lambda x, a, b: torch.log(x), 0, 0),
    ("sqrt", lambda x, a, b: torch.sqrt(x), 0, 0),
    ("abs", lambda x, a, b: torch.abs(x), 0, 0),
    ("affine", lambda x, a, b: a * x + b, -1.5, 0.25),
    ("softplus", lambda x, a, b: F.softplus(x, threshold=100), 0, 0),
    ("erf", lambda x, a, b: torch.erf(x), 0, 0),
]


def make_unary(w):
    for function, (name, run, a, b) in enumerate(UNARY):
        for shape in SIZES[-2:]:
            x = (randn(*shape) * 2).float().double()
            if name in ("log", "sqrt"):
                x = (x.abs() + 0.1).float().double()
            w.case(f"{name}_" + "x".join(map(str, shape)), [(x, "image")],
                   lambda x, f=run, a=a, b=b: f(x, a, b),
                   {"function": function, "a": a, "b": b})


BINARY = [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div),
          ("max", torch.maximum), ("min", torch.minimum)]


def make_binary(w):
    # both of one shape, then a source repeated over pixels, channels, images, everything
    shapes = [((2, 5, 3, 4), (2, 5, 3, 4)), ((2, 17, 3, 4), (2, 17, 1, 1)),
              ((1, 1, 3, 4), (2, 6, 3, 4)), ((2, 3, 4, 1), (1, 1, 1, 5)), ((1, 7, 2, 3), (1, 1, 1, 1))]
    for function, (name, run) in enumerate(BINARY):
        for activation in range(3) if name == "add" else [0]:
            for i, (a, b) in enumerate(shapes):
                x, y = randn(*a), randn(*b)
                if name == "div":
                    y = (y.sign() * (y.abs() + 0.5)).float().double()
                w.case(f"{name}{activation}_{i}", [(x, "image"), (y, "image")],
                       lambda x, y, f=run, act=activation: ACTIVATIONS[act](f(x, y)),
                       {"activation": activation, "function": function})


def make_dropout(w):
    w.case("eval", [(randn(2, 5, 4, 3), "image")], lambda x: F.dropout(x, 0.5, False),
           {"rate": 0.5}, train=False)
    w.case("train_rate0", [(randn(1, 7, 3, 3), "image")], lambda x: F.dropout(x, 0.0, True),
           {"rate": 0.0})
    w.case("train_rate1", [(randn(1, 3, 3, 3), "image")], lambda x: F.dropout(x, 1.0, True),
           {"rate": 1.0})


# ---- moving pixels ----

def make_permute(w):
    # axes of seg's N,H,W,C; the reference permutes an array that is laid out so
    for axes in [(0, 1, 2, 3), (0, 3, 1, 2), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 2, 3), (2, 3, 0, 1)]:
        for shape in [(2, 5, 3, 4), (1, 18, 17, 3)]:
            w.case("".join(map(str, axes)) + f"_{shape[1]}", [(randn(*shape), "image")],
                   lambda x, p=axes: x.permute(0, 2, 3, 1).permute(*p).permute(0, 3, 1, 2),
                   {f"axis{i}": axis for i, axis in enumerate(axes)})


def make_concat(w):
    def case(name, n, h, width, channels):
        w.case(name, [(randn(n, c, h, width), "image") for c in channels],
               lambda *sources: torch.cat(sources, 1))

    case("one", 1, 3, 2, [5])
    case("two", 2, 4, 3, [3, 17])
    case("aspp", 1, 3, 3, [16, 16, 16, 16, 16])
    case("eight", 1, 2, 2, [1, 2, 3, 4, 5, 6, 7, 8])
    case("one_pixel", 2, 1, 1, [33, 1])


def make_crop(w):
    def case(name, shape, top, left, h, width, channel=0, c=0):
        end = channel + c if c > 0 else shape[1]
        w.case(name, [(randn(*shape), "image")],
               lambda x: x[:, channel:end, top:top + h, left:left + width],
               {"top": top, "left": left, "h": h, "w": width, "channel": channel, "c": c})

    case("middle", (2, 5, 7, 6), 2, 1, 3, 4)
    case("all", (1, 3, 4, 5), 0, 0, 4, 5)
    case("corner", (1, 17, 4, 5), 3, 4, 1, 1)
    case("rows", (2, 4, 5, 3), 1, 0, 3, 3)
    case("channels", (2, 11, 5, 3), 1, 0, 3, 3, 4, 5)
    case("last_channels", (1, 35, 2, 3), 0, 0, 2, 3, 18)


def make_pad(w):
    def case(name, shape, top, bottom, left, right, value=0.0):
        w.case(name, [(randn(*shape), "image")],
               lambda x: F.pad(x, (left, right, top, bottom), value=value),
               {"top": top, "bottom": bottom, "left": left, "right": right, "value": value})

    case("all_sides", (2, 5, 3, 4), 1, 2, 3, 4)
    case("nothing", (1, 3, 4, 3), 0, 0, 0, 0)
    case("value", (1, 17, 2, 3), 0, 1, 0, 2, -1.5)
    case("rows_only", (2, 3, 2, 4), 2, 0, 0, 0, 0.25)


# ---- pooling ----

def pool_case(w, name, shape, run, kernel, stride, pad=0, ceil_mode=0, count_pad=0):
    pair = lambda x: x if isinstance(x, tuple) else (x, x)
    (kh, kw), (sh, sw), (ph, pw) = pair(kernel), pair(stride), pair(pad)
    params = {"kh": kh, "kw": kw, "sh": sh, "sw": sw, "ph": ph, "pw": pw,
              "ceil_mode": ceil_mode, "count_pad": count_pad}
    w.case(name, [(randn(*shape), "image")], lambda x: run(x, params), params)


POOL_CASES = [
    ("2x2_stride2", (1, 5, 6, 4), 2, 2, 0, 0),
    ("2x2_odd_size", (2, 5, 5, 7), 2, 2, 0, 0),
    ("2x2_odd_ceil", (1, 8, 5, 7), 2, 2, 0, 1),
    ("3x3_stride2_pad1", (2, 3, 9, 8), 3, 2, 1, 0),
    ("3x3_stride2_pad1_ceil", (1, 4, 8, 6), 3, 2, 1, 1),
    ("3x3_stride1_pad1", (1, 9, 5, 4), 3, 1, 1, 0),
    ("ceil_last_in_pad", (1, 4, 5, 5), 2, 3, 1, 1),  # a last window starting in the end padding
    ("mixed", (1, 6, 7, 9), (3, 2), (1, 3), (1, 0), 1),
    ("stride_over_kernel", (1, 3, 8, 7), 2, 3, 0, 0),
    ("one_pixel", (2, 9, 1, 1), 3, 1, 1, 0),
    ("whole_map", (1, 17, 4, 3), (4, 3), 1, 0, 0),
    ("window_over_map_ceil", (2, 9, 1, 2), (2, 4), (2, 3), 0, 1),
]


def make_maxpool2d(w):
    run = lambda x, p: F.max_pool2d(x, (p["kh"], p["kw"]), (p["sh"], p["sw"]), (p["ph"], p["pw"]),
                                    1, bool(p["ceil_mode"]))
    for name, shape, kernel, stride, pad, ceil_mode in POOL_CASES:
        pool_case(w, name, shape, run, kernel, stride, pad, ceil_mode)


def make_avgpool2d(w):
    run = lambda x, p: F.avg_pool2d(x, (p["kh"], p["kw"]), (p["sh"], p["sw"]), (p["ph"], p["pw"]),
                                    bool(p["ceil_mode"]), bool(p["count_pad"]))
    for name, shape, kernel, stride, pad, ceil_mode in POOL_CASES:
        for count_pad in range(2):
            pool_case(w, name + "_count" * count_pad, shape, run, kernel, stride, pad, ceil_mode,
                      count_pad)


def make_global_avgpool(w):
    for shape in SIZES + [(2, 33, 3, 5), (1, 2, 20, 17)]:
        w.case("x".join(map(str, shape)), [(randn(*shape), "image")],
               lambda x: F.adaptive_avg_pool2d(x, 1))


# ---- resizing ----

RESIZES = [
    ("same", (1, 5, 4, 5), (4, 5)),
    ("double", (1, 5, 4, 5), (8, 10)),
    ("four_times", (2, 2, 3, 4), (12, 16)),
    ("from_one_pixel", (1, 9, 1, 1), (5, 4)),
    ("to_one_pixel", (1, 7, 6, 5), (1, 1)),
    ("to_one_row", (1, 4, 5, 6), (1, 9)),
    ("odd_up", (1, 4, 5, 7), (13, 11)),
    ("down", (2, 6, 9, 11), (4, 5)),
    ("up_and_down", (1, 17, 3, 8), (7, 3)),
    ("decoder", (1, 1, 9, 9), (33, 33)),
]


def make_resize_bilinear(w):
    for name, shape, (h, width) in RESIZES:
        for align in range(2):
            w.case(name + "_align" * align, [(randn(*shape), "image")],
                   lambda x: F.interpolate(x, (h, width), mode="bilinear",
                                           align_corners=bool(align)),
                   {"h": h, "w": width, "align_corners": align})


def make_resize_nearest(w):
    for name, shape, (h, width) in RESIZES:
        w.case(name, [(randn(*shape), "image")],
               lambda x: F.interpolate(x, (h, width), mode="nearest"),
               {"h": h, "w": width, "align_corners": 0})


# ---- over the channels ----

def make_softmax(w):
    for shape in SIZES + [(2, 11, 3, 3), (1, 21, 4, 2), (1, 150, 2, 2), (1, 2, 5, 5)]:
        w.case("x".join(map(str, shape)), [((randn(*shape) * 3).float().double(), "image")],
               lambda x: F.softmax(x, 1))
    w.case("large", [((randn(1, 19, 3, 3) * 60).float().double(), "image")],
           lambda x: F.softmax(x, 1))


def make_argmax(w):
    def run(x):  # the lowest of equals wins, which torch.argmax does not promise
        return torch.from_numpy(np.argmax(x.detach().numpy(), 1)[:, None].astype(np.uint8))

    for shape in SIZES + [(2, 11, 4, 3), (1, 21, 5, 5), (1, 150, 2, 3), (1, 255, 3, 2)]:
        w.case("x".join(map(str, shape)), [(randn(*shape), "image")], run, train=False)
    ties = torch.randint(0, 3, (2, 40, 4, 4)).double()
    w.case("ties", [(ties, "image")], run, train=False)
    w.case("all_equal", [(torch.full((1, 33, 2, 2), -2.0).double(), "image")], run, train=False)


def main():
    makers = {name[5:]: make for name, make in globals().items() if name.startswith("make_")}
    os.makedirs(FOLDER, exist_ok=True)
    for op in sys.argv[1:] or sorted(makers):
        torch.manual_seed(zlib.crc32(op.encode()))
        writer = Writer()
        makers[op](writer)
        path = os.path.join(FOLDER, op + ".safetensors")
        write_safetensors(path, writer.tensors, {"cases": json.dumps(writer.cases)})
        print(f"{op}: {len(writer.cases)} cases, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
