"""Ground that shows since a vehicle left it, and had never been seen (露出的地面)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from detection.at_rest import FILLS, LOST_S, ON_SPOT
from detection.box_geometry import share_covered, shared
from detection.detections import VEHICLE_CLASSES
from detection.scene_event import Box
from detection.tracking import Track

AT_ONCE_S = 0.5  # the second picture at the latest
UNCOVERS_S = 3.0  # about the moment when it left, the ground under it stands still (ours)


def was_uncovered(box: Box, still_since: datetime, tracks: Iterable[Track], at: datetime) -> bool:
    """A vehicle stood there when it was first seen, as large as the place, and has gone.

    It had not come: the ground under it had never been seen. The place stood still when it left:
    before, nothing had changed there.
    """
    about = timedelta(seconds=UNCOVERS_S)
    return any(
        track.class_name in VEHICLE_CLASSES
        and track.known_to_model
        and track.path[0][0] <= still_since
        and ((at - track.last_seen_at).total_seconds() > LOST_S or shared(box, track.box) < ON_SPOT)
        and shared(box, first) >= FILLS
        and _named_at_once(track)
        and abs(_left_at(track) - still_since) <= about
        for track in tracks
        for first in (track.path[0][1],)
    )


def _named_at_once(track: Track) -> bool:
    """The model saw a vehicle where the track begins, not only a change of the picture."""
    named_from = track.named_from
    return named_from is not None and (named_from - track.path[0][0]).total_seconds() <= AT_ONCE_S


def _left_at(track: Track) -> datetime:
    """When its box first lay beside the one that it was first seen with."""
    first = track.path[0][1]
    return next(
        (seen_at for seen_at, box in track.path if share_covered(first, box) < ON_SPOT),
        track.last_seen_at,
    )
