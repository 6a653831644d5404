"""`zones.geojson` and `routes.geojson`: the geometry of a site, converted to WGS-84."""

from __future__ import annotations

from typing import cast

from shapely import LineString, MultiLineString, MultiPolygon, Polygon

from config.datum import Datum, geometry_to_wgs84
from config.fields import Fields
from config.geojson_file import Feature, read_features
from config.problem import ProblemList
from config.route import SEGMENT_M, Route, RouteKind
from config.zone import Zone, ZoneKind

ZONES, ROUTES = "zones.geojson", "routes.geojson"
MIN_SEGMENT_M = 20.0
"""Shorter, a fix every ten seconds at work speed could not tell one from the next."""


def _fields(file: str, feature: Feature, problems: ProblemList) -> Fields:
    return Fields(file, feature.properties, feature.line_of, problems)


def read_zones(content: bytes, datum: Datum, problems: ProblemList) -> dict[str, Zone]:
    zones: dict[str, Zone] = {}
    for feature in read_features(ZONES, content, ("Polygon", "MultiPolygon"), problems):
        fields = _fields(ZONES, feature, problems)
        fields.warn_of_unknown(
            ("id", "name", "kind", "hours", "speed_limit_kmh", "laden_only", "permits_exempt")
        )
        zone_id = fields.identifier("id")
        name = fields.text("name")
        kind = fields.choice("kind", ZoneKind)
        hours = fields.hours("hours")
        limit = fields.number("speed_limit_kmh", required=False, above=0)
        laden_only, permits_exempt = fields.flag("laden_only"), fields.flag("permits_exempt")
        for field, given in (("laden_only", laden_only), ("permits_exempt", permits_exempt)):
            if given and kind is not None and kind is not ZoneKind.RESTRICTED:
                fields.warning(field, f"means nothing for a {kind}, only for a restricted zone")
        if zone_id is None or name is None or kind is None:
            continue
        if zone_id in zones:
            fields.error("id", f"{zone_id!r} is there twice")
            continue
        geometry = geometry_to_wgs84(datum, cast("Polygon | MultiPolygon", feature.geometry))
        zones[zone_id] = Zone(
            zone_id, name, kind, geometry, hours, limit, laden_only, permits_exempt
        )
    return zones


def read_routes(content: bytes, datum: Datum, problems: ProblemList) -> dict[str, Route]:
    routes: dict[str, Route] = {}
    for feature in read_features(ROUTES, content, ("LineString", "MultiLineString"), problems):
        fields = _fields(ROUTES, feature, problems)
        fields.warn_of_unknown(("id", "name", "kind", "half_width_m", "segment_names", "segment_m"))
        route_id = fields.identifier("id")
        name = fields.text("name")
        kind = fields.choice("kind", RouteKind)
        half_width = fields.number("half_width_m", above=0)
        names = _segment_names(fields, feature)
        segment_m = fields.number("segment_m", required=False, at_least=MIN_SEGMENT_M)
        if kind is RouteKind.CORRIDOR and (names or segment_m is not None):
            field = "segment_names" if names else "segment_m"
            fields.warning(field, "means nothing for a corridor, only for a sanitation route")
        if route_id is None or name is None or kind is None or half_width is None:
            continue
        if route_id in routes:
            fields.error("id", f"{route_id!r} is there twice")
            continue
        geometry = geometry_to_wgs84(datum, cast("LineString | MultiLineString", feature.geometry))
        routes[route_id] = Route(
            route_id,
            name,
            kind,
            geometry,
            half_width,
            names,
            SEGMENT_M if segment_m is None else segment_m,
        )
    return routes


def _segment_names(fields: Fields, feature: Feature) -> tuple[str, ...]:
    names = fields.texts("segment_names")
    if not names:
        return ()
    if not isinstance(feature.geometry, MultiLineString):
        fields.error("segment_names", "need a MultiLineString: they are the names of its parts")
    elif len(names) != len(feature.geometry.geoms):
        parts = len(feature.geometry.geoms)
        fields.error("segment_names", f"{len(names)} names for {parts} parts of the line")
    return names
