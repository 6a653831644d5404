"""What stayed behind, from the moment it is sure to the moment it is gone (遗留物).

Before the rules: they only decide what a remain in a zone of theirs means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import cv2
import numpy as np

from detection.background import Background, Look, Mask
from detection.box_geometry import around_both, gap
from detection.leftover import Leftover, clusters, leftovers
from detection.remain import Remain, RemainsChange
from detection.remain_verdict import LARGEST_SHARE, Judge, Verdict
from detection.scene_event import Box
from detection.seen_at_rest import seen_here
from detection.tracking import Track

ABSORB_S = 120.0  # a mover at rest for so long belongs to the scene
OTHER_VIEW_S = 20.0  # another view, the same, where somebody's lamps or shadow may make it (ours)
FORGET_S = 900.0  # an object that was told and lies for so long belongs to the scene
GONE_S = 4.0
GONE_SHARE = 0.2  # less of it than this still differs from the old scene
FADED = 0.35  # of its first contrast: less is a ghost (ours)
REMEMBERED_S = 120.0  # what is gone, so that a part of it is not told again
GROWS_S = 15.0  # a heap that is tipped, say (ours)
ONE_THING = 4.0
"""Times its area: what is larger is no part of it, but a vehicle before it, or a shadow (ours).
What is one thing all the same is told as one (`ToldRemains`)."""
GROWN_TIMES = 1.2  # its area: it is asked anew in which zone it lies (ours)
TOGETHER_S = 4.0  # parts that appeared within so long and lie close by are one thing
TOGETHER_SHARE = 0.06  # of the picture's width


@dataclass(slots=True, eq=False)
class Remains:
    """The stage and its state for one camera; feed every looked-at frame in order of time."""

    persistence_s: float
    _judge: Judge = field(init=False)
    _present: list[Remain] = field(default_factory=list)
    _past: list[Remain] = field(default_factory=list)
    _covered: Sequence[Remain] | None = None
    _count: int = 0

    def __post_init__(self) -> None:
        self._judge = Judge(self.persistence_s)

    def known(self, shape: tuple[int, ...]) -> Mask:
        """Where things lie that are known already: no mover stands there."""
        regions = [remain.region for remain in self._present if remain.region.shape == shape]
        return np.asarray(np.any(regions, axis=0)) if regions else np.zeros(shape, bool)

    def pending(self, look: Look) -> Sequence[Box]:
        """In pixels of the frame, what is about to be judged: the model should look there."""
        if not look.ready or look.fraction == 0.0:
            return ()
        near = (look.age_s > 0.5 * self.persistence_s) & look.lasting
        near &= ~self.known(look.age_s.shape)
        if np.count_nonzero(near) <= 30:
            return ()
        return clusters(near, look.scale)

    def advance(
        self,
        look: Look,
        background: Background,
        tracks: Mapping[int, Track],
        at: datetime,
        matter: Sequence[Box] = (),
        *,
        dark: bool = False,
    ) -> RemainsChange:
        """`look` is `background`'s view of this moment; `tracks` all that `Tracking` remembers;
        `matter` where the model surely sees a thing left behind, in pixels of the frame. `dark`:
        lamps light the scene.
        """
        if look.restarted:
            covered = self._covered
            ended = self.forget(at)
            self._covered = ended if covered is None else covered
            return RemainsChange(ended=ended)
        if not look.ready:
            return RemainsChange()
        if look.returned:
            self._uncover()
        ended = self._ended(look, background, at)
        appeared: list[Remain] = []
        if not look.settled or not look.age_s.any():
            return RemainsChange(ended=ended)
        fresh = [
            one
            for one in leftovers(look, background, self.persistence_s)
            if not self._joins_known(one, look, at) and not self._past_one(one, at)
        ]
        verdicts = self._judge.advance(fresh, look.scale, tracks, at, matter)
        for leftover, verdict in zip(fresh, verdicts, strict=True):
            if verdict is not Verdict.OBJECT:
                goes = verdict is Verdict.OTHER_VIEW and (dark or _seen_in(leftover, tracks, at))
                self._absorb(leftover, verdict, background, goes=goes)
            elif not self._joins_known(leftover, look, at):
                appeared.append(self._begun(leftover, at))
        for remain in appeared:  # with the parts that came in the same moment
            remain.given_area = int(remain.region.sum())
        return RemainsChange(appeared, self._grown(), ended)

    def _begun(self, leftover: Leftover, at: datetime) -> Remain:
        self._count += 1
        remain = Remain(
            number=self._count,
            first=leftover,
            region=leftover.region,
            box=leftover.box,
            started_at=at - timedelta(seconds=leftover.since_s),
            sure_at=at,
            given_area=leftover.area,
        )
        self._present.append(remain)
        return remain

    def _absorb(
        self, leftover: Leftover, verdict: Verdict, background: Background, *, goes: bool
    ) -> None:
        """What will never be an object belongs to the scene in time.

        `goes`: somebody may be there whose lamps or shadow it is, and go again.
        """
        if verdict in (Verdict.LIGHT, Verdict.TAKEN_AWAY):
            if leftover.age_s > 2 * self.persistence_s:
                background.absorb(_grown(leftover.region))
        elif leftover.age_s > ABSORB_S or (
            verdict is Verdict.OTHER_VIEW and not (goes and leftover.age_s < OTHER_VIEW_S)
        ):
            background.absorb(leftover.region)

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
        began_s = look.at_s - (at - known.started_at).total_seconds()
        came = np.abs(look.onset_s - began_s) <= GROWS_S  # who stands before it came later
        grown = known.region | (leftover.region & came)
        if (grown != known.region).any():
            known.region = grown
            x, y, wide, tall = cv2.boundingRect(grown.view(np.uint8))
            s = look.scale
            known.box = around_both(known.box, (x / s, y / s, (x + wide) / s, (y + tall) / s))
        return True

    def forget(self, at: datetime) -> Sequence[Remain]:
        """The view is another one: all ends."""
        self._covered = None
        ended = list(self._present)
        for remain in ended:
            remain.ended_at, remain.end = at, "view_changed"
        self._present.clear()
        return ended

    def _uncover(self) -> None:
        """The scene of before is back, and what lay there is known already."""
        for remain in self._covered or ():
            self._count += 1
            again = replace(remain, number=self._count, gone_since=None, ended_at=None, end=None)
            self._present.append(again)
        self._covered = None

    def _known(self, leftover: Leftover, look: Look, at: datetime) -> Remain | None:
        if leftover.area > LARGEST_SHARE * leftover.region.size:
            return None
        near_px = TOGETHER_SHARE * leftover.region.shape[1] / look.scale
        for remain in self._present:
            area = int(remain.region.sum())
            if leftover.area > ONE_THING * area:
                continue
            common = int((remain.region & leftover.region).sum())
            if common > 0.1 * min(area, leftover.area):
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


def _seen_in(leftover: Leftover, tracks: Mapping[int, Track], at: datetime) -> bool:
    return any(seen_here(each, leftover.box, at, tracks.values()) for each in tracks.values())


def _seconds(at: datetime, before: datetime | None) -> float:
    return (at - before).total_seconds() if before is not None else 0.0


def _grown(region: Mask) -> Mask:
    return np.asarray(cv2.dilate(region.astype(np.uint8), np.ones((5, 5))), bool)
