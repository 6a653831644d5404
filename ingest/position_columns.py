"""Positions as columns: the `Fixes` that are judged, and beside them what is only stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, overload

import numpy as np

from ingest.clock import CLOCK_FAULTS
from ingest.fixes import (
    FLAG_CODES,
    LID_CODES,
    LOAD_CODES,
    WORK_BITS,
    Bools,
    Codes8,
    Fixes,
    Floats,
    Ints,
)
from ingest.position import Position, Quality

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIDS = {code: lid for lid, code in LID_CODES.items()}
_LOADS = {code: load for load, code in LOAD_CODES.items()}
_FLAGS = {code: flag for flag, code in FLAG_CODES.items()}
_WORKS = {
    bits: tuple(work for work, bit in WORK_BITS.items() if bits & bit)
    for bits in range(1 << len(WORK_BITS))
}
_QUALITIES = tuple(Quality)


@dataclass(frozen=True, slots=True, eq=False)
class PositionColumns(Sequence[Position]):
    """n positions; each becomes a `Position` when it is asked for.

    Times are exact to the microsecond within three centuries of 1970. What a terminal says to work
    at comes back in the order of `Work`.

    Attributes:
        fixes: as they are judged.
        terminal_ids: the distinct terminals; `terminal` (n,) are numbers of them.
        altitude_m, satellites: (n,), NaN where the terminal did not say.
    """

    fixes: Fixes
    terminal_ids: tuple[str, ...]
    terminal: Ints
    altitude_m: Floats
    satellites: Floats

    @classmethod
    def of(cls, positions: Sequence[Position]) -> PositionColumns:
        """The columns of positions; those of columns are themselves."""
        if isinstance(positions, PositionColumns):
            return positions
        number: dict[str, int] = {}
        terminal = [number.setdefault(p.terminal_id, len(number)) for p in positions]
        return cls(
            Fixes.of(positions),
            tuple(number),
            np.array(terminal, dtype=np.intp),
            np.array([p.altitude_m for p in positions], dtype=float),
            np.array([p.satellites for p in positions], dtype=float),
        )

    def take(self, index: Ints | Bools | slice) -> PositionColumns:
        """Those positions, in that order."""
        return replace(
            self,
            fixes=self.fixes.take(index),
            terminal=self.terminal[index],
            altitude_m=self.altitude_m[index],
            satellites=self.satellites[index],
        )

    def with_quality(self, quality: Codes8) -> PositionColumns:
        """The same positions, each with the quality given, (n,)."""
        return replace(self, fixes=self.fixes.with_quality(quality))

    def span(self) -> tuple[datetime, datetime] | tuple[None, None]:
        """The first and the last fix time; those of a wrong clock do not count."""
        times = self.fixes.t[~np.isin(self.fixes.quality, CLOCK_FAULTS)]
        return (_time(times.min()), _time(times.max())) if len(times) else (None, None)

    def received_last(self) -> datetime:
        """When the last of at least one was received."""
        return _time(self.fixes.received_t.max())

    def __len__(self) -> int:
        return len(self.fixes)

    @overload
    def __getitem__(self, index: int) -> Position: ...
    @overload
    def __getitem__(self, index: slice) -> PositionColumns: ...
    def __getitem__(self, index: int | slice) -> Position | PositionColumns:
        if isinstance(index, slice):
            return self.take(index)
        number = range(len(self))[index]
        return next(iter(self.take(slice(number, number + 1))))

    def __iter__(self) -> Iterator[Position]:
        f = self.fixes
        for (
            (vehicle, terminal, t, received_t, lon, lat),
            (speed, course, altitude, satellites, weight, temperature),
            (lid, load, body_raised, ignition, antenna_cut, power_cut),
            (work, backfill, quality),
        ) in zip(
            _rows(f.vehicle, self.terminal, f.t, f.received_t, f.lon, f.lat),
            _rows(
                *(f.speed_kmh, f.course_deg, self.altitude_m),
                *(self.satellites, f.weight_kg, f.temperature_c),
            ),
            _rows(f.lid, f.load, f.body_raised, f.ignition, f.antenna_cut, f.power_cut),
            _rows(f.work, f.backfill, f.quality),
            strict=True,
        ):
            yield Position(
                vehicle_id=f.vehicle_ids[vehicle],
                terminal_id=self.terminal_ids[terminal],
                fix_time=_time(t),
                received_at=_time(received_t),
                lon=lon,
                lat=lat,
                speed_kmh=_known(speed),
                course_deg=_known(course),
                altitude_m=_known(altitude),
                satellites=None if satellites != satellites else int(satellites),  # noqa: PLR0124
                lid=_LIDS[lid],
                load=_LOADS[load],
                body_raised=_FLAGS[body_raised],
                ignition=_FLAGS[ignition],
                work=_WORKS[work],
                weight_kg=_known(weight),
                temperature_c=_known(temperature),
                antenna_cut=_FLAGS[antenna_cut],
                power_cut=_FLAGS[power_cut],
                backfill=backfill,
                quality=_QUALITIES[quality],
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as other sequences that hold arrays


def _rows(*columns: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  arrays of any kind
    return zip(*(column.tolist() for column in columns), strict=True)


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124  NaN alone is not itself


def _time(t: float) -> datetime:
    return _EPOCH + timedelta(microseconds=round(t * 1e6))
