"""What plausibility remembers of every vehicle, as arrays by slot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.fixes import Bools, Floats, Ints
from ingest.plausibility_trail import TRAIL_FIXES, Aside, Place, Trail, Vehicle

STATE_VERSION = 2
FORGOTTEN_AFTER_S = 14 * 86400.0
"""A vehicle silent for so long is as new when it comes back."""
CROWDED = 256
"""With fewer vehicles none is forgotten."""


_Number = TypeVar("_Number", np.float64, np.intp)


def _none(*shape: int) -> Floats:
    return np.empty(shape)


@dataclass(frozen=True, slots=True)
class PlausibilityState:
    """Of m vehicles; never changed in place.

    Attributes:
        slots: each vehicle's place in the arrays.
        newest_t: the newest fix time of a clock that was right, (m,).
        current_t: when a fix that was not late came last, (m,).
        heard_t: when any came last, (m,). Receipt and fix times are seconds since 1970.
        count: how many good fixes there have been, (m,).
        trail: time, longitude and latitude of the newest `TRAIL_FIXES` good fixes in order of
            time, the k-th of all at k modulo `TRAIL_FIXES`, (m, TRAIL_FIXES, 3).
        aside: what else there is to remember, of the few slots where there is.
    """

    slots: dict[str, int] = field(default_factory=dict)
    newest_t: Floats = field(default_factory=lambda: _none(0))
    current_t: Floats = field(default_factory=lambda: _none(0))
    heard_t: Floats = field(default_factory=lambda: _none(0))
    count: Ints = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    trail: Floats = field(default_factory=lambda: _none(0, TRAIL_FIXES, 3))
    aside: dict[int, Aside] = field(default_factory=dict)

    def copy_with(self, vehicle_ids: tuple[str, ...]) -> PlausibilityState:
        """A copy to be worked on, with a slot for each of these vehicles."""
        slots = self.slots
        new = [vehicle_id for vehicle_id in vehicle_ids if vehicle_id not in slots]
        if new:
            slots = slots | {vehicle_id: len(slots) + n for n, vehicle_id in enumerate(new)}
        return PlausibilityState(
            slots,
            _longer(self.newest_t, len(slots), -np.inf),
            _longer(self.current_t, len(slots), -np.inf),
            _longer(self.heard_t, len(slots), -np.inf),
            _longer(self.count, len(slots), 0),
            _longer(self.trail, len(slots), np.nan),
            self.aside.copy(),
        )

    def vehicle(self, slot: int) -> Vehicle:
        """A copy of one vehicle's memory."""
        count = int(self.count[slot])
        order = np.arange(max(0, count - TRAIL_FIXES), count) % TRAIL_FIXES
        good: list[Place] = [(t, lon, lat) for t, lon, lat in self.trail[slot, order].tolist()]
        aside = self.aside.get(slot)
        aside = aside.copy() if aside else Aside()
        return Vehicle(
            float(self.newest_t[slot]),
            float(self.current_t[slot]),
            Trail(good, aside.elsewhere),
            aside,
        )

    def keep(self, slot: int, vehicle: Vehicle) -> None:
        """Take a vehicle's memory back; only into a copy that is being worked on."""
        self.newest_t[slot] = vehicle.newest_t
        self.current_t[slot] = vehicle.current_t
        good = vehicle.live.good
        self.count[slot] = len(good)
        self.trail[slot, : len(good)] = np.array(good).reshape(-1, 3)
        aside = vehicle.aside
        if aside == Aside():
            self.aside.pop(slot, None)
        else:
            self.aside[slot] = aside

    def without_the_silent(self, now_t: float) -> PlausibilityState:
        """Without the vehicles long silent, once they are a quarter of all."""
        if len(self.slots) < CROWDED:
            return self
        kept = self.heard_t >= now_t - FORGOTTEN_AFTER_S
        return self if kept.sum() > 0.75 * len(kept) else self._only(kept)

    def _only(self, kept: Bools) -> PlausibilityState:
        number = np.cumsum(kept) - 1
        return PlausibilityState(
            {v: int(number[slot]) for v, slot in self.slots.items() if kept[slot]},
            self.newest_t[kept],
            self.current_t[kept],
            self.heard_t[kept],
            self.count[kept],
            self.trail[kept],
            {int(number[slot]): a for slot, a in self.aside.items() if kept[slot]},
        )


class _Head(msgspec.Struct, array_like=True):
    version: int


class _Snapshot(_Head, array_like=True):
    vehicle_ids: list[str]
    times: bytes
    count: bytes
    trail: bytes
    aside: dict[int, Aside]


def encode_state(state: PlausibilityState) -> bytes:
    times = np.stack([state.newest_t, state.current_t, state.heard_t])
    return msgspec.msgpack.encode(
        _Snapshot(
            STATE_VERSION,
            list(state.slots),
            times.astype("<f8").tobytes(),
            state.count.astype("<i8").tobytes(),
            state.trail.astype("<f8").tobytes(),
            state.aside,
        )
    )


def decode_state(content: bytes) -> PlausibilityState:
    """Raises ValueError for what another version wrote: begin with an empty state then."""
    try:
        version = msgspec.msgpack.decode(content, type=_Head).version
    except msgspec.DecodeError as error:
        raise ValueError(f"no plausibility state of version {STATE_VERSION}: {error}") from error
    if version != STATE_VERSION:
        raise ValueError(f"plausibility state of version {version}, not {STATE_VERSION}")
    snapshot = msgspec.msgpack.decode(content, type=_Snapshot)
    times = np.frombuffer(snapshot.times, "<f8").astype(float).reshape(3, -1)
    trail = np.frombuffer(snapshot.trail, "<f8").astype(float)
    return PlausibilityState(
        {vehicle_id: slot for slot, vehicle_id in enumerate(snapshot.vehicle_ids)},
        times[0],
        times[1],
        times[2],
        np.frombuffer(snapshot.count, "<i8").astype(np.intp),
        trail.reshape(-1, TRAIL_FIXES, 3),
        snapshot.aside,
    )


def _longer(values: npt.NDArray[_Number], size: int, fill: float) -> npt.NDArray[_Number]:
    """A copy with so many rows, the new ones filled."""
    copy = np.full((size, *values.shape[1:]), fill, dtype=values.dtype)
    copy[: len(values)] = values
    return copy
