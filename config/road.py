"""Roads (道路): for the console's map and the simulated fleet. No rule reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shapely import LineString

from config.datum import Datum, geometry_to_wgs84
from config.fields import Fields
from config.geojson_file import read_features
from config.problem import ProblemList, SiteError
from config.site_toml import read_head

ROADS = "roads.geojson"


@dataclass(frozen=True, slots=True)
class Road:
    """One stretch of road in WGS-84 degrees; roads meet where their ends share a position.

    `speed_kmh` is how fast one drives there, `speed_limit_kmh` how fast one may.
    """

    id: str
    name: str
    geometry: LineString
    speed_kmh: float
    speed_limit_kmh: float | None = None


def read_roads(content: bytes, datum: Datum, problems: ProblemList) -> dict[str, Road]:
    """The roads of `roads.geojson`: LineStrings with `id`, `name`, and `speed_kmh` (default 40)."""
    roads: dict[str, Road] = {}
    for feature in read_features(ROADS, content, ("LineString",), problems):
        fields = Fields(ROADS, feature.properties, feature.line_of, problems)
        fields.warn_of_unknown(("id", "name", "speed_kmh"))
        road_id = fields.identifier("id")
        name = fields.text("name", required=False) or ""
        speed = fields.number("speed_kmh", required=False, above=0)
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
        )
    return roads


def load_roads(files: Mapping[str, bytes]) -> dict[str, Road]:
    """The roads of a site's files, none where it has no such file.

    Raises:
        SiteError: the roads, or the `site.toml` that names their datum, cannot be read.
    """
    if ROADS not in files:
        return {}
    problems = ProblemList()
    head = read_head(files.get("site.toml", b""), problems)
    roads = read_roads(files[ROADS], head.datum, problems) if head else {}
    if problems.has_errors():
        raise SiteError(problems.found)
    return roads
