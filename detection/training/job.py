"""One training from data to exported, measured models and their card (训练任务)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from detection.training.check import Checked, check_dataset
from detection.training.evaluate import Evaluation, evaluate_detector
from detection.training.model_card import Measured, ModelCard
from detection.training.quantize import export_int8, export_openvino
from detection.training.region_crops import cut_regions
from detection.training.train import train

OPENVINO, INT8 = "openvino", "openvino-int8"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """`out` is the ONNX file; `NAME.xml` and `NAME-int8.xml` go beside it, as does the card.

    `regions`: the pictures are cut first, into a folder beside `out` (`region_crops`).
    """

    data: Path
    out: Path
    base: str
    epochs: int
    hours: float | None
    image_px: int
    learning_rate: float
    device: str
    seed: int
    formats: tuple[str, ...] = ()
    regions: bool = False

    def run(self, progress: Callable[[int], None] = lambda _done: None) -> ModelCard:
        """Train, export, measure each file on the validation split. `progress`: pictures measured.

        Raises:
            TrainingUnavailableError: the `yolo` extra is not installed.
            DatasetError, BaseModelError, FileNotFoundError: of `detection.training.train`.
        """
        data = self.data
        if self.regions:
            cut = self.out.parent / f"{self.out.stem}-regions"
            data = cut_regions(data, cut, self.image_px, seed=self.seed)
        train(
            data,
            self.out,
            base=self.base,
            epochs=self.epochs,
            hours=self.hours,
            image_size=self.image_px,
            learning_rate=self.learning_rate,
            seed=self.seed,
            device=self.device,
        )
        files = [(self.out, "onnxruntime")]
        if OPENVINO in self.formats:
            files.append((export_openvino(self.out, self.out.with_suffix(".xml")), "openvino"))
        if INT8 in self.formats:
            smaller = self.out.with_name(f"{self.out.stem}-int8.xml")
            files.append((export_int8(self.out, smaller, data), "openvino"))
        if self.base.endswith(".onnx"):  # what there was before, on the same pictures
            files.append((Path(self.base), "onnxruntime"))
        checked = check_dataset(data)
        card = ModelCard(
            data=self.data.resolve().parent.name,
            base=Path(self.base).name,
            image_px=self.image_px,
            settings={
                "epochs": self.epochs if self.hours is None else None,
                "hours": self.hours,
                "learning rate": self.learning_rate,
                "seed": self.seed,
                "regions": self.regions,
            },
            checked=checked,
            files=[
                Measured(file, runtime, _scores(file, runtime, data, checked, progress))
                for file, runtime in files
            ],
        )
        card.write(self.out)
        return card


def _scores(
    file: Path, runtime: str, data: Path, checked: Checked, progress: Callable[[int], None]
) -> dict[tuple[str, str], Evaluation]:
    """By source, never over all of them."""
    return {
        ("val", source): evaluate_detector(
            file, data, split="val", source=source, runtime=runtime, progress=progress
        )
        for source in sorted(checked.splits["val"].sources)
    }
