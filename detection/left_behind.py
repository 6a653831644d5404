"""The event: something stayed where somebody passed (遗留物: 抛洒, 偷倒).

Reads no clock and touches no file: the same frames give the same events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cv2
import msgspec
import numpy as np

from config.camera import Camera
from detection.album import Album, page_of
from detection.background import Background, Look, Mask
from detection.color_name import color_name
from detection.detections import DUMPED_CLASSES, Detections
from detection.leftover import (
    Leftover,
    leftovers,
    looks_like_somebody,
    share_covered,
    stands_here,
)
from detection.picture_zones import PictureZone, picture_zones, zone_of
from detection.scene_event import Box, Passer, SceneEvent
from detection.tracking import MOVING, Track
from ingest.frame import Frame

PASSED_WITHIN_S = 15.0  # a passer was there at most so long before the object was first seen
ABSORB_S = 120.0  # a mover at rest for so long belongs to the scene
FORGET_S = 900.0  # an object that was told and lies for so long belongs to the scene
GONE_S = 3.0
DOUBTFUL_TIMES = 6  # upright like a person, or half out of the picture: told so much later
LARGEST_SHARE = 0.3  # of the picture: more is no object, it is another view


@dataclass(slots=True, eq=False)
class _Told:
    """An event that was emitted and is not over."""

    event: SceneEvent
    region: Mask
    gone_since: datetime | None = None


@dataclass(slots=True, eq=False)
class LeftBehind:
    """The rule and its state for one camera; feed every frame in order of time."""

    camera: Camera
    persistence_s: float
    _zones: list[PictureZone] = field(default_factory=list)
    _told: list[_Told] = field(default_factory=list)

    def told_regions(self, shape: tuple[int, ...]) -> Mask:
        """Where objects lie that were told already: no mover stands there."""
        regions = [told.region for told in self._told if told.region.shape == shape]
        return np.asarray(np.any(regions, axis=0)) if regions else np.zeros(shape, bool)

    def pending(self, look: Look) -> bool:
        """True while a region is about to be judged: the model should look, though all is still."""
        if not look.ready:
            return False
        near = (look.age_s > 0.6 * self.persistence_s) & ~self.told_regions(look.age_s.shape)
        return bool(np.count_nonzero(near) > 30)

    def advance(
        self,
        frame: Frame,
        look: Look,
        background: Background,
        *,
        tracks: dict[int, Track],
        detections: Detections,
        album: Album,
    ) -> list[SceneEvent]:
        """`look` is `background`'s view of `frame`; `tracks` all that `Tracking` remembers."""
        at = frame.captured_at
        if look.restarted:
            return self._end_all(at, "view_changed")
        if not look.ready:
            return []
        if not self._zones or self._zones[0].mask.shape != look.changed.shape:
            height, width = look.changed.shape
            self._zones = picture_zones(self.camera.zones, width, height)
        events = self._ended(look, background, at)
        for leftover in leftovers(look, background, self.persistence_s):
            known = self._known(leftover)
            if known is not None:
                known.region |= leftover.region
                continue
            if self._is_no_object(leftover, background, tracks, at):
                continue
            zone = zone_of(leftover.region, self._zones)
            if zone is None:
                continue
            event = self._event(
                frame, leftover, zone, tracks=tracks, detections=detections, album=album
            )
            self._told.append(_Told(event, leftover.region))
            events.append(event)
        return events

    def _is_no_object(
        self,
        leftover: Leftover,
        background: Background,
        tracks: dict[int, Track],
        at: datetime,
    ) -> bool:
        if leftover.area > LARGEST_SHARE * leftover.region.size:
            background.absorb(leftover.region)
            return True
        at_rest = leftover.hangs_on_mover or any(
            stands_here(track, leftover.box, at) or _seen_here(track, leftover.box, at)
            for track in tracks.values()
        )
        if at_rest:
            if leftover.age_s > ABSORB_S:
                background.absorb(leftover.region)
            return True
        if not leftover.was_added:
            # The old scene was the sharper one: a thing was taken away, or light and shade moved.
            if leftover.age_s > 2 * self.persistence_s:
                background.absorb(_grown(leftover.region))
            return True
        doubtful = leftover.at_border or looks_like_somebody(leftover.box, tracks.values())
        return doubtful and leftover.age_s < DOUBTFUL_TIMES * self.persistence_s

    def _known(self, leftover: Leftover) -> _Told | None:
        for told in self._told:
            if (told.region & leftover.region).sum() > 0.1 * min(told.region.sum(), leftover.area):
                return told
        return None

    def _ended(self, look: Look, background: Background, at: datetime) -> list[SceneEvent]:
        ended = []
        for told in list(self._told):
            reason = None
            if look.changed[told.region].mean() > 0.3:
                told.gone_since = None
                if (at - told.event.raised_at).total_seconds() > FORGET_S:
                    background.absorb(told.region)
                    reason = "stayed"
            else:
                told.gone_since = told.gone_since or at
                if (at - told.gone_since).total_seconds() >= GONE_S:
                    reason = "removed"
            if reason:
                self._told.remove(told)
                ended.append(_end(told.event, told.gone_since or at, reason))
        return ended

    def _end_all(self, at: datetime, reason: str) -> list[SceneEvent]:
        ended = [_end(told.event, at, reason) for told in self._told]
        self._told.clear()
        return ended

    def _event(
        self,
        frame: Frame,
        leftover: Leftover,
        zone: PictureZone,
        *,
        tracks: dict[int, Track],
        detections: Detections,
        album: Album,
    ) -> SceneEvent:
        at = frame.captured_at
        started_at = at - timedelta(seconds=leftover.age_s)
        class_name, score = _confirmed(leftover.box, detections)
        passer_track = _passer(leftover.box, started_at, at, tracks)
        snapshots = []
        passer = None
        before = album.before(passer_track.first_seen_at if passer_track else started_at)
        before = before or album.before(started_at)
        if before is not None:
            snapshots.append(before.snapshot("before"))
        if passer_track is not None:
            passage = album.passage(passer_track.track_id, leftover.box)
            if passage is not None:
                snapshots.append(passage.snapshot("passage"))
                box = passage.boxes[passer_track.track_id]
                passer = Passer(
                    track_id=passer_track.track_id,
                    class_name=passer_track.class_name,
                    box=box,
                    seen_at=passage.captured_at,
                    confidence=round(passer_track.score, 3),
                    color=color_name(passage.image(), box, before.image() if before else None),
                )
        snapshots.append(page_of(frame).snapshot("after"))
        confidence = 0.45 + 0.2 * (passer is not None) + 0.15 * min(leftover.contrast / 60, 1.0)
        if class_name is not None:
            confidence = max(confidence, 0.6 + 0.4 * score)
        return SceneEvent(
            kind=zone.kind,
            camera_id=self.camera.id,
            camera_zone_id=zone.zone.id,
            started_at=started_at,
            raised_at=at,
            box=leftover.box,
            confidence=round(confidence, 3),
            suspected=class_name is None,
            class_name=class_name,
            passer=passer,
            snapshots=tuple(snapshots),
            values={
                "stayed_s": round(leftover.age_s, 1),
                "contrast_levels": round(leftover.contrast, 1),
                "added": round(leftover.added, 2),
                "displaced": round(leftover.displaced, 2),
                "area_px": round(leftover.area / _work_per_frame_px(leftover, frame)),
            },
            parameters={"persistence_s": self.persistence_s},
        )


def _work_per_frame_px(leftover: Leftover, frame: Frame) -> float:
    """Working pixels per pixel of the frame."""
    height, width = frame.image.shape[:2]
    return float(leftover.region.size / (height * width))


def _seen_here(track: Track, box: Box, at: datetime) -> bool:
    """True while the model, most of the time, sees a person or vehicle in that place."""
    if (at - track.last_seen_at).total_seconds() > 3:
        return False
    if 2 * track.votes[MOVING] > track.votes.total():
        return False  # the model took it for a vehicle now and then, no more
    return share_covered(box, track.box) >= 0.5


def _confirmed(box: Box, detections: Detections) -> tuple[str | None, float]:
    for index in range(len(detections)):
        name = detections.class_name(index)
        x1, y1, x2, y2 = (float(n) for n in detections.boxes[index])
        seen = (x1, y1, x2, y2)
        alike = min(share_covered(box, seen), 1.0) >= 0.3 and share_covered(seen, box) >= 0.3
        if name in DUMPED_CLASSES and alike:
            return name, float(detections.scores[index])
    return None, 0.0


def _passer(box: Box, started_at: datetime, at: datetime, tracks: dict[int, Track]) -> Track | None:
    """The travelling track that was nearest in time over the place, or close beside it."""
    wide, tall = box[2] - box[0], box[3] - box[1]
    near = (box[0] - wide / 2, box[1] - tall / 2, box[2] + wide / 2, box[3] + tall / 2)
    earliest = started_at - timedelta(seconds=PASSED_WITHIN_S)
    latest = min(started_at + timedelta(seconds=3), at)
    best: tuple[float, Track] | None = None
    for track in tracks.values():
        if track.travelled() < 0.5:
            continue
        for seen_at, seen in track.path:
            share = share_covered(near, seen)
            if not earliest <= seen_at <= latest or share <= 0:
                continue
            away_s = abs((seen_at - started_at).total_seconds())
            fit = share - away_s / PASSED_WITHIN_S
            if best is None or fit > best[0]:
                best = (fit, track)
    return best[1] if best else None


def _end(event: SceneEvent, at: datetime, reason: str) -> SceneEvent:
    return msgspec.structs.replace(event, ended_at=at, values={**event.values, "end": reason})


def _grown(region: Mask) -> Mask:
    return np.asarray(cv2.dilate(region.astype(np.uint8), np.ones((5, 5))), bool)


def moving_blobs(look: Look, told: Mask) -> Sequence[Box]:
    """What changed and was not told, as boxes in pixels of the frame."""
    if not look.ready:
        return []
    changed = (look.changed & ~told).astype(np.uint8)
    opened = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((2, 2)))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((7, 7)))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed)
    s = look.scale
    return [
        (x / s, y / s, (x + w) / s, (y + h) / s) for x, y, w, h, area in stats[1:] if area >= 40
    ]
