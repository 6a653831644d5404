"""Is what stands there a mover at rest: somebody who waits, a vehicle that parks? (静止目标).

Where no model names it, who came and who went decides: a mover at rest came and did not go; of one
that left something behind, it went.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from detection.box_geometry import area_of, gap, share_covered, shared
from detection.detections import PERSON_CLASSES, VEHICLE_CLASSES
from detection.scene_event import Box
from detection.tracking import Track

SAME_SIZE = (0.35, 3.0)  # a mover's box now against its box while it moved
FULL_SIZE = 0.35  # who goes is as large as who came, or it came out of a parked car (ours)
LOST_S = 1.0
ON_SPOT = 0.3  # who is seen now is at rest there, or passes: boxes share so much or less
FILLS = 0.6  # of each other: what is lost there, and what stands there, are one (ours)
UNSEEN_S = 3.0  # so long, or in so few of its last pictures, of a mover that the model knows (ours)
UNSEEN_SHARE = 0.3
LEAST_SEEN = 5  # pictures of what only motion shows, or the model too seldom to know it
UPRIGHT = 1.8  # times as tall as wide
UPRIGHT_SMALL = 1.2  # of what is a few pixels wide (ours)
BROAD = 1.8  # times a walker's width: nobody (ours)
MOVED = 0.5  # of its own length: less is a box that wavers
STEP = 0.3  # of the mover's length: so far from the place its box may begin or end (ours)
ABOUT_S = 6.0  # who leaves a thing goes within so long of setting it down (ours)
STILL_S = 1.0  # what only motion shows and comes to rest is seen until then, or nearly (ours)
ARRIVED = timedelta(seconds=1.5)  # after the place stood still, what only motion shows (ours)
ARRIVES_S = (-1.0, 2.4)  # about the moment when it stood still: who gets out comes later (ours)
SWOLLEN = 1.3  # a box that much larger than what stays holds somebody else too (ours)


def looks_like_somebody(box: Box, tracks: Iterable[Track], *, small: bool = False) -> bool:
    """Upright, and as large as those who walk by: a person at rest whom no model names.

    Vehicles do not count: a trail that runs away from the camera is as tall as a truck.
    """
    wide, tall = box[2] - box[0], box[3] - box[1]
    if tall < (UPRIGHT_SMALL if small else UPRIGHT) * wide:
        return False
    walkers = (
        track.box for track in tracks if track.travelled() >= MOVED and not _is_vehicle(track)
    )
    return any(
        0.6 * (y2 - y1) < tall < 1.6 * (y2 - y1) and wide < BROAD * (x2 - x1)
        for x1, y1, x2, y2 in walkers
    )


def _is_vehicle(track: Track) -> bool:
    """The model took it for one more often than for a person."""
    vehicle = sum(track.votes[name] for name in VEHICLE_CLASSES)
    return vehicle > sum(track.votes[name] for name in PERSON_CLASSES)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a region is judged, and in a frame of what (width, height)."""

    at: datetime
    still_since: datetime
    size_px: tuple[int, int]
    step: float = STEP


def is_mover_at_rest(box: Box, tracks: Iterable[Track], moment: Moment) -> bool:
    """More came to this place and stayed than left it, about the time when it stood still.

    Ids that swap where movers meet do not matter: one coming and one going are added for each.
    """
    came: list[Track] = []
    went: list[Track] = []
    about = moment.still_since - timedelta(seconds=ABOUT_S)
    tracks = list(tracks)
    somebody = any(_named_there(track, box, moment.at) for track in tracks)
    for track in tracks:
        if track.last_seen_at < about or track.travelled() < MOVED:
            continue
        blob = not track.known_to_model
        if blob and (len(track.path) < LEAST_SEEN or not _came_by_steps(track)):
            continue  # a streak of rain, a flash, an id that passed from one thing to another
        first, last = track.path[0][1], track.path[-1][1]
        lost = (moment.at - track.last_seen_at).total_seconds() > LOST_S
        begins = _at(box, first, moment.step) and not _at_edge(
            first, moment.size_px
        )  # else it drove in
        common = shared(box, last)
        # Lost at the edge it drove out, unless what stands there fills the box it was lost with.
        out = lost and _at_edge(last, moment.size_px) and common < FILLS
        # A blob rests on the place itself: beside it, it was lost passing by.
        touches = max(share_covered(box, last), share_covered(last, box)) >= ON_SPOT
        ends = (touches if blob else _at(box, last, moment.step)) and not out
        on_it = common >= ON_SPOT
        # Lost before: part of what passed over the place then, and left it as it is.
        before_s = (moment.still_since - track.last_seen_at).total_seconds()
        rests = before_s <= STILL_S or track.known_to_model
        there = rests and (lost or on_it) and (somebody or not _unseen(track, moment.at))
        if ends and not begins and there:
            came.append(track)
        elif begins and not ends and track.path[0][0] >= about:
            went.append(track)
    may_be_it = [track for track in came if _of_its_size(box, track, moment.size_px)]
    # Who comes when the place stands still already gave its id to what lies there, or passes.
    by = moment.still_since + ARRIVED
    if not any(track.known_to_model or _was_on(track, box, by) for track in may_be_it):
        return False
    usual = float(np.median([_moving_size(track, -1) for track in may_be_it]))
    here = sum(t in may_be_it or _moving_size(t, -1) >= FULL_SIZE * usual for t in came)
    gone = sum(
        _moving_size(track, 0) >= FULL_SIZE * usual or _was_cut(track, usual, moment.size_px)
        for track in went
    )
    if len(came) == 1 and not went and _shrank(came[0], box, moment.still_since):
        gone += 1
    return here > gone


def _came_by_steps(track: Track) -> bool:
    """It moved since it was last seen to jump further than it is long."""
    since, before = track.path[0][0], track.path[0][1]
    for at, box in track.path:
        longest = max(
            box[2] - box[0], box[3] - box[1], before[2] - before[0], before[3] - before[1]
        )
        if gap(before, box) > longest:
            since = at
        before = box
    return track.travelled(since=since) >= MOVED


def _was_on(track: Track, box: Box, by: datetime) -> bool:
    """It had come to the place by then."""
    return any(
        at <= by and max(share_covered(box, seen), share_covered(seen, box)) >= ON_SPOT
        for at, seen in track.path
    )


def _named_there(track: Track, box: Box, at: datetime) -> bool:
    """The model sees somebody on the spot, perhaps whom it knew by another id."""
    named_at = track.named_at
    return (
        named_at is not None
        and (at - named_at).total_seconds() <= UNSEEN_S
        and track.named_lately >= UNSEEN_SHARE
        and shared(box, track.box) >= ON_SPOT
    )


def _unseen(track: Track, at: datetime) -> bool:
    """The model knew it while it moved and sees it no more: its id has passed to what it left."""
    named_at = track.named_at
    if named_at is None or not track.known_to_model:
        return False
    return track.named_lately < UNSEEN_SHARE or (at - named_at).total_seconds() > UNSEEN_S


def _of_its_size(box: Box, track: Track, size_px: tuple[int, int]) -> bool:
    """The region may be the mover itself; one that was cut by the picture's edge may be larger."""
    times = area_of(box) / _moving_size(track, -1)
    return SAME_SIZE[0] < times and (times < SAME_SIZE[1] or _at_edge(track.path[0][1], size_px))


def _shrank(track: Track, box: Box, still_since: datetime) -> bool:
    """Its box was larger when and after the place stood still: two were in it, one has gone.

    Of who arrives and then has somebody pass beside it, the box is as large as it arrived.
    """
    begin, end = (still_since + timedelta(seconds=s) for s in ARRIVES_S)
    arrived = [area_of(b) for at, b in track.path if begin <= at <= end]
    if max(arrived, default=0.0) < SWOLLEN * area_of(box):
        return False
    since = still_since + timedelta(seconds=0.4)
    larger = [
        b
        for at, b in track.path
        if at > since and area_of(b) > SWOLLEN * area_of(box) and share_covered(box, b) > 0.9
    ]
    return len(larger) >= 2 and area_of(track.box) < SWOLLEN * area_of(box)


def somebody_left(box: Box, still_since: datetime, tracks: Iterable[Track]) -> bool:
    """A mover came to light at the place about when it stood still, and is elsewhere now."""
    about = timedelta(seconds=ABOUT_S)
    return any(
        track.travelled() >= MOVED
        and abs(track.path[0][0] - still_since) <= about
        and _at(box, track.path[0][1])
        and not _at(box, track.path[-1][1])
        for track in tracks
    )


def _at(place: Box, mover: Box, step: float = STEP) -> bool:
    """Over the place, or no further from it than a step: blobs that touch are one blob."""
    return gap(place, mover) <= step * max(mover[2] - mover[0], mover[3] - mover[1])


def _at_edge(box: Box, size_px: tuple[int, int]) -> bool:
    """Cut by the picture's edge: nobody knows how large it is."""
    width, height = size_px
    return box[0] <= 2 or box[1] <= 2 or box[2] >= width - 2 or box[3] >= height - 2


def _was_cut(track: Track, usual: float, size_px: tuple[int, int]) -> bool:
    """It went over the edge from close by, and may be larger than what was seen of it."""
    x1, y1, x2, y2 = track.path[0][1]
    from_edge = min(x1, y1, size_px[0] - x2, size_px[1] - y2)
    return _at_edge(track.box, size_px) and from_edge <= math.sqrt(usual)


def _moving_size(track: Track, end: int) -> float:
    """The area of its box while it was away from where it began (0) or ended (-1), median."""
    boxes = np.asarray([box for _, box in track.path], float)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    length = float(np.max(boxes[end, 2:] - boxes[end, :2]))
    away = boxes[np.hypot(*(centres - centres[end]).T) > 0.5 * length]
    if len(away) == 0:
        away = boxes
    near = away[-8:] if end else away[:8]
    return max(float(np.median((near[:, 2:] - near[:, :2]).prod(axis=1))), 1.0)
