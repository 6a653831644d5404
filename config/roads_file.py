"""`roads.geojson`: the roads of a site."""

from __future__ import annotations

from shapely import LineString

from config.datum import Datum, geometry_to_wgs84
from config.fields import Fields
from config.geojson_file import read_features
from config.problem import ProblemList
from config.road import LIMIT_KMH, Road, RoadClass

ROADS = "roads.geojson"


def read_roads(content: bytes, datum: Datum, problems: ProblemList) -> dict[str, Road]:
    """The roads of `roads.geojson`; `speed_kmh` is 40 by default."""
    roads: dict[str, Road] = {}
    for feature in read_features(ROADS, content, ("LineString",), problems):
        fields = Fields(ROADS, feature.properties, feature.line_of, problems)
        fields.warn_of_unknown(("id", "name", "speed_kmh", "speed_limit_kmh", "class"))
        road_id = fields.identifier("id")
        name = fields.text("name", required=False) or ""
        speed = fields.number("speed_kmh", required=False, above=0)
        limit = fields.number("speed_limit_kmh", required=False, above=0)
        road_class = fields.choice("class", RoadClass, required=False)
        if limit is None and road_class is not None:
            limit = LIMIT_KMH[road_class]
        if road_id is None or not isinstance(feature.geometry, LineString):
            continue
        if road_id in roads:
            fields.error("id", f"{road_id!r} is there twice")
            continue
        roads[road_id] = Road(
            road_id,
            name,
            geometry_to_wgs84(datum, feature.geometry),
            40.0 if speed is None else speed,
            limit,
            road_class,
        )
    return roads
