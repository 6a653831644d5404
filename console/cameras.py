"""How the cameras are: their streams, what is wrong with them, where they stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from config.site import Site
from console.responses import CameraEntry, CamerasResponse
from store.cameras import camera_faults, camera_states
from store.database import Connection
from store.placements import cameras_now, placements_asked

FAULTS_WITHIN = timedelta(days=30)


def read_cameras(conn: Connection, site: Site) -> CamerasResponse:
    """Each camera that ever reported, by id, as it is placed now.

    Raises:
        StoreError: the database does not answer.
    """
    placed = cameras_now(conn, site)
    asked = {placement.camera_id for placement in placements_asked(conn)}
    since = datetime.now(UTC) - FAULTS_WITHIN
    about = {found.camera_id: found for found in camera_faults(conn, since)}
    cameras = []
    for state in camera_states(conn):
        camera, found = placed.get(state.camera_id), about.get(state.camera_id)
        cameras.append(
            CameraEntry(
                **msgspec.structs.asdict(state),
                faults=list(found.faults) if found else [],
                picture_at=found.picture_at if found else None,
                placement_asked=state.camera_id in asked,
                lon=camera.lon if camera else None,
                lat=camera.lat if camera else None,
                heading_deg=camera.heading_deg if camera else None,
            )
        )
    return CamerasResponse(cameras=cameras)
