"""Rounds of sanitation trucks for those who look: lists, one round with its segments, a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row, dict_row

from geofence.finding import Round, RoundState, SegmentState, ZoneVisit
from store.alert_reader import alerts_overlapping
from store.alert_row import StoredAlert
from store.database import Connection
from store.errors import translated
from store.sql import query
from store.track import Stretch, track
from store.visit_reader import visits_overlapping


class SegmentCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many segments of a round are in one state, and how long they are together."""

    state: SegmentState
    segments: int
    length_m: float


class StoredRound(msgspec.Struct, frozen=True, kw_only=True):
    """`counts` sums up the segments; in a list `round.segments` itself is left out."""

    round_id: UUID
    round: Round
    counts: tuple[SegmentCount, ...]
    updated_at: datetime


class RoundPage(msgspec.Struct, frozen=True, kw_only=True):
    """One round with its segments, and what its vehicles did in its window.

    Attributes:
        tracks: vehicle id -> stretches.
        visits, alerts: those of its vehicles that share a moment with the window.
    """

    stored: StoredRound
    tracks: Mapping[str, tuple[Stretch, ...]]
    visits: tuple[ZoneVisit, ...]
    alerts: tuple[StoredAlert, ...]


class PlanCount(msgspec.Struct, frozen=True, kw_only=True):
    """The rounds of one plan in a stretch of time.

    Attributes:
        coverage: mean over its rounds, 0 to 1.
        late_s: of the latest one; None where none was late.
        missed: segments missed, over all of them.
    """

    plan_id: str
    route_id: str
    rounds: int
    done: int
    late: int
    incomplete: int
    held_back: int
    under_way: int
    coverage: float
    late_s: float | None
    missed: int


def recent_rounds(
    conn: Connection,
    *,
    plan_id: str | None = None,
    route_id: str | None = None,
    vehicle_id: str | None = None,
    states: Sequence[RoundState] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[StoredRound]:
    """Rounds by window, newest first; None does not filter. Windows that begin in [since, until).

    `before` is (window_from, round_id) of the last round of the page before.
    """
    parameters = {
        "plan_id": plan_id,
        "route_id": route_id,
        "vehicle_id": vehicle_id,
        "states": None if states is None else [state.value for state in states],
        "since": since,
        "until": until,
        "before_window_from": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": limit,
    }
    with translated("reading rounds"), conn.cursor(row_factory=dict_row) as cursor:
        return [
            StoredRound(
                round_id=row["round_id"],
                round=_round(row | {"segments": ()}),
                counts=msgspec.convert(row["counts"], tuple[SegmentCount, ...]),
                updated_at=row["updated_at"],
            )
            for row in cursor.execute(query("recent_rounds"), parameters)
        ]


def stored_round(conn: Connection, round_id: UUID) -> StoredRound | None:
    """One round with its segments; None where there is none of that id."""
    with translated("reading a round"), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("one_round"), {"round_id": round_id}).fetchone()
    if row is None:
        return None
    found = _round(row)
    return StoredRound(
        round_id=round_id, round=found, counts=_counts(found), updated_at=row["updated_at"]
    )


def round_page(conn: Connection, round_id: UUID) -> RoundPage | None:
    """One round with all that belongs to it, as of one moment; None where there is none."""
    with translated("reading a round"), conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        stored = stored_round(conn, round_id)
        if stored is None:
            return None
        found = stored.round
        # Who finished late worked on after the window.
        span = (found.window_from, max(found.window_to, found.finished_at or found.window_to))
        return RoundPage(
            stored=stored,
            tracks={vehicle: track(conn, vehicle, *span) for vehicle in found.vehicle_ids},
            visits=tuple(visits_overlapping(conn, found.vehicle_ids, *span)),
            alerts=tuple(alerts_overlapping(conn, found.vehicle_ids, *span)),
        )


def plan_counts(conn: Connection, since: datetime, until: datetime) -> list[PlanCount]:
    """The rounds whose windows begin in [since, until), by plan."""
    with translated("counting rounds"), conn.cursor(row_factory=class_row(PlanCount)) as cursor:
        return cursor.execute(query("plan_counts"), {"since": since, "until": until}).fetchall()


def _round(row: Mapping[str, Any]) -> Round:
    names = (name for name in Round.__struct_fields__ if name != "withdrawn")
    return msgspec.convert({name: row[name] for name in names}, Round)


def _counts(found: Round) -> tuple[SegmentCount, ...]:
    lengths: dict[SegmentState, list[float]] = {}
    for segment in found.segments:
        lengths.setdefault(segment.state, []).append(segment.length_m)
    return tuple(
        SegmentCount(state=state, segments=len(lengths[state]), length_m=sum(lengths[state]))
        for state in sorted(lengths)
    )
