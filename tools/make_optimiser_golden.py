#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""Golden weights after steps of PyTorch's optimisers: writes tests/train/optimiser_golden.h.

    python3 tools/make_optimiser_golden.py > tests/train/optimiser_golden.h
"""
import math

import torch

COUNT, STEPS = 21, 5
CASES = [
    ("sgd", 0, lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01)),
    ("sgd", 1, lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01, nesterov=True)),
    ("adamw", 0, lambda p: torch.optim.AdamW(p, 0.1, betas=(0.9, 0.999), eps=1e-8,
                                             weight_decay=0.01)),
]

print("/* SPDX-License-Identifier: MIT\n * Copyright (c) 2026 the seg authors */")
print("/* optimiser_golden.h: written by tools/make_optimiser_golden.py (PyTorch, float64).\n"
      " * weight i starts at cos(i); gradient of step k = 0.. is sin(1 + i*(k+1)). */")
print(f"enum {{ GOLDEN_COUNT = {COUNT}, GOLDEN_STEPS = {STEPS} }};")
print("static const struct golden_optimiser {\n    const char *name;\n    int nesterov;\n"
      "    float weights[GOLDEN_COUNT];\n} golden_optimisers[] = {")
for name, nesterov, make in CASES:
    w = torch.tensor([math.cos(i) for i in range(COUNT)], dtype=torch.float64, requires_grad=True)
    optimiser = make([w])
    for k in range(STEPS):
        w.grad = torch.tensor([math.sin(1 + i * (k + 1)) for i in range(COUNT)],
                              dtype=torch.float64)
        optimiser.step()
    lines, line = [], "     "
    for x in w.tolist():
        text = f" {x:.9g}f,"
        if len(line) + len(text) > 98:
            lines.append(line)
            line = "     "
        line += text
    print(f'    {{"{name}", {nesterov}, {{\n' + "\n".join(lines + [line]) + "\n    }},")
print("};")
