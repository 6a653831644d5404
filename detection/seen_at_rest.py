"""Whom the model sees stand in a place, under whatever id (所见静止目标)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from detection.at_rest import MOVED, UNSEEN_S, UNSEEN_SHARE
from detection.box_geometry import share_covered, shared
from detection.same_vehicle import goes_on_as
from detection.scene_event import Box
from detection.tracking import MOVING, Track

INSIDE = 0.7  # of a vehicle's box lies in the region...
PART = 0.15  # ...and it is so much of the region: the rest, a long shadow, goes with it (ours)
FILLED = 0.5  # or so much of the region lies in the vehicle's box
STANDS_S = 1.0  # who is seen where it was so long ago...
ON_IT = 0.4  # ...with so much of each box in the other...
MOST = 0.6  # ...in so many of its pictures, stands (ours)


def seen_here(track: Track, box: Box, at: datetime, tracks: Iterable[Track] = ()) -> bool:
    """True while the model, most of the time, sees a person or vehicle stand in that place.

    Whoever stands there came from elsewhere: what the model names and what never moved was there
    before, or is the thing itself, misnamed. Of `tracks`, all of the camera, one may have come and
    been lost where this one begins: a new id. The place may be larger than the vehicle: its shadow
    and its lamps' light belong to it.
    """
    if (at - track.last_seen_at).total_seconds() > UNSEEN_S:
        return False
    mostly = track.named_lately >= MOST or 2 * track.votes[MOVING] <= track.votes.total()
    if not mostly or track.named_lately < UNSEEN_SHARE:
        return False  # the model took it for a vehicle now and then, no more
    came = track.travelled() >= MOVED or any(
        goes_on_as(one, track) and _went_px(one) >= MOVED * _length_px(track.box) for one in tracks
    )
    if not came or not _stands(track):
        return False
    within = share_covered(track.box, box) >= INSIDE and share_covered(box, track.box) >= PART
    return within or share_covered(box, track.box) >= FILLED


def _went_px(track: Track) -> float:
    """From where it was first seen to where it was last seen."""
    (x1, y1, x2, y2), (x3, y3, x4, y4) = track.path[0][1], track.box
    return math.hypot(x3 + x4 - x1 - x2, y3 + y4 - y1 - y2) / 2


def _length_px(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def _stands(track: Track) -> bool:
    """Most of its boxes of the last second lie on the last one: one that comes and goes may not."""
    last_at, last = track.path[-1]
    lately = [b for at, b in track.path if (last_at - at).total_seconds() <= STANDS_S]
    on_it = sum(shared(b, last) >= ON_IT for b in lately)
    return on_it >= MOST * len(lately)
