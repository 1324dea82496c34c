#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""make_models.py: the ONNX files that seg is measured on beside other engines.

  bench/peers/make_models.py FOLDER [NAME ...]

Weights are random, from a fixed seed: speed does not depend on them. Batch norms get statistics and
factors near 1, as trained ones have, so that folding them is no special case and activations neither
die out nor grow. Files that are there already stay. Needs torch, torchvision and onnx.
"""
import os
import sys

import torch
from torch import nn
from torch.nn import functional
from torchvision import models
from torchvision.models import segmentation

OPSET = 13


def unit(inputs, outputs, side=1, rate=1, groups=1):
    """Convolution of unchanged size, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, side, padding=rate * (side // 2), dilation=rate, groups=groups,
                  bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def separable(inputs, outputs, rate=1):
    return nn.Sequential(unit(inputs, inputs, 3, rate, inputs), unit(inputs, outputs))


def resized(image, like):
    size = [int(like.shape[2]), int(like.shape[3])]
    return functional.interpolate(image, size=size, mode="bilinear", align_corners=False)


class DeepLabV3Plus(nn.Module):
    """Chen et al. 2018 on MobileNetV2 at output stride 16; separable, rates 6, 12, 18."""
    ATROUS_FROM = 14  # index in torchvision's features of the block that would go to stride 32

    def __init__(self, classes=21):
        super().__init__()
        features = models.mobilenet_v2().features
        for index in range(self.ATROUS_FROM, 18):
            for layer in features[index].modules():
                if isinstance(layer, nn.Conv2d) and layer.groups > 1:
                    rate = 1 if index == self.ATROUS_FROM else 2
                    layer.stride, layer.dilation, layer.padding = (1, 1), (rate, rate), (rate, rate)
        self.low, self.high = features[:4], features[4:18]
        self.branches = nn.ModuleList([unit(320, 256)] +
                                      [separable(320, 256, rate) for rate in (6, 12, 18)])
        self.pooled, self.joined = unit(320, 256), unit(5 * 256, 256)
        self.low_joined = unit(24, 48)
        self.decoder = nn.Sequential(separable(256 + 48, 256), separable(256, 256),
                                     nn.Conv2d(256, classes, 1))

    def forward(self, image):
        low = self.low(image)
        high = self.high(low)
        mean = functional.adaptive_avg_pool2d(high, 1)
        parts = [branch(high) for branch in self.branches] + [resized(self.pooled(mean), high)]
        coarse = resized(self.joined(torch.cat(parts, 1)), low)
        return resized(self.decoder(torch.cat([coarse, self.low_joined(low)], 1)), image)


class Fcn8s(nn.Module):
    """Long et al. 2015 on VGG16, learned upsampling, 1024 channels instead of 4096 in fc6 and fc7."""

    def __init__(self, classes=21, width=1024):
        super().__init__()
        features = models.vgg16().features
        self.to_pool3, self.to_pool4, self.to_pool5 = features[:17], features[17:24], features[24:]
        self.head = nn.Sequential(nn.Conv2d(512, width, 7, padding=3), nn.ReLU(),
                                  nn.Conv2d(width, width, 1), nn.ReLU(),
                                  nn.Conv2d(width, classes, 1))
        self.score3, self.score4 = nn.Conv2d(256, classes, 1), nn.Conv2d(512, classes, 1)
        self.up_head, self.up_sum, self.up_last = (
            nn.ConvTranspose2d(classes, classes, 2 * times, times, times // 2, bias=False)
            for times in (2, 2, 8))

    def forward(self, image):
        pool3 = self.to_pool3(image)
        pool4 = self.to_pool4(pool3)
        score = self.up_head(self.head(self.to_pool5(pool4))) + self.score4(pool4)
        return self.up_last(self.up_sum(score) + self.score3(pool3))


class MainOutput(nn.Module):
    """torchvision's segmentation networks give a dictionary."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, image):
        return self.network(image)["out"]


def of_torchvision(make):
    return lambda: MainOutput(make(weights=None, weights_backbone=None))


NETWORKS = {
    "dlv3p_mnv2_513": DeepLabV3Plus,
    "fcn8s_vgg16_512": Fcn8s,
    "tv_deeplabv3_resnet50_513": of_torchvision(segmentation.deeplabv3_resnet50),
    "tv_fcn_resnet50_513": of_torchvision(segmentation.fcn_resnet50),
    "tv_lraspp_mnv3_513": of_torchvision(segmentation.lraspp_mobilenet_v3_large),
    "mobilenetv2_224": models.mobilenet_v2,
    "vgg16_224": models.vgg16,
}


def as_if_trained(network):
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, 0, 0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.1)
    return network.eval()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[2:] or NETWORKS:
        path, side = os.path.join(sys.argv[1], name + ".onnx"), int(name.rsplit("_", 1)[1])
        if os.path.exists(path):
            continue
        torch.manual_seed(0)
        network = as_if_trained(NETWORKS[name]())
        with torch.no_grad():
            torch.onnx.export(network, torch.zeros(1, 3, side, side), path, opset_version=OPSET,
                              dynamo=False, input_names=["image"], output_names=["logits"])
        print(path, sum(weights.numel() for weights in network.parameters()), "weights", flush=True)


if __name__ == "__main__":
    main()
