"""A site folder around a recording: its vehicles registered, zones strewn over its places."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Mapping
from pathlib import Path

SITE_TOML = 'name = "测试区"\ntimezone = "Asia/Shanghai"\ndatum = "wgs84"\n'


def square(lon: float, lat: float, side_m: float) -> dict[str, object]:
    """A square about a place, GeoJSON."""
    x, y = side_m / 2 / 94_600, side_m / 2 / 111_195
    ring = [(lon - x, lat - y), (lon + x, lat - y), (lon + x, lat + y), (lon - x, lat + y)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def write_site(
    folder: Path,
    terminals: list[str],
    zones: Mapping[str, tuple[str, dict[str, object]]],
    toml: str = SITE_TOML,
) -> Path:
    """Write a folder: `zones` maps an id to (kind, geometry)."""
    folder.mkdir(parents=True)
    (folder / "site.toml").write_text(toml, "utf-8")
    features = [
        {"type": "Feature", "properties": {"id": i, "name": i, "kind": kind}, "geometry": shape}
        for i, (kind, shape) in zones.items()
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "zones.geojson").write_text(json.dumps(collection), "utf-8")
    empty = {"type": "FeatureCollection", "features": []}
    (folder / "routes.geojson").write_text(json.dumps(empty), "utf-8")
    (folder / "companies.csv").write_text("company_id,name\nc1,一号公司\n", "utf-8")
    with (folder / "vehicles.csv").open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["vehicle_id", "plate", "plate_color", "kind", "company_id", "terminal_id"])
        for number, terminal in enumerate(terminals):
            rows.writerow([f"t{number}", f"苏D{number:05d}", "yellow", "muck", "c1", terminal])
    header = "permit_id,site_zone,ground_zone,route_ids,vehicle_ids,valid_from,valid_to,hours,"
    (folder / "permits.csv").write_text(header + "speed_limit_kmh,daily_trips\n", "utf-8")
    return folder


def zones_over(
    places: list[tuple[float, float]], count: int, seed: int
) -> dict[str, tuple[str, dict[str, object]]]:
    """Restricted squares of 200 to 1,500 m about places of the recording."""
    rng = random.Random(seed)
    return {
        f"z{n}": ("restricted", square(*rng.choice(places), rng.uniform(200, 1500)))
        for n in range(count)
    }
