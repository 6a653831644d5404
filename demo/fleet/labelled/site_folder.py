"""Writes a simulated site as a folder that the product reads (docs/site.md)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from config.site import Site

PLACES = 8  # decimals of a degree: about a millimetre


def write_site(folder: Path, site: Site) -> None:
    """All files of the site; the folder is made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    head = f'name = "{site.name}"\ntimezone = "{site.timezone.key}"\ndatum = "wgs84"\n'
    (folder / "site.toml").write_text(head, "utf-8")
    _features(
        folder / "zones.geojson",
        (
            (z.geometry, {
                "id": z.id, "name": z.name, "kind": z.kind.value, "hours": str(z.hours) or None,
                "speed_limit_kmh": z.speed_limit_kmh, "laden_only": z.laden_only or None,
                "permits_exempt": z.permits_exempt or None,
            })
            for z in site.zones.values()
        ),
    )  # fmt: skip
    _features(
        folder / "routes.geojson",
        (
            (r.geometry, {
                "id": r.id, "name": r.name, "kind": r.kind.value, "half_width_m": r.half_width_m,
                "segment_names": list(r.segment_names) or None,
            })
            for r in site.routes.values()
        ),
    )  # fmt: skip
    _features(
        folder / "roads.geojson",
        (
            (r.geometry, {
                "id": r.id, "name": r.name, "speed_kmh": r.speed_kmh,
                "speed_limit_kmh": r.speed_limit_kmh,
            })
            for r in site.roads.values()
        ),
    )  # fmt: skip
    _write_registers(folder, site)


def _write_registers(folder: Path, site: Site) -> None:
    _rows(
        folder / "companies.csv",
        ("company_id", "name", "valid_from", "valid_to"),
        ((c.company_id, c.name, c.valid_from, c.valid_to) for c in site.companies.values()),
    )
    _rows(
        folder / "vehicles.csv",
        ("vehicle_id", "plate", "plate_color", "kind", "company_id", "terminal_id",
         "sealed_certificate", "certificate_to", "valid_from", "valid_to"),
        (
            (v.vehicle_id, v.plate, v.plate_color.value, v.kind.value, v.company_id, v.terminal_id,
             v.sealed_certificate, v.certificate_to, v.valid_from, v.valid_to)
            for v in site.vehicles.values()
        ),
    )  # fmt: skip
    _rows(
        folder / "permits.csv",
        ("permit_id", "site_zone", "ground_zone", "route_ids", "vehicle_ids", "valid_from",
         "valid_to", "hours", "speed_limit_kmh", "daily_trips"),
        (
            (p.permit_id, p.site_zone, p.ground_zone, p.route_ids, p.vehicle_ids, p.valid_from,
             p.valid_to, str(p.hours), p.speed_limit_kmh, p.daily_trips)
            for p in site.permits.values()
        ),
    )  # fmt: skip
    _rows(
        folder / "rounds.csv",
        ("plan_id", "name", "route_id", "work", "vehicle_ids", "window", "passes", "min_kmh",
         "max_kmh", "one_way", "in_order", "coverage_pct", "valid_from", "valid_to"),
        (
            (r.plan_id, r.name, r.route_id, r.work.value, r.vehicle_ids, str(r.window), r.passes,
             r.min_kmh, r.max_kmh, r.one_way, r.in_order, r.coverage * 100, r.valid_from,
             r.valid_to)
            for r in site.rounds.values()
        ),
    )  # fmt: skip


def _features(path: Path, features: Iterable[tuple[BaseGeometry, Mapping[str, object]]]) -> None:
    found = [
        {
            "type": "Feature",
            "properties": {k: v for k, v in properties.items() if v is not None},
            "geometry": _rounded(mapping(geometry)),
        }
        for geometry, properties in features
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in found)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n', "utf-8")


def _rounded(geometry: Mapping[str, object]) -> dict[str, object]:
    def even(value: object) -> object:
        if isinstance(value, float):
            return round(value, PLACES)
        return [even(one) for one in value] if isinstance(value, list | tuple) else value

    return {key: even(value) for key, value in geometry.items()}


def _rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows([_cell(one) for one in row] for row in rows)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case float():
            return f"{value:g}"
        case tuple():
            return "|".join(str(one) for one in value)
        case _:
            return str(value)
