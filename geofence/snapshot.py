"""The engine's state as bytes (快照)."""

from __future__ import annotations

import zlib

import msgspec
import numpy as np
import numpy.typing as npt

from geofence.district.state import DistrictState
from geofence.kept import ODOMETERS, Kept, kept_dtype
from geofence.memory import Memory
from geofence.state import EngineState
from geofence.strays import Stray

STATE_VERSION = 3


class StateVersionError(ValueError):
    """A snapshot of another version, or none at all: start afresh from `Engine.initial()`."""


class _Packed(msgspec.Struct, array_like=True):
    lateness_s: float
    rules: tuple[str, ...]
    tracks: tuple[str, ...]
    arrays: dict[str, bytes]
    kept: bytes
    silences: dict[int, tuple[tuple[float, float], ...]]
    strays: dict[str, tuple[Stray, ...]]
    memories: dict[int, Memory]
    district: DistrictState


class _Snapshot(msgspec.Struct):
    version: int
    packed: bytes  # zlib over MessagePack: a quarter of the size


_ARRAYS: dict[str, npt.DTypeLike] = {
    "t": np.float64,
    "lon": np.float64,
    "lat": np.float64,
    "codes": np.uint64,
    "odometer": np.float64,
    "due": np.float64,
    "wake": np.float64,
    "silent": np.int32,
    "ticked": np.float64,
}


def encode_state(state: EngineState, rules: tuple[str, ...]) -> bytes:
    """The state as bytes, with its version. Small: what can no longer matter is left out.

    `rules` are the names of the rules, in the order of the columns of `codes`.
    """
    kept = state.kept.since(state.t - state.lateness_s)
    packed = _Packed(
        lateness_s=state.lateness_s,
        rules=rules,
        tracks=state.tracks,
        arrays={name: getattr(state, name).tobytes() for name in _ARRAYS},
        kept=b"".join(chunk.tobytes() for chunk in kept.chunks),
        silences=state.silences,
        strays=dict(state.strays),
        memories={
            slot: memory.trimmed(state.horizon(slot)) for slot, memory in state.memories.items()
        },
        district=state.district,
    )
    return msgspec.msgpack.encode(
        _Snapshot(STATE_VERSION, zlib.compress(msgspec.msgpack.encode(packed), 1))
    )


def decode_state(data: bytes, rules: tuple[str, ...]) -> EngineState:
    """The state that `encode_state` wrote.

    Raises:
        StateVersionError: another version's snapshot, one of other rules (the site switched some
            on or off), or something else altogether.
    """
    try:
        snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
        if snapshot.version != STATE_VERSION:
            raise StateVersionError(
                f"geofence snapshot has version {snapshot.version},"
                f" this engine reads {STATE_VERSION}"
            )
        packed = msgspec.msgpack.decode(zlib.decompress(snapshot.packed), type=_Packed)
        if packed.rules != rules:
            raise StateVersionError(f"geofence snapshot of the rules {', '.join(packed.rules)}")
        arrays = {
            name: np.frombuffer(packed.arrays[name], dtype=dtype).copy()
            for name, dtype in _ARRAYS.items()
        }
        kept = np.frombuffer(packed.kept, dtype=kept_dtype(len(rules)))
    except (msgspec.DecodeError, zlib.error, KeyError, ValueError) as error:
        if isinstance(error, StateVersionError):
            raise
        raise StateVersionError(f"not a geofence snapshot: {error}") from error
    arrays["codes"] = arrays["codes"].reshape(len(packed.tracks), len(rules))
    arrays["odometer"] = arrays["odometer"].reshape(len(packed.tracks), len(ODOMETERS))
    return EngineState(
        lateness_s=packed.lateness_s,
        slots={track: slot for slot, track in enumerate(packed.tracks)},
        tracks=packed.tracks,
        silences=packed.silences,
        strays=packed.strays,
        kept=Kept((kept,) if len(kept) else ()),
        memories=packed.memories,
        district=packed.district,
        **arrays,
    )
