"""Placements over HTTP: a camera's newest picture, what is drawn in it, and its history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from config.camera import Camera, CameraZone, CameraZoneKind, GroundPoint, Side
from config.cameras_file import read_cameras
from config.cameras_write import camera_toml
from config.datum import Datum
from config.problem import ProblemList, Severity
from config.site import Site
from console.api import Conn
from console.placement_fit import fit_response
from console.placement_responses import (
    FitRequest,
    FitResponse,
    GroundPointEntry,
    PlacementDraft,
    PlacementEntry,
    PlacementsResponse,
    ZoneEntry,
)
from store.camera_pictures import camera_picture
from store.database import Connection
from store.placements import (
    Placement,
    PlacementState,
    cameras_now,
    placement_picture,
    placements,
    put_placement,
)
from store.site import read_site

router = APIRouter(prefix="/api/v1/cameras")


@router.get("/{camera_id}/picture", response_class=Response)
def newest_picture(conn: Conn, camera_id: str) -> Response:
    """The camera's newest stored picture, a JPEG some seconds old; when, in `X-Captured-At`."""
    _known(read_site(conn), camera_id)
    picture = camera_picture(conn, camera_id)
    if picture is None:
        raise HTTPException(404, f"camera {camera_id} has given no picture yet")
    headers = {"X-Captured-At": picture.captured_at.isoformat(), "Cache-Control": "no-store"}
    return Response(picture.content, media_type="image/jpeg", headers=headers)


@router.get("/{camera_id}/placement")
def placement(conn: Conn, camera_id: str) -> PlacementsResponse:
    """The placement in force, whether another is asked for, and all that were, newest first."""
    site = read_site(conn)
    _known(site, camera_id)
    return _response(conn, site, camera_id)


@router.get("/{camera_id}/placements/{placement_id}/picture", response_class=Response)
def placed_picture(conn: Conn, camera_id: str, placement_id: str) -> Response:
    """The picture that a placement was drawn in."""
    _known(read_site(conn), camera_id)
    content = placement_picture(conn, camera_id, placement_id)
    if content is None:
        raise HTTPException(404, f"no picture of placement {placement_id} was kept")
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private"})


@router.post("/{camera_id}/fit")
def fit(conn: Conn, camera_id: str, body: FitRequest) -> FitResponse:
    """How well ground points tie the picture to the map; nothing is stored."""
    _known(read_site(conn), camera_id)
    return fit_response([_ground_point(point) for point in body.ground_points])


@router.put("/{camera_id}/placement")
def place(conn: Conn, request: Request, camera_id: str, body: PlacementDraft) -> PlacementsResponse:
    """Put a placement in force from now on, drawn in the newest picture.

    422 with every problem, as `muckwatch check` tells them, where it is not sound.
    """
    site = read_site(conn)
    drawn = _drawn(_known(site, camera_id), body)
    wrong = _problems(drawn, site)
    if wrong:
        raise HTTPException(422, "; ".join(wrong))
    now = datetime.now(UTC)
    picture = camera_picture(conn, camera_id)
    put_placement(
        conn,
        Placement(
            camera_id=camera_id,
            placement_id=f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}",
            state=PlacementState.DRAWN,
            placed_at=now,
            placed_by=request.state.operator,
            lon=drawn.lon,
            lat=drawn.lat,
            heading_deg=drawn.heading_deg,
            zones=drawn.zones,
            ground_points=drawn.ground_points,
        ),
        None if picture is None else picture.content,
    )
    return _response(conn, site, camera_id)


def _known(site: Site, camera_id: str) -> Camera:
    camera = site.cameras.get(camera_id)
    if camera is None:
        raise HTTPException(404, f"no camera {camera_id}")
    return camera


def _drawn(camera: Camera, draft: PlacementDraft) -> Camera:
    return replace(
        camera,
        lon=draft.lon,
        lat=draft.lat,
        heading_deg=draft.heading_deg,
        zones=tuple(
            CameraZone(
                zone.id,
                CameraZoneKind(zone.kind),
                tuple(zone.points),
                Side(zone.inside) if zone.inside else Side.RIGHT,
            )
            for zone in draft.zones
        ),
        ground_points=tuple(_ground_point(point) for point in draft.ground_points),
    )


def _problems(camera: Camera, site: Site) -> list[str]:
    """What the check of a site folder would say of it."""
    problems = ProblemList()
    read_cameras(camera_toml(camera, Datum.WGS84).encode(), Datum.WGS84, problems, site.zones)
    return [
        f"{problem.field}: {problem.message}" if problem.field else problem.message
        for problem in problems.found
        if problem.severity is Severity.ERROR
    ]


def _response(conn: Connection, site: Site, camera_id: str) -> PlacementsResponse:
    camera = cameras_now(conn, site)[camera_id]
    history = placements(conn, camera_id)
    in_force = next((p for p in history if p.placement_id == camera.placement_id), None)
    return PlacementsResponse(
        camera_id=camera_id,
        name=camera.name,
        current=PlacementEntry(
            **_marks(camera.zones, camera.ground_points),
            lon=camera.lon,
            lat=camera.lat,
            heading_deg=camera.heading_deg,
            placement_id=camera.placement_id,
            state="drawn",
            placed_at=camera.placed_at,
            placed_by=in_force.placed_by if in_force else "",
            has_picture=in_force.has_picture if in_force else False,
        ),
        asked=bool(history) and history[0].state is PlacementState.ASKED,
        history=[
            PlacementEntry(
                **_marks(p.zones, p.ground_points),
                lon=p.lon,
                lat=p.lat,
                heading_deg=p.heading_deg,
                placement_id=p.placement_id,
                state=p.state.value,
                placed_at=p.placed_at,
                placed_by=p.placed_by,
                has_picture=p.has_picture,
            )
            for p in history
        ],
    )


def _marks(
    zones: tuple[CameraZone, ...], points: tuple[GroundPoint, ...]
) -> dict[str, list[ZoneEntry] | list[GroundPointEntry]]:
    return {
        "zones": [
            ZoneEntry(
                id=zone.id,
                kind=zone.kind.value,
                points=list(zone.points),
                inside=zone.inside.value if zone.kind is CameraZoneKind.GATE_LINE else None,
            )
            for zone in zones
        ],
        "ground_points": [GroundPointEntry(x=p.x, y=p.y, lon=p.lon, lat=p.lat) for p in points],
    }


def _ground_point(entry: GroundPointEntry) -> GroundPoint:
    return GroundPoint(entry.x, entry.y, entry.lon, entry.lat)
