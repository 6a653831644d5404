"""Reads a labelled folder in the layout that YOLO trainers read (data.yaml, images/, labels/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from ingest.frame import Image

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


class DatasetError(ValueError):
    """The data set cannot be read; the message names the file and what is wrong."""


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """`boxes` (n, 4) are x1, y1, x2, y2 in pixels, `class_ids` (n,)."""

    path: Path
    image: Image
    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int64]


def read_names(data_yaml: Path) -> dict[int, str]:
    """Class id -> name."""
    names = _read(data_yaml).get("names")
    if isinstance(names, list):
        return {i: str(name) for i, name in enumerate(names)}
    if isinstance(names, dict):
        return {int(i): str(name) for i, name in names.items()}
    raise DatasetError(f"{data_yaml}: names: a list or a mapping of class names is needed")


def picture_paths(data_yaml: Path, split: str) -> list[Path]:
    """The picture files of a split, sorted.

    Raises:
        DatasetError: the split, its folder, or any picture in it is missing.
    """
    described = _read(data_yaml)
    folder = described.get(split)
    if not isinstance(folder, str):
        raise DatasetError(f"{data_yaml}: {split}: the folder of its pictures is needed")
    root = data_yaml.parent / str(described.get("path") or "")
    pictures = sorted(p for p in (root / folder).rglob("*") if p.suffix.lower() in _SUFFIXES)
    if not pictures:
        raise DatasetError(f"{root / folder}: no pictures")
    return pictures


def read_pictures(data_yaml: Path, split: str = "val") -> Iterator[LabelledPicture]:
    """The pictures of a split; one without a label file has nothing to find.

    Raises:
        DatasetError: the split, its folder, a picture or a label line is missing or malformed.
    """
    for path in picture_paths(data_yaml, split):
        read = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if read is None:
            raise DatasetError(f"{path}: is no picture")
        image = np.asarray(read, dtype=np.uint8)
        boxes, class_ids = _labels(label_path(path), image.shape[1], image.shape[0])
        yield LabelledPicture(path, image, boxes, class_ids)


def _read(data_yaml: Path) -> dict[str, Any]:
    try:
        described = yaml.safe_load(data_yaml.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise DatasetError(f"{data_yaml}: {error}") from error
    if not isinstance(described, dict):
        raise DatasetError(f"{data_yaml}: is no mapping")
    return described


def label_path(picture: Path) -> Path:
    """`…/images/x.jpg` -> `…/labels/x.txt`, the last `images` of the path (ultralytics' rule)."""
    parts = list(picture.parts)
    if "images" in parts:
        parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    return Path(*parts).with_suffix(".txt")


def read_labels(path: Path) -> Iterator[tuple[int, tuple[float, float, float, float, float]]]:
    """Line number, and class, x, y, width, height in fractions; nothing where there is no file.

    Raises:
        DatasetError: a line has another form.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            class_id, x, y, w, h = (float(cell) for cell in line.split())
        except ValueError as error:
            raise DatasetError(f"{path}:{number}: class, x, y, width, height are needed") from error
        yield number, (class_id, x, y, w, h)


def _labels(
    path: Path, width_px: int, height_px: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    boxes, class_ids = [], []
    for _, (class_id, x, y, w, h) in read_labels(path):
        class_ids.append(int(class_id))
        boxes.append(
            (
                (x - w / 2) * width_px, (y - h / 2) * height_px,
                (x + w / 2) * width_px, (y + h / 2) * height_px,
            )
        )  # fmt: skip
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(class_ids, np.int64)
