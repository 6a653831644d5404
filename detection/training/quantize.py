"""An exported model for OpenVINO, in float32 or quantised to 8-bit integers (OpenVINO, INT8)."""

from __future__ import annotations

import multiprocessing
import os
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detection.training.dataset import DatasetError, picture_paths
from detection.training.ultralytics_import import TrainingUnavailableError
from detection.yolo_output import model_input

CALIBRATED_ON = 300
"""Pictures: what NNCF's documentation recommends and takes where nobody says otherwise."""


def export_openvino(model: Path, out: Path) -> Path:
    """Write the OpenVINO model `out` (`.xml`, with its `.bin`) from an ONNX file.

    Raises:
        TrainingUnavailableError: the extra is not installed.
    """
    openvino = _openvino()
    converted = openvino.convert_model(str(model))
    _describe(converted, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    openvino.save_model(converted, str(out), compress_to_fp16=False)
    return out


def export_int8(model: Path, out: Path, data_yaml: Path, *, split: str = "val") -> Path:
    """As `export_openvino`, quantised after training on pictures of a split.

    Runs in a process of its own: OpenMP reads the number of its threads when it is loaded, and with
    more than one the calibration takes minutes instead of seconds.

    Raises:
        TrainingUnavailableError: the extra is not installed.
        DatasetError: there are no pictures.
    """
    _openvino()
    paths = _chosen(data_yaml, split)
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            pool.apply(_quantize, (model, out, paths))
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
    return out


def _quantize(model: Path, out: Path, pictures: list[Path]) -> None:
    import nncf  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with the extra
    import openvino  # type: ignore[import-untyped]  # noqa: PLC0415

    float32 = openvino.Core().read_model(str(model))
    shape = float32.inputs[0].partial_shape
    height, width = (shape[i].get_length() for i in (2, 3))

    def prepared(path: Path) -> np.ndarray:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise DatasetError(f"{path}: is no picture")
        return model_input(np.asarray(image, np.uint8), width, height)[0]

    quantized = nncf.quantize(
        float32,
        nncf.Dataset(pictures, prepared),
        # YOLO's activations (SiLU) are not symmetric: the preset that NNCF's examples take for it.
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(pictures),
        # The head decodes boxes in pixels, hundreds of them in steps of one: 8 bits are too few.
        ignored_scope=nncf.IgnoredScope(patterns=[".*/dfl/.*"], types=_DECODING, validate=False),
    )
    _describe(quantized, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    openvino.save_model(quantized, str(out), compress_to_fp16=False)


_DECODING = ["Subtract", "Divide"]


def _describe(converted: Any, model: Path) -> None:  # noqa: ANN401
    """Class names where the product's detector looks for them, as ultralytics writes them."""
    import onnx  # noqa: PLC0415

    metadata = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    for key in ("names", "imgsz", "task", "stride", "license"):
        if key in metadata:
            converted.set_rt_info(metadata[key], ["model_info", key])


def _chosen(data_yaml: Path, split: str) -> list[Path]:
    paths = picture_paths(data_yaml, split)
    return list(islice(paths[:: max(1, len(paths) // CALIBRATED_ON)], CALIBRATED_ON))


def _openvino() -> Any:  # noqa: ANN401 - openvino's types are generated
    try:
        import nncf  # noqa: F401, PLC0415
        import openvino  # noqa: PLC0415
    except ImportError as error:
        raise TrainingUnavailableError(
            f"OpenVINO export needs the `yolo` extra: pip install 'muckwatch[yolo]' ({error})"
        ) from error
    return openvino
