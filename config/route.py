"""Routes: lines on the map that a truck is to follow (路线)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shapely import LineString, MultiLineString

SEGMENT_M = 200.0
"""About the distance between crossings in a town, what a sweeping plan speaks of."""


class RouteKind(StrEnum):
    CORRIDOR = "corridor"  # 核准路线
    SWEEP = "sweep"  # 清扫
    WASH = "wash"  # 冲洗
    COLLECT = "collect"  # 收集


@dataclass(frozen=True, slots=True)
class Route:
    """One route; `geometry` in WGS-84 degrees (lon, lat), `half_width_m` to either side of it.

    The parts of a MultiLineString are a sanitation route's segments, in order and in the direction
    in which they are to be worked; `segment_names` are theirs, or empty. A LineString is cut into
    segments of `segment_m` metres.
    """

    id: str
    name: str
    kind: RouteKind
    geometry: LineString | MultiLineString
    half_width_m: float
    segment_names: tuple[str, ...] = ()
    segment_m: float = SEGMENT_M
