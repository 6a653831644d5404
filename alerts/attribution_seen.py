"""What a camera saw of one vehicle, as the matching weighs it (待归因目标)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from alerts.attribution_parameters import AttributionParameters
from config.camera import Camera
from config.degrees import metres_per_degree
from config.vehicle import VehicleKind
from detection.scene_event import SceneEvent, TrackPoint
from detection.sighting import Direction, Load, PlateReading, Sighting

_UNPLACED_M = 30.0
"""What a camera's own place may be off for what it sees, where it has no homography (ours)."""

_VELOCITY_WITHIN_S = 2.0
_VELOCITY_LEAST_S = 0.7
_VELOCITY_POINTS = 4
"""A velocity is taken from so many points, over at least and at most so long (ours)."""
_STANDS_WITHIN_S, _STANDS_WITHIN_M = 6.0, 1.5
"""Who stands has few points of his way: all of these within so long and so close say so (ours)."""
_MOMENTS_APART_S = 5.0
"""Of the way of who did something: its ends count beside the place where it did, if so far off."""

_CLASSES: dict[str, dict[str, float]] = {
    # What the detector says of a muck truck, a sanitation truck, a car or other vehicle. Ours; the
    # confusion of a trained model can be put here.
    "muck_truck": {"muck": 0.55, "sanitation": 0.10, "car": 0.01},
    "load_open": {"muck": 0.10, "sanitation": 0.01, "car": 0.002},
    "load_covered": {"muck": 0.10, "sanitation": 0.02, "car": 0.002},
    "body_raised": {"muck": 0.02, "sanitation": 0.005, "car": 0.001},
    "truck": {"muck": 0.10, "sanitation": 0.20, "car": 0.03},
    "sanitation_truck": {"muck": 0.05, "sanitation": 0.50, "car": 0.01},
    "bus": {"muck": 0.01, "sanitation": 0.03, "car": 0.05},
    "van": {"muck": 0.01, "sanitation": 0.03, "car": 0.15},
    "car": {"muck": 0.01, "sanitation": 0.01, "car": 0.70},
}
_ANY_CLASS = {"muck": 0.05, "sanitation": 0.10, "car": 0.05}

_LOADS: dict[Load, tuple[float, float]] = {
    # Chance to look so when laden, when empty (ours).
    Load.OPEN: (0.45, 0.10),
    Load.COVERED: (0.50, 0.30),
    Load.EMPTY: (0.05, 0.60),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One crossing. `velocity` in m/s east and north, None without a homography."""

    at: datetime
    lon: float
    lat: float
    sigma_m: float
    direction: Direction | None = None
    velocity: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One track: its crossings in order of time, and what it looked like."""

    camera_id: str
    track_uid: UUID
    moments: tuple[Moment, ...]
    class_name: str
    class_confidence: float
    plate: PlateReading | None = None
    load: Load | None = None

    @property
    def at(self) -> datetime:
        return self.moments[0].at


def seen_of(sightings: Iterable[Sighting]) -> list[Seen]:
    """One a track, in order of time; the sightings in any order, a repeated one counts once."""
    tracks: dict[UUID, dict[UUID, Sighting]] = {}
    for sighting in sightings:
        tracks.setdefault(sighting.track_uid, {})[sighting.sighting_id] = sighting
    return sorted(
        (
            _joined(sorted(same.values(), key=lambda s: (s.at, s.line_id)))
            for same in tracks.values()
        ),
        key=lambda seen: (seen.at, seen.track_uid),
    )


def _joined(same: Sequence[Sighting]) -> Seen:
    plates = [s.plate for s in same if s.plate is not None]
    classes = max(same, key=lambda s: s.class_confidence)
    loads = max(same, key=lambda s: s.load_confidence)
    return Seen(
        camera_id=same[0].camera_id,
        track_uid=same[0].track_uid,
        moments=tuple(_moment(s) for s in same),
        class_name=classes.class_name,
        class_confidence=classes.class_confidence,
        plate=max(plates, key=lambda p: p.reliability, default=None),
        load=loads.load,
    )


def _moment(sighting: Sighting) -> Moment:
    return Moment(
        at=sighting.at,
        lon=sighting.lon,
        lat=sighting.lat,
        sigma_m=sighting.uncertainty_m,
        direction=sighting.direction,
        velocity=_vector(sighting.speed_kmh, sighting.heading_deg),
    )


def seen_of_event(event: SceneEvent, camera: Camera) -> Seen | None:
    """The passer of a spill or a dump, where no gate line made a sighting of it.

    Placed at the track's point nearest in time to when it covered the spot, and at both ends of its
    way; without a homography at the event's place or the camera's own. None where nobody passed, or
    the track has no id.
    """
    passer = event.passer
    if passer is None or passer.track_uid is None:
        return None
    placed = [p for p in event.track if p.lon is not None and p.lat is not None]
    if placed:
        sigma = event.uncertainty_m or 3.0
        moments = tuple(
            Moment(p.at, p.lon or 0.0, p.lat or 0.0, sigma, None, _velocity_about(placed, p))
            for p in _telling(placed, passer.seen_at)
        )
    else:
        known = event.lon is not None and event.lat is not None
        lon = event.lon if known and event.lon is not None else camera.lon
        lat = event.lat if known and event.lat is not None else camera.lat
        sigma = _UNPLACED_M if event.uncertainty_m is None else event.uncertainty_m + 3.0
        moments = (Moment(passer.seen_at, lon, lat, sigma),)
    return Seen(
        camera_id=event.camera_id,
        track_uid=passer.track_uid,
        moments=moments,
        class_name=passer.class_name,
        class_confidence=passer.confidence,
    )


def _telling(placed: Sequence[TrackPoint], at: datetime) -> list[TrackPoint]:
    """The point next to `at`, and the first and the last one where they are well apart in time."""
    chosen = [min(placed, key=lambda p: abs((p.at - at).total_seconds()))]
    for end in (placed[0], placed[-1]):
        if all(abs((end.at - p.at).total_seconds()) >= _MOMENTS_APART_S for p in chosen):
            chosen.append(end)
    return sorted(chosen, key=lambda p: p.at)


def _velocity_about(placed: Sequence[TrackPoint], there: TrackPoint) -> tuple[float, float] | None:
    """The straight line through the placed points about `there`, by least squares.

    None where they are too few or too close in time. At rest they are far apart in time.
    """
    at_s = np.array([(p.at - there.at).total_seconds() for p in placed])
    degrees = np.array([(p.lon or 0.0, p.lat or 0.0) for p in placed])
    metres = (degrees - (there.lon or 0.0, there.lat or 0.0)) * metres_per_degree(there.lat or 0.0)
    around = np.abs(at_s) <= _STANDS_WITHIN_S
    if around.sum() >= _VELOCITY_POINTS and np.hypot(*metres[around].T).max() < _STANDS_WITHIN_M:
        return 0.0, 0.0
    near = np.abs(at_s) <= _VELOCITY_WITHIN_S
    if near.sum() < _VELOCITY_POINTS or np.ptp(at_s[near]) < _VELOCITY_LEAST_S:
        return None
    east, north = np.polyfit(at_s[near], metres[near], 1)[0]
    return float(east), float(north)


def _vector(speed_kmh: float | None, heading_deg: float | None) -> tuple[float, float] | None:
    if speed_kmh is None or heading_deg is None:
        return None
    heading = math.radians(heading_deg)
    speed = speed_kmh / 3.6
    return speed * math.sin(heading), speed * math.cos(heading)


def chance_of_class(seen: Seen, kind: VehicleKind) -> float:
    """That a fleet vehicle of this kind looks so to the detector."""
    return _of_class(seen, "muck" if kind is VehicleKind.MUCK else "sanitation")


def stranger_rate(seen: Seen, parameters: AttributionParameters) -> float:
    """Vehicles a second that are not of the fleet, pass, and look so."""
    trucks = parameters.stranger_trucks_per_h / 3600
    cars = parameters.stranger_cars_per_h / 3600
    return trucks * _of_class(seen, "muck") + cars * _of_class(seen, "car")


def _of_class(seen: Seen, what: str) -> float:
    """The table's word as far as the detector is sure, else any class alike."""
    said: Mapping[str, float] = _CLASSES.get(seen.class_name, _ANY_CLASS)
    sure = min(max(seen.class_confidence, 0.0), 1.0) if seen.class_name in _CLASSES else 0.0
    return sure * said[what] + (1 - sure) * _ANY_CLASS[what]


def load_factor(seen: Seen, laden: bool | None) -> float:
    """How much more, or less, likely than on average a truck in this state looks so."""
    if seen.load is None or laden is None:
        return 1.0
    when_laden, when_empty = _LOADS[seen.load]
    mean = (when_laden + when_empty) / 2
    return (when_laden if laden else when_empty) / mean


def laden_of(vehicle_id: str, laden: Mapping[str, bool], by_sensor: bool | None) -> bool | None:
    """The sensor's word, else the trip's."""
    return by_sensor if by_sensor is not None else laden.get(vehicle_id)
