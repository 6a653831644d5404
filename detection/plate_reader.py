"""Reading plates in the picture of a vehicle: the port (车牌识别接口)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from detection.scene_event import Box
from ingest.frame import Image


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate in one picture.

    Attributes:
        text: in the form of `config.plate`; a format that exists.
        chance: 0 to 1, what the network gives this text among all plates; not calibrated.
        color: a plate colour, None where it could not be told.
        box: in pixels of the picture that was read.
    """

    text: str
    chance: float
    color: str | None
    box: Box


class PlateReader(Protocol):
    def read(self, crop: Image) -> Sequence[PlateRead]:
        """Plates in the picture of one vehicle at full resolution, surest first."""


class NoPlateReader:
    """Reads nothing: where plates are switched off."""

    def read(self, crop: Image) -> Sequence[PlateRead]:
        del crop
        return ()
