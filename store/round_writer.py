"""Rounds of sanitation trucks into the database, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

import msgspec
from psycopg.types.json import Jsonb

from geofence.finding import Round
from store.database import Connection
from store.told_writer import write_told

ROUND_NAMESPACE = UUID("0b5f4b0a-7f38-5f0e-8f6e-5a3c3e6d9d77")


def round_id_of(plan_id: str, window_from: datetime) -> UUID:
    """The id under which a round is linked to: UUIDv5 of its identity, `window_from` in UTC."""
    return uuid5(ROUND_NAMESPACE, f"{window_from.astimezone(UTC).isoformat()} {plan_id}")


def write_rounds(conn: Connection, rounds: Sequence[Round]) -> int:
    """How many rows changed. Of one round only the last word counts; a withdrawn one is removed."""
    return write_told(conn, rounds, "round", _row)


def _row(told: Round) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(told),
        "round_id": round_id_of(told.plan_id, told.window_from),
        "vehicle_ids": list(told.vehicle_ids),
        "state": told.state.value,
        "segments": Jsonb(told.segments, dumps=msgspec.json.encode),
    }
