"""Where mobile cameras were placed and what was drawn in their pictures, then and now (布点)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from config.camera import Camera, CameraZone, GroundPoint
from config.cameras_file import CAMERAS
from config.cameras_write import with_cameras
from config.problem import ProblemList
from config.site import Site
from config.site_files import load_site
from config.site_toml import FILE as SITE_TOML
from config.site_toml import read_head
from store.database import Connection
from store.errors import translated
from store.site import read_site_files
from store.sql import query

CHANNEL = "placement"
"""`NOTIFY placement` with the camera's id, whenever one of its placements changed."""


class PlacementState(StrEnum):
    ASKED = "asked"  # 待标定
    DRAWN = "drawn"  # 已标定


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """One placement of one camera; place in WGS-84.

    Attributes:
        placement_id: names it for ever: sightings and events are of a placement.
        state: `asked` until somebody drew zones into its picture.
        placed_at: aware; since when it counts. The newest drawn one is in force.
        placed_by: the operator who drew it; `rules` where it was asked for.
        has_picture: whether the picture that it is drawn in was kept; ignored when written.
    """

    camera_id: str
    placement_id: str
    state: PlacementState
    placed_at: datetime
    placed_by: str
    lon: float
    lat: float
    heading_deg: float | None = None
    zones: tuple[CameraZone, ...] = ()
    ground_points: tuple[GroundPoint, ...] = ()
    has_picture: bool = False


def put_placement(conn: Connection, placement: Placement, picture: bytes | None = None) -> bool:
    """Store a placement, or what changed of one; whether it was. `NOTIFY placement`.

    `picture` is the JPEG it is drawn in; None leaves the one there is. A placement that was drawn
    is not asked for again.
    """
    row = {
        **msgspec.structs.asdict(placement),
        "state": placement.state.value,
        "zones": Jsonb(placement.zones, dumps=msgspec.json.encode),
        "ground_points": Jsonb(placement.ground_points, dumps=msgspec.json.encode),
        "picture": picture,
    }
    with translated(f"writing a placement of camera {placement.camera_id}"), conn.transaction():
        changed = conn.execute(query("put_placement"), row).rowcount > 0
        if changed:
            conn.execute(query("notify"), {"channel": CHANNEL, "payload": placement.camera_id})
        return changed


def placements(conn: Connection, camera_id: str) -> list[Placement]:
    """All placements of one camera but the site folder's, newest first."""
    return _placements(conn, "placements", {"camera_id": camera_id})


def placements_asked(conn: Connection) -> list[Placement]:
    """Of the cameras whose newest placement waits to be drawn, that one, by camera."""
    return _placements(conn, "placements_asked", {})


def placement_picture(conn: Connection, camera_id: str, placement_id: str) -> bytes | None:
    """The JPEG that it is, or is to be, drawn in; None where none was kept."""
    parameters = {"camera_id": camera_id, "placement_id": placement_id}
    with translated("reading a placement's picture"):
        row = conn.execute(query("placement_picture"), parameters).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])


def cameras_now(conn: Connection, site: Site) -> dict[str, Camera]:
    """The site's cameras as they are placed now; without a drawn placement as the site has them."""
    return _placed(site.cameras, conn)


def site_now(conn: Connection, site: Site) -> Site:
    """The site with its cameras as they are placed now; the same object where none was moved."""
    cameras = cameras_now(conn, site)
    return site if cameras == dict(site.cameras) else replace(site, cameras=cameras)


def site_files_now(conn: Connection) -> dict[str, bytes]:
    """The site's files with the placements in force written into `cameras.toml`.

    Raises:
        SiteError: what is stored is no sound site.
        ValueError: `cameras.toml` is of a form that cannot be amended.
    """
    with translated("reading the site"), conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        files = read_site_files(conn)
        if CAMERAS not in files:
            return files
        site = load_site(files)
        head = read_head(files[SITE_TOML], ProblemList())
        moved = {
            camera_id: camera
            for camera_id, camera in _placed(site.cameras, conn).items()
            if camera is not site.cameras[camera_id]
        }
        if moved and head is not None:
            files[CAMERAS] = with_cameras(files[CAMERAS], moved, head.datum)
        return files


def _placed(cameras: Mapping[str, Camera], conn: Connection) -> dict[str, Camera]:
    now = dict(cameras)
    for placement in _placements(conn, "placements_in_force", {}):
        camera = now.get(placement.camera_id)
        if camera is not None:
            now[camera.id] = placed(camera, placement)
    return now


def placed(camera: Camera, placement: Placement) -> Camera:
    """The camera as that placement has it."""
    return replace(
        camera,
        lon=placement.lon,
        lat=placement.lat,
        heading_deg=placement.heading_deg,
        zones=placement.zones,
        ground_points=placement.ground_points,
        placement_id=placement.placement_id,
        placed_at=placement.placed_at,
    )


def _placements(conn: Connection, name: str, parameters: dict[str, Any]) -> list[Placement]:
    with translated("reading placements"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query(name), parameters).fetchall()
    return msgspec.convert(rows, list[Placement])
