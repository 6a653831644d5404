"""The engine's state between batches, and its form in a snapshot."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from geofence.memory import Memory
from geofence.moment import moment
from geofence.projection import Floats
from geofence.trail import Trail, rebuilt, walk
from ingest.position import Lid, Load, Position, Work

STATE_VERSION = 2
KEPT_SILENCES = 20  # of a track; some days of nights without ignition

Number = TypeVar("Number", bound=np.generic)


class StateVersionError(ValueError):
    """A snapshot of another version, or none at all: start afresh from `Engine.initial()`."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """One slot for each track (vehicle, live or backfill). Never changed once it was returned.

    Attributes:
        lateness_s: so far behind its track's newest fix a fix still counts.
        slots: track -> slot.
        t, lon, lat: the newest fix, seconds since 1970 and degrees; t is -inf before the first.
        code: what the rules saw at it.
        due: the event time from which the rules want to look at every fix.
        trim: the event time at which the trail is due to be shortened.
        silences: (from, to) of a slot's last long gaps between fixes, oldest first: an old fix in
            one of them is news and no repetition.
        trails, memories: see `geofence.memory`; slots with nothing to remember have no memory.
    """

    lateness_s: float
    slots: dict[str, int]
    t: Floats
    lon: Floats
    lat: Floats
    code: npt.NDArray[np.uint64]
    due: Floats
    trim: Floats
    trails: list[Trail | None]
    memories: dict[int, Memory]
    silences: dict[int, tuple[tuple[float, float], ...]]

    @classmethod
    def empty(cls, lateness_s: float) -> EngineState:
        none = np.empty(0)
        return cls(
            lateness_s, {}, none, none, none, np.empty(0, dtype=np.uint64), none, none, [], {}, {}
        )

    def copy_with(self, tracks: list[str]) -> EngineState:
        """A copy to be worked on, with a slot for each of these new tracks."""
        more = len(tracks)
        slots = self.slots
        if more:
            slots = slots | {track: len(slots) + i for i, track in enumerate(tracks)}

        def grown(values: npt.NDArray[Number], fill: float) -> npt.NDArray[Number]:
            return np.concatenate([values, np.full(more, fill, dtype=values.dtype)])

        return EngineState(
            self.lateness_s,
            slots,
            grown(self.t, -np.inf),
            grown(self.lon, np.nan),
            grown(self.lat, np.nan),
            grown(self.code, 0),
            grown(self.due, np.inf),
            grown(self.trim, -np.inf),
            [*self.trails, *([None] * more)],
            dict(self.memories),
            dict(self.silences),
        )

    def fell_silent(self, slot: int, begin: float, end: float) -> None:
        """Note a long gap between two fixes; only on a copy."""
        self.silences[slot] = (*self.silences.get(slot, ()), (begin, end))[-KEPT_SILENCES:]

    def was_silent(self, slot: int, t: float) -> bool:
        """Whether a time lies within a gap that is remembered."""
        return any(begin < t < end for begin, end in self.silences.get(slot, ()))

    def horizon(self, slot: int) -> float:
        """The oldest fix time that still counts for a slot."""
        return float(self.t[slot]) - self.lateness_s

    def needed(self, slot: int) -> list[tuple[float, Position]]:
        """The kept fixes that a late one may need, oldest first: one before the horizon too."""
        horizon, fixes = self.horizon(slot), []
        for fix in walk(self.trails[slot]):
            fixes.append(fix)
            if fix[0] < horizon:
                break
        return fixes[::-1]

    def keep(self, slot: int, memory: Memory) -> None:
        """Set a slot's memory; only on a copy."""
        if memory.states or memory.findings:
            self.memories[slot] = memory
        else:
            self.memories.pop(slot, None)

    def forget(self, slot: int) -> None:
        """Back to the state before the first fix of a slot; only on a copy."""
        self.t[slot], self.lon[slot], self.lat[slot] = -np.inf, np.nan, np.nan
        self.code[slot], self.due[slot], self.trim[slot] = 0, np.inf, -np.inf
        self.trails[slot] = None
        self.memories.pop(slot, None)
        self.silences.pop(slot, None)


class _Fix(msgspec.Struct, array_like=True, omit_defaults=True):
    """What rules may use of a position."""

    t: float
    lon: float
    lat: float
    speed_kmh: float | None = None
    course_deg: float | None = None
    lid: Lid | None = None
    load: Load | None = None
    body_raised: bool | None = None
    ignition: bool | None = None
    work: tuple[Work, ...] = ()


class _Track(msgspec.Struct, array_like=True):
    track: str
    t: float
    lon: float
    lat: float
    code: int
    due: float
    trim: float
    fixes: list[_Fix]  # oldest first
    memory: Memory
    silences: tuple[tuple[float, float], ...]


class _Tracks(msgspec.Struct, array_like=True):
    lateness_s: float
    tracks: list[_Track]


class _Snapshot(msgspec.Struct):
    version: int
    packed: bytes  # zlib over MessagePack: a quarter of the size


def encode_state(state: EngineState) -> bytes:
    """The state as bytes, with its version. Small: what can no longer matter is left out."""
    tracks = []
    for track, slot in state.slots.items():
        fixes = [_kept(t, p) for t, p in state.needed(slot)]
        memory = state.memories.get(slot)
        tracks.append(
            _Track(
                track,
                float(state.t[slot]),
                float(state.lon[slot]),
                float(state.lat[slot]),
                int(state.code[slot]),
                float(state.due[slot]),
                float(state.trim[slot]),
                fixes,
                memory.trimmed(state.horizon(slot)) if memory else Memory(),
                state.silences.get(slot, ()),
            )
        )
    packed = msgspec.msgpack.encode(_Tracks(state.lateness_s, tracks))
    return msgspec.msgpack.encode(_Snapshot(STATE_VERSION, zlib.compress(packed, 1)))


def decode_state(data: bytes) -> EngineState:
    """The state that `encode_state` wrote.

    Raises:
        StateVersionError: another version's snapshot, or something else altogether.
    """
    try:
        snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
        if snapshot.version != STATE_VERSION:
            raise StateVersionError(
                f"geofence snapshot has version {snapshot.version},"
                f" this engine reads {STATE_VERSION}"
            )
        packed = zlib.decompress(snapshot.packed)
        decoded = msgspec.msgpack.decode(packed, type=_Tracks)
    except (msgspec.DecodeError, zlib.error) as error:
        raise StateVersionError(f"not a geofence snapshot: {error}") from error
    tracks = decoded.tracks
    return EngineState(
        decoded.lateness_s,
        {track.track: slot for slot, track in enumerate(tracks)},
        np.array([track.t for track in tracks], dtype=float),
        np.array([track.lon for track in tracks], dtype=float),
        np.array([track.lat for track in tracks], dtype=float),
        np.array([track.code for track in tracks], dtype=np.uint64),
        np.array([track.due for track in tracks], dtype=float),
        np.array([track.trim for track in tracks], dtype=float),
        [rebuilt([(f.t, _position(track.track, f)) for f in track.fixes]) for track in tracks],
        {slot: track.memory for slot, track in enumerate(tracks) if track.memory != Memory()},
        {slot: track.silences for slot, track in enumerate(tracks) if track.silences},
    )


def _kept(t: float, p: Position) -> _Fix:
    return _Fix(
        t, p.lon, p.lat, p.speed_kmh, p.course_deg, p.lid, p.load, p.body_raised, p.ignition, p.work
    )  # fmt: skip


def _position(track: str, fix: _Fix) -> Position:
    """What is not kept (terminal, receipt, satellites) no rule asks for."""
    vehicle, _, lane = track.partition("\x1f")
    return Position(
        vehicle_id=vehicle,
        terminal_id="",
        fix_time=moment(fix.t),
        received_at=moment(fix.t),
        lon=fix.lon,
        lat=fix.lat,
        speed_kmh=fix.speed_kmh,
        course_deg=fix.course_deg,
        lid=fix.lid,
        load=fix.load,
        body_raised=fix.body_raised,
        ignition=fix.ignition,
        work=fix.work,
        backfill=bool(lane),
    )
