"""The newest picture of each camera, to look at and to draw its placement in (最新画面)."""

from __future__ import annotations

from datetime import datetime

import msgspec
from psycopg.rows import dict_row

from store.database import Connection
from store.errors import translated
from store.sql import query


class CameraPicture(msgspec.Struct, frozen=True, kw_only=True):
    """`content` is a JPEG of `width_px` × `height_px`; `captured_at` is aware."""

    camera_id: str
    captured_at: datetime
    width_px: int
    height_px: int
    content: bytes


def put_camera_picture(conn: Connection, picture: CameraPicture) -> None:
    """Make it the camera's newest, unless a newer one is there."""
    with translated(f"writing the picture of camera {picture.camera_id}"):
        conn.execute(query("put_camera_picture"), msgspec.structs.asdict(picture))


def camera_picture(conn: Connection, camera_id: str) -> CameraPicture | None:
    """None where the camera never gave one."""
    with translated("reading a camera's picture"), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("camera_picture"), {"camera_id": camera_id}).fetchone()
    return None if row is None else CameraPicture(**{**row, "content": bytes(row["content"])})
