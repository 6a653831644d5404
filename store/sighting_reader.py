"""Sightings for those who look, and for those who find out who they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.rows import dict_row

from alerts.alert import PassedBy
from detection.scene_event import Snapshot
from detection.sighting import Sighting
from store.alert_reader import EvidenceContent
from store.database import Connection
from store.errors import translated
from store.sighting_row import StoredSighting, sighting_of, stored_sighting_of
from store.sql import query

MOST_AT_ONCE = 500


class UnlaidPassers(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of a camera of whose passers nothing was said yet; `lon`, `lat` its own place."""

    camera_id: str
    started_at: datetime
    lon: float
    lat: float
    passers: tuple[PassedBy, ...]


def recent_sightings(
    conn: Connection,
    *,
    camera_id: str | None = None,
    vehicle_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[StoredSighting]:
    """Sightings in [since, until), newest first; None does not filter.

    `vehicle_id` finds those that a person, or where none spoke the rules, took for that vehicle.
    `before` is (at, sighting_id) of the last of the page before.
    """
    parameters: dict[str, object] = {
        "camera_id": camera_id,
        "vehicle_id": vehicle_id,
        "since": since,
        "until": until,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": limit,
    }
    return _stored(conn, "recent_sightings", parameters)


def sighting(conn: Connection, sighting_id: UUID) -> StoredSighting | None:
    """One sighting; None where there is none of that id."""
    found = _stored(conn, "one_sighting", {"sighting_id": sighting_id})
    return found[0] if found else None


def sighting_picture(conn: Connection, sighting_id: UUID) -> EvidenceContent | None:
    """Its snapshot; None where there is none, or none any more."""
    with translated("reading a sighting's picture"):
        row = conn.execute(query("sighting_picture"), {"sighting_id": sighting_id}).fetchone()
    if row is None:
        return None
    return EvidenceContent(media_type="image/jpeg", content=bytes(row[0]), sha256=bytes(row[1]))


def with_snapshot(conn: Connection, seen: Sighting) -> Sighting:
    """The sighting with its snapshot, where that is still kept."""
    parameters = {"sighting_id": seen.sighting_id, "at": seen.at}
    with translated("reading a sighting's picture"), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("sighting_snapshot"), parameters).fetchone()
    if row is None:
        return seen
    return msgspec.structs.replace(seen, snapshot=msgspec.convert(row, Snapshot))


def sightings_between(
    conn: Connection, camera_id: str, since: datetime, until: datetime
) -> list[Sighting]:
    """What a camera saw in [since, until], oldest first."""
    parameters = {"camera_id": camera_id, "since": since, "until": until}
    with translated("reading sightings"), conn.cursor(row_factory=dict_row) as cursor:
        return [sighting_of(row) for row in cursor.execute(query("sightings_between"), parameters)]


def sightings_open(
    conn: Connection, camera_ids: Sequence[str], since: datetime
) -> list[StoredSighting]:
    """Sightings since that the rules are not done with, oldest first."""
    parameters = {"camera_ids": list(camera_ids), "since": since, "limit": MOST_AT_ONCE}
    return _stored(conn, "sightings_open", parameters)


def sightings_of_tracks(
    conn: Connection, track_uids: Sequence[UUID], since: datetime
) -> list[StoredSighting]:
    parameters = {"track_uids": list(track_uids), "since": since}
    return _stored(conn, "sightings_of_tracks", parameters)


def passers_unlaid(
    conn: Connection, camera_ids: Sequence[str], since: datetime
) -> list[UnlaidPassers]:
    """Alerts of these cameras since, not yet laid at anybody though somebody passed."""
    parameters = {"camera_ids": list(camera_ids), "since": since, "limit": MOST_AT_ONCE}
    with translated("reading alerts"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("passers_unlaid"), parameters).fetchall()
    return msgspec.convert(rows, list[UnlaidPassers])


def _stored(conn: Connection, name: str, parameters: dict[str, object]) -> list[StoredSighting]:
    with translated("reading sightings"), conn.cursor(row_factory=dict_row) as cursor:
        return [stored_sighting_of(row) for row in cursor.execute(query(name), parameters)]
