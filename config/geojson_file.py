"""Reads a GeoJSON FeatureCollection (RFC 7946) and says in which line each feature stands."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from config.csv_file import decode_text
from config.problem import ProblemList

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
# CGCS2000 (EPSG:4490), China's own, is within centimetres of WGS-84.
_CRS_ACCEPTED = re.compile(r"CRS84|EPSG:{1,2}(4326|4490)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its properties, its geometry as drawn, and where its text stands."""

    properties: dict[str, Any]
    geometry: BaseGeometry
    line: int
    text: str

    def line_of(self, field: str) -> int:
        """The line of a property, or of the feature where it has none of this name."""
        found = re.search(rf'"{re.escape(field)}"\s*:', self.text)
        return self.line + (self.text.count("\n", 0, found.start()) if found else 0)


def read_features(
    file: str, content: bytes, geometry_types: Sequence[str], problems: ProblemList
) -> list[Feature]:
    """The features whose geometry is sound and of one of `geometry_types`; the others as errors."""
    text = decode_text(file, content, problems)
    raw = None if text is None else _collection(file, text, problems)
    if text is None or raw is None:
        return []
    spans = _feature_spans(text)
    if len(spans) != len(raw):  # not only objects in the array: which span is whose is not known
        spans = [(0, len(text))] * len(raw)
    features = []
    line, counted = 1, 0
    for entry, (begin, end) in zip(raw, spans, strict=True):
        line, counted = line + text.count("\n", counted, begin), begin
        place = Feature({}, shapely.Point(), line, text[begin:end])
        feature = _feature(file, entry, place, geometry_types, problems)
        if feature is not None:
            features.append(feature)
    return features


def _collection(file: str, text: str, problems: ProblemList) -> list[object] | None:
    """The entries of `features`, or None where this is no such collection."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        problems.error(file, error.lineno, "", f"not JSON: {error.msg}")
        return None
    except (ValueError, RecursionError) as error:
        problems.error(file, None, "", f"not JSON: {error}")
        return None
    wrong = None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        wrong = "type", "must be a GeoJSON FeatureCollection"
    elif document.get("crs") and not _CRS_ACCEPTED.search(json.dumps(document["crs"])):
        wrong = "crs", f"coordinates must be degrees of lon, lat, not {document['crs']}"
    elif not isinstance(document.get("features"), list):
        wrong = "features", "must be an array of features"
    if wrong:
        problems.error(file, 1, *wrong)
        return None
    features: list[object] = document["features"]
    return features


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _feature_spans(text: str) -> list[tuple[int, int]]:
    """Begin and end of every object directly in the top-level array `features`."""
    spans = []
    depth, begin, key, inside = 0, 0, "", False
    for token in _TOKEN.finditer(text):
        match token.group():
            case "{" | "[":
                depth += 1
                if depth == 2:
                    inside = key == '"features"'
                elif depth == 3:
                    begin = token.start()
            case "}" | "]":
                if depth == 3 and inside:
                    spans.append((begin, token.end()))
                depth -= 1
            case string if depth == 1:
                key = string
    return spans


def _feature(
    file: str,
    entry: object,
    place: Feature,
    geometry_types: Sequence[str],
    problems: ProblemList,
) -> Feature | None:
    if not isinstance(entry, dict) or entry.get("type") != "Feature":
        problems.error(file, place.line, "type", "every entry of features must be a Feature")
        return None
    properties = entry.get("properties") or {}
    if not isinstance(properties, dict):
        problems.error(file, place.line_of("properties"), "properties", "must be an object")
        return None
    if "id" not in properties and entry.get("id") is not None:
        properties = {"id": entry["id"], **properties}
    geometry = _geometry(entry.get("geometry"), geometry_types)
    if isinstance(geometry, tuple):
        field, message = geometry
        name = f" ({properties['id']})" if properties.get("id") else ""
        problems.error(file, place.line_of("geometry"), field, message + name)
        return None
    return Feature(properties, geometry, place.line, place.text)


def _geometry(raw: object, types: Sequence[str]) -> BaseGeometry | tuple[str, str]:
    """The geometry, or the field that is wrong and why."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or kind not in types:
        return "geometry", f"must be a {' or '.join(types)}, not {kind or 'nothing'}"
    try:
        wrong = _wrong_position(raw.get("coordinates"))
        if wrong is not None:
            return "coordinates", wrong
        geometry: BaseGeometry = shapely.force_2d(shape(raw))
    except (
        ValueError,
        TypeError,
        IndexError,
        RecursionError,
        shapely.errors.ShapelyError,
    ) as error:
        return "coordinates", f"not a {kind}: {error}"
    unsound = _unsound(geometry)
    return ("geometry", unsound) if unsound else geometry


def _wrong_position(coordinates: object) -> str | None:
    """What is wrong with the first position that is not lon, lat in degrees; None when none is."""
    if not isinstance(coordinates, list) or not coordinates:
        return "coordinates must be a list of positions"
    if any(isinstance(part, list) for part in coordinates):
        return next(filter(None, map(_wrong_position, coordinates)), None)
    numbers = [n for n in coordinates if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(numbers) != len(coordinates) or len(numbers) not in (2, 3):
        return f"{coordinates!r} is not a position [lon, lat]"
    lon, lat = numbers[:2]
    if abs(lat) > 90 and abs(lon) <= 90:
        return f"[{lon}, {lat}]: latitude beyond 90 degrees: are lon and lat the wrong way round?"
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        return f"[{lon}, {lat}] is no place on Earth: positions are [lon, lat] in degrees"
    return None


def _unsound(geometry: BaseGeometry) -> str | None:
    if geometry.is_empty:
        return "the geometry is empty"
    if not geometry.is_valid:
        return f"invalid geometry: {shapely.is_valid_reason(geometry)}"
    if geometry.area == 0 and geometry.length == 0:
        return "all points are the same"
    return None
