"""Writes a data set in the layout that YOLO trainers read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2

from demo.scenes.classes import CLASS_NAMES
from demo.scenes.random_scene import random_drawing, random_place

_PICTURES_PER_PLACE = 3


def label_lines(
    boxes: list[tuple[int, int, int, int, int]], width_px: int, height_px: int
) -> list[str]:
    """`class x y w h`, centre and size in fractions of the picture (the YOLO text format)."""
    return [
        f"{c} {(x1 + x2) / 2 / width_px:.5f} {(y1 + y2) / 2 / height_px:.5f}"
        f" {(x2 - x1) / width_px:.5f} {(y2 - y1) / height_px:.5f}"
        for c, x1, y1, x2, y2 in boxes
    ]


def write_dataset(
    folder: Path,
    train: int,
    val: int,
    seed: int,
    *,
    size_px: int = 640,
    progress: Callable[[int], None] = lambda _: None,
) -> Path:
    """Write `images/`, `labels/` and `data.yaml`; returns the path of the latter.

    `size_px` is the pictures' width; they are 16:9. Train and val share no place and no scene.
    `progress` is told how many pictures are written.
    """
    width, height = size_px, size_px * 9 // 16
    done = 0
    for part, (name, count) in enumerate((("train", train), ("val", val))):
        images, labels = folder / "images" / name, folder / "labels" / name
        images.mkdir(parents=True, exist_ok=True)
        labels.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            start = seed * 1_000_000 + part * 500_000
            if number % _PICTURES_PER_PLACE == 0:
                place = random_place(start + number, width, height)
            drawing = random_drawing(place, start + number)
            stem = f"{seed:03d}_{number:05d}"
            boxes = [(CLASS_NAMES.index(b.label), b.x1, b.y1, b.x2, b.y2) for b in drawing.boxes]
            cv2.imwrite(str(images / f"{stem}.jpg"), drawing.image, [cv2.IMWRITE_JPEG_QUALITY, 92])
            (labels / f"{stem}.txt").write_text(
                "".join(f"{line}\n" for line in label_lines(boxes, width, height))
            )
            done += 1
            progress(done)
    data = folder / "data.yaml"
    names = "".join(f"  {i}: {name}\n" for i, name in enumerate(CLASS_NAMES))
    data.write_text(
        f"train: images/train\nval: images/val\nnames:\n{names}",
        encoding="utf-8",
    )
    return data
