"""`cameras.toml`: the cameras and the zones drawn in their pictures."""

from __future__ import annotations

import re
from typing import Any

import shapely
from shapely import Polygon

from config.camera import Camera, CameraRole, CameraZone, CameraZoneKind
from config.datum import Datum, point_to_wgs84
from config.fields import Fields
from config.problem import ProblemList
from config.toml_file import TomlFile, read_toml

CAMERAS = "cameras.toml"

_URL = re.compile(r"(rtsps?|https?)://\S+|file:\S+")


def read_cameras(content: bytes, datum: Datum, problems: ProblemList) -> dict[str, Camera]:
    toml = read_toml(CAMERAS, content, problems)
    if toml is None:
        return {}
    for key in toml.data:
        if key != "camera":
            line = toml.line_of("", 0, key) or toml.line_of(key)
            problems.warning(CAMERAS, line, key, "unknown field, not read")
    cameras: dict[str, Camera] = {}
    zones_before = 0
    for number, raw in enumerate(_tables(toml.data.get("camera", []), "camera", problems)):
        camera = _camera(
            toml, number, raw, zones_before=zones_before, datum=datum, problems=problems
        )
        zones = raw.get("zone")
        zones_before += len(zones) if isinstance(zones, list) else 0
        if camera is None:
            continue
        if camera.id in cameras:
            line = toml.line_of("camera", number, "id")
            problems.error(CAMERAS, line, "id", f"{camera.id!r} is there twice")
            continue
        cameras[camera.id] = camera
    return cameras


def _tables(raw: object, name: str, problems: ProblemList) -> list[dict[str, Any]]:
    if isinstance(raw, list) and all(isinstance(entry, dict) for entry in raw):
        return raw
    problems.error(CAMERAS, None, name, f"must be tables [[{name}]]")
    return []


def _camera(
    toml: TomlFile,
    number: int,
    raw: dict[str, Any],
    *,
    zones_before: int,
    datum: Datum,
    problems: ProblemList,
) -> Camera | None:
    fields = Fields(CAMERAS, raw, lambda field: toml.line_of("camera", number, field), problems)
    fields.warn_of_unknown(
        ("id", "name", "stream_url", "lon", "lat", "heading_deg", "role", "zone")
    )
    camera_id = fields.identifier("id", topic_level=True)
    name = fields.text("name")
    stream_url = fields.text("stream_url", required=False) or ""
    if stream_url and not _URL.fullmatch(stream_url):
        fields.error("stream_url", "must be an rtsp://, http(s):// or file: URL, or empty")
    lon = fields.number("lon", at_least=-180, at_most=180)
    lat = fields.number("lat", at_least=-90, at_most=90)
    heading = fields.number("heading_deg", required=False, at_least=0, below=360)
    role = fields.choice("role", CameraRole)
    zones: dict[str, CameraZone] = {}
    for index, entry in enumerate(_tables(raw.get("zone", []), "camera.zone", problems)):
        zone = _zone(toml, zones_before + index, entry, problems)
        if zone is not None and zone.id in zones:
            line = toml.line_of("camera.zone", zones_before + index, "id")
            problems.error(CAMERAS, line, "zone.id", f"{zone.id!r} is there twice in one camera")
        elif zone is not None:
            zones[zone.id] = zone
    if camera_id is None or name is None or lon is None or lat is None or role is None:
        return None
    lon, lat = point_to_wgs84(datum, lon, lat)
    return Camera(camera_id, name, stream_url, lon, lat, heading, role, tuple(zones.values()))


def _zone(
    toml: TomlFile, number: int, raw: dict[str, Any], problems: ProblemList
) -> CameraZone | None:
    fields = Fields(
        CAMERAS, raw, lambda field: toml.line_of("camera.zone", number, field), problems
    )
    fields.warn_of_unknown(("id", "kind", "points"))
    zone_id = fields.identifier("id")
    kind = fields.choice("kind", CameraZoneKind)
    if zone_id is None or kind is None:
        return None
    points = _points(fields, kind)
    return None if points is None else CameraZone(zone_id, kind, points)


def _points(fields: Fields, kind: CameraZoneKind) -> tuple[tuple[float, float], ...] | None:
    raw = fields.values.get("points")
    least = 2 if kind is CameraZoneKind.GATE_LINE else 3
    if not isinstance(raw, list) or len(raw) < least:
        fields.error("points", f"a {kind} needs at least {least} points [x, y]")
        return None
    points = []
    for point in raw:
        numbers = isinstance(point, list) and [
            n for n in point if isinstance(n, int | float) and not isinstance(n, bool)
        ]
        if not numbers or len(numbers) != 2 or len(point) != 2:
            fields.error("points", f"{point!r} is not a point [x, y]")
            return None
        if not all(0 <= n <= 1 for n in numbers):
            fields.error("points", f"{point!r}: points are fractions of the picture, from 0 to 1")
            return None
        points.append((float(numbers[0]), float(numbers[1])))
    if kind is not CameraZoneKind.GATE_LINE:
        polygon = Polygon(points)
        if not polygon.is_valid or polygon.area == 0:
            fields.error("points", f"invalid polygon: {shapely.is_valid_reason(polygon)}")
            return None
    return tuple(points)
