"""The fixes that are kept, so that a late one can be put where it belongs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geofence.projection import Floats
from ingest.fixes import COLUMNS, Fixes, Ints

ODOMETERS = ("fixes", "way_m", "moving_s", "off_route_m", "missing_s", "lid_open_s")
"""What is counted along a track, from its first fix on: how many fixes, the way driven, how long it
moved, how much of the way off every route, how long it was silent on the way, how long it drove
with the lid open."""

_LEFT_OUT = ("vehicle", "received_t", "quality")  # said by the slot, or all alike
KEPT_COLUMNS = tuple(c for c in COLUMNS if c not in _LEFT_OUT)
_CODES = frozenset(
    ("lid", "load", "body_raised", "ignition", "antenna_cut", "power_cut", "work", "backfill")
)
_LOOKED_THROUGH_FROM = 20_000  # fewer rows are a few megabytes
KeptRows = npt.NDArray[np.void]


@cache
def kept_dtype(rules: int) -> np.dtype[np.void]:
    """One kept fix; `odometer` as it stood at it, `codes` what the rules saw."""
    return np.dtype(
        [("slot", np.int32)]
        + [(name, np.int8 if name in _CODES else np.float64) for name in KEPT_COLUMNS]
        + [("odometer", np.float64, (len(ODOMETERS),)), ("codes", np.uint64, (rules,))]
    )


def kept_rows(
    slot: Ints, fixes: Fixes, odometer: Floats, codes: npt.NDArray[np.uint64]
) -> KeptRows:
    """Rows to keep of n fixes; odometer (n, 6), codes (n, rules)."""
    rows = np.empty(len(slot), dtype=kept_dtype(codes.shape[1]))
    rows["slot"], rows["odometer"], rows["codes"] = slot, odometer, codes
    for name in KEPT_COLUMNS:
        rows[name] = getattr(fixes, name)
    return rows


def as_fixes(rows: KeptRows) -> Fixes:
    """Kept rows as fixes again; vehicles are not named and `vehicle` is the slot."""
    columns: dict[str, Any] = {name: rows[name] for name in KEPT_COLUMNS[3:]}
    columns["backfill"] = rows["backfill"].astype(bool)
    slot = rows["slot"].astype(np.intp)
    return Fixes.plain((), slot, rows["t"], rows["lon"], rows["lat"], **columns)


@dataclass(frozen=True, slots=True)
class Kept:
    """Chunks of kept rows, in order of arrival and each about half as long as the one before.

    So keeping one more batch costs little, whatever is kept already.
    """

    chunks: tuple[KeptRows, ...] = ()
    needed: int = 0  # rows that were left when it was last looked through

    def __len__(self) -> int:
        return sum(map(len, self.chunks))

    @property
    def crowded(self) -> bool:
        """Whether so much has come since that it is worth looking through for what can go."""
        return len(self) > 2 * self.needed + _LOOKED_THROUGH_FROM

    def with_rows(self, rows: KeptRows) -> Kept:
        chunks = [*self.chunks, rows]
        while len(chunks) > 1 and len(chunks[-2]) <= 2 * len(chunks[-1]):
            last = chunks.pop()
            chunks[-1] = np.concatenate([chunks[-1], last])
        return Kept(tuple(chunks), self.needed)

    def of(self, slots: Iterable[int]) -> KeptRows | None:
        """All rows of some slots, sorted by slot and time; None where nothing is kept at all."""
        wanted = np.array(sorted(slots), dtype=np.int32)
        found = [chunk[np.isin(chunk["slot"], wanted)] for chunk in self.chunks]
        return _sorted(np.concatenate(found)) if found else None

    def before(self, from_t: Floats, slots: Iterable[int]) -> Kept:
        """Without the rows of some slots from a time on; from_t (all slots,)."""
        changed = np.array(sorted(slots), dtype=np.int32)
        return Kept(
            tuple(
                chunk[~np.isin(chunk["slot"], changed) | (chunk["t"] < from_t[chunk["slot"]])]
                for chunk in self.chunks
            ),
            self.needed,
        )

    def since(self, horizon: Floats) -> Kept:
        """What a fix at its slot's horizon or later can need: all from then on, and one before."""
        if not self.chunks:
            return self
        rows = _sorted(np.concatenate(self.chunks))
        wanted = rows["t"] >= horizon[rows["slot"]]
        # The one before: the next row of the same slot is wanted, or there is none.
        last = np.ones(len(rows), dtype=bool)
        last[:-1] = rows["slot"][1:] != rows["slot"][:-1]
        wanted[:-1] |= wanted[1:] & ~last[:-1]
        rows = rows[wanted | last]
        return Kept((rows,), len(rows))


def _sorted(rows: KeptRows) -> KeptRows:
    return rows[np.lexsort((rows["t"], rows["slot"]))]
