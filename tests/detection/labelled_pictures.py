"""A small labelled folder: a red thing on a dark ground, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from config.detector_classes import CLASS_NAMES

BOX = "0.5 0.41667 0.375 0.41667"


def write_pictures(
    folder: Path, *, train: int = 8, val: int = 2, names: Sequence[str] = CLASS_NAMES
) -> Path:
    """`data.yaml` of a folder in which each picture has one `bag`."""
    dice = np.random.default_rng(5)
    bag = CLASS_NAMES.index("bag")
    for split, count in (("train", train), ("val", val)):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for number in range(count):
            image = dice.integers(0, 60, (48, 64, 3), dtype=np.uint8)
            image[10:30, 20:44] = (0, 0, 255)
            cv2.imwrite(str(folder / f"images/{split}/{number}.png"), image)
            (folder / f"labels/{split}/{number}.txt").write_text(f"{bag} {BOX}\n")
    data = folder / "data.yaml"
    listed = "".join(f"  {number}: {name}\n" for number, name in enumerate(names))
    data.write_text(f"train: images/train\nval: images/val\nnames:\n{listed}")
    return data
