"""Plates by PP-OCR's networks as they come in the wheel of `rapidocr` (车牌OCR). Downloads nothing.

RapidOCR finds text in the crop of a vehicle; each find that may be a plate is straightened and read
by the recognition network, decoded as a plate only (`detection.plate_decode`). A plate in two rows
(rear of a large vehicle, 440 x 220 mm) is laid out in one line first.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from config.plate import doubt_of_plate
from config.vehicle import PlateColor
from detection.plate_color import plate_color
from detection.plate_decode import Alphabet, decode
from detection.plate_reader import NoPlateReader, PlateRead, PlateReader
from detection.scene_event import Box
from ingest.frame import Image

_FIND_SIDE_PX = 480  # the crop is shrunk to this; a plate of 75 px in a truck of 400 keeps its size
_ROW_PX, _LINE_PX = 48, 320  # input of the recognition network, filled up on the right
_SHAPE = (2.3, 6.0)  # width to height that a line is read at
_LEAST_WIDE_PX = 30
_ONE_ROW = (2.0, 7.0)  # width to height of what may be a plate in one row, seen from aside too
_TWO_ROWS = (1.1, 2.4)  # and in two (440 x 220 mm, and rows found together)
_HALF_SEEN = 0.05
_MOST_READ = 3  # finds read in one crop
_LEAST_CHANCE = 1e-4
_UPPER_SHARE = 0.41  # of a plate in two rows the upper one (GA 36-2018: 60 of 145 mm of characters)


@cache
def plate_reader(enabled: bool) -> PlateReader:
    """One for the whole process; its networks load at the first read."""
    return PaddlePlates() if enabled else NoPlateReader()


class PaddlePlates:
    """Safe to share between threads: one reads at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._networks: _Networks | None = None

    def read(self, crop: Image) -> Sequence[PlateRead]:
        with self._lock:
            if self._networks is None:
                self._networks = _Networks()
            return self._networks.read(crop)


class _Networks:
    def __init__(self) -> None:
        from rapidocr import RapidOCR  # noqa: PLC0415  heavy, and only where plates are read

        self._finder: Any = RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Det.limit_side_len": _FIND_SIDE_PX,
                "Det.limit_type": "max",
            }
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        models = files("rapidocr") / "models"
        model = next(m for m in models.iterdir() if "_rec_" in m.name and m.name.endswith(".onnx"))
        self._session = ort.InferenceSession(
            model.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        # The network's last class is a space that its list leaves out.
        listed = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._alphabet = Alphabet.of([*listed, " "])

    def read(self, crop: Image) -> list[PlateRead]:
        if min(crop.shape[:2]) < 2 * _LEAST_WIDE_PX // 3:
            return []
        reads: list[PlateRead] = []
        for corners in self._found(crop)[:_MOST_READ]:
            here = [self._read_line(*line, corners) for line in _lines(crop, corners)]
            if not any(read and read.chance > _HALF_SEEN for read in here):
                # The finder often leaves the province out: once more with what is left of it.
                wider = _wider(corners)
                line = _straight(crop, wider, 0.0, -0.06)
                here.append(self._read_line(line, plate_color(line), wider))
            reads.extend(read for read in here if read is not None)
        reads.sort(key=lambda read: -read.chance)
        return reads

    def _found(self, crop: Image) -> list[NDArray[np.float32]]:
        """(4, 2) corners, from the top left clockwise, of what may be a plate; widest first."""
        boxes = self._finder(crop, use_rec=False, use_cls=False).boxes
        if boxes is None:
            return []
        fits = []
        for corners in np.asarray(boxes, np.float32):
            wide, tall = _size(corners)
            low, high = _TWO_ROWS[0], _ONE_ROW[1]
            if wide >= _LEAST_WIDE_PX and low <= wide / max(tall, 1.0) <= high:
                fits.append(corners)
        fits += _stacked(fits, np.asarray(boxes, np.float32))
        return sorted(fits, key=lambda corners: -_size(corners)[0])

    def _read_line(
        self, line: Image, ground: PlateColor | None, corners: NDArray[np.float32]
    ) -> PlateRead | None:
        shape = float(np.clip(line.shape[1] / line.shape[0], *_SHAPE))
        wide = round(_ROW_PX * shape)
        batch = np.zeros((1, 3, _ROW_PX, _LINE_PX), np.float32)
        scaled = cv2.resize(line, (wide, _ROW_PX), interpolation=cv2.INTER_CUBIC)
        batch[0, :, :, :wide] = (scaled.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
        said = self._session.run(None, {self._input: batch})[0][0]
        for text, chance in decode(self._alphabet.reduced(said)):
            if chance >= _LEAST_CHANCE and _is_plate(text):
                return PlateRead(text, chance, _color(text, ground), _around(corners))
        return None


def _lines(crop: Image, corners: NDArray[np.float32]) -> list[tuple[Image, PlateColor | None]]:
    """What was found as one line of characters, with a little of its surroundings; straightened."""
    wide, tall = _size(corners)
    shape = wide / max(tall, 1.0)
    lines = []
    if shape >= _ONE_ROW[0]:
        flat = _straight(crop, corners, 0.0, -0.06)
        lines.append((flat, plate_color(flat)))
    if shape <= _TWO_ROWS[1]:
        flat = _straight(crop, corners, 0.0, 0.0)
        split = max(int(flat.shape[0] * _UPPER_SHARE), 4)
        upper, lower = flat[:split, flat.shape[1] // 6 : -flat.shape[1] // 6], flat[split:]
        parts = [cv2.resize(upper, (52, _ROW_PX)), cv2.resize(lower, (116, _ROW_PX))]
        lines.append((np.asarray(np.hstack(parts), np.uint8), plate_color(flat)))
    return lines


def _stacked(
    fits: Sequence[NDArray[np.float32]], found: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """Plates in two rows whose rows were found apart: a narrow find close above a wide one."""
    pairs = []
    for lower in fits:
        wide, tall = _size(lower)
        for upper in found:
            above_wide, above_tall = _size(upper)
            gap = float(lower[0, 1] - upper[3, 1])
            off = abs(float(upper[:, 0].mean() - lower[:, 0].mean()))
            near = -0.4 * tall <= gap <= 0.6 * tall and off <= 0.2 * wide
            if near and 0.2 * wide <= above_wide <= 0.8 * wide and above_tall <= 1.2 * tall:
                top = np.array([[lower[0, 0], upper[0, 1]], [lower[1, 0], upper[1, 1]]], np.float32)
                pairs.append(np.concatenate([top, lower[2:]]))
    return pairs


def _wider(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """With as much more to its left as a province takes, a little more to its right."""
    a, b, c, d = corners
    return np.stack([a - 0.4 * (b - a), b + 0.06 * (b - a), c + 0.06 * (c - d), d - 0.4 * (c - d)])


def _straight(
    crop: Image, corners: NDArray[np.float32], more_wide: float, more_tall: float
) -> Image:
    """The quadrilateral as a rectangle, grown by shares of its own sides."""
    wide, tall = _size(corners)
    dx, dy = wide * more_wide, tall * more_tall
    target = np.array(
        [[dx, dy], [dx + wide, dy], [dx + wide, dy + tall], [dx, dy + tall]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    size = (max(int(wide + 2 * dx), 8), max(int(tall + 2 * dy), 8))
    flat = cv2.warpPerspective(crop, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)


def _size(corners: NDArray[np.float32]) -> tuple[float, float]:
    a, b, c, d = corners
    wide = (np.hypot(*(b - a)) + np.hypot(*(c - d))) / 2
    tall = (np.hypot(*(d - a)) + np.hypot(*(c - b))) / 2
    return float(wide), float(tall)


def _around(corners: NDArray[np.float32]) -> Box:
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _is_plate(text: str) -> bool:
    return any(doubt_of_plate(text, color) is None for color in PlateColor)


def _color(text: str, ground: PlateColor | None) -> str | None:
    """The colour seen, where plates of that form have it; else the only one that they have."""
    possible = [color for color in PlateColor if doubt_of_plate(text, color) is None]
    if ground in possible:
        return str(ground)
    return str(possible[0]) if len(possible) == 1 else None
