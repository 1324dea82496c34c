#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""Time PyTorch on DeepLab-v3+ MobileNetV2 or FCN-8s VGG16: the peer of `seg train` and `seg predict`.

usage: peer_torch.py [--net deeplab|fcn8s] [--threads N] [--crop PX] [--batch N] [--steps N] [--size HxW]

Prints images/s of training steps (forward, cross-entropy, backward, SGD) and milliseconds of one
prediction (forward, upsampling, argmax), medians, in NCHW and in channels-last layout.
Random weights: speed does not depend on them. Debian: python3-torch.
"""
import argparse
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def cbr(i, o, k=1, s=1, d=1, g=1, act=True):
    layers = [nn.Conv2d(i, o, k, s, d * (k // 2), d, g, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, nn.ReLU6()) if act else nn.Sequential(*layers)


class Block(nn.Module):
    def __init__(self, i, o, s, t, d):
        super().__init__()
        e = i * t
        self.body = nn.Sequential(cbr(i, e), cbr(e, e, 3, s, d, e), cbr(e, o, act=False))
        self.skip = s == 1 and i == o

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


class DeepLab(nn.Module):
    """Output stride 16, separable ASPP (256) and decoder (48 low-level channels)."""

    def __init__(self, classes):
        super().__init__()
        settings = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                    (6, 160, 3, 2), (6, 320, 1, 1)]
        self.stem = cbr(3, 32, 3, 2)
        blocks, i, stride, d = [], 32, 2, 1
        for t, c, n, s in settings:
            for k in range(n):
                step, rate = (s if k == 0 else 1), d
                if step == 2 and stride == 16:
                    step, d = 1, 2
                stride *= step
                blocks.append(Block(i, c, step, t, rate))
                i = c
        self.low, self.high = nn.Sequential(*blocks[:3]), nn.Sequential(*blocks[3:])
        self.b0 = cbr(320, 256)
        self.rates = nn.ModuleList(nn.Sequential(cbr(320, 320, 3, 1, r, 320), cbr(320, 256))
                                   for r in (6, 12, 18))
        self.pool, self.project = cbr(320, 256), cbr(1280, 256)
        self.low_project = cbr(24, 48)
        self.decoder = nn.Sequential(cbr(304, 304, 3, 1, 1, 304), cbr(304, 256),
                                     cbr(256, 256, 3, 1, 1, 256), cbr(256, 256))
        self.classes = nn.Conv2d(256, classes, 1)

    def forward(self, x):
        low = self.low(self.stem(x))
        high = self.high(low)
        pooled = self.pool(F.adaptive_avg_pool2d(high, 1)).expand(-1, -1, *high.shape[2:])
        y = self.project(torch.cat([self.b0(high), *(b(high) for b in self.rates), pooled], 1))
        y = F.interpolate(y, size=low.shape[2:], mode="bilinear", align_corners=False)
        y = self.classes(self.decoder(torch.cat([y, self.low_project(low)], 1)))
        return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)


class Fcn8s(nn.Module):
    """VGG16 with fc6 and fc7 of `width` channels, skips from pool3 and pool4."""

    def __init__(self, classes, width=1024):
        super().__init__()
        parts, i = [], 3
        for count, o in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
            layers = []
            for _ in range(count):
                layers += [nn.Conv2d(i, o, 3, padding=1), nn.ReLU()]
                i = o
            parts.append(nn.Sequential(*layers, nn.MaxPool2d(2, ceil_mode=True)))
        self.pool3, self.pool4, self.pool5 = nn.Sequential(*parts[:3]), parts[3], parts[4]
        self.head = nn.Sequential(nn.Conv2d(512, width, 7, padding=3), nn.ReLU(), nn.Dropout(),
                                  nn.Conv2d(width, width, 1), nn.ReLU(), nn.Dropout(),
                                  nn.Conv2d(width, classes, 1))
        self.score4, self.score3 = nn.Conv2d(512, classes, 1), nn.Conv2d(256, classes, 1)

    def forward(self, x):
        def up(y, like):
            return F.interpolate(y, size=like.shape[2:], mode="bilinear", align_corners=False)

        third = self.pool3(x)
        fourth = self.pool4(third)
        y = self.head(self.pool5(fourth))
        y = up(y, fourth) + self.score4(fourth)
        y = up(y, third) + self.score3(third)
        return up(y, x)


NETS = {"deeplab": DeepLab, "fcn8s": Fcn8s}


def median_seconds(body, runs):
    body()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", choices=NETS, default="deeplab")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--crop", type=int, default=360)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--size", default="360x480")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    height, width = map(int, args.size.split("x"))
    print(f"{args.net}, torch {torch.__version__}, {args.threads} threads")
    for name, layout in (("NCHW", torch.contiguous_format), ("channels last", torch.channels_last)):
        net = NETS[args.net](11).to(memory_format=layout)
        image = torch.randn(args.batch, 3, args.crop, args.crop).to(memory_format=layout)
        labels = torch.randint(0, 11, (args.batch, args.crop, args.crop))
        optimiser = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)

        def step():
            optimiser.zero_grad()
            F.cross_entropy(net(image), labels).backward()
            optimiser.step()

        seconds = median_seconds(step, args.steps)
        print(f"{name}: train {args.batch}x{args.crop}x{args.crop}: {args.batch / seconds:.2f} images/s")
        net.eval()
        photo = torch.randn(1, 3, height, width).to(memory_format=layout)
        with torch.no_grad():
            seconds = median_seconds(lambda: net(photo).argmax(1), 10)
        print(f"{name}: predict {args.size}: {seconds * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
