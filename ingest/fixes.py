"""Fixes as columns: what the rules judge, for whole batches at once (定位点批次)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

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
        number: dict[str, int] = {}
        vehicle = [number.setdefault(p.vehicle_id, len(number)) for p in positions]
        flag = FLAG_CODES
        return cls(
            vehicle_ids=tuple(number),
            vehicle=np.array(vehicle, dtype=np.intp),
            t=np.array([p.fix_time.timestamp() for p in positions], dtype=float),
            received_t=np.array([p.received_at.timestamp() for p in positions], dtype=float),
            lon=np.array([p.lon for p in positions], dtype=float),
            lat=np.array([p.lat for p in positions], dtype=float),
            speed_kmh=np.array([p.speed_kmh for p in positions], dtype=float),
            course_deg=np.array([p.course_deg for p in positions], dtype=float),
            weight_kg=np.array([p.weight_kg for p in positions], dtype=float),
            temperature_c=np.array([p.temperature_c for p in positions], dtype=float),
            lid=np.array([LID_CODES[p.lid] for p in positions], dtype=np.int8),
            load=np.array([LOAD_CODES[p.load] for p in positions], dtype=np.int8),
            body_raised=np.array([flag[p.body_raised] for p in positions], dtype=np.int8),
            ignition=np.array([flag[p.ignition] for p in positions], dtype=np.int8),
            antenna_cut=np.array([flag[p.antenna_cut] for p in positions], dtype=np.int8),
            power_cut=np.array([flag[p.power_cut] for p in positions], dtype=np.int8),
            work=np.array([_work_bits(p.work) for p in positions], dtype=np.int8),
            backfill=np.array([p.backfill for p in positions], dtype=bool),
            quality=np.array([p.quality for p in positions], dtype=np.int8),
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


COLUMNS = tuple(f.name for f in fields(Fixes) if f.name != "vehicle_ids")
"""The names of all columns of `Fixes`."""


def _work_bits(work: tuple[Work, ...]) -> int:
    known = _WORK_OF.get(work)
    return sum({WORK_BITS[w] for w in work}) if known is None else known
