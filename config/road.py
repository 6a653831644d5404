"""Roads (道路): how fast one may drive there, and what the console's map shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shapely import LineString


class RoadClass(StrEnum):
    """Classes of urban road (CJJ 37-2012, 3.1)."""

    EXPRESSWAY = "expressway"  # 快速路, 高速公路
    ARTERIAL = "arterial"  # 主干路
    SECONDARY = "secondary"  # 次干路
    LOCAL = "local"  # 支路


LIMIT_KMH = {
    RoadClass.EXPRESSWAY: 100.0,
    RoadClass.ARTERIAL: 70.0,
    RoadClass.SECONDARY: 50.0,
    RoadClass.LOCAL: 30.0,
}
"""What a truck may drive where no sign says so.

Regulation on the Implementation of the Road Traffic Safety Law (道路交通安全法实施条例), art. 45:
without a centre line 30 km/h on urban roads (40 on highways, 公路), with one lane each way 50
(70 on highways). With more lanes the law leaves it to the signs: an arterial has the highest
figure of art. 45. Art. 78: trucks on motorways 100; the signs of an urban expressway are lower
and belong in `speed_limit_kmh`.
"""


@dataclass(frozen=True, slots=True)
class Road:
    """One stretch of road in WGS-84 degrees; roads meet where their ends share a position.

    `speed_kmh` is how fast one drives there, `speed_limit_kmh` how fast one may: what the sign
    says, else that of the class, None where neither is known.
    """

    id: str
    name: str
    geometry: LineString
    speed_kmh: float
    speed_limit_kmh: float | None = None
    road_class: RoadClass | None = None
