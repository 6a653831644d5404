"""Exports weights to the ONNX file that the lean runtime reads."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from pathlib import Path

from detection.training.ultralytics_import import import_ultralytics

OPSET = 17
"""Old enough for every runtime in use, new enough for every operator of YOLO11 and YOLO26."""


def export_onnx(weights: Path, out: Path, *, image_size: int = 320) -> Path:
    """Write `out` from ultralytics weights (`.pt`): float32, one square picture a batch.

    Ultralytics writes the class names into the file's metadata (`names`).

    Raises:
        TrainingUnavailableError: the `yolo` extra is not installed.
    """
    ultralytics = import_ultralytics()
    with tempfile.TemporaryDirectory() as folder:
        # The exporter writes beside the weights, so they go to a place of their own.
        copy = Path(shutil.copy(weights, Path(folder) / "weights.pt"))
        made = ultralytics.YOLO(str(copy)).export(
            format="onnx",
            imgsz=image_size,
            opset=OPSET,
            dynamic=False,
            simplify=importlib.util.find_spec("onnxslim") is not None,
            device="cpu",
        )
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(made), out)
    _forget_the_folder(out)
    return out


def _forget_the_folder(model: Path) -> None:
    """Ultralytics names the data set's path in the description; it says where, not what."""
    import onnx  # noqa: PLC0415 - comes with the extra, as ultralytics does

    loaded = onnx.load(model)
    for entry in loaded.metadata_props:
        if entry.key == "description":
            entry.value = entry.value.split(" trained on ")[0]
    onnx.save(loaded, model)
