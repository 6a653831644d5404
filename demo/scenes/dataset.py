"""Writes a data set in the layout that YOLO trainers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np

from config.detector_classes import CLASS_NAMES
from demo.scenes.backdrop import Picture
from demo.scenes.boxes import LabelledBox
from demo.scenes.random_scene import random_drawing, random_place
from demo.scenes.stage import Drawing

CROP_PX = 320
"""Side of a region crop: what the detector looks at around motion."""
_DRAWINGS_PER_PLACE = 3
_REGIONS_PER_DRAWING = 2
"""The drawing is what costs: two things of it are shown."""
_LEAST_INSIDE = 0.4
"""Share of a box that a crop must hold for the box to stay in it (ours)."""
_LEAST_PX = 4
_LEARNT_PX = (8, 3)
"""Longer and shorter side, in the 320 px that a network is shown: less is not learnt (ours)."""

Boxes = list[tuple[int, int, int, int, int]]
"""Class id, x1, y1, x2, y2 in pixels."""


def label_lines(boxes: Boxes, width_px: int, height_px: int) -> list[str]:
    """`class x y w h`, centre and size in fractions of the picture (the YOLO text format)."""
    return [
        f"{c} {(x1 + x2) / 2 / width_px:.5f} {(y1 + y2) / 2 / height_px:.5f}"
        f" {(x2 - x1) / width_px:.5f} {(y2 - y1) / height_px:.5f}"
        for c, x1, y1, x2, y2 in boxes
    ]


class DatasetWriter:
    """Writes `images/` and `labels/` picture by picture, then `provenance.csv` and `data.yaml`."""

    def __init__(self, folder: Path, splits: Sequence[str]) -> None:
        self.folder, self.written = folder, 0
        self._provenance = ["picture,split,scene,camera_id,source"]
        for split in splits:
            (folder / "images" / split).mkdir(parents=True, exist_ok=True)
            (folder / "labels" / split).mkdir(parents=True, exist_ok=True)

    def add(self, split: str, scene: str, picture: Picture, boxes: Boxes) -> None:
        stem = f"{split}_{self.written:05d}"
        image = f"images/{split}/{stem}.jpg"
        cv2.imwrite(str(self.folder / image), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        scale = CROP_PX / max(picture.shape[:2])
        large = [box for box in boxes if _may_be_learnt(box, scale)]
        lines = label_lines(large, picture.shape[1], picture.shape[0])
        label = self.folder / "labels" / split / f"{stem}.txt"
        label.write_text("".join(f"{line}\n" for line in lines))
        self._provenance.append(f"{image},{split},{scene},{scene},synthetic")
        self.written += 1

    def finish(self) -> Path:
        """The path of `data.yaml`."""
        rows = "\n".join(self._provenance) + "\n"
        (self.folder / "provenance.csv").write_text(rows, encoding="utf-8")
        data = self.folder / "data.yaml"
        names = "".join(f"  {i}: {name}\n" for i, name in enumerate(CLASS_NAMES))
        data.write_text(f"train: images/train\nval: images/val\nnames:\n{names}", encoding="utf-8")
        return data


def _may_be_learnt(box: tuple[int, int, int, int, int], scale: float) -> bool:
    _, x1, y1, x2, y2 = box
    short, long = sorted((scale * (x2 - x1), scale * (y2 - y1)))
    return long >= _LEARNT_PX[0] and short >= _LEARNT_PX[1]


def write_dataset(
    folder: Path,
    train: int,
    val: int,
    seed: int,
    *,
    sizes_px: Sequence[int] = (640,),
    crops: float = 0.0,
    progress: Callable[[int], None] = lambda _: None,
) -> Path:
    """Write pictures thrown by dice; returns the path of `data.yaml`.

    `sizes_px` are widths that scenes are drawn in, place by place; they are 16:9. A share of the
    drawings, `crops`, gives two regions each, cut around two things at full resolution, 320 px
    square. Each drawing has at least one thing of the class that was seen least so far, where
    there is room for it. Train and val share no place and no scene. `progress` is told how many
    pictures are written.
    """
    writer = DatasetWriter(folder, ("train", "val"))
    for part, (split, most) in enumerate((("train", train), ("val", val))):
        start = seed * 1_000_000 + part * 500_000
        for scene, picture, boxes in islice(_pictures(start, sizes_px, crops), most):
            writer.add(split, scene, picture, boxes)
            progress(writer.written)
    return writer.finish()


def _pictures(
    start: int, sizes_px: Sequence[int], crops: float
) -> Iterator[tuple[str, Picture, Boxes]]:
    """The name of the place, the picture, its boxes: without end."""
    seen: Counter[str] = Counter(dict.fromkeys(CLASS_NAMES, 0))
    for drawn in count(start):
        if (drawn - start) % _DRAWINGS_PER_PLACE == 0:
            width = sizes_px[(drawn - start) // _DRAWINGS_PER_PLACE % len(sizes_px)]
            scene, place = f"place-{drawn}", random_place(drawn, width, width * 9 // 16)
        wanted = min(CLASS_NAMES, key=lambda label: seen[label])
        for picture, boxes in _shown(random_drawing(place, drawn, wanted), drawn, wanted, crops):
            seen.update(CLASS_NAMES[c] for c, *_ in boxes)
            yield scene, picture, boxes
        seen[wanted] += 1  # even where there was no room for it


def _shown(
    drawing: Drawing, seed: int, wanted: str, crops: float
) -> Iterator[tuple[Picture, Boxes]]:
    rng = np.random.default_rng((seed, 4))
    if rng.random() >= crops:
        yield whole(drawing)
        return
    others = [box.label for box in drawing.boxes if box.label != wanted]
    yield region(drawing, wanted, rng)
    for _ in range(_REGIONS_PER_DRAWING - 1):
        if others:
            yield region(drawing, others[int(rng.integers(len(others)))], rng)


def whole(drawing: Drawing) -> tuple[Picture, Boxes]:
    boxes = [(CLASS_NAMES.index(b.label), b.x1, b.y1, b.x2, b.y2) for b in drawing.boxes]
    return drawing.image, boxes


def region(drawing: Drawing, wanted: str, rng: np.random.Generator) -> tuple[Picture, Boxes]:
    """A square cut around a thing of the wanted class, or around any; scaled to 320 px.

    It is 1.2 to 4 times as wide as the thing and 0.6 to 2.5 times 320 px in the picture, not
    always in its middle. One crop in twelve shows a place where nothing is sought.
    """
    height, width = drawing.image.shape[:2]
    side, middle = rng.uniform(0.6, 1.6) * CROP_PX, rng.uniform((0, 0.2 * height), (width, height))
    focus = _focus(drawing.boxes, wanted, rng) if rng.random() > 1 / 12 else None
    if focus is not None:
        size = max(focus.x2 - focus.x1, focus.y2 - focus.y1)
        side = float(np.clip(size * rng.uniform(1.2, 4), 0.6 * CROP_PX, 2.5 * CROP_PX))
        slack = max(0.0, side - size) / 2
        centre = np.array([focus.x1 + focus.x2, focus.y1 + focus.y2]) / 2
        middle = centre + rng.uniform(-slack, slack, 2)
    edge = int(min(side, width, height))
    x0 = int(np.clip(middle[0] - edge / 2, 0, width - edge))
    y0 = int(np.clip(middle[1] - edge / 2, 0, height - edge))
    cut = drawing.image[y0 : y0 + edge, x0 : x0 + edge]
    way = cv2.INTER_AREA if edge > CROP_PX else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(cut, (CROP_PX, CROP_PX), interpolation=way), dtype=np.uint8)
    return picture, _inside(drawing.boxes, (x0, y0, edge))


def _focus(
    boxes: Sequence[LabelledBox], wanted: str, rng: np.random.Generator
) -> LabelledBox | None:
    own = [box for box in boxes if box.label == wanted] or list(boxes)
    return own[int(rng.integers(len(own)))] if own else None


def _inside(boxes: Sequence[LabelledBox], window: tuple[int, int, int]) -> Boxes:
    """The boxes that enough of is left of in a square (x, y, side), in pixels of the crop."""
    x0, y0, side = window
    scale = CROP_PX / side
    found = []
    for box in boxes:
        x1, y1 = max(box.x1 - x0, 0), max(box.y1 - y0, 0)
        x2, y2 = min(box.x2 - x0, side), min(box.y2 - y0, side)
        kept = max(x2 - x1, 0) * max(y2 - y1, 0)
        whole = (box.x2 - box.x1) * (box.y2 - box.y1)
        corners = [round(v * scale) for v in (x1, y1, x2, y2)]
        large = min(corners[2] - corners[0], corners[3] - corners[1]) >= _LEAST_PX
        if kept >= _LEAST_INSIDE * whole and large:
            found.append(
                (CLASS_NAMES.index(box.label), corners[0], corners[1], corners[2], corners[3])
            )
    return found
