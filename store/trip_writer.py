"""Trips into the database, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

import msgspec

from geofence.finding import Trip
from store.database import Connection
from store.told_writer import write_told

TRIP_NAMESPACE = UUID("6f6c1d1e-5d0e-5d5c-9b0b-3f2d6f0c7a41")


def trip_id_of(vehicle_id: str, began_at: datetime) -> UUID:
    """The id under which a trip is linked to: UUIDv5 of its identity, `began_at` in UTC."""
    return uuid5(TRIP_NAMESPACE, f"{began_at.astimezone(UTC).isoformat()} {vehicle_id}")


def write_trips(conn: Connection, trips: Sequence[Trip]) -> int:
    """How many rows changed. Of one trip only the last word counts; a withdrawn one is removed."""
    return write_told(conn, trips, "trip", _row)


def _row(trip: Trip) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(trip),
        "trip_id": trip_id_of(trip.vehicle_id, trip.began_at),
        "outcome": trip.outcome.value,
    }
