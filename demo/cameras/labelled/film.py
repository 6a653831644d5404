"""Draws a planned clip frame by frame and takes its truth from the drawn pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from demo.cameras.labelled.take import PlannedEvent, Take
from demo.cameras.labelled.weather import Weather
from demo.scenes.backdrop import Picture
from demo.scenes.boxes import PARTS, Owners, patches, visible_boxes
from demo.scenes.litter import Stain
from demo.scenes.placed import Placed
from demo.scenes.stage import Drawing, Painted, Stage
from demo.scenes.surface import dry_to_wet

_SEEN = 0.5
"""Share of an object's pixels that must be in the open before it counts as visible (ours)."""
_CHANGED = 6
"""Levels by which matter must change a pixel to be a part of it."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Turned:
    """The place as it looks from `since_s` on, when the camera was turned left by `angle_deg`."""

    since_s: float
    stage: Stage
    angle_deg: float

    def place(self, thing: Placed) -> Placed:
        x, y = turned(thing.x, thing.y, self.angle_deg)
        return replace(thing, x=x, y=y, heading_deg=thing.heading_deg + self.angle_deg)

    def stain(self, stain: Stain) -> Stain:
        outline = np.array([turned(x, y, self.angle_deg) for x, y in stain.outline])
        return replace(stain, outline=outline)


def turned(x: float, y: float, angle_deg: float) -> tuple[float, float]:
    """A place as it lies to a camera that was turned left: it moves to the right."""
    a = np.radians(angle_deg)
    return float(x * np.cos(a) + y * np.sin(a)), float(y * np.cos(a) - x * np.sin(a))


@dataclass
class SeenEvent:
    """What the drawn pixels say of a planned event; `box` None: it was never to be seen."""

    planned: PlannedEvent
    box: Box | None = None
    visible_s: float | None = None
    gone_s: float | None = None


@dataclass(frozen=True, eq=False)
class _Scene:
    """One moment, painted; `flat` numbers what lies flat on the ground."""

    t_s: float
    stage: Stage
    painted: Painted
    things: list[Placed]
    stains: list[Stain]
    flat: tuple[int, ...]


@dataclass
class Film:
    """Frames of a take; `seen` is complete once all frames were drawn.

    `dry` is the backdrop before it began to rain.
    """

    take: Take
    stage: Stage
    weather: Weather
    dry: Picture | None = None
    turned: Turned | None = None
    seen: list[SeenEvent] = field(init=False)
    _grounds: dict[tuple[tuple[int, ...], float], Stage] = field(default_factory=dict)
    _flat_pixels: dict[tuple[int, ...], NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen = [SeenEvent(event) for event in self.take.events]
        self._masks = [self._mask(event) for event in self.take.events]
        for one, mask in zip(self.seen, self._masks, strict=True):
            if mask is not None:
                one.box = box_of(mask)

    def _mask(self, event: PlannedEvent) -> NDArray[np.bool_] | None:
        """Where the event's matter shows with nothing in the way; None for a vehicle's event."""
        if event.actor is not None:
            return None
        take = self.take
        flat = [take.lying[i].thing for i in event.lying if take.lying[i].flat]
        standing = [take.lying[i].thing for i in event.lying if not take.lying[i].flat]
        stains = [take.stains[i].stain for i in event.stains]
        before = self.stage.paint((), ()).canvas.astype(np.int16)
        after = self.stage.with_ground(flat).paint(standing, stains)
        if standing:
            return np.asarray(after.owners > 0)
        return np.asarray(np.abs(after.canvas.astype(np.int16) - before).max(axis=2) > _CHANGED)

    def frames(self) -> Iterator[Picture]:
        for number in range(round(self.take.seconds * self.take.fps)):
            yield self.frame(number)

    def frame(self, number: int) -> Picture:
        """Has to be asked for in order: the weather has a memory, and so has the truth."""
        return self._finished(self._scene(number))

    def drawing(self, number: int) -> Drawing:
        """The frame, with a box of all that shows in it; in order, as `frame`."""
        scene = self._scene(number)
        painted, stains = scene.painted, len(scene.stains)
        labels: list[tuple[str | None, Sequence[str | None]]] = [(None, ())] * stains
        labels += [(thing.shape.label, thing.shape.part_labels) for thing in scene.things]
        boxes = visible_boxes(painted.owners, labels, painted.drawn, painted.extents)
        of_stain = (painted.owners > 0) & (painted.owners < 1 + PARTS * stains)
        boxes += patches(of_stain, "spill_liquid")
        boxes += patches(self._matter(scene.flat) & (painted.owners == 0), "spill_solid")
        return Drawing(self._finished(scene), painted.owners, tuple(boxes))

    def _finished(self, scene: _Scene) -> Picture:
        return self.weather.finish(scene.stage, scene.painted, scene.things, scene.t_s)

    def _scene(self, number: int) -> _Scene:
        take, t_s = self.take, number / self.take.fps
        here = [i for i, item in enumerate(take.lying) if item.since_s <= t_s < item.until_s]
        flat = tuple(i for i in here if take.lying[i].flat)
        standing = [i for i in here if not take.lying[i].flat]
        elsewhere = self.turned if self.turned and t_s >= self.turned.since_s else None
        stage = elsewhere.stage if elsewhere else self._ground(flat, self.weather.wetness(t_s))
        sun = self.weather.sunshine(t_s)
        if sun < 1:
            stage = stage.under(sun)
        things = [take.lying[i].thing for i in standing]
        moving: list[int] = []
        for n, actor in enumerate(take.actors):
            spot = actor.path.at(t_s)
            if spot is None:
                continue
            seen_at = turned(*spot[:2], elsewhere.angle_deg) if elsewhere else spot[:2]
            if stage.may_see(*seen_at):
                things.append(Placed(actor.shape_at(t_s), *spot))
                moving.append(n)
        stains: list[Stain] = []
        for item in take.stains:
            strength = item.strength(t_s)
            if strength > 0:
                stains.append(item.stain.faded(strength))
        if elsewhere:
            things = [elsewhere.place(thing) for thing in things]
            stains = [elsewhere.stain(stain) for stain in stains]
        painted = stage.paint(things, stains, bend=self.weather.bend(t_s))
        first_actor = len(stains) + len(standing)
        index_of_lying = {i: len(stains) + k for k, i in enumerate(standing)}
        if not elsewhere:
            self._look(
                t_s, painted.owners, len(stains), index_of_lying, moving=moving, first=first_actor
            )
        return _Scene(t_s, stage, painted, things, stains, () if elsewhere else flat)

    def _ground(self, flat: tuple[int, ...], wetness: float) -> Stage:
        """The stage with what lies flat on it, as wet as it is."""
        key = (flat, wetness)
        if key not in self._grounds:
            if len(self._grounds) > 2:
                self._grounds.pop(next(iter(self._grounds)))
            stage = self.stage
            if self.dry is not None and wetness < 1:
                stage = stage.with_backdrop(dry_to_wet(self.dry, stage.backdrop, wetness))
            self._grounds[key] = stage.with_ground([self.take.lying[i].thing for i in flat])
        return self._grounds[key]

    def _matter(self, flat: tuple[int, ...]) -> NDArray[np.bool_]:
        """Where the pixels of what lies flat are, whatever stands on them."""
        if flat not in self._flat_pixels:
            things = [self.take.lying[i].thing for i in flat]
            self._flat_pixels = {flat: self.stage.paint(things, ()).owners > 0}
        return self._flat_pixels[flat]

    def _look(
        self, t_s: float, owners: Owners, stains: int, lying: dict[int, int], *,
        moving: Sequence[int], first: int,
    ) -> None:  # fmt: skip
        for one, mask in zip(self.seen, self._masks, strict=True):
            event = one.planned
            if mask is None:
                self._look_at_actor(one, t_s, owners, moving, first)
            elif one.visible_s is None and t_s >= event.settled_s:
                whose = owners[mask]
                open_ = whose < 1 + PARTS * stains  # the ground, or a stain on it
                for i in event.lying:
                    if i in lying:
                        base = 1 + PARTS * lying[i]
                        open_ |= (whose >= base) & (whose < base + PARTS)
                if np.count_nonzero(open_) >= _SEEN * len(whose) > 0:
                    one.visible_s = t_s

    def _look_at_actor(
        self, one: SeenEvent, t_s: float, owners: Owners, moving: Sequence[int], first: int
    ) -> None:
        event = one.planned
        ended = event.ended_s if event.ended_s is not None else 1e9
        if event.actor not in moving or not event.started_s <= t_s <= ended:
            return
        base = 1 + PARTS * (first + moving.index(event.actor))
        mine = (owners >= base) & (owners < base + PARTS)
        if np.count_nonzero(mine) < 0.004 * owners.size:
            return
        box = box_of(mine)
        if one.visible_s is None:
            one.visible_s = t_s
            one.box = box
        elif one.box is not None and box is not None:
            a, b = one.box, box
            one.box = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        one.gone_s = t_s


def box_of(mask: NDArray[np.bool_]) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def write_video(frames: Iterator[Picture], path: Path, fps: Fraction, crf: int) -> None:
    """H.264 as a street camera sends it: yuv420p, no B frames, a key frame every 50 pictures."""
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as container:
        stream = None
        for picture in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.gop_size = 50
                stream.thread_count = 1
                stream.options = {"preset": "veryfast", "crf": str(crf), "bf": "0"}
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        if stream is not None:
            container.mux(stream.encode(None))
    part.rename(path)
