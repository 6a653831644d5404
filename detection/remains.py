"""What stayed behind, from the moment it is sure to the moment it is gone (遗留物).

Before the rules: they only decide what a remain in a zone of theirs means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import cv2
import numpy as np

from detection.at_rest import (
    Moment,
    is_mover_at_rest,
    looks_like_somebody,
    seen_here,
    somebody_left,
)
from detection.background import Background, Look, Mask
from detection.box_geometry import around_both, gap, share_covered
from detection.leftover import Leftover, leftovers
from detection.scene_event import Box
from detection.tracking import Track

ABSORB_S = 120.0  # a mover at rest for so long belongs to the scene
FORGET_S = 900.0  # an object that was told and lies for so long belongs to the scene
GONE_S = 4.0
GONE_SHARE = 0.2  # less of it than this still differs from the old scene
FADED = 0.35  # of its first contrast: less is a ghost (ours)
LATER_TIMES = 1.7  # half out of the picture, and somebody was seen to leave it (ours)
DOUBTFUL_TIMES = 3.0  # half out of the picture, and nobody was seen to leave it
LARGEST_SHARE = 0.3  # of the picture: more is no object, it is another view
REMEMBERED_S = 120.0  # what is gone, so that a part of it is not told again
SETTLES_S = 3.0  # who was there has gone for so long: what it leaves is judged then (ours)
IN_CLUSTER = 0.8  # so much of it lies in the box of parts about a mover (ours)
GROWN_TIMES = 1.2  # its area: it is asked anew in which zone it lies (ours)
SMALL_PX = 200  # working pixels: a person far away is as small (ours)
TOUCHES_PX = 8.0  # working pixels: parts no further apart are of one thing
TOGETHER_S = 4.0  # parts that appeared within so long and lie close by are one thing
TOGETHER_SHARE = 0.06  # of the picture's width


class Verdict(StrEnum):
    """What a still region is held to be."""

    OBJECT = "object"
    OTHER_VIEW = "other_view"  # too large for a thing
    HANGS_ON_MOVER = "hangs_on_mover"  # a small still part of something that moves
    STANDS = "stands"  # more came there than went
    SEEN = "seen"  # the model sees a person or vehicle there
    LIGHT = "light"  # large, and fading away at its rim: light that falls there, or is gone
    TAKEN_AWAY = "taken_away"  # the old scene was the sharper one, or the same but displaced
    DOUBTFUL = "doubtful"  # upright like somebody and nobody left, or cut by the picture's edge


@dataclass(slots=True, eq=False)
class Remain:
    """One thing that stayed. `region` is of the working picture and grows with the thing.

    `first` is how it was measured when it was sure; `ended_at` and `end` (`removed`, `stayed`,
    `view_changed`) are set when it is over. `told` is set by the rule that told it: the first part
    of a thing may lie outside the zone that the whole lies in. `given_area`: working pixels of it
    when it was last given to the rules.
    """

    number: int
    first: Leftover
    region: Mask
    box: Box
    started_at: datetime
    sure_at: datetime
    given_area: int
    told: bool = False
    gone_since: datetime | None = None
    ended_at: datetime | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RemainsChange:
    """What a frame brought: things that are sure now, that reach further, and that are over."""

    appeared: Sequence[Remain] = ()
    grown: Sequence[Remain] = ()
    ended: Sequence[Remain] = ()


NOTHING_REMAINS = RemainsChange()

_SOMEBODY = frozenset({Verdict.STANDS, Verdict.SEEN})
"""A mover is there: its parts, its shadow and its lamps' light go with it."""


@dataclass(slots=True, eq=False)
class Remains:
    """The stage and its state for one camera; feed every looked-at frame in order of time."""

    persistence_s: float
    _present: list[Remain] = field(default_factory=list)
    _past: list[Remain] = field(default_factory=list)
    _somebody: list[tuple[datetime, Leftover]] = field(default_factory=list)
    _count: int = 0

    def known(self, shape: tuple[int, ...]) -> Mask:
        """Where things lie that are known already: no mover stands there."""
        regions = [remain.region for remain in self._present if remain.region.shape == shape]
        return np.asarray(np.any(regions, axis=0)) if regions else np.zeros(shape, bool)

    def pending(self, look: Look) -> Box | None:
        """In pixels of the frame, what is about to be judged: the model should look there."""
        if not look.ready or look.fraction == 0.0:
            return None
        near = (look.age_s > 0.5 * self.persistence_s) & look.lasting
        near &= ~self.known(look.age_s.shape)
        if np.count_nonzero(near) <= 30:
            return None
        x, y, w, h = (float(n) / look.scale for n in cv2.boundingRect(near.view(np.uint8)))
        return x, y, x + w, y + h

    def advance(
        self,
        look: Look,
        background: Background,
        tracks: Mapping[int, Track],
        at: datetime,
    ) -> RemainsChange:
        """`look` is `background`'s view of this moment; `tracks` all that `Tracking` remembers."""
        if look.restarted:
            return RemainsChange(ended=self.forget(at))
        if not look.ready:
            return RemainsChange()
        ended = self._ended(look, background, at)
        appeared: list[Remain] = []
        if not look.settled or not look.age_s.any():
            return RemainsChange(ended=ended)
        fresh = [
            one
            for one in leftovers(look, background, self.persistence_s)
            if not self._joins_known(one, look, at) and not self._past_one(one, at)
        ]
        resting = [self._resting(one, look, tracks, at) for one in fresh]
        self._note_somebody(fresh, resting, at)
        for leftover, own in zip(fresh, resting, strict=True):
            beside = self._beside_somebody(leftover, look.scale)
            at_rest = own or (Verdict.STANDS if beside else None)
            verdict = self._verdict(leftover, at_rest, background, tracks, at)
            if verdict is Verdict.OBJECT and not self._joins_known(leftover, look, at):
                self._count += 1
                started_at = at - timedelta(seconds=leftover.since_s)
                remain = Remain(
                    self._count, leftover, leftover.region, leftover.box, started_at, at,
                    leftover.area,
                )  # fmt: skip
                self._present.append(remain)
                appeared.append(remain)
        return RemainsChange(appeared, self._grown(), ended)

    def _grown(self) -> Sequence[Remain]:
        """What reaches clearly further than when it was last given to the rules."""
        grown = []
        for remain in self._present:
            area = int(remain.region.sum())
            if area > GROWN_TIMES * remain.given_area:
                remain.given_area = area
                grown.append(remain)
        return grown

    def _joins_known(self, leftover: Leftover, look: Look, at: datetime) -> bool:
        """It is a part of a thing that is known, which then reaches so far."""
        known = self._known(leftover, look, at)
        if known is None:
            return False
        known.region = known.region | leftover.region
        known.box = around_both(known.box, leftover.box)
        return True

    def _note_somebody(
        self, fresh: Sequence[Leftover], verdicts: Sequence[Verdict | None], at: datetime
    ) -> None:
        """Remembers for a moment where a mover was held to be."""
        self._somebody = [
            (seen_at, one) for seen_at, one in self._somebody if _seconds(at, seen_at) < SETTLES_S
        ]
        self._somebody += [
            (at, leftover)
            for leftover, verdict in zip(fresh, verdicts, strict=True)
            if verdict in _SOMEBODY
        ]

    def _beside_somebody(self, leftover: Leftover, scale: float) -> bool:
        """It touches what was held to be a mover at rest until a moment ago, or is a part of it."""
        return any(
            gap(leftover.box, one.box) <= TOUCHES_PX / scale
            or (not leftover.wet and share_covered(leftover.box, one.cluster) >= IN_CLUSTER)
            for _, one in self._somebody
        )

    def forget(self, at: datetime) -> Sequence[Remain]:
        """The view is another one: all ends."""
        ended = list(self._present)
        for remain in ended:
            remain.ended_at, remain.end = at, "view_changed"
        self._present.clear()
        return ended

    def _resting(
        self, leftover: Leftover, look: Look, tracks: Mapping[int, Track], at: datetime
    ) -> Verdict | None:
        """What it is by its size and by who came, who went and whom the model sees."""
        if leftover.area > LARGEST_SHARE * leftover.region.size:
            return Verdict.OTHER_VIEW
        size_px = _frame_size(leftover.region, look.scale)
        return _at_rest(leftover, tracks.values(), at, size_px)

    def _verdict(
        self,
        leftover: Leftover,
        at_rest: Verdict | None,
        background: Background,
        tracks: Mapping[int, Track],
        at: datetime,
    ) -> Verdict:
        """What a still region is held to be; what will never be an object is forgotten in time."""
        if at_rest is not None:
            if at_rest is Verdict.OTHER_VIEW or leftover.age_s > ABSORB_S:
                background.absorb(leftover.region)
            return at_rest
        if leftover.is_light or not leftover.was_added:
            if leftover.age_s > 2 * self.persistence_s:
                background.absorb(_grown(leftover.region))
            return Verdict.LIGHT if leftover.is_light else Verdict.TAKEN_AWAY
        doubt = self._doubt(leftover, tracks, at)
        if doubt is not None and leftover.age_s > ABSORB_S:
            background.absorb(leftover.region)
        return doubt or Verdict.OBJECT

    def _doubt(
        self, leftover: Leftover, tracks: Mapping[int, Track], at: datetime
    ) -> Verdict | None:
        """Why it is not told yet, or never; None where nothing speaks against it."""
        since = at - timedelta(seconds=leftover.since_s)
        left = somebody_left(leftover.box, since, tracks.values())
        small = leftover.area < SMALL_PX
        if not left and looks_like_somebody(leftover.box, tracks.values(), small=small):
            return Verdict.DOUBTFUL
        times = LATER_TIMES if left else DOUBTFUL_TIMES
        if leftover.at_border and leftover.age_s < times * self.persistence_s:
            return Verdict.DOUBTFUL
        return None

    def _known(self, leftover: Leftover, look: Look, at: datetime) -> Remain | None:
        near_px = TOGETHER_SHARE * leftover.region.shape[1] / look.scale
        for remain in self._present:
            common = int((remain.region & leftover.region).sum())
            if common > 0.1 * min(int(remain.region.sum()), leftover.area):
                return remain
            since = at - timedelta(seconds=leftover.since_s)
            together = abs((remain.started_at - since).total_seconds()) < TOGETHER_S
            if together and gap(remain.box, leftover.box) < near_px:
                return remain
        return None

    def _past_one(self, leftover: Leftover, at: datetime) -> bool:
        """It was there before a thing at this place was held to be gone: a part of that thing."""
        since = at - timedelta(seconds=leftover.since_s)
        self._past = [r for r in self._past if _seconds(at, r.ended_at) < REMEMBERED_S]
        return any(
            r.ended_at is not None
            and since < r.ended_at
            and bool((r.region & leftover.region).any())
            for r in self._past
            if r.region.shape == leftover.region.shape
        )

    def _ended(self, look: Look, background: Background, at: datetime) -> list[Remain]:
        ended = []
        for remain in list(self._present):
            if _lies(remain, look, background):
                remain.gone_since = None
                if (at - remain.sure_at).total_seconds() > FORGET_S:
                    background.absorb(remain.region)
                    remain.ended_at, remain.end = at, "stayed"
            else:
                remain.gone_since = remain.gone_since or at
                if (at - remain.gone_since).total_seconds() >= GONE_S:
                    remain.ended_at, remain.end = remain.gone_since, "removed"
            if remain.end is not None:
                self._present.remove(remain)
                self._past.append(remain)
                ended.append(remain)
        return ended


def _lies(remain: Remain, look: Look, background: Background) -> bool:
    """It is still to be seen, and not only as the ghost that coding leaves for some seconds."""
    x1, y1, x2, y2 = (round(n * look.scale) for n in remain.box)
    rows, columns = slice(y1, y2), slice(x1, x2)
    here = remain.region[rows, columns]
    if look.lasting[rows, columns][here].mean() <= GONE_SHARE:
        return False
    now, before = background.patch(rows, columns)
    contrast = float(np.abs(now - before).max(axis=2)[here].mean())
    return contrast > FADED * remain.first.contrast


def _at_rest(
    leftover: Leftover, tracks: Collection[Track], at: datetime, size_px: tuple[int, int]
) -> Verdict | None:
    if leftover.hangs_on_mover:
        return Verdict.HANGS_ON_MOVER
    if any(seen_here(track, leftover.box, at) for track in tracks):
        return Verdict.SEEN
    still_since = at - timedelta(seconds=leftover.since_s)
    moment = Moment(at, still_since, size_px)
    boxes = [leftover.box, leftover.cluster]
    if leftover.wet:  # no part of a vehicle close by, unless it touches it, as its shadow does
        moment, boxes = Moment(at, still_since, size_px, step=0.0), [leftover.box]
    if any(is_mover_at_rest(box, tracks, moment) for box in boxes):
        return Verdict.STANDS
    return None


def _frame_size(region: Mask, scale: float) -> tuple[int, int]:
    height, width = region.shape
    return round(width / scale), round(height / scale)


def _seconds(at: datetime, before: datetime | None) -> float:
    return (at - before).total_seconds() if before is not None else 0.0


def _grown(region: Mask) -> Mask:
    return np.asarray(cv2.dilate(region.astype(np.uint8), np.ones((5, 5))), bool)
