"""Follows people and vehicles from picture to picture, by ByteTrack (目标跟踪)."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import supervision as sv
from numpy.typing import NDArray
from trackers import ByteTrackTracker

from detection.box_geometry import area_of, share_covered, shared
from detection.detections import BODY_CLASSES, PERSON_CLASSES, VEHICLE_CLASSES, Detections
from detection.scene_event import Box

MOVING = "moving"
"""The class of what only motion shows: a view too steep, a class the model does not know."""

KEPT_S = 90.0  # tracks and their path are remembered so long after they were last seen
NAMED_LEAST, NAMED_SHARE = 3, 0.2  # pictures, and of all of them
NAMED_FOLLOWS = 0.1
PARKED_S = 5.0  # what came, and then stood for so long, parks
PARKED_KEPT_S = 6 * 3600.0  # and is remembered so long after it was last seen
SAME_PLACE = 0.5  # a box and a parked one that share so much of each other are one vehicle
_BLOB_SCORE = 0.9
_COLOR_BINS = (8, 4, 4)


BODY_INSIDE = 0.6
"""So much of a body's box lies in its truck's (ours: roofs and raised bodies stick out)."""


@dataclass(frozen=True, slots=True)
class BodySeen:
    """What a truck's body showed in one picture: `load_open`, `load_covered`, `body_raised`."""

    at: datetime
    class_name: str
    score: float
    box: Box


@dataclass(slots=True, eq=False)
class Track:
    """One person or vehicle. `path` holds (time, box) of its last 600 sightings.

    `named_at`: when the model saw it last, `named_from` when first; None where only motion showed
    it. `named_lately`: in what share of its last pictures (a mean that follows within some ten).
    """

    track_id: int
    first_seen_at: datetime
    path: deque[tuple[datetime, Box]] = field(default_factory=lambda: deque(maxlen=600))
    votes: Counter[str] = field(default_factory=Counter)
    named_at: datetime | None = None
    named_from: datetime | None = None
    named_lately: float = 0.0
    score: float = 0.0
    bodies: deque[BodySeen] = field(default_factory=lambda: deque(maxlen=200))

    @property
    def class_name(self) -> str:
        """The detector's most frequent word for it; `moving` only where it never had one."""
        named = [(n, name) for name, n in self.votes.items() if name != MOVING]
        return max(named)[1] if named else MOVING

    @property
    def known_to_model(self) -> bool:
        """The model saw it often enough to see it again."""
        named = self.votes.total() - self.votes[MOVING]
        return named >= max(NAMED_LEAST, NAMED_SHARE * self.votes.total())

    @property
    def box(self) -> Box:
        return self.path[-1][1]

    @property
    def last_seen_at(self) -> datetime:
        return self.path[-1][0]

    @property
    def parked(self) -> bool:
        """It came, and stood where it was last seen."""
        end = self.last_seen_at
        lately = [b for at, b in self.path if (end - at).total_seconds() <= PARKED_S]
        stood = (end - self.path[0][0]).total_seconds() > PARKED_S and all(
            shared(b, self.box) > 0.7 for b in lately
        )
        return stood and self.travelled() >= 1.0

    def travelled(self, until: datetime | None = None, since: datetime | None = None) -> float:
        """How far its centre got from where it was first seen, in lengths of its own box."""
        boxes = [
            box
            for at, box in self.path
            if (until is None or at <= until) and (since is None or at >= since)
        ]
        if len(boxes) < 2:
            return 0.0
        sized = np.asarray(boxes, float)
        centres = (sized[:, :2] + sized[:, 2:]) / 2
        length = np.median(np.maximum(sized[:, 2] - sized[:, 0], sized[:, 3] - sized[:, 1]))
        return float(np.hypot(*(centres - centres[0]).T).max() / max(length, 1.0))


class Tracking:
    """Detections of the model first; blobs of motion where it sees nothing."""

    def __init__(self, fps: float, confidence: float = 0.35) -> None:
        self._tracker = ByteTrackTracker(
            lost_track_buffer=60,  # in thirtieths of a second: 2 s
            frame_rate=fps,
            track_activation_threshold=confidence,
            high_conf_det_threshold=max(confidence, 0.5),
            minimum_consecutive_frames=2,
            minimum_iou_threshold=0.05,  # at 5 pictures a second a walker moves by half a box
        )
        self._tracks: dict[int, Track] = {}
        self._known_as: dict[int, int] = {}  # the tracker's id -> that of the vehicle that parked

    @property
    def tracks(self) -> dict[int, Track]:
        """By id, all that were seen within the last 90 s."""
        return self._tracks

    def advance(
        self, detections: Detections, blobs: NDArray[np.float32], at: datetime
    ) -> list[Track]:
        """Takes one picture's sightings; returns the tracks seen in it.

        `blobs` is (N, 4) float32, (x1, y1, x2, y2) in pixels: a blob that a detection covers, or
        that covers one, is that same object and left out.
        """
        followed = [
            i
            for i in range(len(detections))
            if detections.class_name(i) in PERSON_CLASSES | VEHICLE_CLASSES
        ]
        boxes = detections.boxes[followed]
        alone = blobs[_share_of_smaller(blobs, boxes).max(axis=1, initial=0.0) < 0.5]
        names = [detections.class_name(i) for i in followed] + [MOVING] * len(alone)
        sighted = sv.Detections(
            xyxy=np.concatenate([boxes, alone]).astype(np.float32),
            confidence=np.concatenate(
                [detections.scores[followed], np.full(len(alone), _BLOB_SCORE, np.float32)]
            ),
            class_id=np.arange(len(names)),
        )
        seen = self._tracker.update(sighted)
        current = []
        rows, track_ids = np.asarray(seen.class_id, int), np.asarray(seen.tracker_id, int)
        for box, row, track_id in zip(seen.xyxy, rows, track_ids, strict=True):
            if track_id < 0:
                continue
            track = self._track(int(track_id), box, at)
            track.path.append((at, (float(box[0]), float(box[1]), float(box[2]), float(box[3]))))
            track.votes[names[row]] += 1
            track.named_lately += NAMED_FOLLOWS * ((row < len(followed)) - track.named_lately)
            if row < len(followed):
                track.named_at = at
                track.named_from = track.named_from or at
                track.score = max(track.score, float(detections.scores[followed[row]]))
            current.append(track)
        _note_bodies(detections, current, at)
        for track_id, track in list(self._tracks.items()):
            away_s = (at - track.last_seen_at).total_seconds()
            if away_s > KEPT_S and not (away_s <= PARKED_KEPT_S and track.parked):
                del self._tracks[track_id]
        self._known_as = {k: v for k, v in self._known_as.items() if v in self._tracks}
        return current

    def _track(self, track_id: int, box: NDArray[np.float32], at: datetime) -> Track:
        """The track of the tracker's id; what comes to light where something parked is that."""
        known = self._tracks.get(self._known_as.get(track_id, track_id))
        if known is not None:
            return known
        here = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
        for parked in self._tracks.values():
            unseen_s = (at - parked.last_seen_at).total_seconds()
            same = shared(here, parked.box)
            if unseen_s > 0 and same >= SAME_PLACE and parked.parked:
                self._known_as[track_id] = parked.track_id
                return parked
        return self._tracks.setdefault(track_id, Track(track_id, at))


def _note_bodies(detections: Detections, current: list[Track], at: datetime) -> None:
    """Gives each body that the model saw to the smallest track around it."""
    for index in range(len(detections)):
        name = detections.class_name(index)
        if name not in BODY_CLASSES:
            continue
        x1, y1, x2, y2 = (float(n) for n in detections.boxes[index])
        box = (x1, y1, x2, y2)
        around = [t for t in current if share_covered(box, t.box) >= BODY_INSIDE]
        if around:
            truck = min(around, key=lambda t: area_of(t.box))
            truck.bodies.append(BodySeen(at, name, float(detections.scores[index]), box))


def _share_of_smaller(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 4) and (M, 4) -> (N, M): the overlap as a share of the smaller of the two boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = np.clip(high - low, 0, None).prod(axis=2)
    areas_a = (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None]
    areas_b = (b[:, 2:] - b[:, :2]).prod(axis=1)[None]
    return np.asarray(overlap / np.maximum(np.minimum(areas_a, areas_b), 1.0), np.float32)
