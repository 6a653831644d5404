"""Positions as PostgreSQL's binary COPY has them, column by column instead of row by row.

Rows of one layout (the same columns unknown, texts of the same length) are one array of records:
a twentieth of what a row costs one by one. PostgreSQL 18, "COPY", "Binary Format"; values as the
types' receive functions have them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.fixes import LID_CODES, LOAD_CODES, UNKNOWN, WORK_BITS, Floats, Ints
from ingest.position_columns import PositionColumns
from store.errors import StoreRefused

COLUMNS = (
    *("vehicle_id", "fix_time", "received_at", "terminal_id", "lon", "lat"),
    *("speed_kmh", "course_deg", "altitude_m", "satellites", "lid", "load", "body_raised"),
    *("ignition", "work", "weight_kg", "temperature_c", "antenna_cut", "power_cut"),
    *("backfill", "quality", "batch", "batch_place"),
)
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH_US = 946_684_800_000_000  # 2000-01-01, from where timestamptz counts, since 1970
_TEXT_OID = 25
LONGEST_ID_BYTES = 0xFFF
_TYPES = {
    **dict.fromkeys(("fix_time", "received_at", "batch"), ">i8"),
    **dict.fromkeys(("lon", "lat", "speed_kmh", "course_deg", "altitude_m"), ">f8"),
    **dict.fromkeys(("weight_kg", "temperature_c"), ">f8"),
    **dict.fromkeys(("satellites", "batch_place"), ">i4"),
    **dict.fromkeys(("body_raised", "ignition", "antenna_cut", "power_cut", "backfill"), "i1"),
    "quality": ">i2",
}
_MAY_BE_UNKNOWN = (
    *("speed_kmh", "course_deg", "altitude_m", "satellites", "weight_kg", "temperature_c"),
    *("body_raised", "ignition", "antenna_cut", "power_cut"),
)
_LIDS = {code: lid for lid, code in LID_CODES.items()}
_LOADS = {code: load for load, code in LOAD_CODES.items()}


class _Layout(NamedTuple):
    """What the rows of an array have in common: lengths of ids, codes, columns that are unknown."""

    vehicle_id: int
    terminal_id: int
    lid: int
    load: int
    work: int
    unknown: tuple[str, ...]


def copy_of(positions: PositionColumns, batch: int) -> bytes:
    """What `COPY position (COLUMNS) FROM STDIN (FORMAT binary)` reads; the rows lie in any order.

    The order is one of what is in the rows alone, so two writers of the same rows have the same.

    Raises:
        StoreRefused: a number of satellites that the column cannot hold, an id that is no id.
        UnicodeEncodeError: an id that is no text.
    """
    fixes = positions.fixes
    vehicle_ids = _Texts(fixes.vehicle_ids, fixes.vehicle)
    terminal_ids = _Texts(positions.terminal_ids, positions.terminal)
    values: dict[str, npt.NDArray[np.generic]] = {
        "fix_time": _timestamps(fixes.t),
        "received_at": _timestamps(fixes.received_t),
        "batch_place": np.arange(len(fixes)),
        "altitude_m": positions.altitude_m,
        "satellites": _counts(positions.satellites),
        **{name: getattr(fixes, name) for name in ("lon", "lat", "speed_kmh", "course_deg")},
        **{name: getattr(fixes, name) for name in ("weight_kg", "temperature_c", "quality")},
        **{name: getattr(fixes, name) for name in ("body_raised", "ignition", "backfill")},
        **{name: getattr(fixes, name) for name in ("antenna_cut", "power_cut")},
    }
    in_order = np.lexsort((fixes.t, vehicle_ids.rank[fixes.vehicle]))
    blocks = [_HEADER]
    for layout, rows in _by_layout(positions, values, vehicle_ids, terminal_ids, in_order):
        records = np.repeat(_template(layout), len(rows))
        records["vehicle_id"] = vehicle_ids.of_length(layout.vehicle_id)[fixes.vehicle[rows]]
        records["terminal_id"] = terminal_ids.of_length(layout.terminal_id)[
            positions.terminal[rows]
        ]
        for name, column in values.items():
            if name not in layout.unknown:
                records[name] = column[rows]
        records["batch"] = batch
        blocks.append(records.tobytes())
    blocks.append(_TRAILER)
    return b"".join(blocks)


class _Texts:
    """Distinct texts as UTF-8, and the length of each of n rows'; `rank` is their order."""

    def __init__(self, texts: tuple[str, ...], number: Ints) -> None:
        encoded = [text.encode() for text in texts]
        lengths = np.array([len(text) for text in encoded], dtype=np.int64)
        if np.any((lengths < 1) | (lengths > LONGEST_ID_BYTES)):
            raise StoreRefused(f"an id of {lengths.max()} bytes, 1 to {LONGEST_ID_BYTES} are kept")
        self.lengths = lengths[number]
        self._texts = np.array(encoded)
        self.rank = np.empty(len(texts), dtype=np.intp)
        self.rank[np.argsort(self._texts, kind="stable")] = np.arange(len(texts))

    def of_length(self, length: int) -> npt.NDArray[np.bytes_]:
        """Each text, those of other lengths cut or filled: for rows of this one."""
        return self._texts.astype(f"S{length}", copy=False)


def _by_layout(
    positions: PositionColumns,
    values: dict[str, npt.NDArray[np.generic]],
    vehicle_ids: _Texts,
    terminal_ids: _Texts,
    in_order: Ints,
) -> Iterator[tuple[_Layout, Ints]]:
    fixes = positions.fixes
    key = vehicle_ids.lengths << 40 | terminal_ids.lengths << 28
    key |= (fixes.lid.astype(np.int64) + 1) << 26 | (fixes.load.astype(np.int64) + 1) << 24
    key |= fixes.work.astype(np.int64) << 16
    for place, name in enumerate(_MAY_BE_UNKNOWN):
        key |= _is_unknown(values[name]).astype(np.int64) << place
    key = key[in_order]
    for number in np.unique(key).tolist():
        layout = _Layout(
            vehicle_id=number >> 40,
            terminal_id=(number >> 28) & 0xFFF,
            lid=((number >> 26) & 3) - 1,
            load=((number >> 24) & 3) - 1,
            work=(number >> 16) & 0xFF,
            unknown=tuple(name for n, name in enumerate(_MAY_BE_UNKNOWN) if number >> n & 1),
        )
        yield layout, in_order[key == number]


@lru_cache(maxsize=1024)
def _template(layout: _Layout) -> npt.NDArray[np.void]:
    """One record with its lengths and all that is the same in every row of the layout."""
    texts = {
        "lid": (_LIDS[layout.lid] or "").encode(),
        "load": (_LOADS[layout.load] or "").encode(),
        "work": _text_array([work for work, bit in WORK_BITS.items() if layout.work & bit]),
    }
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    lengths: dict[str, int] = {}
    for name in COLUMNS:
        fields.append((f"{name} length", ">i4"))
        if name in layout.unknown or texts.get(name) == b"":
            lengths[name] = -1
            continue
        if name in _TYPES:
            kind = _TYPES[name]
        else:
            kind = f"S{len(texts[name]) if name in texts else getattr(layout, name)}"
        lengths[name] = np.dtype(kind).itemsize
        fields.append((name, kind))
    record = np.zeros(1, dtype=fields)
    record["fields"] = len(COLUMNS)
    for name, length in lengths.items():
        record[f"{name} length"] = length
        if name in texts and length > 0:
            record[name] = texts[name]
    return record


def _text_array(texts: list[str]) -> bytes:
    """A text[] (array_recv): dimensions, no nulls, type of the elements, and these."""
    if not texts:
        return struct.pack(">3i", 0, 0, _TEXT_OID)
    encoded = [text.encode() for text in texts]
    elements = b"".join(struct.pack(">i", len(text)) + text for text in encoded)
    return struct.pack(">5i", 1, 0, _TEXT_OID, len(encoded), 1) + elements


def _timestamps(t: Floats) -> npt.NDArray[np.int64]:
    return np.rint(t * 1e6).astype(np.int64) - _EPOCH_US


def _counts(values: Floats) -> Floats:
    if np.any((values < 0) | (values >= 2**31)):
        raise StoreRefused(f"satellites: {np.nanmax(np.abs(values)):.0f}")
    return values


def _is_unknown(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    unknown: npt.NDArray[np.bool_] = (
        np.isnan(values) if values.dtype.kind == "f" else values == UNKNOWN
    )
    return unknown
