"""What a still region is held to be: a thing, somebody at rest, light or nothing (静止区域判定)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from detection.at_rest import (
    Moment,
    is_mover_at_rest,
    looks_like_somebody,
    somebody_left,
)
from detection.background import Mask
from detection.box_geometry import gap, share_covered, shared
from detection.leftover import Leftover
from detection.scene_event import Box
from detection.seen_at_rest import seen_here
from detection.tracking import Track
from detection.uncovered import was_uncovered

LATER_TIMES = 1.7  # half out of the picture, and somebody was seen to leave it (ours)
DOUBTFUL_TIMES = 3.0  # half out of the picture, and nobody was seen to leave it
LARGEST_SHARE = 0.3  # of the picture: more is no object, it is another view
SETTLES_S = 3.0  # who was there has gone for so long: what it leaves is judged then (ours)
IN_CLUSTER = 0.8  # so much of it lies in the box of parts about a mover (ours)
SMALL_PX = 200  # working pixels: a person far away is as small (ours)
WITH_S = 2.0  # parts of one thing stand still within so long of each other (ours)
NAMED_S, NAMED_PICTURES = 2.0, 3  # named in so many pictures of so many seconds (ours)
SAME_THING = 0.4  # of each box lies in the other (ours)
SEEN_LONG_S = 10.0  # a thing is taken for somebody for 8 s at most, somebody for 16 s (ours)
SEEN_APART_S = 1.0  # so much counts of a time in which nothing was looked at
SAME_PLACE = 0.7  # of each box lies in the other
AS_LARGE = 0.7  # times its area when somebody was seen in it (ours)
LIT_S = 60.0  # so long it is remembered where light fell (ours)
OF_LIGHT = 0.7  # of a region lies in it (ours)
TOUCHES_PX = 8.0  # working pixels: parts no further apart are of one thing


class Verdict(StrEnum):
    """What a still region is held to be."""

    OBJECT = "object"
    OTHER_VIEW = "other_view"  # too large for a thing
    HANGS_ON_MOVER = "hangs_on_mover"  # a small still part of something that moves
    STANDS = "stands"  # more came there than went
    SEEN = "seen"  # the model sees a person or vehicle there
    LIGHT = "light"  # large, and fading away at its rim: light that falls there, or is gone
    TAKEN_AWAY = "taken_away"  # the old scene was the sharper one, the same displaced, or hidden
    DOUBTFUL = "doubtful"  # upright like somebody and nobody left, or cut by the picture's edge


_SOMEBODY = frozenset({Verdict.STANDS, Verdict.SEEN})
"""A mover is there: its parts, its shadow and its lamps' light go with it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Lit:
    """A region that was held to be light or somebody, when last, and since when it was still."""

    seen_at: datetime
    since: datetime
    region: Mask

    def is_of(self, leftover: Leftover, since: datetime) -> bool:
        """That it lies in here, mostly, and came with it."""
        if self.region.shape != leftover.region.shape:
            return False
        common = int(np.count_nonzero(self.region & leftover.region))
        together = abs((since - self.since).total_seconds()) <= WITH_S
        return together and common >= OF_LIGHT * leftover.area


@dataclass(slots=True, eq=False)
class _Seen:
    """A region that the model saw somebody in: since when it was still, how large, how long."""

    seen_at: datetime
    since: datetime
    box: Box
    area: int
    for_s: float = 0.0

    def is_same(self, leftover: Leftover, since: datetime) -> bool:
        together = abs((since - self.since).total_seconds()) <= WITH_S
        return together and shared(self.box, leftover.box) >= SAME_PLACE


@dataclass(slots=True, eq=False)
class Judge:
    """Of one camera. Remembers for a moment where somebody was at rest."""

    persistence_s: float
    _somebody: list[tuple[datetime, Leftover]] = field(default_factory=list)
    _lit: list[_Lit] = field(default_factory=list)
    _matter: list[tuple[datetime, Box]] = field(default_factory=list)
    _seen: list[_Seen] = field(default_factory=list)

    def advance(
        self,
        regions: Sequence[Leftover],
        scale: float,
        tracks: Mapping[int, Track],
        at: datetime,
        matter: Sequence[Box] = (),
    ) -> list[Verdict]:
        """One verdict a region, in order; `scale` is working pixels per pixel of the frame.

        `matter`: where the model surely sees a thing left behind, in this picture.
        """
        known = tracks.values()
        named_since = at - timedelta(seconds=NAMED_S)
        self._matter = [seen for seen in self._matter if seen[0] >= named_since]
        self._matter += [(at, box) for box in matter]
        resting = [_resting(one, scale, known, at) for one in regions]
        self._somebody = [
            (seen_at, one)
            for seen_at, one in self._somebody
            if (at - seen_at).total_seconds() < SETTLES_S
        ]
        self._somebody += [
            (at, one) for one, verdict in zip(regions, resting, strict=True) if verdict in _SOMEBODY
        ]
        verdicts = [
            own or self._still_there(one, at) or self._of_still(one, scale, known, at)
            for one, own in zip(regions, resting, strict=True)
        ]
        self._remember_lit(regions, verdicts, at)
        self._remember_seen(regions, resting, at)
        things = [
            one for one, verdict in zip(regions, verdicts, strict=True) if verdict is Verdict.OBJECT
        ]
        return [
            Verdict.OBJECT if verdict is Verdict.TAKEN_AWAY and _is_part(one, things) else verdict
            for one, verdict in zip(regions, verdicts, strict=True)
        ]

    def _of_still(
        self, leftover: Leftover, scale: float, tracks: Collection[Track], at: datetime
    ) -> Verdict:
        """Of a region that is no mover by itself."""
        if self._beside_somebody(leftover, scale):
            return Verdict.STANDS
        since = at - timedelta(seconds=leftover.since_s)
        if was_uncovered(leftover.box, since, tracks, at):
            return Verdict.TAKEN_AWAY
        if self._is_named(leftover):
            return Verdict.OBJECT
        if leftover.is_light or self._was_lit(leftover, at):
            return Verdict.LIGHT
        if not leftover.was_plainly_added:
            return Verdict.TAKEN_AWAY
        return Verdict.DOUBTFUL if self._doubtful(leftover, tracks, at) else Verdict.OBJECT

    def _still_there(self, leftover: Leftover, at: datetime) -> Verdict | None:
        """Somebody was seen in it for long, and it is as large as it was then: they are there.

        While that is so, it is remembered.
        """
        since = at - timedelta(seconds=leftover.since_s)
        for one in self._seen:
            as_large = leftover.area >= AS_LARGE * one.area
            if one.for_s >= SEEN_LONG_S and as_large and one.is_same(leftover, since):
                one.seen_at = at
                return None if self._is_named(leftover) else Verdict.SEEN
        return None

    def _remember_seen(
        self, regions: Sequence[Leftover], verdicts: Sequence[Verdict | None], at: datetime
    ) -> None:
        self._seen = [one for one in self._seen if (at - one.seen_at).total_seconds() < LIT_S]
        for leftover, verdict in zip(regions, verdicts, strict=True):
            if verdict is not Verdict.SEEN:
                continue
            since = at - timedelta(seconds=leftover.since_s)
            known = next((one for one in self._seen if one.is_same(leftover, since)), None)
            if known is None:
                known = _Seen(at, since, leftover.box, leftover.area)
                self._seen.append(known)
            known.for_s += min((at - known.seen_at).total_seconds(), SEEN_APART_S)
            known.seen_at, known.box, known.area = at, leftover.box, leftover.area

    def _beside_somebody(self, leftover: Leftover, scale: float) -> bool:
        """It touches what was held to be a mover at rest until a moment ago, or is a part of it."""
        return any(
            gap(leftover.box, one.box) <= TOUCHES_PX / scale
            or (not leftover.wet and share_covered(leftover.box, one.cluster) >= IN_CLUSTER)
            for _, one in self._somebody
        )

    def _is_named(self, leftover: Leftover) -> bool:
        """The model has named it in several pictures: whatever it looks like, it is a thing."""
        alike = {at for at, box in self._matter if shared(box, leftover.box) >= SAME_THING}
        return len(alike) >= NAMED_PICTURES

    def _remember_lit(
        self, regions: Sequence[Leftover], verdicts: Sequence[Verdict], at: datetime
    ) -> None:
        """Where lamps may light the ground: what is light, and who came with lamps on."""
        self._lit = [lit for lit in self._lit if (at - lit.seen_at).total_seconds() < LIT_S]
        for one, verdict in zip(regions, verdicts, strict=True):
            if verdict is not Verdict.LIGHT and verdict not in _SOMEBODY:
                continue
            since = at - timedelta(seconds=one.since_s)
            self._lit = [lit for lit in self._lit if not lit.is_of(one, since)]
            self._lit.append(_Lit(at, since, one.region))

    def _was_lit(self, leftover: Leftover, at: datetime) -> bool:
        """A part of what was light, or of a vehicle in its light, and looks like light itself."""
        since = at - timedelta(seconds=leftover.since_s)
        return leftover.may_be_light and any(lit.is_of(leftover, since) for lit in self._lit)

    def _doubtful(self, leftover: Leftover, tracks: Collection[Track], at: datetime) -> bool:
        """It is not told yet, or never: somebody whom nobody knows may stand there."""
        since = at - timedelta(seconds=leftover.since_s)
        left = somebody_left(leftover.box, since, tracks)
        small = leftover.area < SMALL_PX
        if not left and looks_like_somebody(leftover.box, tracks, small=small):
            return True
        times = LATER_TIMES if left else DOUBTFUL_TIMES
        return leftover.at_border and leftover.age_s < times * self.persistence_s


def _is_part(leftover: Leftover, things: Sequence[Leftover]) -> bool:
    """Alone it might be a line that shows again; it came with a thing close by."""
    return leftover.was_added and any(
        thing.cluster == leftover.cluster and abs(thing.since_s - leftover.since_s) <= WITH_S
        for thing in things
    )


def _resting(
    leftover: Leftover, scale: float, tracks: Collection[Track], at: datetime
) -> Verdict | None:
    """What it is by its size and by who came, who went and whom the model sees."""
    if leftover.area > LARGEST_SHARE * leftover.region.size:
        return Verdict.OTHER_VIEW
    if leftover.hangs_on_mover:
        return Verdict.HANGS_ON_MOVER
    still_since = at - timedelta(seconds=leftover.since_s)
    size_px = _frame_size(leftover.region, scale)
    moment = Moment(at, still_since, size_px)
    if any(seen_here(track, leftover.box, at, tracks) for track in tracks):
        return Verdict.SEEN
    boxes = [leftover.box, leftover.cluster]
    if leftover.wet:  # no part of a vehicle close by, unless it touches it, as its shadow does
        moment, boxes = Moment(at, still_since, size_px, step=0.0), [leftover.box]
    if any(is_mover_at_rest(box, tracks, moment) for box in boxes):
        return Verdict.STANDS
    return None


def _frame_size(region: Mask, scale: float) -> tuple[int, int]:
    height, width = region.shape
    return round(width / scale), round(height / scale)
