"""Pictures to train on, out of clips while they are drawn.

What stands for long, drives out under the camera or is cut by the picture's edge shows here as
often as it does before a camera; `demo.scenes dataset` throws each picture anew.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from rich.progress import Progress

from config.detector_classes import CLASS_NAMES
from demo.cameras.labelled.make import film_of, work_quietly
from demo.cameras.labelled.plan import (
    FIRST_UNTOUCHED_SEED,
    ClipPlan,
    clips_of,
    place_of,
    seeds_of,
)
from demo.scenes.backdrop import Picture
from demo.scenes.dataset import Boxes, DatasetWriter, region, whole
from demo.scenes.stage import Drawing

_WHOLE = 0.2
"""Share of the pictures that are shown whole; the others are a region around a thing (ours)."""


def pictures_of(plan: ClipPlan, most: int) -> list[tuple[Picture, Boxes]]:
    """Up to `most` pictures of a clip, of each class that shows in it about as many."""
    film = film_of(plan)
    rng = np.random.default_rng((plan.seed, len(plan.kind), 57))
    frames = round(film.take.seconds * film.take.fps)
    drawings = [film.drawing(n) for n in range(0, frames, film.take.fps)]  # one a second
    showing = {
        name: [d for d in drawings if any(box.label == name for box in d.boxes)]
        for name in CLASS_NAMES
    }
    shown = Counter({name: 0 for name, some in showing.items() if some})
    found: list[tuple[Picture, Boxes]] = []
    while shown and len(found) < most:
        wanted = min(shown, key=lambda name: shown[name])
        drawing = showing[wanted][int(rng.integers(len(showing[wanted])))]
        picture, boxes = _shown(drawing, wanted, rng)
        shown.update({wanted} | {CLASS_NAMES[c] for c, *_ in boxes})
        found.append((_coded(picture, rng), boxes))
    return found


def _shown(drawing: Drawing, wanted: str, rng: np.random.Generator) -> tuple[Picture, Boxes]:
    return whole(drawing) if rng.random() < _WHOLE else region(drawing, wanted, rng)


def _coded(picture: Picture, rng: np.random.Generator) -> Picture:
    """Through JPEG, as coarse as a stream's pictures are."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 90))]
    _, coded = cv2.imencode(".jpg", picture, quality)
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m demo.cameras.labelled.pictures", description=__doc__
    )
    parser.add_argument("--out", type=Path, required=True, help="a folder in YOLO layout")
    parser.add_argument("--train", type=seeds_of, required=True, help="seeds A-B to train on")
    parser.add_argument("--val", type=seeds_of, required=True, help="other seeds, to measure on")
    parser.add_argument("--per-clip", type=int, default=8)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    if set(given.train) & set(given.val):
        parser.error("a seed is one street: none may be in both splits")
    if max(*given.train, *given.val) >= FIRST_UNTOUCHED_SEED:
        parser.error(f"seeds from {FIRST_UNTOUCHED_SEED} on are reported of: none is trained on")
    plans = {name: [p for s in getattr(given, name) for p in clips_of(s)] for name in _SPLITS}
    writer = DatasetWriter(given.out, _SPLITS)
    context = multiprocessing.get_context("spawn")
    with (
        Progress() as progress,
        ProcessPoolExecutor(given.processes, context, initializer=work_quietly) as pool,
    ):
        task = progress.add_task("drawing", total=sum(map(len, plans.values())))
        for split in _SPLITS:
            made = pool.map(partial(pictures_of, most=given.per_clip), plans[split])
            for plan, pictures in zip(plans[split], made, strict=True):
                for picture, boxes in pictures:
                    writer.add(split, place_of(plan).camera_id, picture, boxes)
                progress.update(task, advance=1, description=plan.name)
    print(f"{writer.finish()}: {writer.written} pictures")
    return 0


_SPLITS = ("train", "val")

if __name__ == "__main__":
    sys.exit(main())
