"""Writes the files of an evaluation folder from the truth of its clips."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from demo.cameras.labelled.place import GATE, LabelledPlace
from demo.cameras.labelled.register import fleet_of
from demo.cameras.labelled.truth import (
    ClipRow,
    ClipTruth,
    DistractorRow,
    EventRow,
    PassageRow,
    PositionRow,
)

_COMPANY = "c1,评测渣土运输有限公司,2026-01-01,2030-12-31"


def write_folder(
    folder: Path, truths: Sequence[ClipTruth], places: Sequence[LabelledPlace]
) -> None:
    """All CSVs and the site; the clips themselves are there already."""
    write_tables(folder, truths)
    write_site(folder / "site", places)


def write_tables(folder: Path, truths: Sequence[ClipTruth]) -> None:
    """The five CSVs."""
    _table(folder / "clips.csv", ClipRow, [t.clip for t in truths])
    _table(folder / "events.csv", EventRow, [e for t in truths for e in t.events])
    _table(folder / "distractors.csv", DistractorRow, [d for t in truths for d in t.distractors])
    _table(folder / "passages.csv", PassageRow, [p for t in truths for p in t.passages])
    positions = sorted((p for t in truths for p in t.positions), key=lambda p: p.time)
    _table(folder / "positions.csv", PositionRow, positions)


def _table(path: Path, row: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(row.__struct_fields__)
        out.writerows([_cell(value) for value in msgspec.structs.astuple(one)] for one in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def write_site(folder: Path, places: Sequence[LabelledPlace]) -> None:
    """One made-up district: each place has its camera, its seven trucks, and a gate its site."""
    folder.mkdir(parents=True, exist_ok=True)
    head = 'name = "评测区"\ntimezone = "Asia/Shanghai"\ndatum = "wgs84"\n'
    (folder / "site.toml").write_text(head, "utf-8")
    cameras = "\n".join(camera_toml(place) for place in places)
    (folder / "cameras.toml").write_text(cameras, "utf-8")
    _lines(folder / "companies.csv", ["company_id,name,valid_from,valid_to", _COMPANY])
    seeds = sorted({place.seed for place in places})
    fleet = [truck for seed in seeds for truck in fleet_of(seed)]
    _lines(
        folder / "vehicles.csv",
        ["vehicle_id,plate,plate_color,kind,company_id,terminal_id,sealed_certificate,certificate_to",
         *(f"{t.vehicle_id},{t.plate},{t.plate_color},muck,c1,{t.terminal_id},密闭{t.vehicle_id},2030-12-31"
           for t in fleet)],
    )  # fmt: skip
    permits = []
    for place in places:
        if place.kind == GATE:
            own = "|".join(t.vehicle_id for t in fleet_of(place.seed) if t.permitted)
            permits.append(
                f"渣准{place.seed:05d},{site_zone(place)},ground-1,,{own},2026-01-01,2030-12-31,,,"
            )
    _lines(
        folder / "permits.csv",
        ["permit_id,site_zone,ground_zone,route_ids,vehicle_ids,valid_from,valid_to,hours,speed_limit_kmh,daily_trips",
         *permits],
    )  # fmt: skip
    features = [_zone("ground-1", "评测消纳场", "ground", _square(119.90, 31.66))]
    features += [
        _zone(site_zone(p), f"工地{p.seed}", "site", _site_outline(p))
        for p in places
        if p.kind == GATE
    ]
    zones = {"type": "FeatureCollection", "features": features}
    (folder / "zones.geojson").write_text(json.dumps(zones, ensure_ascii=False, indent=1), "utf-8")


def site_zone(place: LabelledPlace) -> str:
    return f"site-{place.seed:05d}"


def _lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _zone(zone_id: str, name: str, kind: str, ring: list[tuple[float, float]]) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"id": zone_id, "name": name, "kind": kind},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }


def _square(lon: float, lat: float, side: float = 0.004) -> list[tuple[float, float]]:
    return [(lon, lat), (lon + side, lat), (lon + side, lat + side), (lon, lat + side)]


def _site_outline(place: LabelledPlace) -> list[tuple[float, float]]:
    """From the gate line 220 m into the site, 80 m to both sides."""
    line = place.gate_m or 0.0
    corners = [(line, 80.0), (line, -80.0), (line + 220, -80.0), (line + 220, 80.0)]
    return [(round(lon, 8), round(lat, 8)) for lon, lat in map(place.to_degrees, corners)]


def camera_toml(place: LabelledPlace, name: str = "") -> str:
    """One camera with zones, gate line and ground points."""
    role = "gate" if place.kind == GATE else "hotspot"
    lines = [
        "[[camera]]", f'id = "{place.camera_id}"', f'name = "{name or place.camera_id}"',
        'stream_url = ""', f"lon = {place.anchor.lon:.8f}", f"lat = {place.anchor.lat:.8f}",
        f"heading_deg = {place.anchor.heading_deg:g}", f'role = "{role}"',
    ]  # fmt: skip
    if place.kind == GATE:
        lines.append(f'site_zone = "{site_zone(place)}"')
    for zone_id, kind, points in place.zones:
        lines += ["", "[[camera.zone]]", f'id = "{zone_id}"', f'kind = "{kind}"']
        lines.append("points = [" + ", ".join(f"[{x}, {y}]" for x, y in points) + "]")
        if kind == "gate_line":
            lines.append('inside = "right"')  # of a walk from the right edge to the left
    for x, y, lon, lat in place.ground_points:
        lines += ["", "[[camera.ground_point]]", f"x = {x:.6f}", f"y = {y:.6f}"]
        lines += [f"lon = {lon:.9f}", f"lat = {lat:.9f}"]
    return "\n".join(lines) + "\n"
