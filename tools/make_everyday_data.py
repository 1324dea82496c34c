#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
"""make_everyday_data.py: the folder data set that models/default.safetensors was trained on.

Every photo gets PASCAL VOC's 21 classes. What people labelled counts first; a teacher says the rest:
the network TEACHER labels each photo in six views (three sizes, each mirrored too) and a pixel takes
the class that at least four of them agree on, else 255. Needs Pillow and NumPy.

  make_everyday_data.py --data SETS --teacher TEACHER [--seg build/seg] --out DIR

SETS holds the folders coco, pets, horses, pennfudan, voc_sample, bsds and camvid (models/README.md
names their sources). Splits: train; coco_val (labels only, nothing from the teacher), horses_val,
pets_val and pennfudan_val (every tenth photo of those sets).
"""
import argparse
import os
import shutil
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageOps

VOC = ("background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse "
       "motorbike person pottedplant sheep sofa train tvmonitor").split()
IGNORE = 255
COCO = {1: "person", 2: "bicycle", 3: "car", 4: "motorbike", 5: "aeroplane", 6: "bus", 7: "train",
        9: "boat", 16: "bird", 17: "cat", 18: "dog", 19: "horse", 20: "sheep", 21: "cow",
        44: "bottle", 62: "chair", 63: "sofa", 64: "pottedplant", 67: "diningtable",
        72: "tvmonitor"}
COCO_TRUCK = 8  # VOC has none: people took some for a car, so they are not learned
ANIMALS = ("bird", "cat", "cow", "dog", "horse", "sheep")
LONG_SIDE = 513
SCALES = (0.75, 1.0, 1.5)
AGREE = 4
# The sets of many things are small, those of one thing large: copies make up for it.
COPIES = {"coco": 4, "voc": 4, "bsds": 2, "camvid": 1}
EVERY = 10  # photo of horses, pets and pennfudan that is kept for measuring


def class_id(name):
    return VOC.index(name)


def photo(path):
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def views(image):
    """Six (file suffix, image): three sizes, mirrored and not."""
    for scale in SCALES:
        factor = scale * LONG_SIDE / max(image.size)
        size = tuple(max(1, round(side * factor)) for side in image.size)
        small = image.resize(size, Image.Resampling.BILINEAR)
        yield f"{scale}", small
        yield f"{scale}m", ImageOps.mirror(small)


class Teacher:
    """Labels by vote, all photos of a set at once."""

    def __init__(self, seg, model):
        self.seg, self.model = seg, model

    def label(self, paths):
        with tempfile.TemporaryDirectory() as work:
            source, target = os.path.join(work, "in"), os.path.join(work, "out")
            os.mkdir(source)
            for i, path in enumerate(paths):
                for suffix, view in views(photo(path)):
                    view.save(os.path.join(source, f"{i}_{suffix}.png"), compress_level=1)
            subprocess.run([self.seg, "predict", "-m", self.model, "-o", target, source],
                           check=True, stdout=subprocess.DEVNULL)
            return [self.vote(target, i, photo(path).size) for i, path in enumerate(paths)]

    @staticmethod
    def vote(target, i, size):
        count = np.zeros((len(VOC), size[1], size[0]), np.uint8)
        for scale in SCALES:
            for mirrored in ("", "m"):
                mask = Image.open(os.path.join(target, f"{i}_{scale}{mirrored}.mask.png"))
                if mirrored:
                    mask = ImageOps.mirror(mask)
                mask = np.asarray(mask.resize(size, Image.Resampling.NEAREST))
                for c in np.unique(mask):
                    count[c] += mask == c
        labels = count.argmax(0).astype(np.uint8)
        labels[count.max(0) < AGREE] = IGNORE
        return labels


def coco_labels(path, truck):
    ids = np.asarray(Image.open(path))
    labels = np.zeros(ids.shape, np.uint8)
    for coco, name in COCO.items():
        labels[ids == coco] = class_id(name)
    labels[ids == COCO_TRUCK] = truck
    labels[ids == 0] = IGNORE  # nobody said
    return labels


def with_object(teacher, thing, nothing, name, elsewhere):
    """People marked one class: the rest is the teacher's, but where it says `name` there, `elsewhere`.

    Another animal beside a marked one is mostly the same, mistaken: not to be learned.
    """
    labels = teacher.copy()
    if name in ANIMALS:
        labels[np.isin(teacher, [class_id(animal) for animal in ANIMALS])] = IGNORE
    labels[teacher == class_id(name)] = elsewhere
    labels[~(thing | nothing)] = IGNORE
    labels[thing] = class_id(name)
    return labels


class Writer:
    def __init__(self, root):
        self.root = root
        os.makedirs(root)
        with open(os.path.join(root, "classes.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(VOC) + "\n")

    def add(self, split, name, path, labels):
        for folder in ("images", "labels"):
            os.makedirs(os.path.join(self.root, split, folder), exist_ok=True)
        ext = os.path.splitext(path)[1]
        shutil.copy(path, os.path.join(self.root, split, "images", name + ext))
        Image.fromarray(labels).save(os.path.join(self.root, split, "labels", name + ".png"))


def listing(folder):
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def add_coco(data, writer):
    for split, to, truck in (("train2017", "train", IGNORE), ("val2017", "coco_val", 0)):
        for path in listing(os.path.join(data, "coco", "images", split)):
            mask = os.path.join(data, "coco", "semantic", split, stem(path) + ".png")
            labels = coco_labels(mask, truck)
            for k in range(COPIES["coco"] if to == "train" else 1):
                writer.add(to, f"coco_{stem(path)}_{k}", path, labels)


def add_voc(data, writer):
    root = os.path.join(data, "voc_sample")
    for path in listing(os.path.join(root, "JPEGImages")):
        labels = np.asarray(Image.open(os.path.join(root, "SegmentationClass", stem(path) + ".png")))
        for k in range(COPIES["voc"]):
            writer.add("train", f"voc_{stem(path)}_{k}", path, labels)


def add_set(data, writer, teacher, name, merge):
    paths = listing(os.path.join(data, name, "images"))
    for i, (path, guess) in enumerate(zip(paths, teacher.label(paths))):
        labels, truth = merge(path, guess)
        split = f"{name}_val" if i % EVERY == 0 else "train"
        writer.add(split, f"{name}_{stem(path)}", path, truth if i % EVERY == 0 else labels)


def merge_horse(path, guess):
    mask = np.asarray(Image.open(path.replace("/images/", "/labels/").replace(".jpg", ".png")))
    truth = np.where(mask == 1, class_id("horse"), 0).astype(np.uint8)
    return with_object(guess, mask == 1, mask == 0, "horse", 0), truth


def merge_pet(path, guess):
    mask = np.asarray(Image.open(path.replace("/images/", "/trimaps/").replace(".jpg", ".png")))
    name = "dog" if stem(path)[0].islower() else "cat"  # the set's own convention
    truth = np.full(mask.shape, IGNORE, np.uint8)
    truth[mask == 1], truth[mask == 2] = class_id(name), 0
    return with_object(guess, mask == 1, mask == 2, name, 0), truth


def merge_person(path, guess):
    mask = np.asarray(Image.open(path.replace("/images/", "/instances/").replace(".jpg", ".png")))
    truth = np.where(mask > 0, class_id("person"), 0).astype(np.uint8)
    # Some far people are unmarked.
    return with_object(guess, mask > 0, mask == 0, "person", IGNORE), truth


def add_unlabelled(writer, teacher, name, paths):
    for path, guess in zip(paths, teacher.label(paths)):
        for k in range(COPIES[name]):
            writer.add("train", f"{name}_{stem(path)}_{k}", path, guess)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--seg", default="build/seg")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    writer, teacher = Writer(args.out), Teacher(args.seg, args.teacher)
    add_coco(args.data, writer)
    add_voc(args.data, writer)
    add_set(args.data, writer, teacher, "horses", merge_horse)
    add_set(args.data, writer, teacher, "pets", merge_pet)
    add_set(args.data, writer, teacher, "pennfudan", merge_person)
    bsds = listing(os.path.join(args.data, "bsds", "images"))
    camvid = listing(os.path.join(args.data, "camvid", "train", "images"))[::4]
    add_unlabelled(writer, teacher, "bsds", bsds)
    add_unlabelled(writer, teacher, "camvid", camvid)


if __name__ == "__main__":
    main()
