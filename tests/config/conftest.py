"""A small sound site that tests break in one place at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

SITE_TOML = """\
name = "试验区"
timezone = "Asia/Shanghai"
datum = "wgs84"

[rules.off_route]
hold_s = 20
"""

ZONES = """\
{"type": "FeatureCollection", "features": [
  {"type": "Feature",
   "properties": {
     "id": "s1",
     "name": "一号工地",
     "kind": "site"},
   "geometry": {"type": "Polygon",
     "coordinates": [[[119.94, 31.70], [119.95, 31.70], [119.95, 31.71], [119.94, 31.70]]]}},
  {"type": "Feature",
   "properties": {"id": "g1", "name": "消纳场", "kind": "ground",
     "hours": "08:00-20:00",
     "speed_limit_kmh": 30},
   "geometry": {"type": "MultiPolygon",
     "coordinates": [[[[119.90, 31.70], [119.91, 31.70], [119.91, 31.71], [119.90, 31.70]]]]}}
]}
"""

ROUTES = """\
{"type": "FeatureCollection", "features": [
  {"type": "Feature",
   "properties": {"id": "r1", "name": "路线", "kind": "corridor",
     "half_width_m": 50},
   "geometry": {"type": "LineString",
     "coordinates": [[119.94, 31.70], [119.91, 31.70]]}}
]}
"""

COMPANIES = "company_id,name\nc1,甲公司\n"

VEHICLES = """\
vehicle_id,plate,plate_color,kind,company_id,terminal_id
v1,苏DA1234,yellow,muck,c1,13900000001
v2,苏D12345D,yellow_green,muck,c1,13900000002
"""

PERMITS = """\
permit_id,site_zone,ground_zone,route_ids,vehicle_ids,valid_from,valid_to,hours,speed_limit_kmh,daily_trips
p1,s1,g1,r1,v1|v2,2026-01-01,2026-12-31,19:00-06:00,50,10
"""

CAMERAS = """\
[[camera]]
id = "gate-1"
name = "东门"
stream_url = "rtsp://127.0.0.1:8554/a.mp4"
lon = 119.94
lat = 31.70
heading_deg = 90
role = "gate"

[[camera.zone]]
id = "verge"
kind = "no_dump"
points = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]

[[camera]]
id = "hot-1"
name = "河滩"
lon = 119.93
lat = 31.71
role = "hotspot"

[[camera.zone]]
id = "line"
kind = "gate_line"
points = [[0.1, 0.1], [0.9, 0.1]]
"""

Files = dict[str, bytes]


@pytest.fixture
def files() -> Files:
    texts = {
        "site.toml": SITE_TOML,
        "zones.geojson": ZONES,
        "routes.geojson": ROUTES,
        "companies.csv": COMPANIES,
        "vehicles.csv": VEHICLES,
        "permits.csv": PERMITS,
        "cameras.toml": CAMERAS,
    }
    return {name: text.encode() for name, text in texts.items()}


@pytest.fixture
def broken(files: Files) -> Callable[[str, str, str], Files]:
    """The site with one piece of one file's text replaced."""

    def replace(file: str, old: str, new: str) -> Files:
        text = files[file].decode()
        assert text.count(old) >= 1, f"{old!r} is not in {file}"
        return {**files, file: text.replace(old, new, 1).encode()}

    return replace
