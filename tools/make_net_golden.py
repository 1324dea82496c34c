#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""make_net_golden.py: reference results of every network, made by PyTorch, for tests/nets.

usage: make_net_golden.py [CASE...]    (writes tests/nets/golden/<case>.safetensors)
       make_net_golden.py --check      (the networks below against torchvision's)

Networks are written a second time here, as PyTorch modules whose parameters have seg's names.
Weights, image and labels come from a formula that both sides compute (see `uniform`); PyTorch
works in float64, results are rounded once. A file holds
  "logits"       evaluation mode, every STEP-th row and column, N,H',W',classes
  "trained"      the same after the training steps (running statistics included)
  "losses"       cross-entropy before each of STEPS steps of plain gradient descent
  "grad/<name>"  of the first step, in seg's layout: its norm, then ENTRIES entries spread evenly
  "grad_norm"    of all gradients together
and the metadata "config" (JSON: seg_net_config's fields, and n, h, w, rate) and "weights" (how many
numbers train). Debian: python3-torch, python3-torchvision.
"""
import json
import math
import os
import struct
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "nets", "golden")
STEP, STEPS, ENTRIES, SELECTED = 7, 10, 8, 16

DEFAULTS = {"classes": 5, "output_stride": 16, "fc_channels": 32, "aspp_channels": 16,
            "low_channels": 8, "separable": 1, "learned_upsampling": 1, "scaled_skips": 0,
            "norm": 0, "width": 0.25, "dropout": 0.0, "n": 2, "h": 65, "w": 97, "rate": 0.002}


# ---- numbers both sides compute ----

def uniform(name, count):
    """count float64 numbers in [0,1): SplitMix64 from the FNV-1a hash of a name."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(state)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / 2**53


def as_torch(array):
    return torch.from_numpy(np.asarray(array).astype(np.float32).astype(np.float64))


def make_image(n, h, w):
    """A tint per image, blocks of 16 x 16 pixels, noise: images differ, so that batch norms over
    small maps (one value per image behind ASPP's pooling) do not amplify rounding errors."""
    rows, columns = (h + 15) // 16, (w + 15) // 16
    tint = 4 * uniform("tint", n * 3).reshape(n, 1, 1, 3)
    blocks = 2 * uniform("blocks", n * rows * columns * 3).reshape(n, rows, columns, 3)
    blocks = blocks.repeat(16, 1).repeat(16, 2)[:, :h, :w]
    noise = 0.5 * uniform("noise", n * h * w * 3).reshape(n, h, w, 3)
    return as_torch(tint + blocks + noise - 3).permute(0, 3, 1, 2)


def make_labels(n, h, w, classes):
    """Blocks of 8 x 11 pixels; one pixel in twenty counts for nothing."""
    y, x = np.mgrid[0:h, 0:w]
    labels = np.broadcast_to((y // 8 + x // 11) % classes, (n, h, w)).copy()
    labels[uniform("labels", n * h * w).reshape(n, h, w) < 0.05] = 255
    return torch.from_numpy(labels.astype(np.int64))


def to_seg(name, array, module):
    """PyTorch's axes to seg's: KH,KW,IC,OC."""
    if array.ndim != 4:
        return array
    return array.transpose((2, 3, 0, 1) if isinstance(module, nn.ConvTranspose2d) else (2, 3, 1, 0))


def from_seg(array, module):
    if array.ndim != 4:
        return array
    return array.transpose((2, 3, 0, 1) if isinstance(module, nn.ConvTranspose2d) else (3, 2, 0, 1))


def bilinear(channels, factor):
    tent = 1 - np.abs(np.arange(2 * factor) - (2 * factor - 1) / 2) / factor
    kernel = np.zeros((2 * factor, 2 * factor, channels, channels))
    kernel[:, :, range(channels), range(channels)] = np.outer(tent, tent)[:, :, None]
    return kernel


def fill(net, config):
    for path, module in net.named_modules():
        for key, value in list(module.named_parameters(recurse=False)) + list(
                module.named_buffers(recurse=False)):
            if key == "num_batches_tracked":
                continue
            shape = to_seg(key, value.detach().numpy(), module).shape
            u = uniform(f"{path}.{key}", value.numel()).reshape(shape)
            if isinstance(module, nn.BatchNorm2d):
                numbers = {"weight": 0.5 + 0.5 * u, "bias": 0.5 + u, "running_var": 1 + u,
                           "running_mean": 0.2 * u - 0.1}[key]
            elif key == "bias":
                numbers = 0.2 * u - 0.1
            elif isinstance(module, nn.ConvTranspose2d) and not config["learned_upsampling"]:
                numbers = bilinear(shape[3], module.stride[0])
                value.requires_grad_(False)
            else:
                # Uniform, He's variance; a deconvolution's pixel meets kernel/stride taps per axis.
                reach = module.stride[0] if isinstance(module, nn.ConvTranspose2d) else 1
                numbers = (2 * u - 1) * math.sqrt(6 * reach**2 / (shape[0] * shape[1] * shape[2]))
            value.data.copy_(as_torch(from_seg(numbers, module)))


# ---- the networks ----

def scaled(config, channels):
    exact = channels * config["width"]
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


class Conv(nn.Module):
    """Convolution, batch norm (or a bias, when plain), activation."""

    def __init__(self, i, o, k=1, s=1, d=1, groups=1, act=None, plain=False, eps=1e-5):
        super().__init__()
        self.conv = nn.Conv2d(i, o, k, s, d * (k // 2), d, groups, bias=plain)
        if not plain:
            self.bn = nn.BatchNorm2d(o, eps=eps)
        self.plain, self.act = plain, act

    def forward(self, x):
        x = self.conv(x)
        if not self.plain and self.training and x.shape[0] == 1 and self.bn_frozen_alone():
            x = F.batch_norm(x, self.bn.running_mean, self.bn.running_var, self.bn.weight,
                             self.bn.bias, False, 0, self.bn.eps)
        elif not self.plain:
            x = self.bn(x)
        return self.act(x) if self.act else x

    def bn_frozen_alone(self):
        return getattr(self, "frozen_alone", False)


class Separable(nn.Module):
    def __init__(self, i, o, s=1, d=1, act=F.relu, eps=1e-5):
        super().__init__()
        self.depthwise = Conv(i, i, 3, s, d, i, act, eps=eps)
        self.pointwise = Conv(i, o, act=act, eps=eps)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class InvertedResidual(nn.Module):
    def __init__(self, i, o, t, s, d, shortcut):
        super().__init__()
        self.expand = Conv(i, i * t, act=F.relu6)
        self.depthwise = Conv(i * t, i * t, 3, s, d, i * t, F.relu6)
        self.project = Conv(i * t, o)
        self.shortcut = shortcut

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.shortcut else y


class MobileNetV2(nn.Module):
    """features: what forward returns, {stride: channels} and "deep"."""

    def __init__(self, config):
        super().__init__()
        os_, i = config["output_stride"], scaled(config, 32)
        self.stem, self.blocks = Conv(3, i, 3, 2, act=F.relu6), nn.ModuleList()
        strides = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
        widths = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320]
        for k, (s, c) in enumerate(zip(strides, widths)):
            # The stride this block would read and write at without dilation decides all.
            reads = 2 * math.prod(strides[:k])
            writes, o = reads * s, scaled(config, c)
            self.blocks.append(InvertedResidual(i, o, 1 if k == 0 else 6, s if writes <= os_ else 1,
                                                max(1, reads // os_), s == 1 and i == o))
            i = o
        self.channels = {4: scaled(config, 24), 8: scaled(config, 32),
                         16: scaled(config, 96 if os_ == 32 else 320), "deep": i}

    def forward(self, x):
        x, out = self.stem(x), []
        for block in self.blocks:
            x = block(x)
            out.append(x)
        return {4: out[2], 8: out[5], 16: out[12], "deep": x}


class Bottleneck(nn.Module):
    def __init__(self, i, c, s, d, project):
        super().__init__()
        self.reduce = Conv(i, c, act=F.relu)
        self.spatial = Conv(c, c, 3, s, d, act=F.relu)
        self.expand = Conv(c, 4 * c)
        if project:
            self.shortcut = Conv(i, 4 * c, s=s)
        self.project = project

    def forward(self, x):
        y = self.expand(self.spatial(self.reduce(x)))
        return F.relu(y + (self.shortcut(x) if self.project else x))


class ResNet(nn.Module):
    def __init__(self, config, counts):
        super().__init__()
        i = scaled(config, 64)
        self.stem = Conv(3, i, 7, 2, act=F.relu)
        self.channels, dilation = {}, 1
        for stage, count in enumerate(counts):
            c, blocks = scaled(config, 64 * 2**stage), nn.ModuleList()
            stride, first = (1 if stage == 0 else 2), dilation
            if 4 * 2**stage > config["output_stride"]:  # torchvision: replace_stride_with_dilation
                stride, dilation = 1, dilation * 2
            for k in range(count):
                s, d = (stride, first) if k == 0 else (1, dilation)
                blocks.append(Bottleneck(i, c, s, d, k == 0))
                i = 4 * c
            setattr(self, f"layer{stage + 1}", blocks)
            self.channels[4 * 2**stage] = i
        self.channels["deep"] = i

    def forward(self, x):
        x, out = F.max_pool2d(self.stem(x), 3, 2, 1), {}
        for stage in range(4):
            for block in getattr(self, f"layer{stage + 1}"):
                x = block(x)
            out[4 * 2**stage] = x
        return {**out, "deep": x}


class VGG16(nn.Module):
    def __init__(self, config):
        super().__init__()
        i, self.order, self.channels = 3, [], {}
        self.output_stride, dilation = config["output_stride"], 1
        plain = not config["norm"]
        for group, (c, count) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]):
            for k in range(count):
                name = f"conv{group + 1}_{k + 1}"
                setattr(self, name, Conv(i, scaled(config, c), 3, d=dilation, act=F.relu,
                                         plain=plain))
                self.order.append(name)
                i = scaled(config, c)
            self.order.append(2**(group + 1))
            dilation *= 2 if 2**(group + 1) > self.output_stride else 1
            self.channels[2**(group + 1)] = i
        if config["net"].startswith("fcn"):
            fc = config["fc_channels"]
            self.fc6 = Conv(i, fc, 7, act=F.relu, plain=plain)
            self.fc7 = Conv(fc, fc, act=F.relu, plain=plain)
            i = fc
        self.channels["deep"] = i

    def forward(self, x):
        out = {}
        for step in self.order:
            if isinstance(step, str):
                x = getattr(self, step)(x)
                continue
            if step <= self.output_stride:
                x = F.max_pool2d(x, 2, 2, ceil_mode=True)
            out[min(step, self.output_stride)] = x
        return {**out, "deep": self.fc7(self.fc6(x)) if hasattr(self, "fc6") else x}


class XceptionModule(nn.Module):
    def __init__(self, i, widths, s, d, kind):
        super().__init__()
        act = F.relu if kind == "none" else None
        for k, c in enumerate(widths):
            last = k == len(widths) - 1
            inner = Separable(i if k == 0 else widths[k - 1], c, s if last else 1, d, act, 1e-3)
            setattr(self, f"conv{k}", inner)
        if kind == "conv":
            self.shortcut = Conv(i, widths[-1], s=s, eps=1e-3)
        self.kind = kind

    def forward(self, x):
        relu = (lambda v: v) if self.kind == "none" else F.relu
        low = self.conv1(relu(self.conv0(relu(x))))
        y = self.conv2(relu(low))
        if self.kind == "conv":
            y = y + self.shortcut(x)
        elif self.kind == "sum":
            y = y + x
        return y, low


class Xception65(nn.Module):
    def __init__(self, config):
        super().__init__()
        os_, s = config["output_stride"], lambda c: scaled(config, c)
        self.stem = nn.ModuleDict({"conv0": Conv(3, s(32), 3, 2, act=F.relu, eps=1e-3),
                                   "conv1": Conv(s(32), s(64), 3, act=F.relu, eps=1e-3)})
        plan = [("entry", [128] * 3, 2, "conv"), ("entry", [256] * 3, 2, "conv"),
                ("entry", [728] * 3, 2, "conv")] + [("middle", [728] * 3, 1, "sum")] * 16 + [
                    ("exit", [728, 1024, 1024], 2, "conv"), ("exit", [1536, 1536, 2048], 1, "none")]
        self.entry, self.middle, self.exit = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        i, reads = s(64), 2
        for flow, widths, stride, kind in plan:
            widths = [s(c) for c in widths]
            keep = reads * stride <= os_
            getattr(self, flow).append(XceptionModule(i, widths, stride if keep else 1,
                                                      max(1, reads // os_), kind))
            i, reads = widths[-1], reads * stride
        self.channels = {4: s(256), "deep": i}

    def forward(self, x):
        x = self.stem["conv1"](self.stem["conv0"](x))
        for k, module in enumerate([*self.entry, *self.middle, *self.exit]):
            x, before_stride = module(x)
            if k == 1:
                low = before_stride
        return {4: low, "deep": x}


BACKBONES = {"mobilenetv2": MobileNetV2, "resnet50": lambda c: ResNet(c, [3, 4, 6, 3]),
             "resnet101": lambda c: ResNet(c, [3, 4, 23, 3]), "vgg16": VGG16,
             "xception65": Xception65}


def resize(x, like):
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class ASPP(nn.Module):
    def __init__(self, config, i, conv3x3):
        super().__init__()
        o = config["aspp_channels"]
        self.branch0 = Conv(i, o, act=F.relu)
        rates = {8: (12, 24, 36), 16: (6, 12, 18), 32: (3, 6, 9)}[config["output_stride"]]
        for k, rate in enumerate(rates):
            setattr(self, f"branch{k + 1}", conv3x3(i, o, rate))
        self.pool = Conv(i, o, act=F.relu)
        self.pool.frozen_alone = True
        self.project = Conv(5 * o, o, act=F.relu)

    def forward(self, x):
        mean = self.pool(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return self.project(torch.cat([self.branch0(x), self.branch1(x), self.branch2(x),
                                       self.branch3(x), mean], 1))


class DeepLab(nn.Module):
    def __init__(self, config, plus):
        super().__init__()
        o, low = config["aspp_channels"], config["low_channels"]
        if config["separable"]:
            conv3x3 = lambda i, o, d=1: Separable(i, o, 1, d)
        else:
            conv3x3 = lambda i, o, d=1: Conv(i, o, 3, 1, d, act=F.relu)
        self.backbone = BACKBONES[config["backbone"]](config)
        self.aspp = ASPP(config, self.backbone.channels["deep"], conv3x3)
        if plus:
            self.decoder = nn.ModuleDict({"low": Conv(self.backbone.channels[4], low, act=F.relu),
                                          "conv0": conv3x3(o + low, o), "conv1": conv3x3(o, o)})
        self.classifier = Conv(o, config["classes"], plain=True)
        self.plus = plus

    def forward(self, image):
        features = self.backbone(image)
        x = self.aspp(features["deep"])
        if self.plus:
            low = self.decoder["low"](features[4])
            x = torch.cat([resize(x, low), low], 1)
            x = self.decoder["conv1"](self.decoder["conv0"](x))
        return resize(self.classifier(x), image)


class Up(nn.Module):
    def __init__(self, classes, factor):
        super().__init__()
        self.conv = nn.ConvTranspose2d(classes, classes, 2 * factor, factor, factor // 2,
                                       bias=False)

    def forward(self, x, like):
        return self.conv(x)[:, :, :like.shape[2], :like.shape[3]]


class FCN(nn.Module):
    def __init__(self, config, stride):
        super().__init__()
        classes = config["classes"]
        self.backbone = BACKBONES[config["backbone"]](config)
        channels = self.backbone.channels
        self.score_fr = Conv(channels["deep"], classes, plain=True)
        if stride <= 16:
            self.score_pool4 = Conv(channels[16], classes, plain=True)
            self.upscore2 = Up(classes, 2)
        if stride <= 8:
            self.score_pool3 = Conv(channels[8], classes, plain=True)
            self.upscore_pool4 = Up(classes, 2)
        setattr(self, f"upscore{stride}", Up(classes, stride))
        self.stride = stride
        self.scales = (0.01, 0.0001) if config["scaled_skips"] else (1, 1)

    def forward(self, image):
        features = self.backbone(image)
        y = self.score_fr(features["deep"])
        if self.stride <= 16:
            skip = self.score_pool4(features[16] * self.scales[0])
            y = self.upscore2(y, skip) + skip
        if self.stride <= 8:
            skip = self.score_pool3(features[8] * self.scales[1])
            y = self.upscore_pool4(y, skip) + skip
        return getattr(self, f"upscore{self.stride}")(y, image)


NETS = {"deeplabv3plus": lambda c: DeepLab(c, True), "deeplabv3": lambda c: DeepLab(c, False),
        "fcn32s": lambda c: FCN(c, 32), "fcn16s": lambda c: FCN(c, 16),
        "fcn8s": lambda c: FCN(c, 8)}


# ---- the cases ----

def deeplab(net="deeplabv3plus", backbone="mobilenetv2", **rest):
    return {**DEFAULTS, "net": net, "backbone": backbone, "n": 4, **rest}


def fcn(net="fcn8s", backbone="vgg16", **rest):
    return {**DEFAULTS, "net": net, "backbone": backbone, "output_stride": 32, "width": 0.125,
            **rest}


CASES = {
    # Long strips: the largest rate of ASPP must fit into the feature map.
    "deeplabv3": deeplab("deeplabv3", separable=0, h=333, w=33),
    "deeplabv3plus": deeplab(h=33, w=333),
    "deeplabv3plus_one_image": deeplab(n=1),
    "deeplabv3plus_stride8_dense": deeplab(output_stride=8, separable=0, h=25, w=321),
    "deeplabv3plus_vgg16": deeplab(backbone="vgg16", norm=1, width=0.125),
    "fcn16s": fcn("fcn16s"),
    "fcn32s": fcn("fcn32s", h=50, w=75, rate=0.02),
    "fcn8s": fcn(),
    "fcn8s_at_once": fcn(scaled_skips=1, learned_upsampling=0, h=31, w=100, rate=0.1),
    "fcn8s_mobilenetv2": fcn(backbone="mobilenetv2", width=0.25),
    "mobilenetv2": deeplab(output_stride=32, width=0.5, h=33, w=333),
    "resnet101": deeplab("deeplabv3", "resnet101", output_stride=16, width=0.125),
    "resnet50": deeplab(backbone="resnet50", output_stride=8, width=0.125),
    "vgg16": fcn("fcn8s", norm=1, h=70, w=50),
    "xception65": deeplab(backbone="xception65", width=0.125),
}


def write_safetensors(path, tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())


def evaluate(net, image):
    net.eval()
    with torch.no_grad():
        logits = net(image)[:, :, ::STEP, ::STEP]
    return logits.permute(0, 2, 3, 1).numpy()


def gradients(net):
    """{"grad/<name>": norm and entries} of SELECTED weights, and the norm of all."""
    owner = {f"{path}.{key}": module for path, module in net.named_modules()
             for key, _ in module.named_parameters(recurse=False)}
    grads = {name: to_seg(name, p.grad.numpy(), owner[name]).ravel()
             for name, p in net.named_parameters() if p.requires_grad}
    names = list(grads)
    chosen = [names[i * (len(names) - 1) // (SELECTED - 1)] for i in range(SELECTED)]
    out = {"grad_norm": np.array([math.sqrt(sum((g**2).sum() for g in grads.values()))])}
    for name in chosen:
        g = grads[name]
        picks = np.arange(ENTRIES) * g.size // ENTRIES
        out[f"grad/{name}"] = np.concatenate([[np.linalg.norm(g)], g[picks]])
    return out


def make(case):
    config = CASES[case]
    net = NETS[config["net"]](config).double()
    fill(net, config)
    image = make_image(config["n"], config["h"], config["w"])
    labels = make_labels(config["n"], config["h"], config["w"], config["classes"])
    tensors, losses = {"logits": evaluate(net, image)}, []
    net.train()
    for step in range(STEPS):
        net.zero_grad()
        loss = F.cross_entropy(net(image), labels, ignore_index=255)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            tensors.update(gradients(net))
        with torch.no_grad():
            for p in net.parameters():
                if p.requires_grad:
                    p -= config["rate"] * p.grad
    tensors.update({"losses": np.array(losses), "trained": evaluate(net, image)})
    tensors = {name: np.ascontiguousarray(t, dtype=np.float32) for name, t in tensors.items()}
    trained = sum(p.numel() for p in net.parameters() if p.requires_grad)
    path = os.path.join(FOLDER, case + ".safetensors")
    write_safetensors(path, tensors, {"config": json.dumps(config), "weights": str(trained)})
    print(f"{case}: {trained} weights, logits to {abs(tensors['logits']).max():.3g}, |g| "
          f"{tensors['grad_norm'][0]:.3g}, losses {losses[0]:.5f} .. {losses[-1]:.5f}, "
          f"{os.path.getsize(path)} bytes")


# ---- against torchvision ----

def copy_in_order(net, reference):
    """Both list their layers in one order of shapes but for names; shortcuts come last in both."""
    ours, theirs = net.state_dict(), [(k, v) for k, v in reference.state_dict().items()
                                      if not k.startswith(("fc.", "classifier."))]
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    for (name, value), (other, source) in zip(ours.items(), theirs):
        assert value.shape == source.shape, (name, other)
        value.copy_(source)


def check():
    import torchvision.models as models
    torch.manual_seed(0)
    image = torch.randn(1, 3, 97, 65).double()
    for stride, dilate in ((8, (0, 1, 1)), (16, (0, 0, 1)), (32, (0, 0, 0))):
        theirs = models.resnet50(weights=None, replace_stride_with_dilation=dilate).double().eval()
        ours = ResNet({"width": 1, "output_stride": stride}, [3, 4, 6, 3]).double().eval()
        copy_in_order(ours, theirs)
        with torch.no_grad():
            x = theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(image))))
            x = theirs.layer4(theirs.layer3(theirs.layer2(theirs.layer1(x))))
            print(f"resnet50 at stride {stride}: {(ours(image)['deep'] - x).abs().max():.2g}")
    theirs = models.vgg16(weights=None).double().eval()
    ours = VGG16({"width": 1, "output_stride": 32, "norm": 0, "net": ""}).double().eval()
    copy_in_order(ours, theirs)
    image = torch.randn(1, 3, 96, 64).double()  # torchvision's pools round down
    with torch.no_grad():
        print(f"vgg16: {(ours(image)['deep'] - theirs.features(image)).abs().max():.2g}")


def main():
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--check"]:
        return check()
    os.makedirs(FOLDER, exist_ok=True)
    for case in sys.argv[1:] or CASES:
        make(case)


if __name__ == "__main__":
    main()
