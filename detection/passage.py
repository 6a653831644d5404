"""Who passed where something then lay, and its way (经过目标)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from detection.album import Album, Page
from detection.box_geometry import share_covered
from detection.color_name import color_name
from detection.ground_map import GroundMap, footprints
from detection.scene_event import Box, Passer, TrackPoint
from detection.sighting import track_uid
from detection.tracking import Track

PASSED_WITHIN_S = 15.0  # a passer was there at most so long before the object was first seen
LONGEST_TRACK = 60  # points of an event's track


def passers_of(
    box: Box, started_at: datetime, at: datetime, tracks: Mapping[int, Track]
) -> list[Track]:
    """The travelling tracks that were over the place or close beside it then, the likeliest first.

    That is who was nearest in time, and most over it.
    """
    wide, tall = box[2] - box[0], box[3] - box[1]
    near = (box[0] - wide / 2, box[1] - tall / 2, box[2] + wide / 2, box[3] + tall / 2)
    earliest = started_at - timedelta(seconds=PASSED_WITHIN_S)
    latest = min(started_at + timedelta(seconds=3), at)
    fits: list[tuple[float, Track]] = []
    for track in tracks.values():
        if track.travelled() < 0.5:
            continue
        passages = [
            share - abs((seen_at - started_at).total_seconds()) / PASSED_WITHIN_S
            for seen_at, seen in track.path
            if earliest <= seen_at <= latest and (share := share_covered(near, seen)) > 0
        ]
        if passages:
            fits.append((max(passages), track))
    fits.sort(key=lambda fit: fit[0], reverse=True)
    return [track for _, track in fits]


def describe(
    camera_id: str, track: Track, place: Box, album: Album, before: Page | None
) -> tuple[Passer, Page | None]:
    """The passer as an event carries it, and the picture that shows it there, if one does."""
    passage = album.passage(track.track_id, place)
    if passage is not None:
        seen_at, box = passage.captured_at, passage.boxes[track.track_id].box
        color = color_name(passage.image(), box, before.image() if before else None)
    else:  # it was quick, between two pictures of the album
        seen_at, box = max(track.path, key=lambda seen: share_covered(place, seen[1]))
        color = "unknown"
    passer = Passer(
        track_id=track.track_id,
        track_uid=track_uid(camera_id, track.first_seen_at, track.track_id),
        class_name=track.class_name,
        box=box,
        seen_at=seen_at,
        confidence=round(track.score, 3),
        color=color,
    )
    return passer, passage


def way_of(
    track: Track, ground: GroundMap | None, size_px: tuple[int, int]
) -> tuple[TrackPoint, ...]:
    """At most `LONGEST_TRACK` points of its path, its first and last among them.

    A point whose foot the picture's edge cuts off has no place: it would lie too near, and the
    speed from there to the next be too low.
    """
    path = list(track.path)
    step = max(1, -(-len(path) // (LONGEST_TRACK - 1)))
    chosen = path[::step]
    if chosen and chosen[-1] != path[-1]:
        chosen.append(path[-1])
    points = []
    for at, box in chosen:
        place = None
        if ground is not None:
            feet, seen = footprints([box], size_px)
            if seen[0]:
                place = ground.place(float(feet[0, 0]), float(feet[0, 1]))
        points.append(
            TrackPoint(
                at=at,
                box=box,
                lon=None if place is None else place.lon,
                lat=None if place is None else place.lat,
            )
        )
    return tuple(points)
