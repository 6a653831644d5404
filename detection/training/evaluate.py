"""How well a detector finds what a labelled folder says is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import supervision as sv
from supervision.metrics import MeanAveragePrecision

from detection.detector import Detector, load_detector
from detection.training.check import UNKNOWN, sources_of
from detection.training.dataset import DatasetError, read_names, read_pictures

_LOWEST_CONFIDENCE = 0.01
"""Average precision needs the unlikely boxes too."""


@dataclass(frozen=True)
class ClassScore:
    """Average precision of a class, as COCO defines it (101 points of recall).

    `ap50` at an overlap of 0.5, `ap50_95` the mean over 0.5, 0.55 … 0.95. `objects` is how many
    were labelled.
    """

    class_name: str
    objects: int
    ap50: float
    ap50_95: float


@dataclass(frozen=True)
class Evaluation:
    pictures: int
    classes: tuple[ClassScore, ...]

    @property
    def map50(self) -> float:
        """Mean over the classes that occur."""
        return float(np.mean([score.ap50 for score in self.classes]))

    @property
    def map50_95(self) -> float:
        return float(np.mean([score.ap50_95 for score in self.classes]))


def evaluate_detector(
    model: Path | Detector | None,
    data_yaml: Path,
    *,
    split: str = "val",
    source: str | None = None,
    runtime: str = "onnxruntime",
    progress: Callable[[int], None] = lambda _: None,
) -> Evaluation:
    """Run the detector, as the product runs it, over a split. `model` None is the package's own.

    Classes are matched by name, so that weights with other class ids can be compared; a class that
    the model does not know scores 0. With `source` only pictures of which the provenance file
    says so (`detection.training.check`). `progress` is told how many pictures are done.

    Raises:
        DatasetError: the data set cannot be read, or has no labelled object in that split.
        DetectorError: the model cannot be used.
    """
    detector: Detector
    if model is None or isinstance(model, Path):
        detector = load_detector(model, runtime, _LOWEST_CONFIDENCE)
    else:
        detector = model
    names = read_names(data_yaml)
    id_of = {name: number for number, name in names.items()}
    metric = MeanAveragePrecision()
    counts: dict[int, int] = {}
    pictures = 0
    sources = sources_of(data_yaml) if source is not None else {}
    for picture in read_pictures(data_yaml, split):
        if source is not None and sources.get(picture.path.resolve(), UNKNOWN) != source:
            continue
        pictures += 1
        seen = detector.detect([picture.image])[0]
        ids = np.array([id_of.get(seen.class_name(i), -1) for i in range(len(seen))], np.int64)
        known = ids >= 0
        metric.update(
            sv.Detections(
                xyxy=seen.boxes[known], confidence=seen.scores[known], class_id=ids[known]
            ),
            sv.Detections(xyxy=picture.boxes, class_id=picture.class_ids),
        )
        for number in picture.class_ids:
            counts[int(number)] = counts.get(int(number), 0) + 1
        progress(pictures)
    if not counts:
        raise DatasetError(f"{data_yaml}: {split}: no labelled object")
    result = metric.compute()
    rows = {int(c): i for i, c in enumerate(result.matched_classes)}
    return Evaluation(
        pictures,
        tuple(
            ClassScore(
                names.get(number, str(number)),
                counts[number],
                *_scores(result.ap_per_class, rows.get(number)),
            )
            for number in sorted(counts)
        ),
    )


def _scores(ap_per_class: np.ndarray, row: int | None) -> tuple[float, float]:
    """AP at 0.5, and the mean over the thresholds; 0 where the class was never matched."""
    if row is None:
        return 0.0, 0.0
    found = np.maximum(ap_per_class[row], 0)
    return float(found[0]), float(found.mean())
