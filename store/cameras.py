"""How each camera is: written by the vision workers, read by the console."""

from __future__ import annotations

from datetime import datetime

import msgspec
from psycopg.rows import class_row

from store.database import Connection
from store.errors import translated
from store.sql import query


class CameraState(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is `online`, `offline` or `frozen`; `seen_at` when it was last online.

    Frames are counted since the worker's start.
    """

    camera_id: str
    state: str
    seen_at: datetime | None
    frames_seen: int
    frames_detected: int
    detail: str | None
    updated_at: datetime


def put_camera_state(  # noqa: PLR0917  the columns of one row
    conn: Connection,
    camera_id: str,
    state: str,
    frames_seen: int,
    frames_detected: int,
    detail: str | None = None,
) -> None:
    """Set a camera's state; `NOTIFY camera` with its id when the state itself changed."""
    row = {
        "camera_id": camera_id,
        "state": state,
        "frames_seen": frames_seen,
        "frames_detected": frames_detected,
        "detail": detail,
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
