"""Whether a labelled folder can be trained on, before an hour is spent on it (数据检查)."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.detector_classes import CLASS_NAMES
from detection.training.dataset import (
    DatasetError,
    label_path,
    picture_paths,
    read_labels,
    read_names,
)
from detection.training.split import Membership, SplitError, check_splits

PROVENANCE = "provenance.csv"
PROVENANCE_COLUMNS = ("picture", "split", "scene", "camera_id", "source")
"""At least these; `picture` is the path from the folder that holds `data.yaml`."""

UNKNOWN = "unknown"
"""Source of a picture without provenance."""


@dataclass(frozen=True, slots=True)
class SplitCount:
    """One split: how many pictures, how many of them empty, boxes by class, pictures by source."""

    pictures: int
    empty: int
    boxes: Mapping[str, int]
    sources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """`scenes_known`: there is a provenance file, so that the split by scene could be checked."""

    splits: Mapping[str, SplitCount]
    scenes_known: bool


def check_dataset(data_yaml: Path, *, splits: tuple[str, ...] = ("train", "val")) -> Checked:
    """Check classes, labels and that no picture, scene or camera is in two splits.

    Raises:
        DatasetError: names the file, and the line where there is one.
    """
    _check_names(data_yaml)
    sources = sources_of(data_yaml)
    provenance = data_yaml.parent / PROVENANCE
    known = _provenance(provenance) if provenance.is_file() else ()
    try:
        check_splits(Membership(row["split"], row["scene"], row["camera_id"]) for row in known)
    except SplitError as error:
        raise DatasetError(f"{provenance}: {error}") from error
    first: dict[bytes, tuple[str, Path]] = {}
    counted = {}
    for split in splits:
        boxes: Counter[str] = Counter()
        told: Counter[str] = Counter()
        pictures = empty = 0
        for path in picture_paths(data_yaml, split):
            pictures += 1
            classes = _classes(label_path(path))
            boxes.update(classes)
            empty += not classes
            told[sources.get(path.resolve(), UNKNOWN)] += 1
            digest = hashlib.sha256(path.read_bytes()).digest()
            other_split, other = first.setdefault(digest, (split, path))
            if other_split != split:
                raise DatasetError(f"{path}: is the same picture as {other}, of {other_split!r}")
        counted[split] = SplitCount(pictures, empty, dict(boxes), dict(told))
    if not any(counted[splits[0]].boxes.values()):
        raise DatasetError(f"{data_yaml}: {splits[0]}: no labelled object")
    return Checked(counted, provenance.is_file())


def sources_of(data_yaml: Path) -> dict[Path, str]:
    """Picture -> `synthetic`, `composite` or `real`, as the provenance file says; else nothing.

    Raises:
        DatasetError: the provenance file lacks a column.
    """
    return {path: row["source"] for path, row in provenance_of(data_yaml).items()}


def provenance_of(data_yaml: Path) -> dict[Path, dict[str, str]]:
    """Picture -> its row in the provenance file; nothing where there is none.

    Raises:
        DatasetError: the provenance file lacks a column.
    """
    provenance = data_yaml.parent / PROVENANCE
    if not provenance.is_file():
        return {}
    folder = data_yaml.parent.resolve()
    return {folder / row["picture"]: row for row in _provenance(provenance)}


def _check_names(data_yaml: Path) -> None:
    names = read_names(data_yaml)
    unknown = sorted(set(names.values()) - set(CLASS_NAMES))
    if unknown:
        raise DatasetError(
            f"{data_yaml}: names: {', '.join(unknown)}: unknown; the classes are "
            f"{', '.join(CLASS_NAMES)}"
        )
    if names != dict(enumerate(CLASS_NAMES)):
        raise DatasetError(f"{data_yaml}: names: must be, in this order: {', '.join(CLASS_NAMES)}")


def _classes(labels: Path) -> list[str]:
    """Names of the boxes of a label file; lines that a trainer would drop unsaid are errors."""
    found = []
    for number, (class_id, x, y, w, h) in read_labels(labels):
        if not class_id.is_integer() or not 0 <= class_id < len(CLASS_NAMES):
            raise DatasetError(f"{labels}:{number}: class {class_id:g}: there is no such class")
        sides = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        if w <= 0 or h <= 0 or min(sides) < -1e-3 or max(sides) > 1 + 1e-3:
            raise DatasetError(f"{labels}:{number}: the box is not within the picture")
        found.append(CLASS_NAMES[int(class_id)])
    return found


def _provenance(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [c for c in PROVENANCE_COLUMNS if c not in (rows.fieldnames or ())]
        if missing:
            raise DatasetError(f"{path}:1: {missing[0]}: the header lacks this column")
        yield from rows
