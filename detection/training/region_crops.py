"""Cuts labelled pictures as the camera path cuts frames: squares at full resolution (区域裁剪).

A model that was trained on whole pictures shrunk to 320 px has learned small things as smudges; in
use it is shown regions around what moves (`detection.regions`). So it is trained on such regions,
and on the whole picture as often as the path falls back on it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from config.detector_classes import CLASS_NAMES
from detection.regions import regions
from detection.scene_event import Box
from detection.training.check import PROVENANCE, PROVENANCE_COLUMNS, UNKNOWN, provenance_of
from detection.training.dataset import LabelledPicture, read_pictures
from ingest.frame import Image

MOST_CROPS = 3  # of one picture: more resemble each other
WHOLE_SHARE = 0.25  # of the pictures, shown whole too (ours)
EMPTY_SHARE = 0.25  # of the pictures, a region with nothing in it too, where there is one
LEAST_VISIBLE = 0.6  # of a box: less of it is no thing to be learned
_QUALITY = 92


def cut_regions(
    data_yaml: Path,
    out: Path,
    image_px: int,
    *,
    seed: int = 0,
    splits: tuple[str, ...] = ("train", "val"),
    progress: Callable[[int], None] = lambda _done: None,
) -> Path:
    """Write `out`: crops in YOLO's layout, with their provenance; returns its `data.yaml`.

    What a crop is of is drawn from `seed`, the same every time. `progress`: crops written.

    Raises:
        DatasetError: the data cannot be read.
    """
    known = provenance_of(data_yaml)
    dice = np.random.default_rng(seed)
    out.mkdir(parents=True, exist_ok=True)
    done = 0
    with (out / PROVENANCE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow((*PROVENANCE_COLUMNS, "cut_from"))
        for split in splits:
            images, labels = out / "images" / split, out / "labels" / split
            images.mkdir(parents=True, exist_ok=True)
            labels.mkdir(parents=True, exist_ok=True)
            for picture in read_pictures(data_yaml, split):
                told = known.get(picture.path.resolve(), {})
                for number, crop in enumerate(_crops(picture, image_px, dice)):
                    stem = f"{picture.path.stem}_{number}"
                    image, lines = _cut(picture, crop)
                    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
                    cv2.imwrite(str(images / f"{stem}.jpg"), image, quality)
                    (labels / f"{stem}.txt").write_text(lines, encoding="ascii")
                    table.writerow(
                        (
                            f"images/{split}/{stem}.jpg", split, told.get("scene", ""),
                            told.get("camera_id", ""), told.get("source", UNKNOWN),
                            picture.path.name,
                        )
                    )  # fmt: skip
                    done += 1
                    progress(done)
    listed = "".join(f"  {number}: {name}\n" for number, name in enumerate(CLASS_NAMES))
    folders = "".join(f"{split}: images/{split}\n" for split in splits)
    data = out / "data.yaml"
    data.write_text(f"{folders}names:\n{listed}", encoding="utf-8")
    return data


def _crops(
    picture: LabelledPicture, image_px: int, dice: np.random.Generator
) -> Iterator[tuple[int, int, int, int]]:
    """Corners of what is shown of a picture, whole pixels."""
    height, width = picture.image.shape[:2]
    boxes = [_box(row) for row in picture.boxes]
    chosen = dice.permutation(len(boxes))[:MOST_CROPS]
    for index in chosen:
        shifted = _shifted(boxes[index], dice)
        for region in regions([shifted], (width, height), image_px):
            yield _whole_pixels(region)
    if not boxes or dice.random() < WHOLE_SHARE:
        yield 0, 0, width, height
    if dice.random() < EMPTY_SHARE:
        side = min(image_px, width, height)
        for _ in range(8):
            x, y = int(dice.integers(0, width - side + 1)), int(dice.integers(0, height - side + 1))
            if not any(_overlap((x, y, x + side, y + side), box) for box in boxes):
                yield x, y, x + side, y + side
                break


def _shifted(box: Box, dice: np.random.Generator) -> Box:
    """What moves is not cut out as exactly as what was labelled: by up to a third of it."""
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * dice.uniform(-0.33, 0.33), (y2 - y1) * dice.uniform(-0.33, 0.33)
    return x1 + dx, y1 + dy, x2 + dx, y2 + dy


def _cut(picture: LabelledPicture, crop: tuple[int, int, int, int]) -> tuple[Image, str]:
    x1, y1, x2, y2 = crop
    wide, tall = x2 - x1, y2 - y1
    lines = []
    for class_id, row in zip(picture.class_ids, picture.boxes, strict=True):
        box = _box(row)
        area = (box[2] - box[0]) * (box[3] - box[1])
        if area <= 0 or _overlap(crop, box) < LEAST_VISIBLE * area:
            continue
        left, top = max(box[0], x1) - x1, max(box[1], y1) - y1
        right, bottom = min(box[2], x2) - x1, min(box[3], y2) - y1
        lines.append(
            f"{class_id} {(left + right) / 2 / wide:.6f} {(top + bottom) / 2 / tall:.6f} "
            f"{(right - left) / wide:.6f} {(bottom - top) / tall:.6f}\n"
        )
    return picture.image[y1:y2, x1:x2], "".join(lines)


def _whole_pixels(box: Box) -> tuple[int, int, int, int]:
    return int(box[0]), int(box[1]), int(np.ceil(box[2])), int(np.ceil(box[3]))


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    wide, tall = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(tall, 0.0)


def _box(row: NDArray[np.float32]) -> Box:
    x1, y1, x2, y2 = (float(side) for side in row)
    return x1, y1, x2, y2
