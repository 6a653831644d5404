"""Places that no register knows, by what all trucks together did there (黑工地, 黑消纳场)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from demo.fleet.labelled.diary import Cargo
from demo.fleet.labelled.district import Crew, District
from demo.fleet.labelled.label import Label

TOGETHER_M = 150.0
OFTEN = 3  # so many make a place suspicious, whoever they were


def label_places(district: District, cargoes: Sequence[tuple[Crew, Cargo]]) -> list[Label]:
    """One label a place: where loads were taken up, and where they were got rid of."""
    loads = [
        (
            cargo.begin,
            cargo.full,
            _middle(district, cargo.yard_id),
            crew.equipment.load,
            crew.equipment.load,
        )
        for crew, cargo in cargoes
        if cargo.yard_id not in district.zones
    ]
    dumps = [
        (
            cargo.gone - 300,
            cargo.gone,
            cargo.place,
            False,
            crew.equipment.load or crew.equipment.body,
        )
        for crew, cargo in cargoes
        if cargo.gone_at not in district.zones
    ]
    return _labels(district, "unknown_site", loads) + _labels(district, "unknown_ground", dumps)


Act = tuple[float, float, tuple[float, float], bool, bool]
"""Begin, end, place, whether it is enough alone, whether a sensor shows it."""


def _labels(district: District, kind: str, acts: Sequence[Act]) -> list[Label]:
    clusters: list[list[Act]] = []
    for act in sorted(acts):
        near = [c for c in clusters if math.dist(c[0][2], act[2]) < TOGETHER_M]
        if near:
            near[0].append(act)
        else:
            clusters.append([act])
    labels = []
    for number, cluster in enumerate(clusters):
        x = sum(a[2][0] for a in cluster) / len(cluster)
        y = sum(a[2][1] for a in cluster) / len(cluster)
        lon, lat = district.town.plane.to_degrees((x, y))
        shown = [a for a in cluster if a[4]]
        enough = [a[1] for a in cluster if a[3]] + [a[1] for a in shown[OFTEN - 1 :]]
        in_zone = any(math.dist((x, y), _centre(district, z)) < 250 for z in district.zones)
        sure = any(a[3] for a in cluster) or len(shown) > OFTEN
        labels.append(
            Label(kind=kind, vehicle_id="", subject=f"{kind}-{number}", started=cluster[0][0],
                  ended=cluster[-1][1], evident=min(enough, default=cluster[-1][1]), lon=lon,
                  lat=lat, required=sure and not in_zone, detail=f"{len(cluster)} times")
        )  # fmt: skip
    return labels


def _middle(district: District, yard_id: str) -> tuple[float, float]:
    middle = district.town.yards[yard_id].area.centroid
    return middle.x, middle.y


def _centre(district: District, zone_id: str) -> tuple[float, float]:
    middle = district.areas[zone_id].centroid
    return middle.x, middle.y
