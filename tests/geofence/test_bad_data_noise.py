"""Noise raises nothing: drift of parked trucks, urban canyons, tunnels; and hides no crossing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pytest
from shapely import LineString, box

from config.hours import DailyHours
from config.permit import Permit
from config.route import Route, RouteKind
from config.zone import Zone, ZoneKind
from geofence.engine import Engine
from geofence.finding import Violation, ZoneVisit
from ingest.fixes import Fixes

SPOTS = {  # x, y in metres
    "depot": (0, -1500),
    "depot fence": (100, -1500),
    "site": (0, 0),
    "site fence": (150, 0),
    "fence of a restricted zone": (1500, 20),
    "roadside": (1000, 20),
    "work area's fence": (3000, -20),
}
MEMORY_S = 60.0
"""Receivers' errors last: a Gauss-Markov process with this time constant, as is usual for them."""


def night_site(world, vehicles, shut_y):
    def zone(zone_id, kind, west, south, east, north, **more):
        shape = box(*world.degrees(west, south), *world.degrees(east, north))
        return Zone(zone_id, zone_id, kind, shape, **more)

    zones = [
        zone("depot", ZoneKind.DEPOT, -100, -1600, 100, -1400),
        zone("site", ZoneKind.SITE, -150, -150, 150, 150),
        zone("shut", ZoneKind.RESTRICTED, 1500, shut_y, 1900, 500),
        zone("area", ZoneKind.WORK_AREA, 2500, -20, 3500, 150, speed_limit_kmh=60),
        zone("ground", ZoneKind.GROUND, 5000, -150, 5300, 150),
    ]
    line = LineString([world.degrees(-200, 0), world.degrees(5300, 0)])
    permit = Permit(
        "p", "site", "ground", ("way",), tuple(vehicles), hours=DailyHours.parse("11:00-06:00"),
        speed_limit_kmh=60,
    )  # fmt: skip
    return world.site(
        zones={z.id: z for z in zones},
        routes={"way": Route("way", "way", RouteKind.CORRIDOR, line, 50.0)},
        permits={"p": permit},
        vehicles={v: world.truck(v) for v in vehicles},
    )


def error_m(rng, t, sigma_m):
    """(n, 2): half of the variance without memory, half with it."""
    white = rng.normal(0, sigma_m / 2**0.5, (len(t), 2))
    slow = rng.normal(0, sigma_m / 2**0.5, (len(t), 2))
    keep = np.exp(-np.diff(t) / MEMORY_S)
    for i in range(1, len(t)):
        slow[i] = keep[i - 1] * slow[i - 1] + (1 - keep[i - 1] ** 2) ** 0.5 * slow[i]
    return white + slow


def add_burst(rng, t, place, begin, seconds=30.0):
    """Multipath: all places lie 30 to 80 m to one side."""
    size, angle = rng.uniform(30, 80), rng.uniform(0, 2 * np.pi)
    burst = (t >= begin) & (t < begin + seconds)
    place[burst] += size * np.array([np.cos(angle), np.sin(angle)])
    place[burst] += rng.normal(0, 5, (int(burst.sum()), 2))


@dataclass
class Track:
    t: np.ndarray
    place: np.ndarray  # (n, 2) metres
    speed_kmh: np.ndarray
    ignition: int = -1
    load: int = -1


def judge(world, tracks: dict[str, Track], end_s: float, shut_y: float = 120.0):
    """Final findings of tracks that all arrive in order."""
    engine = Engine(night_site(world, tracks, shut_y))
    t = np.concatenate([track.t for track in tracks.values()])
    order = np.argsort(t, kind="stable")
    lengths = [len(track.t) for track in tracks.values()]

    def codes(name):
        values = [getattr(track, name) for track in tracks.values()]
        return np.repeat(np.array(values, dtype=np.int8), lengths)[order]

    x, y = np.concatenate([track.place for track in tracks.values()])[order].T
    lon0, lat0 = world.degrees(0, 0)
    lon1, lat1 = world.degrees(1, 1)
    fixes = Fixes.plain(
        tuple(tracks),
        np.repeat(np.arange(len(tracks)), lengths)[order],
        t[order] + world.t0.timestamp(),
        lon0 + x * (lon1 - lon0),
        lat0 + y * (lat1 - lat0),
        speed_kmh=np.concatenate([track.speed_kmh for track in tracks.values()])[order],
        ignition=codes("ignition"),
        load=codes("load"),
    )
    state, told = engine.initial(), []
    for i in range(0, len(fixes), 20_000):
        some = fixes.take(slice(i, i + 20_000))
        now = datetime.fromtimestamp(float(some.t[-1]), UTC)
        state, found = engine.advance(state, some, now)
        told += found
    told += engine.advance(state, [], world.t0 + timedelta(seconds=end_s))[1]
    return list(world.final(told).values())


def violations(found):
    return [f for f in found if isinstance(f, Violation)]


@pytest.mark.parametrize("sigma_m", [2.0, 4.0, 8.0])
def test_a_truck_parked_for_a_night_raises_nothing(world, sigma_m):
    rng = np.random.default_rng(int(sigma_m))
    tracks, laden = {}, set()
    for n, (spot, speed, ignition, load) in enumerate(
        product(SPOTS, (None, "doppler"), (-1, 0, 1), (-1, 0, 2))
    ):
        t = np.arange(0, 8 * 3600.0, 15) + rng.uniform(0, 15)
        place = np.array(SPOTS[spot]) + error_m(rng, t, sigma_m)
        if speed is None and "fence" in spot:
            continue  # nothing tells such drift from going in and out, see docs/rules.md
        if speed is not None:  # without a speed such a jump, and the one back, may be a drive
            for begin in rng.uniform(0, 8 * 3600.0, 5):
                add_burst(rng, t, place, begin)
        noise = np.abs(rng.normal(0, 0.6, len(t)))
        kmh = np.full(len(t), np.nan) if speed is None else np.round(noise, 1)
        vehicle = f"{n}, {spot}, {speed}, {ignition}, {load}"
        tracks[vehicle] = Track(t, place, kmh, ignition, load)
        if load == 2:
            laden.add(vehicle)
    found = judge(world, tracks, 8 * 3600.0, shut_y=0.0)
    raised = violations(found)
    assert {v.vehicle_id for v in raised if v.kind == "long_stop"} <= laden
    assert [(v.kind, v.vehicle_id) for v in raised if v.kind != "long_stop"] == []
    # Nor does any of them go in and out.
    visits = [(f.vehicle_id, f.zone_id) for f in found if isinstance(f, ZoneVisit)]
    assert len(set(visits)) == len(visits)


@pytest.mark.parametrize("every_s", [3, 10, 30])
def test_canyons_and_tunnels_on_a_permitted_way_raise_nothing(world, every_s):
    rng = np.random.default_rng(every_s)
    tracks = {}
    for n in range(60):
        stands = np.arange(0, 300.0, every_s)
        kmh = rng.uniform(25, 52)
        drives = np.arange(300.0, 400 + 5150 / kmh * 3.6, every_s)  # and stands in the ground
        t = np.concatenate((stands, drives))
        x = np.minimum(np.maximum(t - 300, 0) * kmh / 3.6, 5150)
        place = np.column_stack((x, np.full(len(x), rng.uniform(-10, 10))))
        place += error_m(rng, t, 5.0)
        for begin in np.linspace(300, t[-1] - 200, 4):
            add_burst(rng, t, place, begin + rng.uniform(0, 30))
        speed = np.where((x > 0) & (x < 5150), kmh, 0.0) + rng.normal(0, 0.5, len(t))
        speed = np.full(len(t), np.nan) if n % 2 else np.maximum(speed, 0)
        tunnel = rng.uniform(320, t[-1] - 300)
        seen = (t < tunnel) | (t > tunnel + rng.uniform(30, 180))
        tracks[f"v{n}"] = Track(t[seen], place[seen], speed[seen], load=(-1, 2)[n % 4 > 1])
    found = judge(world, tracks, 1200)
    assert [(v.kind, v.vehicle_id, v.values) for v in violations(found)] == []


def test_a_zone_crossed_between_two_fixes_is_seen(world):
    """400 m at 72 km/h, a fix every 40 s: whatever the phase."""
    tracks = {}
    for phase in np.arange(0, 40, 0.25):
        t = np.arange(phase, 300.0, 40)
        place = np.column_stack((t * 20 - 1000.0, np.full(len(t), 300.0)))
        tracks[f"v{phase}"] = Track(t, place, np.full(len(t), 72.0))
    found = judge(world, tracks, 300)
    visits = [f for f in found if isinstance(f, ZoneVisit) and f.zone_id == "shut"]
    assert sorted(v.vehicle_id for v in visits) == sorted(tracks)
    for visit in visits:
        entered = (visit.entered_at - world.t0).total_seconds()
        left = (visit.left_at - world.t0).total_seconds()
        assert (entered, left) == (pytest.approx(125, abs=1), pytest.approx(145, abs=1))
