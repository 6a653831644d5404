"""Every vehicle that passes a gate line makes one sighting (过车记录); where no line is drawn at a
gate or an intersection, every vehicle that travels through the picture.

A sighting is told when the passage is complete: the vehicle left the line, or was lost. So the best
of all its pictures, its tail's too, are in it. Who is parked, or only trembles on the line, makes
none; who reverses back makes two.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import numpy as np

from config.camera import CameraRole, CameraZone, CameraZoneKind
from detection.box_geometry import area_of, share_covered
from detection.color_name import color_name
from detection.detections import VEHICLE_CLASSES
from detection.ground_map import footprints
from detection.line_crossing import Crossing, LineCrossing, nearest_middle
from detection.passage import way_of
from detection.plate_crops import PlateCrops
from detection.plate_reader import PlateReader
from detection.same_vehicle import same_vehicle
from detection.scene_event import Box, Snapshot
from detection.scene_view import Observation, SceneView
from detection.sighting import Direction, Sighting, sighting_id, track_uid
from detection.tracking import MOVING, Track
from detection.truck_look import look_of

LOST_S = 2.5  # ByteTrack gives a track up after 2 s
LEAVES_LENGTHS = 1.0  # of its own box from the line: it has left
LONGEST_WAIT_S = 8.0  # a vehicle that stands behind the line is told all the same
THROUGH_LENGTHS = 1.5  # travelled without a line: what passes, not what turns on the spot
THROUGH_SHARE = 0.12  # and so much of the picture's width
LEAST_SEEN = 4
TWIN_S = 2.5  # two tracks of one vehicle cross within this time
SPEED_WITHIN_S = 1.2
UNPLACED_M = 30.0
_NO_MOTOR = frozenset({"bicycle", "motorcycle", "train"})
_MOVER_WIDE = 0.06  # of the picture: what only motion shows is a vehicle from this width on
_MOVER_SHAPE = 0.6  # and width to height: people are upright
_NARROWEST_M = 1.3  # cars are 1.7 m wide; what is narrower is a lamp's light, a part, a person
_STEP_SHARE = 0.03  # of its box a vehicle goes in half a second, or it stands


@dataclass(slots=True, eq=False)
class _Open:
    """A crossing whose vehicle has not left yet."""

    line: CameraZone | None
    crossing: Crossing
    direction: Direction | None
    known_at: datetime


@dataclass(slots=True, eq=False)
class _Passage:
    """What is kept of one track."""

    track: Track
    lines: dict[str, LineCrossing]
    crops: PlateCrops = field(default_factory=PlateCrops)
    open: list[_Open] = field(default_factory=list)
    crossed: list[_Open] = field(default_factory=list)
    told: int = 0
    over: bool = False

    def twin_of(self, opened: _Open) -> _Open | None:
        """A crossing of the same line in the same direction at about the same time."""
        for mine in self.crossed:
            same = mine.line is opened.line and mine.direction is opened.direction
            apart = abs((mine.crossing.at - opened.crossing.at).total_seconds())
            if same and apart <= TWIN_S:
                return mine
        return None


class GateLine:
    """One camera's passages. `reader` reads at most once a frame, so that no frame waits long."""

    def __init__(self, reader: PlateReader) -> None:
        self._reader = reader
        self._passages: dict[int, _Passage] = {}
        self._ready: list[tuple[_Passage, list[_Open]]] = []

    def advance(self, view: SceneView) -> list[Observation]:
        if view.suspended or view.look.restarted:
            self._passages.clear()
            return self._tell(view)
        lines = [z for z in view.camera.zones if z.kind is CameraZoneKind.GATE_LINE]
        through = not lines and view.camera.role in {CameraRole.GATE, CameraRole.INTERSECTION}
        if not lines and not through:
            return []
        for track in view.current:
            self._follow(track, lines, view)
        self._complete(view, through=through)
        return self._tell(view)

    def _follow(self, track: Track, lines: list[CameraZone], view: SceneView) -> None:
        passage = self._passages.get(track.track_id)
        if passage is None:
            passage = _Passage(track, self._lines_of(track, lines, view))
            self._passages[track.track_id] = passage
        if not _is_vehicle(track, view):
            return
        moves = _moves(track)
        others = [other.box for other in view.current if other is not track]
        if moves:
            passage.crops.add(view.frame, track.box, others, moves=moves)
        for line in lines:
            crossed = passage.lines[line.id].advance(view.at, track.box)
            if crossed is not None and _wide_enough(crossed.box, view):
                self._cross(passage, line, crossed, view.at)

    def _cross(self, passage: _Passage, line: CameraZone, crossed: Crossing, at: datetime) -> None:
        direction = Direction.IN if crossed.inward else Direction.OUT
        opened = _Open(line, crossed, direction, at)
        for other in self._passages.values():
            twin = other.twin_of(opened)
            if other is passage or twin is None or not same_vehicle(other.track, passage.track):
                continue
            # The whole vehicle tells more than a part of it; what was told stays told.
            larger = area_of(crossed.box) > area_of(twin.crossing.box)
            if twin not in other.open or not larger:
                other.crops.absorb(passage.crops)
                return
            other.open.remove(twin)
            other.crossed.remove(twin)
            passage.crops.absorb(other.crops)
        passage.open.append(opened)
        passage.crossed.append(opened)

    def _lines_of(
        self, track: Track, lines: list[CameraZone], view: SceneView
    ) -> dict[str, LineCrossing]:
        """Fresh, or taken over from a track that was lost here a moment ago."""
        for other in self._passages.values():
            away_s = (view.at - other.track.last_seen_at).total_seconds()
            if other.over or other.track is track or not 0 < away_s <= LOST_S:
                continue
            shared = share_covered(track.box, other.track.box)
            if min(shared, share_covered(other.track.box, track.box)) > 0.5:
                return {line.id: other.lines[line.id].taken_over() for line in lines}
        return {line.id: LineCrossing(line, view.frame.size_px) for line in lines}

    def _complete(self, view: SceneView, *, through: bool) -> None:
        for track_id, passage in list(self._passages.items()):
            away_s = (view.at - passage.track.last_seen_at).total_seconds()
            if away_s > LOST_S and not passage.over:
                passage.over = True
                self._last_words(passage, view, through=through)
            done = [o for o in passage.open if passage.over or _has_left(passage, o, view.at)]
            if done:
                passage.open = [o for o in passage.open if o not in done]
                self._ready.append((passage, done))
            elif passage.over and all(other is not passage for other, _ in self._ready):
                passage.crops.clear()  # pixels of who passed no line are not kept
            if passage.over and track_id not in view.tracks:
                del self._passages[track_id]

    def _last_words(self, passage: _Passage, view: SceneView, *, through: bool) -> None:
        track = passage.track
        if not _is_vehicle(track, view):
            return
        for line_crossing in passage.lines.values():
            crossed = line_crossing.lost()
            if crossed is not None and _wide_enough(crossed.box, view):
                self._cross(passage, line_crossing.line, crossed, track.last_seen_at)
        if through and _went_through(track, view.frame.size_px):
            at, box = nearest_middle(list(track.path), view.frame.size_px)
            passage.open.append(_Open(None, Crossing(at, inward=False, box=box), None, view.at))

    def _tell(self, view: SceneView) -> list[Observation]:
        """The oldest passage that is ready, once its plate is read: one picture a frame."""
        if not self._ready:
            return []
        passage, done = self._ready[0]
        if passage.crops.read_next(self._reader):
            return []
        del self._ready[0]
        told: list[Observation] = []
        for opened in sorted(done, key=lambda o: o.crossing.at):
            passage.told += 1
            told.append(_sighting(passage, opened, view))
        return told


def _sighting(passage: _Passage, opened: _Open, view: SceneView) -> Sighting:
    track, crossing, camera = passage.track, opened.crossing, view.camera
    size_px = view.frame.size_px
    uid = track_uid(camera.id, track.first_seen_at, track.track_id)
    line_id = "" if opened.line is None else opened.line.id
    # A second crossing of one line by one track is another sighting.
    name = line_id if passage.told <= 1 else f"{line_id}#{passage.told}"
    snapshot, page_image = _snapshot(track, crossing, view)
    look = look_of(track, frozenset(view.detections.names.values()))
    color = _color(passage.crops.colors) or (
        color_name(page_image[0], page_image[1]) if page_image is not None else "unknown"
    )
    sighting = Sighting(
        sighting_id=sighting_id(uid, name),
        camera_id=camera.id,
        placement_id=camera.placement_id,
        line_id=line_id,
        track_uid=uid,
        at=crossing.at,
        first_seen_at=track.first_seen_at,
        last_seen_at=track.last_seen_at,
        direction=opened.direction,
        class_name=look.class_name,
        class_confidence=look.class_confidence,
        color=color,
        load=look.load,
        load_confidence=look.load_confidence,
        body_raised=look.body_raised,
        lon=camera.lon,
        lat=camera.lat,
        uncertainty_m=UNPLACED_M,
        plate=passage.crops.result(),
        box=crossing.box,
        snapshot=snapshot,
        track=way_of(track, view.ground, size_px),
    )
    return _on_map(sighting, track, view)


def _on_map(sighting: Sighting, track: Track, view: SceneView) -> Sighting:
    """With place, speed and heading, where the placement has ground points."""
    if view.ground is None:
        return sighting
    size_px = view.frame.size_px
    feet, _ = footprints([sighting.box], size_px)
    place = view.ground.place(float(feet[0, 0]), float(feet[0, 1]))
    if place is not None and place.uncertainty_m < UNPLACED_M:
        sighting = msgspec.structs.replace(
            sighting, lon=place.lon, lat=place.lat, uncertainty_m=round(place.uncertainty_m, 2)
        )
    within = timedelta(seconds=SPEED_WITHIN_S)
    near = [(at, box) for at, box in track.path if abs(at - sighting.at) <= within]
    times = [at.timestamp() for at, _ in near]
    motion = view.ground.motion([box for _, box in near], times, size_px)
    if motion is None or motion.speed_error_kmh > max(5.0, 0.4 * motion.speed_kmh):
        return sighting
    return msgspec.structs.replace(
        sighting,
        speed_kmh=round(motion.speed_kmh, 1),
        heading_deg=round(motion.heading_deg, 1),
    )


def _snapshot(
    track: Track, crossing: Crossing, view: SceneView
) -> tuple[Snapshot | None, tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], Box] | None]:
    page = view.album.passage(track.track_id, crossing.box)
    if page is None:
        return None, None
    return page.snapshot("passage"), (page.image(), page.boxes[track.track_id].box)


def _color(colors: list[str]) -> str | None:
    known = Counter(color for color in colors if color != "unknown")
    return max(sorted(known), key=lambda color: known[color], default=None)


def _is_vehicle(track: Track, view: SceneView) -> bool:
    name = track.class_name
    if name != MOVING:
        return name in VEHICLE_CLASSES - _NO_MOTOR
    wide, tall = track.box[2] - track.box[0], track.box[3] - track.box[1]
    return wide >= _MOVER_WIDE * view.frame.size_px[0] and wide >= _MOVER_SHAPE * tall


def _wide_enough(box: Box, view: SceneView) -> bool:
    """By the map, where the foot is on it; lengths across the line of sight."""
    if view.ground is None:
        return True
    width, height = view.frame.size_px
    x, y = (box[0] + box[2]) / 2 / width, min(box[3] / height, 1.0)
    metres = view.ground.metres_per_px(x, y, view.frame.size_px)
    return metres is None or (box[2] - box[0]) * metres >= _NARROWEST_M


def _moves(track: Track) -> bool:
    """Went a few hundredths of its box within the last half second."""
    at, box = track.path[-1]
    before = next(
        (old for seen, old in reversed(track.path) if (at - seen).total_seconds() >= 0.4), None
    )
    if before is None:
        return len(track.path) >= 2 and _way(track.path[0][1], box) > 0
    return _way(before, box) > _STEP_SHARE * math.sqrt(area_of(box))


def _way(a: Box, b: Box) -> float:
    """Pixels that the nearer of the two lower corners moved: a box that only grows stands."""
    return min(math.hypot(a[0] - b[0], a[3] - b[3]), math.hypot(a[2] - b[2], a[3] - b[3]))


def _has_left(passage: _Passage, opened: _Open, at: datetime) -> bool:
    if (at - opened.known_at).total_seconds() >= LONGEST_WAIT_S:
        return True
    if opened.line is None:
        return True
    box = passage.track.box
    depth, _ = passage.lines[opened.line.id].depth(box)
    went_on = depth > 0 if opened.direction is Direction.IN else depth < 0
    return not went_on or abs(depth) >= LEAVES_LENGTHS * max(box[2] - box[0], box[3] - box[1])


def _went_through(track: Track, size_px: tuple[int, int]) -> bool:
    boxes = np.asarray([box for _, box in track.path], float)
    if len(boxes) < LEAST_SEEN or track.travelled() < THROUGH_LENGTHS:
        return False
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    return bool(np.hypot(*np.ptp(centres, axis=0)) >= THROUGH_SHARE * size_px[0])
