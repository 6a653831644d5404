"""Fixes as columns: what the rules judge, for whole batches at once (定位点批次)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, TypedDict

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.position import Lid, Load, Position, Quality, Work

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Codes8 = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

UNKNOWN = -1
"""In the columns of codes: the terminal did not say."""
LID_CODES = {None: UNKNOWN, Lid.CLOSED: 0, Lid.OPEN: 1}
LOAD_CODES = {None: UNKNOWN, Load.EMPTY: 0, Load.HALF: 1, Load.FULL: 2}
FLAG_CODES = {None: UNKNOWN, False: 0, True: 1}
WORK_BITS = {Work.SWEEP: 1, Work.WASH: 2, Work.SPRAY: 4, Work.COLLECT: 8}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORK_OF: dict[tuple[Work, ...], int] = {(): 0} | {(work,): bit for work, bit in WORK_BITS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """n fixes, in order of arrival. The fields of `Position`, one array each.

    Attributes:
        vehicle_ids: the distinct vehicles; `vehicle` (n,) are numbers of them.
        t, received_t: seconds since 1970, (n,).
        lon, lat: WGS-84 degrees, (n,).
        speed_kmh, course_deg, weight_kg, temperature_c: (n,), NaN where the terminal did not say.
        lid, load, body_raised, ignition, antenna_cut, power_cut: (n,), codes as in `LID_CODES`,
            `LOAD_CODES`, `FLAG_CODES`.
        work: (n,), the sum of `WORK_BITS`.
        backfill: (n,).
        quality: (n,), numbers of `Quality`.
    """

    vehicle_ids: tuple[str, ...]
    vehicle: Ints
    t: Floats
    received_t: Floats
    lon: Floats
    lat: Floats
    speed_kmh: Floats
    course_deg: Floats
    weight_kg: Floats
    temperature_c: Floats
    lid: Codes8
    load: Codes8
    body_raised: Codes8
    ignition: Codes8
    antenna_cut: Codes8
    power_cut: Codes8
    work: Codes8
    backfill: Bools
    quality: Codes8

    def __len__(self) -> int:
        return len(self.t)

    @classmethod
    def of(cls, positions: Sequence[Position]) -> Fixes:
        """The columns of positions. None becomes NaN, or UNKNOWN."""
        if not positions:
            return cls.plain((), *(np.empty(0, dtype=np.intp), *np.empty((3, 0))))
        said = columns_of(positions)
        number: dict[str, int] = {}
        vehicle = [number.setdefault(vehicle_id, len(number)) for vehicle_id in said["vehicle_id"]]
        return cls(
            vehicle_ids=tuple(number),
            vehicle=np.array(vehicle, dtype=np.intp),
            t=seconds(said["fix_time"]),
            received_t=seconds(said["received_at"]),
            quality=np.array(said["quality"], dtype=np.int8),
            **sensor_columns(said),
        )

    @classmethod
    def plain(cls, vehicle_ids: tuple[str, ...], vehicle: Ints, t: Floats, lon: Floats, lat: Floats,
              **more: npt.NDArray[np.generic]) -> Fixes:  # fmt: skip
        """Fixes of which little is known: columns not given are unknown, received when made."""
        n = len(t)
        columns: dict[str, npt.NDArray[np.generic]] = {
            "received_t": t,
            "backfill": np.zeros(n, dtype=bool),
            "work": np.zeros(n, dtype=np.int8),
            "quality": np.full(n, Quality.GOOD, dtype=np.int8),
        }
        for name in ("speed_kmh", "course_deg", "weight_kg", "temperature_c"):
            columns[name] = np.full(n, np.nan)
        for name in ("lid", "load", "body_raised", "ignition", "antenna_cut", "power_cut"):
            columns[name] = np.full(n, UNKNOWN, dtype=np.int8)
        columns |= more
        return cls(
            vehicle_ids=vehicle_ids, vehicle=vehicle, t=t, lon=lon, lat=lat,
            **columns,  # type: ignore[arg-type] # by name
        )  # fmt: skip

    def take(self, index: Ints | Bools | slice) -> Fixes:
        """Those fixes, in that order; `vehicle_ids` stay as they are."""
        return replace(self, **{name: getattr(self, name)[index] for name in COLUMNS})

    def with_quality(self, quality: Codes8) -> Fixes:
        """The same fixes, each with the quality given, (n,)."""
        return replace(self, quality=quality)


class SensorColumns(TypedDict):
    """The columns of `Fixes` that have their names from the terminal's message."""

    lon: Floats
    lat: Floats
    speed_kmh: Floats
    course_deg: Floats
    weight_kg: Floats
    temperature_c: Floats
    lid: Codes8
    load: Codes8
    body_raised: Codes8
    ignition: Codes8
    antenna_cut: Codes8
    power_cut: Codes8
    work: Codes8
    backfill: Bools


Said = Mapping[str, tuple[Any, ...]]
"""Columns of Python values by the names of a struct's fields, as of `columns_of`."""


def columns_of(structs: Iterable[msgspec.Struct]) -> Said:
    """The values of structs of one kind, at least one, by field."""
    rows = list(structs)
    columns = zip(*map(msgspec.structs.astuple, rows), strict=True)
    return dict(zip(rows[0].__struct_fields__, columns, strict=True))


def sensor_columns(said: Said) -> SensorColumns:
    return SensorColumns(
        lon=np.array(said["lon"], dtype=float),
        lat=np.array(said["lat"], dtype=float),
        speed_kmh=numbers(said["speed_kmh"]),
        course_deg=numbers(said["course_deg"]),
        weight_kg=numbers(said["weight_kg"]),
        temperature_c=numbers(said["temperature_c"]),
        lid=_codes(said["lid"], LID_CODES),
        load=_codes(said["load"], LOAD_CODES),
        body_raised=_codes(said["body_raised"], FLAG_CODES),
        ignition=_codes(said["ignition"], FLAG_CODES),
        antenna_cut=_codes(said["antenna_cut"], FLAG_CODES),
        power_cut=_codes(said["power_cut"], FLAG_CODES),
        work=_works(said["work"]),
        backfill=np.array(said["backfill"], dtype=bool),
    )


def seconds(times: Iterable[datetime]) -> Floats:
    """Aware times as seconds since 1970."""
    return np.array([(time - _EPOCH).total_seconds() for time in times], dtype=float)


def numbers(values: tuple[float | None, ...]) -> Floats:
    """NaN for None."""
    if values.count(None) == len(values):  # a sensor that hardly anybody has costs nothing
        return np.full(len(values), np.nan)
    return np.array(values, dtype=float)


def _codes(values: tuple[Any, ...], table: Mapping[Any, int]) -> Codes8:
    if values.count(None) == len(values):
        return np.full(len(values), UNKNOWN, dtype=np.int8)
    return np.fromiter(map(table.__getitem__, values), np.int8, len(values))


def _works(values: tuple[tuple[Work, ...], ...]) -> Codes8:
    if values.count(()) == len(values):
        return np.zeros(len(values), dtype=np.int8)
    return np.fromiter(map(_work_bits, values), np.int8, len(values))


COLUMNS = tuple(f.name for f in fields(Fixes) if f.name != "vehicle_ids")
"""The names of all columns of `Fixes`."""


def _work_bits(work: tuple[Work, ...]) -> int:
    known = _WORK_OF.get(work)
    return sum({WORK_BITS[w] for w in work}) if known is None else known
