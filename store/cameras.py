"""How each camera is: written by the vision workers, read by the console."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from alerts.value import Value
from store.database import Connection
from store.errors import translated
from store.sql import query


class CameraState(msgspec.Struct, frozen=True, kw_only=True):
    """How a camera is, as it was told last.

    Attributes:
        state: of `ingest.stream_health`: `online`, `offline` or `frozen`.
        seen_at: when it was last online.
        frames_seen, frames_detected: counted since the worker's start.
        figures: what else the worker tells (frames a second, dropped, share of time awake, faults);
            a name that a reader does not know is passed over.
    """

    camera_id: str
    state: str
    seen_at: datetime | None
    frames_seen: int
    frames_detected: int
    detail: str | None
    figures: dict[str, Value] = {}
    updated_at: datetime


class CameraFaults(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of alerts about the camera itself that go on, and when its newest picture was taken."""

    camera_id: str
    faults: tuple[str, ...]
    picture_at: datetime | None


def put_camera_state(  # noqa: PLR0917  the columns of one row
    conn: Connection,
    camera_id: str,
    state: str,
    frames_seen: int,
    frames_detected: int,
    detail: str | None = None,
    figures: Mapping[str, Value] | None = None,
) -> None:
    """Set a camera's state; `NOTIFY camera` with its id when the state itself changed."""
    row = {
        "camera_id": camera_id,
        "state": state,
        "frames_seen": frames_seen,
        "frames_detected": frames_detected,
        "detail": detail,
        "figures": Jsonb(dict(figures or {}), dumps=msgspec.json.encode),
    }
    with translated(f"writing the state of camera {camera_id}"):
        conn.execute(query("put_camera_state"), row)


def camera_states(conn: Connection) -> list[CameraState]:
    """All cameras that ever reported, by id."""
    with (
        translated("reading camera states"),
        conn.cursor(row_factory=class_row(CameraState)) as cursor,
    ):
        return cursor.execute(query("camera_states")).fetchall()


def camera_faults(conn: Connection, since: datetime) -> list[CameraFaults]:
    """Of all cameras that ever reported; faults that began since then."""
    with (
        translated("reading cameras' faults"),
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(query("camera_faults"), {"since": since}).fetchall()
    return msgspec.convert(rows, list[CameraFaults])
