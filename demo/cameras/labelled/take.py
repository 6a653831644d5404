"""One clip as it is planned: who moves, what is left lying, and what of it is an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from demo.cameras.labelled.place import LabelledPlace
from demo.cameras.labelled.register import FleetTruck
from demo.cameras.labelled.truth import DistractorRow
from demo.cameras.script import Actor, Lying, Path
from demo.scenes.litter import Stain


@dataclass(frozen=True)
class LyingStain:
    """A flat wet mark; `until_s` it has dried, which takes `drying_s`."""

    stain: Stain
    since_s: float
    until_s: float = 1e9
    drying_s: float = 0.0

    def strength(self, t_s: float) -> float:
        """0 to 1."""
        if not self.since_s <= t_s < self.until_s:
            return 0.0
        rises = min(1.0, (t_s - self.since_s) / 0.4 + 0.3)
        falls = 1.0 if not self.drying_s else min(1.0, (self.until_s - t_s) / self.drying_s)
        return rises * falls


@dataclass(frozen=True)
class PlannedEvent:
    """An alert that is due. Its box and when it is visible are taken from the drawn pixels.

    `lying` and `stains` number the matter that is left; an event of a vehicle has its `actor`.
    `settled_s`: all of it is there.
    """

    kind: str
    what: str
    started_s: float
    settled_s: float
    ended_s: float | None = None
    lying: tuple[int, ...] = ()
    stains: tuple[int, ...] = ()
    actor: int | None = None
    truck: FleetTruck | None = None
    spot: tuple[float, float] | None = None


@dataclass(frozen=True)
class Drive:
    """A truck of the fleet on its way, for its terminal's fixes; `reports` False: it is off."""

    truck: FleetTruck
    path: Path
    reports: bool = True


@dataclass(frozen=True)
class PlannedPassage:
    at_s: float
    direction: str
    truck: FleetTruck | None
    plate: str
    plate_color: str
    class_name: str
    load: str
    speed_kmh: float


@dataclass(frozen=True)
class Disturbance:
    """Something that happens to the light or to the camera; see `demo.cameras.labelled.weather`."""

    what: str
    started_s: float
    ended_s: float
    amount: float = 1.0


@dataclass(eq=False)
class Take:
    """Filled by the acts, one after the other; `busy` keeps them apart in place and time."""

    place: LabelledPlace
    name: str
    condition: str
    seconds: float
    fps: int
    rng: np.random.Generator
    fleet: Sequence[FleetTruck]
    actors: list[Actor] = field(default_factory=list)
    lying: list[Lying] = field(default_factory=list)
    stains: list[LyingStain] = field(default_factory=list)
    events: list[PlannedEvent] = field(default_factory=list)
    drives: list[Drive] = field(default_factory=list)
    passages: list[PlannedPassage] = field(default_factory=list)
    distractors: list[DistractorRow] = field(default_factory=list)
    disturbances: list[Disturbance] = field(default_factory=list)
    taken: list[tuple[float, float]] = field(default_factory=list)
    lanes: list[tuple[int, float, float]] = field(default_factory=list)

    def distract(self, what: str, started_s: float, ended_s: float) -> None:
        begin, end = max(0.0, started_s), min(self.seconds, ended_s)
        self.distractors.append(DistractorRow(self.name, what, round(begin, 2), round(end, 2)))

    @property
    def needs_sun(self) -> bool:
        """Whether something happens that shows in sunshine only."""
        return any(one.what in ("cloud_shadow", "sun_hidden") for one in self.disturbances)

    def choose(
        self, spots: Sequence[tuple[float, float]], apart_m: float = 4.0
    ) -> tuple[float, float] | None:
        """One of the spots away from all that were taken; None if there is none."""
        free = [
            s for s in spots if all(np.hypot(s[0] - a, s[1] - c) >= apart_m for a, c in self.taken)
        ]
        if not free:
            return None
        spot = free[int(self.rng.integers(len(free)))]
        self.taken.append(spot)
        return spot

    def lane_free(self, way: int, from_s: float, to_s: float) -> bool:
        return not any(w == way and from_s < b and to_s > a for w, a, b in self.lanes)

    def hold_lane(self, way: int, from_s: float, to_s: float) -> None:
        self.lanes.append((way, from_s, to_s))
