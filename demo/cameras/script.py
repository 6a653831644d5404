"""What happens before a camera in one loop: who drives or walks where, and what is left lying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from demo.scenes.backdrop import Picture
from demo.scenes.ground import Road
from demo.scenes.placed import Placed
from demo.scenes.shape import Shape
from demo.scenes.stage import Drawing, Stage

_SMOOTH_S = np.linspace(-0.7, 0.7, 9)

ShapeAt = Callable[[float], Shape]


class Path:
    """A way along a road: keys of seconds, metres along, metres across, heading in degrees.

    Headings are to the road's; between keys all run linearly, rounded over 1.4 s as wheels and legs
    would. Present from the first key to the last.
    """

    def __init__(self, road: Road, *keys: tuple[float, float, float, float]) -> None:
        self._road = road
        self._keys = np.array(keys)

    @property
    def span_s(self) -> tuple[float, float]:
        """Seconds of the first and the last key."""
        return float(self._keys[0, 0]), float(self._keys[-1, 0])

    def at(self, t_s: float) -> tuple[float, float, float] | None:
        """World x, y and heading; None while absent."""
        first_s, last_s = self.span_s
        return self.surely_at(t_s) if first_s <= t_s <= last_s else None

    def surely_at(self, t_s: float) -> tuple[float, float, float]:
        """As `at`; before the first key where it begins, after the last where it ends."""
        times = self._keys[:, 0]
        moments = t_s + _SMOOTH_S
        along, across, turn = (
            float(np.interp(moments, times, self._keys[:, i]).mean()) for i in (1, 2, 3)
        )
        return *self._road.place(along, across), self._road.heading_deg + turn


@dataclass(frozen=True)
class Actor:
    """Something that moves; its shape may change with time."""

    path: Path
    shape_at: ShapeAt


@dataclass(frozen=True)
class Lying:
    """Something that lies there from `since_s` until before `until_s`.

    What is `flat` is painted on the ground once, under all that moves.
    """

    thing: Placed
    since_s: float
    until_s: float = 1e9
    flat: bool = False


@dataclass(frozen=True, eq=False)
class Script:
    """One loop of `seconds`; when it begins anew, what was left has been cleared away."""

    seconds: float
    stage: Stage
    road: Road
    actors: Sequence[Actor]
    lying: Sequence[Lying] = field(default=())
    _grounds: dict[tuple[Placed, ...], Stage] = field(default_factory=dict)

    def compose(self, t_s: float) -> Drawing:
        """The scene at a moment, without the sensor's grain."""
        here = [item for item in self.lying if item.since_s <= t_s < item.until_s]
        things = [item.thing for item in here if not item.flat]
        flat = tuple(item.thing for item in here if item.flat)
        if flat not in self._grounds:
            self._grounds[flat] = self.stage.with_ground(flat)
        for actor in self.actors:
            spot = actor.path.at(t_s)
            if spot is not None:
                things.append(Placed(actor.shape_at(t_s), *spot))
        return self._grounds[flat].compose(things, ())

    def frames(self, fps: float, seed: int) -> Iterator[Picture]:
        """Every frame of the loop. A scene in which nothing moves is drawn once."""
        rng = np.random.default_rng((seed, 3))
        known: tuple[int, ...] | None = None
        lit: Picture | None = None
        for number in range(round(self.seconds * fps)):
            t_s = number / fps
            moving = any(actor.path.at(t_s) is not None for actor in self.actors)
            here = tuple(
                i for i, item in enumerate(self.lying) if item.since_s <= t_s < item.until_s
            )
            if moving or lit is None or here != known:
                lit = self.compose(t_s).image
                known = None if moving else here
            yield self.stage.expose(lit, rng)


def always(shape: Shape) -> ShapeAt:
    return lambda _: shape


def walking(steps: Sequence[Shape], per_s: float = 1.8) -> ShapeAt:
    """Somebody's steps, one after the other."""
    return lambda t_s: steps[int(t_s * per_s * len(steps) / 2) % len(steps)]


def during(*spells: tuple[float, ShapeAt]) -> ShapeAt:
    """Each shape from its second on."""

    def shape_at(t_s: float) -> Shape:
        chosen = spells[0][1]
        for since_s, candidate in spells:
            if t_s >= since_s:
                chosen = candidate
        return chosen(t_s)

    return shape_at
