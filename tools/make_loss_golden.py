#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""Golden losses and gradients by PyTorch: writes tests/train/loss_golden.h.

    python3 tools/make_loss_golden.py > tests/train/loss_golden.h
"""
import torch
import torch.nn.functional as F

N, H, W, C = 2, 3, 5, 4
torch.manual_seed(3)
logits = (torch.randn(N, H, W, C, dtype=torch.float64) * 2).float().double()
labels = torch.randint(0, C - 1, (N, H, W))  # class C-1 does not occur
labels[0, 1, 2] = labels[1, 0, 0] = labels[1, 2, 4] = 255
weights = torch.tensor([0.5, 2.0, 1.25, 3.0], dtype=torch.float64)


def flat(z):
    keep = labels.reshape(-1) != 255
    return z.reshape(-1, C)[keep], labels.reshape(-1)[keep]


def cross_entropy(z, w):
    return F.cross_entropy(z.permute(0, 3, 1, 2), labels, weight=w, ignore_index=255)


def focal(gamma):
    def loss(z, w):
        x, t = flat(z)
        nll = F.cross_entropy(x, t, reduction="none")
        v = torch.ones(C, dtype=torch.float64) if w is None else w
        return (v[t] * (1 - torch.exp(-nll)) ** gamma * nll).sum() / v[t].sum()
    return loss


def per_class(values, t, w):
    present = torch.bincount(t, minlength=C) > 0
    v = (torch.ones(C, dtype=torch.float64) if w is None else w) * present
    return (torch.stack(values) * v).sum() / v.sum()


def dice(z, w):
    x, t = flat(z)
    p, hot = F.softmax(x, 1), F.one_hot(t, C).double()
    d = [1 - (2 * (p[:, c] * hot[:, c]).sum() + 1) / (p[:, c].sum() + hot[:, c].sum() + 1)
         for c in range(C)]
    return per_class(d, t, w)


def lovasz(z, w):
    """Berman et al. 2018, algorithm 1."""
    x, t = flat(z)
    p = F.softmax(x, 1)
    values = []
    for c in range(C):
        hot = (t == c).double()
        errors, order = torch.sort((hot - p[:, c]).abs(), descending=True)
        truth = hot[order]
        intersection = truth.sum() - truth.cumsum(0)
        union = truth.sum() + (1 - truth).cumsum(0)
        jaccard = 1 - intersection / union
        jaccard[1:] = jaccard[1:] - jaccard[:-1].clone()
        values.append(torch.dot(errors, jaccard.detach()))
    return per_class(values, t, w)


def ohem(threshold, keep):
    def loss(z, w):
        x, t = flat(z)
        nll = F.cross_entropy(x, t, reduction="none")
        q = torch.exp(-nll)
        rank = -(-int(round(keep * len(t) * 1000)) // 1000)
        limit = torch.sort(q)[0][rank - 1]
        hard = (q < threshold) | (q <= limit)
        v = (torch.ones(C, dtype=torch.float64) if w is None else w)[t] * hard
        return (v * nll).sum() / v.sum()
    return loss


CASES = [
    ("cross_entropy", False, 2, 0.7, 0.25, cross_entropy),
    ("cross_entropy", True, 2, 0.7, 0.25, cross_entropy),
    ("focal", False, 2, 0.7, 0.25, focal(2)),
    ("focal", True, 0.5, 0.7, 0.25, focal(0.5)),
    ("dice", False, 2, 0.7, 0.25, dice),
    ("dice", True, 2, 0.7, 0.25, dice),
    ("lovasz", False, 2, 0.7, 0.25, lovasz),
    ("lovasz", True, 2, 0.7, 0.25, lovasz),
    ("ohem", False, 2, 0.3, 0.25, ohem(0.3, 0.25)),
    ("ohem", True, 2, 0.01, 0.4, ohem(0.01, 0.4)),
]


def row(values):
    lines, line = [], "   "
    for v in values:
        text = f" {v},"
        if len(line) + len(text) > 98:
            lines.append(line)
            line = "   "
        line += text
    return "\n".join(lines + [line])


def number(x):
    text = f"{float(x):.9g}"
    return (text if any(c in text for c in ".e") else text + ".0") + "f"


print("/* SPDX-License-Identifier: MIT\n * Copyright (c) 2026 the seg authors */")
print("/* loss_golden.h: written by tools/make_loss_golden.py (PyTorch, float64). */")
print(f"enum {{ GOLDEN_N = {N}, GOLDEN_H = {H}, GOLDEN_W = {W}, GOLDEN_C = {C},"
      f" GOLDEN_SIZE = {N * H * W * C} }};")
print(f"static const float golden_logits[] = {{\n{row(number(x) for x in logits.flatten())}\n}};")
print(f"static const uint8_t golden_labels[] = {{\n{row(int(x) for x in labels.flatten())}\n}};")
print(f"static const float golden_weights[] = {{\n{row(number(x) for x in weights)}\n}};")
print("static const struct golden_loss {\n    const char *name;\n    int weighted;\n"
      "    double focal_gamma, ohem_threshold, ohem_keep, loss;\n    float grad[GOLDEN_SIZE];\n"
      "} golden_losses[] = {")
for name, weighted, gamma, threshold, keep, function in CASES:
    z = logits.clone().requires_grad_()
    value = function(z, weights if weighted else None)
    value.backward()
    print(f'    {{"{name}", {int(weighted)}, {gamma}, {threshold}, {keep}, {value.item():.12g}, {{\n'
          f"{row(number(x) for x in z.grad.flatten())}\n    }}}},")
print("};")
