"""A pretended gate: trucks cross it, others drive by, and GPS, clocks and plates err as told.

Pure numbers, no pictures: what the camera tells is drawn from the truth with errors. Metres about
the gate at (0, 0); the site lies south of it, the road runs east-west 14 m north.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from alerts.attribution_match import FleetKnown
from alerts.attribution_motion import VehicleFixes
from config.camera import Camera, CameraRole
from config.degrees import metres_per_degree
from config.plate_likeness import likes_of
from config.site import Site
from config.vehicle import PlateColor, Vehicle, VehicleKind
from config.zone import Zone, ZoneKind
from detection.sighting import Direction, PlateReading, Sighting, sighting_id

Floats = NDArray[np.float64]

LON, LAT = 119.94, 31.70
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CAMERA = "gate-1"
_ROAD_Y = 14.0
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class GateCase:
    """What a cell of the table holds fixed; the rest is drawn anew for every seed.

    Attributes:
        interval_s: between fixes; each truck has its own phase.
        plates: share of passages at which a plate is read at all.
        gps_m: least and most of a receiver's error, one standard deviation, drawn for each truck.
        camera_clock_s, terminal_clock_s: the clocks are off by up to this, evenly.
        strangers: share of passages by trucks of nobody's fleet.
        silent: share of passages by fleet trucks whose terminal is off.
        passing: fleet trucks on the road that do not come in.
        homography: whether the camera's placement has ground points.
        motion: whether fixes tell speed and course.
        wait_s: positions have come until so long after the last passage.
    """

    interval_s: float = 10.0
    plates: float = 0.0
    gps_m: tuple[float, float] = (3.0, 15.0)
    camera_clock_s: float = 5.0
    terminal_clock_s: float = 1.0
    strangers: float = 0.1
    silent: float = 0.03
    passing: int = 3
    trucks: int = 5
    within_s: float = 60.0
    homography: bool = True
    motion: bool = True
    wait_s: float = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class GateWorld:
    """`truth` by track: the vehicle, None for a stranger. The camera's clock is ahead by
    `camera_off_s`.
    """

    site: Site
    sightings: tuple[Sighting, ...]
    fleet: FleetKnown
    truth: dict[UUID, str | None]
    silent: frozenset[str]
    camera_off_s: float


def simulate(case: GateCase, seed: int) -> GateWorld:
    dice, rng = random.Random(seed), np.random.default_rng(seed)
    site = _site(dice)
    ids = dice.sample(sorted(site.vehicles), case.trucks + case.passing)
    camera_off = dice.uniform(-case.camera_clock_s, case.camera_clock_s)
    fixes: dict[str, VehicleFixes] = {}
    sightings, truth, silent = [], {}, set()
    crossings = _crossings(case, dice)
    until = max(crossings) + case.wait_s
    for at, vehicle_id in zip(crossings, ids, strict=False):
        out = dice.random() < 0.8
        path = _gate_path(at, out, dice)
        fate = dice.random()
        stranger = fate < case.strangers
        off = case.strangers <= fate < case.strangers + case.silent
        if off:
            silent.add(vehicle_id)
        if not stranger and not off:
            fixes[vehicle_id] = _fixes(vehicle_id, path, case, until=until, dice=dice, rng=rng)
        plate = _stranger_plate(dice) if stranger else site.vehicles[vehicle_id].plate
        sighting = _sighting(at + camera_off, out, path, plate=plate, case=case, dice=dice)
        sightings.append(sighting)
        truth[sighting.track_uid] = None if stranger else vehicle_id
    for vehicle_id in ids[case.trucks :]:
        path = _road_path(dice.uniform(0, case.within_s), dice)
        fixes[vehicle_id] = _fixes(vehicle_id, path, case, until=until, dice=dice, rng=rng)
    now = NOON + timedelta(seconds=until)
    return GateWorld(
        site, tuple(sightings), FleetKnown(fixes, now), truth, frozenset(silent), camera_off
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """(n,) seconds, (n, 2) metres; at rest before the first and after the last."""

    at_s: Floats
    xy: Floats

    def place(self, at_s: Floats) -> Floats:
        columns = [np.interp(at_s, self.at_s, self.xy[:, i]) for i in range(2)]
        return np.column_stack(columns)

    def velocity(self, at_s: Floats) -> Floats:
        return (self.place(at_s + 0.25) - self.place(at_s - 0.25)) / 0.5


def _site(dice: random.Random) -> Site:
    kx, ky = metres_per_degree(LAT)
    corners = [(-60.0, -150.0), (60.0, -150.0), (60.0, 0.0), (-60.0, 0.0)]
    area = Polygon([(LON + x / kx, LAT + y / ky) for x, y in corners])
    first = dice.randrange(10000, 99000)
    plates = [f"苏D{first + i}" for i in range(100)]  # a company's plates follow each other
    plates += [f"苏D{dice.choice(_LETTERS)}{dice.randrange(1000, 9999)}" for _ in range(100)]
    vehicles = {
        f"v{i:03}": Vehicle(f"v{i:03}", plate, PlateColor.YELLOW, VehicleKind.MUCK, "c", f"t{i}")
        for i, plate in enumerate(plates)
    }
    camera = Camera(CAMERA, "", "", LON, LAT - 15 / ky, 0.0, CameraRole.GATE, site_zone="site")
    return Site(
        "simulated",
        ZoneInfo("Asia/Shanghai"),
        zones={"site": Zone("site", "", ZoneKind.SITE, area)},
        vehicles=vehicles,
        cameras={CAMERA: camera},
    )


def _crossings(case: GateCase, dice: random.Random) -> list[float]:
    """At least 5 s apart."""
    least = 5.0
    free = case.within_s - least * (case.trucks - 1)
    drawn = sorted(dice.uniform(0, free) for _ in range(case.trucks))
    return [at + least * i for i, at in enumerate(drawn)]


def _gate_path(crosses_s: float, out: bool, dice: random.Random) -> _Path:
    """From the yard through the gate onto the road, or back; may wait at the wash, at the road."""
    right = dice.random() < 0.5
    side, lane = (1.0 if right else -1.0), dice.uniform(-2.5, 2.5)
    yard = np.array([[lane + dice.uniform(-30, 30), -dice.uniform(60, 120)], [lane, -30]])
    turn = [
        [lane + side * 8 * (1 - np.cos(a)), 4 + 8 * np.sin(a) * (_ROAD_Y - 4) / 8]
        for a in np.linspace(0, np.pi / 2, 10)
    ]
    far = [[lane + side * (8 + d), _ROAD_Y] for d in (20, 60, 400)]
    line = np.concatenate([yard, [[lane, 0.0]], turn, far])
    s, xy = _resampled(line)
    gate_s = float(s[np.argmin(np.hypot(*(xy - [lane, 0.0]).T))])
    gate_ms, road_ms = dice.uniform(2, 5), dice.uniform(7, 12)
    speed = np.interp(
        s,
        [0, gate_s - 30, gate_s - 5, gate_s + 18, gate_s + 120],
        [dice.uniform(1, 4), dice.uniform(2, 5), gate_ms, dice.uniform(2.5, 5), road_ms],
    )
    dt = np.diff(s, prepend=s[0] - 0.5) / speed
    wash = int(np.searchsorted(s, gate_s - dice.uniform(8, 30)))
    road = int(np.searchsorted(s, gate_s + 7))
    if dice.random() < 0.6:
        dt[wash] += dice.uniform(5, 40)
    if dice.random() < 0.4:
        dt[road] += dice.uniform(2, 15)
    if not out:
        xy, dt = xy[::-1], np.roll(dt[::-1], 1)
    at = np.cumsum(dt)
    at += crosses_s - at[np.argmin(np.abs(xy[:, 1]) + 1e3 * (np.abs(xy[:, 0] - lane) > 1))]
    return _Path(at, xy)


def _road_path(passes_s: float, dice: random.Random) -> _Path:
    way = dice.choice((1.0, -1.0))
    line = np.array([[-900.0 * way, _ROAD_Y - 2 * way], [900.0 * way, _ROAD_Y - 2 * way]])
    s, xy = _resampled(line)
    at = s / dice.uniform(8, 13)
    if dice.random() < 0.3:  # a traffic light before or behind the gate
        at[int(len(at) * dice.uniform(0.45, 0.55)) :] += dice.uniform(10, 40)
    return _Path(at + passes_s - float(np.interp(900, s, at)), xy)


def _resampled(line: Floats) -> tuple[Floats, Floats]:
    """Every half metre: (n,) along, (n, 2)."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    s = np.arange(0, along[-1], 0.5)
    return s, np.column_stack([np.interp(s, along, line[:, i]) for i in range(2)])


def _fixes(
    vehicle_id: str,
    path: _Path,
    case: GateCase,
    *,
    until: float,
    dice: random.Random,
    rng: np.random.Generator,
) -> VehicleFixes:
    """Errors of a receiver: one that wanders over half a minute, and 1 m of each fix's own."""
    at = np.arange(-200 + dice.uniform(0, case.interval_s), until, case.interval_s)
    at = at[rng.random(len(at)) > 0.03]  # one in thirty is lost
    clock = dice.uniform(-case.terminal_clock_s, case.terminal_clock_s)
    sigma = dice.uniform(*case.gps_m)
    stays = np.exp(-np.diff(at, prepend=at[0]) / 30)
    error = np.empty((len(at), 2))
    last = rng.normal(0, sigma, 2)
    for i, keep in enumerate(stays):
        last = keep * last + np.sqrt(1 - keep**2) * rng.normal(0, sigma, 2)
        error[i] = last + rng.normal(0, 1, 2)
    true, velocity = path.place(at), path.velocity(at)
    kx, ky = metres_per_degree(LAT)
    velocity = velocity + rng.normal(0, 0.4, velocity.shape)
    speed = np.hypot(*velocity.T)
    course = np.degrees(np.arctan2(velocity[:, 0], velocity[:, 1])) % 360
    unknown = np.full(len(at), np.nan)
    return VehicleFixes(
        vehicle_id,
        NOON.timestamp() + at + clock,
        LON + (true + error)[:, 0] / kx,
        LAT + (true + error)[:, 1] / ky,
        speed * 3.6 if case.motion else unknown,
        course if case.motion else unknown,
        unknown,
    )


def _sighting(
    at_s: float, out: bool, path: _Path, *, plate: str, case: GateCase, dice: random.Random
) -> Sighting:
    """What the camera tells at its own time `at_s`; the truck is truly at the gate line."""
    kx, ky = metres_per_degree(LAT)
    true_s = float(path.at_s[np.argmin(np.abs(path.xy[:, 1]))])
    x, y = path.place(np.array([true_s]))[0]
    vx, vy = path.velocity(np.array([true_s]))[0]
    track = UUID(int=dice.getrandbits(128))
    at = NOON + timedelta(seconds=at_s)
    sighting = Sighting(
        sighting_id=sighting_id(track, "line"),
        camera_id=CAMERA,
        line_id="line",
        track_uid=track,
        at=at,
        first_seen_at=at - timedelta(seconds=4),
        last_seen_at=at + timedelta(seconds=4),
        direction=Direction.OUT if out else Direction.IN,
        class_name="muck_truck" if dice.random() < 0.85 else "truck",
        class_confidence=dice.uniform(0.5, 0.95),
        lon=LON,
        lat=LAT - 15 / ky,
        uncertainty_m=30.0,
        plate=_reading(plate, dice) if dice.random() < case.plates else None,
        box=(0.0, 0.0, 1.0, 1.0),
    )
    if not case.homography:
        return sighting
    speed = float(np.hypot(vx, vy)) * max(dice.gauss(1, 0.1), 0.3)
    heading = float(np.degrees(np.arctan2(vx, vy))) + dice.gauss(0, 8)
    moved = {"lon": LON + (x + dice.gauss(0, 2)) / kx, "lat": LAT + (y + dice.gauss(0, 2)) / ky}
    return _with(sighting, **moved, uncertainty_m=2.0, speed=speed * 3.6, heading=heading % 360)


def _with(
    s: Sighting, *, lon: float, lat: float, uncertainty_m: float, speed: float, heading: float
) -> Sighting:
    return msgspec.structs.replace(
        s, lon=lon, lat=lat, uncertainty_m=uncertainty_m, speed_kmh=speed, heading_deg=heading
    )


def _reading(plate: str, dice: random.Random) -> PlateReading:
    """Right with the chance it claims; else one or two characters are wrong, most of like shape."""
    reliability = dice.choice((0.5, 0.7, 0.85, 0.95, 0.98, 0.99))
    text = plate
    if dice.random() > reliability:
        places = dice.sample(range(1, len(plate)), dice.choice((1, 1, 2)))
        characters = list(plate)
        for i in places:
            likes = sorted(c for c in likes_of(plate[i]) if c not in "IO")
            like = likes and dice.random() < 0.7
            others = [c for c in "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ" if c != plate[i]]
            characters[i] = dice.choice(likes if like else others)
        text = "".join(characters)
    return PlateReading(text=text, color="yellow", reliability=reliability, readings=3)


def _stranger_plate(dice: random.Random) -> str:
    return f"苏{dice.choice('ABCDEL')}{dice.randrange(10000, 99999)}"
