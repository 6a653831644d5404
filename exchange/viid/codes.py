"""The codes that a platform expects, read from `codes.toml` or a deployment's copy of it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec


class PictureCodes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vehicle_type: str
    scene_type: str
    event_sort: int
    file_format: str


class ReplyCodes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    accepted: frozenset[int]
    retry: frozenset[int]


class Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`vehicle_color` has `unknown`, for a colour that has no code; a plate's is then left out."""

    vehicle_color: dict[str, str]
    vehicle_class: dict[str, str]
    picture: PictureCodes
    motor_vehicle: dict[str, Any]
    reply: ReplyCodes
    plate_color: dict[str, str] = {}


def load_codes(path: Path | None = None) -> Codes:
    """The codes of `path`, or of the package.

    Raises:
        ValueError: the file is no sound `codes.toml`; the text names the file and the field.
        OSError: it cannot be read.
    """
    source = files(__package__).joinpath("codes.toml") if path is None else path
    try:
        codes = msgspec.toml.decode(source.read_bytes(), type=Codes)
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"{source}: {error}") from error
    if "unknown" not in codes.vehicle_color:
        raise ValueError(f"{source}: vehicle_color lacks `unknown`")
    return codes
