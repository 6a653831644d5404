"""Detours injected into real and made-up drives: every one is found soon; the drives raise none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString

from config.permit import Permit
from config.route import Route, RouteKind
from geofence.engine import Engine
from tests.geofence.conftest import LAT, LON, M_LAT, M_LON

FOLDER = Path(__file__).parents[2].parent / "shared/data/route_truth"
DRIVES = ["00000000", "00000004", "00000006"]
FOUND_WITHIN_S = 60.0
DETOURS = 60  # a drive; 1,000 were tried when this was written


@dataclass
class Track:
    """(n, 3) seconds, metres east and north of (LON, LAT); the route that was to be driven."""

    fixes: np.ndarray
    route: MultiLineString
    half_width_m: float


def real(name: str) -> Track:
    def metres(points: np.ndarray) -> np.ndarray:
        return (points - middle) * [np.cos(np.radians(middle[1])) * 111_195, 111_195]

    track = np.loadtxt(FOLDER / f"{name}.track")
    nodes = np.loadtxt(FOLDER / f"{name}.nodes")
    arcs = np.loadtxt(FOLDER / f"{name}.arcs", dtype=int)
    route = np.loadtxt(FOLDER / f"{name}.route", dtype=int)
    middle = nodes.mean(axis=0)
    lines = [LineString(metres(nodes[arcs[a]])) for a in route]
    return Track(np.column_stack([track[:, 2], metres(track[:, :2])]), MultiLineString(lines), 50.0)


def made_up(dice: np.random.Generator) -> Track:
    """A road of bends, driven at town speeds with noise that has a memory."""
    bends = np.cumsum(dice.uniform(-0.6, 0.6, 25))
    road = np.cumsum(dice.uniform(150, 500, 25)[:, None] * np.c_[np.cos(bends), np.sin(bends)], 0)
    line = LineString(road)
    t = np.arange(0, 900, dice.choice([1, 5, 10]), dtype=float)
    at = np.minimum(t * dice.uniform(6, 12), line.length)
    points = shapely.get_coordinates(line.interpolate(at)) + noise(dice, t)
    width = float(dice.choice([30, 50, 80]))
    return Track(np.column_stack([t, points]), MultiLineString([line]), width)


def noise(dice: np.random.Generator, t: np.ndarray) -> np.ndarray:
    """Errors of 8 m (standard deviation) that fade over a minute."""
    error, result = dice.normal(0, 8, 2), []
    for step in np.diff(t, prepend=t[:1]):
        keep = np.exp(-step / 60)
        error = keep * error + np.sqrt(1 - keep**2) * dice.normal(0, 8, 2)
        result.append(error)
    return np.array(result)


def detour(dice: np.random.Generator, track: Track) -> tuple[np.ndarray, float] | None:
    """The track up to a turning, then 300 m and more aside and back; when it left the corridor.

    None where that comes near the route again: it would be no detour.
    """
    fixes = track.fixes
    i = int(dice.integers(5, len(fixes) - 5))
    ahead = fixes[min(i + 5, len(fixes) - 1), 1:] - fixes[i - 5, 1:]
    if np.hypot(*ahead) < 10 or (np.diff(fixes[i - 5 : i + 6, 0]) > 60).any():
        return None
    ahead = ahead / np.hypot(*ahead)
    aside = np.array([-ahead[1], ahead[0]]) * dice.choice([-1, 1])
    step_s = float(dice.choice([1, 5, 10, 20]))
    speed = dice.uniform(6, 12) if step_s == 20 else dice.uniform(4, 12)
    least = 2 * step_s * speed if step_s == 20 else 0.0  # there must be fixes at its far end
    depth, along = dice.uniform(300, 1200), dice.uniform(least, least + 800)
    here = fixes[i, 1:]
    corners = [here, here + depth * aside, here + depth * aside + along * ahead]
    way = LineString([*corners, corners[2] - depth * aside])
    passed = np.arange(0, way.length, 1.0)
    off_m = shapely.distance(track.route, way.interpolate(passed)) - track.half_width_m
    out = passed > depth / 2
    back = passed > way.length - depth
    if off_m.max() + track.half_width_m < 300 or (off_m[out & ~back] < depth / 2 - 100).any():
        return None
    left_m = passed[int(np.argmax(off_m > 0))]
    if (off_m[(passed > left_m) & ~back] <= 0).any():
        return None
    t = np.arange(step_s, way.length / speed, step_s)
    points = shapely.get_coordinates(way.interpolate(t * speed)) + noise(dice, t)
    detoured = np.column_stack([fixes[i, 0] + t, points])
    return np.concatenate([fixes[: i + 1], detoured]), fixes[i, 0] + left_m / speed


def shifted(dice: np.random.Generator, track: Track) -> tuple[np.ndarray, float] | None:
    """The track with a stretch of a minute and more moved aside by 300 m and more."""
    fixes = track.fixes.copy()
    i = int(dice.integers(5, len(fixes) - 5))
    last = int(np.searchsorted(fixes[:, 0], fixes[i, 0] + dice.uniform(60, 300)))
    stretch = fixes[i:last]
    if len(stretch) < 3 or np.ptp(stretch[:, 0]) < 45 or (np.diff(stretch[:, 0]) > 30).any():
        return None  # the track ends there, or is silent
    angle = dice.uniform(0, 2 * np.pi)
    stretch[:, 1:] += dice.uniform(300, 1500) * np.array([np.cos(angle), np.sin(angle)])
    off_m = shapely.distance(track.route, shapely.points(stretch[:, 1:]))
    return (fixes[:last], stretch[0, 0]) if off_m.min() >= 300 else None


def judged(world, track: Track, tracks: list[np.ndarray]) -> list[list]:
    """The off-route violations of each of many drives along one route."""
    names = [f"v{n}" for n in range(len(tracks))]
    route = shapely.transform(track.route, lambda xy: xy * [M_LON, M_LAT] + [LON, LAT])
    site = world.site(
        routes={"r": Route("r", "r", RouteKind.CORRIDOR, route, track.half_width_m)},
        permits={"p": Permit("p", route_ids=("r",), vehicle_ids=tuple(names))},
        vehicles={name: world.truck(name) for name in names},
    )
    fixes = [
        world.fix(float(t), float(x), float(y), name)
        for name, driven in zip(names, tracks, strict=True)
        for t, x, y in driven
    ]
    found = world.violations(world.judge(Engine(site), fixes, len(fixes)), "off_route")
    return [[v for v in found if v.vehicle_id == name] for name in names]


def check(world, track: Track, make, seed: int, count: int = DETOURS) -> None:
    dice = np.random.default_rng(seed)
    cases: list[tuple[np.ndarray, float]] = []
    for _ in range(100 * count):
        case = make(dice, track)
        if case is not None:
            driven, left_t = case
            # What was driven long before changes nothing.
            cases.append((driven[driven[:, 0] >= left_t - 120], left_t))
        if len(cases) == count:
            break
    assert len(cases) == count
    zero = world.t0.timestamp()
    for (_, left_t), found in zip(cases, judged(world, track, [d for d, _ in cases]), strict=True):
        assert len(found) == 1
        assert found[0].confirmed_at.timestamp() - zero - left_t <= FOUND_WITHIN_S
        assert found[0].started_at.timestamp() - zero >= left_t - 20


needs_data = pytest.mark.skipif(not FOLDER.is_dir(), reason="no shared/data/route_truth here")


@needs_data
@pytest.mark.parametrize("make", [detour, shifted])
@pytest.mark.parametrize("name", DRIVES)
def test_every_detour_of_a_real_drive_is_found_within_a_minute(world, name, make):
    track = real(name)
    assert judged(world, track, [track.fixes]) == [[]]
    check(world, track, make, seed=DRIVES.index(name))


@pytest.mark.parametrize("make", [detour, shifted])
@pytest.mark.parametrize("seed", range(6))
def test_every_detour_of_a_made_up_drive_is_found_within_a_minute(world, seed, make):
    track = made_up(np.random.default_rng(100 + seed))
    assert judged(world, track, [track.fixes]) == [[]]
    check(world, track, make, seed, count=20)
