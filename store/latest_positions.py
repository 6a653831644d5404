"""Each vehicle's newest good position, on its way to the table `latest_position`."""

from __future__ import annotations

import time

import numpy as np

from ingest.position import Quality
from ingest.position_columns import PositionColumns
from store.database import Connection
from store.errors import translated
from store.position_writer import stage_positions
from store.sql import query

EVERY_S = 0.5
"""How often the table follows while full batches press."""
FULL_BATCH = 500


class LatestPositions:
    """Waits for the table to follow; never changed, a lost transaction leaves the one before it.

    Under load a vehicle's row would be written again and again between two looks at it, at the cost
    of the history itself. So it follows with the first batch after `EVERY_S`; a batch that is not
    full takes all along at once.
    """

    def __init__(self, due_s: float = 0.0) -> None:
        self._due_s = due_s
        self._waiting: dict[str, tuple[float, PositionColumns, int]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def due_with(self, rows: int) -> bool:
        """Whether they are to be written with a batch of so many rows."""
        return rows < FULL_BATCH or time.monotonic() >= self._due_s

    def and_of(self, positions: PositionColumns) -> LatestPositions:
        """These, and the newest of a batch."""
        merged = LatestPositions(self._due_s)
        merged._waiting = self._waiting.copy()
        fixes = positions.fixes
        good = np.nonzero(fixes.quality == Quality.GOOD)[0]
        order = good[np.lexsort((fixes.t[good], fixes.vehicle[good]))]
        vehicle = fixes.vehicle[order]
        newest = order[np.diff(vehicle, append=-1) != 0]
        for row, number, t in zip(
            newest.tolist(), fixes.vehicle[newest].tolist(), fixes.t[newest].tolist(), strict=True
        ):
            vehicle_id = fixes.vehicle_ids[number]
            known = merged._waiting.get(vehicle_id)
            if known is None or known[0] < t:
                merged._waiting[vehicle_id] = (t, positions, row)
        return merged

    def write(self, conn: Connection) -> LatestPositions:
        """Write all in the caller's transaction; returns what waits when it is committed: none."""
        rows: dict[int, list[int]] = {}
        batches = {id(positions): positions for _, positions, _ in self._waiting.values()}
        for _, positions, row in self._waiting.values():
            rows.setdefault(id(positions), []).append(row)
        for key, positions in batches.items():
            stage_positions(conn, positions.take(np.array(rows[key], dtype=np.intp)), 0)
        if batches:
            conn.execute(query("upsert_latest"))
        return LatestPositions(time.monotonic() + EVERY_S)


def catch_up(conn: Connection, batch: int) -> None:
    """Bring the table up to what was stored after the batch of that number: some may have waited.

    Raises:
        StoreUnavailable: not known to be done.
    """
    with translated("catching up with the latest positions"):
        conn.execute(query("stage_positions"))
        with conn.transaction():
            first, last = conn.execute(query("fix_times_since"), {"batch": batch}).fetchone() or (
                None,
                None,
            )
            if first is not None:
                since = {"batch": batch, "first": first, "last": last}
                conn.execute(query("stage_good_since"), since)
                conn.execute(query("upsert_latest"))
