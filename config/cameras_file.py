"""`cameras.toml`: the cameras, and what is drawn and marked in their pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import shapely
from shapely import Polygon

from config.camera import Camera, CameraRole, CameraZone, CameraZoneKind, GroundPoint, Side
from config.datum import Datum, point_to_wgs84
from config.fields import Fields
from config.ground_fit import GroundFitError, fit_ground
from config.problem import ProblemList
from config.toml_file import TomlFile, read_toml
from config.zone import Zone, ZoneKind

CAMERAS = "cameras.toml"

_OF_PLACEMENT = ("site_zone", "zone", "ground_point")
_URL = re.compile(r"(rtsps?|https?)://\S+|file:\S+")


WORST_FIT_M = 5.0
"""Ground points that miss their common plane by more are marked wrongly (ours)."""
POOR_FIT_M = 1.5
"""Beyond it the map is too rough to lay a sighting at one of two trucks side by side (ours)."""


def read_cameras(
    content: bytes, datum: Datum, problems: ProblemList, zones: Mapping[str, Zone] | None = None
) -> dict[str, Camera]:
    """`zones` are the site's, to look `site_zone` up in."""
    toml = read_toml(CAMERAS, content, problems)
    if toml is None:
        return {}
    for key in toml.data:
        if key != "camera":
            line = toml.line_of("", 0, key) or toml.line_of(key)
            problems.warning(CAMERAS, line, key, "unknown field, not read")
    cameras: dict[str, Camera] = {}
    before = {"zone": 0, "ground_point": 0}
    for number, raw in enumerate(_tables(toml.data.get("camera", []), "camera", problems)):
        camera = _camera(
            toml, number, raw, before=before, datum=datum, zones=zones or {}, problems=problems
        )
        for table in before:
            entries = raw.get(table)
            before[table] += len(entries) if isinstance(entries, list) else 0
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
    before: Mapping[str, int],
    datum: Datum,
    zones: Mapping[str, Zone],
    problems: ProblemList,
) -> Camera | None:
    fields = Fields(CAMERAS, raw, lambda field: toml.line_of("camera", number, field), problems)
    fields.warn_of_unknown(
        ("id", "name", "stream_url", "lon", "lat", "heading_deg", "role", *_OF_PLACEMENT)
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
    drawn: dict[str, CameraZone] = {}
    for index, entry in enumerate(_tables(raw.get("zone", []), "camera.zone", problems)):
        zone = _zone(toml, before["zone"] + index, entry, problems)
        if zone is not None and zone.id in drawn:
            line = toml.line_of("camera.zone", before["zone"] + index, "id")
            problems.error(CAMERAS, line, "zone.id", f"{zone.id!r} is there twice in one camera")
        elif zone is not None:
            drawn[zone.id] = zone
    site_zone = _site_zone(fields, zones)
    points = _ground_points(
        toml, number, raw, before=before["ground_point"], datum=datum, problems=problems
    )
    if camera_id is None or name is None or lon is None or lat is None or role is None:
        return None
    lon, lat = point_to_wgs84(datum, lon, lat)
    return Camera(
        camera_id,
        name,
        stream_url,
        lon,
        lat,
        heading,
        role,
        tuple(drawn.values()),
        points,
        site_zone,
    )


def _site_zone(fields: Fields, zones: Mapping[str, Zone]) -> str | None:
    zone_id = fields.identifier("site_zone", required=False)
    if zone_id is None:
        return None
    if zone_id not in zones:
        fields.error("site_zone", f"{zone_id!r} is not in zones.geojson")
    elif zones[zone_id].kind is not ZoneKind.SITE:
        fields.error("site_zone", f"{zone_id!r} is a {zones[zone_id].kind}, not a site")
    return zone_id


def _ground_points(
    toml: TomlFile,
    number: int,
    raw: dict[str, Any],
    *,
    before: int,
    datum: Datum,
    problems: ProblemList,
) -> tuple[GroundPoint, ...]:
    """Those of one camera; `before` are in the file before them."""
    points: list[GroundPoint] = []
    entries = _tables(raw.get("ground_point", []), "camera.ground_point", problems)
    for index, entry in enumerate(entries):
        point = _ground_point(toml, before + index, entry, datum, problems)
        if point is not None:
            points.append(point)
    if not entries or len(points) < len(entries):
        return ()
    line = toml.line_of("camera.ground_point", before) or toml.line_of("camera", number, "id")
    try:
        worst_m = float(fit_ground(points).residuals_m.max())
    except GroundFitError as error:
        problems.error(CAMERAS, line, "ground_point", str(error))
        return ()
    if worst_m > POOR_FIT_M:
        told = problems.error if worst_m > WORST_FIT_M else problems.warning
        told(
            CAMERAS,
            line,
            "ground_point",
            f"they do not fit one plane: one is {worst_m:.1f} m off on the map;"
            f" up to {POOR_FIT_M:g} m is good, beyond {WORST_FIT_M:g} m they are not used",
        )
    return tuple(points)


def _ground_point(
    toml: TomlFile, number: int, raw: dict[str, Any], datum: Datum, problems: ProblemList
) -> GroundPoint | None:
    fields = Fields(
        CAMERAS, raw, lambda field: toml.line_of("camera.ground_point", number, field), problems
    )
    fields.warn_of_unknown(("x", "y", "lon", "lat"))
    x = fields.number("x", at_least=0, at_most=1)  # fractions of the picture
    y = fields.number("y", at_least=0, at_most=1)
    lon = fields.number("lon", at_least=-180, at_most=180)
    lat = fields.number("lat", at_least=-90, at_most=90)
    if x is None or y is None or lon is None or lat is None:
        return None
    return GroundPoint(x, y, *point_to_wgs84(datum, lon, lat))


def _zone(
    toml: TomlFile, number: int, raw: dict[str, Any], problems: ProblemList
) -> CameraZone | None:
    fields = Fields(
        CAMERAS, raw, lambda field: toml.line_of("camera.zone", number, field), problems
    )
    fields.warn_of_unknown(("id", "kind", "points", "inside"))
    zone_id = fields.identifier("id")
    kind = fields.choice("kind", CameraZoneKind)
    inside = fields.choice("inside", Side, required=False)
    if zone_id is None or kind is None:
        return None
    if inside is not None and kind is not CameraZoneKind.GATE_LINE:
        fields.error("inside", f"is of a gate_line only, not of a {kind}")
    points = _points(fields, kind)
    return None if points is None else CameraZone(zone_id, kind, points, inside or Side.RIGHT)


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
