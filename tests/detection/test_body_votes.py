"""Open loads and raised bodies: told once a truck, by votes, at a gate only on the way out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from config.camera import Camera, CameraRole, CameraZone, CameraZoneKind, Side
from detection.album import Album
from detection.background import Background
from detection.detections import Detections
from detection.parameters import LoadParameters
from detection.rules.body_raised import BodyRaised
from detection.rules.open_load import OpenLoad
from detection.scene_event import SceneEvent
from detection.scene_view import SceneRule, SceneView
from detection.tracking import BodySeen, Track, Tracking
from ingest.frame import Frame

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LINE = CameraZone("line", CameraZoneKind.GATE_LINE, ((0.5, 0.0), (0.5, 1.0)), Side.LEFT)
GATE = Camera("g", "G", "", 119.9, 31.7, None, CameraRole.GATE, (LINE,))
STREET = Camera("s", "S", "", 119.9, 31.7, None, CameraRole.HOTSPOT)
PIXELS = np.full((180, 320, 3), 90, np.uint8)
"""The line runs down the picture's middle; on the way down its left hand is the picture's right:
the site lies right, and who drives to the left goes out."""


def drive(
    rule: SceneRule,
    camera: Camera,
    bodies: Sequence[tuple[str, float]],
    *,
    step_px: float,
    name: str = "muck_truck",
    renamed_at: int | None = None,
) -> list[SceneEvent]:
    """A truck crosses; of each picture the body's class and score, "" for none.

    `renamed_at`: from that picture on it has another id.
    """
    track = Track(1, BEGIN)
    tracks = {1: track}
    album, background = Album(), Background()
    told: list[SceneEvent] = []
    left = 230.0 if step_px < 0 else 20.0
    for number in range(len(bodies) + 40):
        at = BEGIN + timedelta(seconds=number / 5)
        frame = Frame.of(camera.id, at, PIXELS, number)
        seen = number < len(bodies)
        if number == renamed_at:
            track = tracks[2] = Track(2, at)
        if seen:
            box = (left + step_px * number, 60.0, left + step_px * number + 70, 120.0)
            track.path.append((at, box))
            track.votes[name] += 1
            class_name, score = bodies[number]
            if class_name:
                track.bodies.append(BodySeen(at, class_name, score, box))
        look = background.advance(frame)
        current = [track] if seen else []
        album.add(frame, current)
        view = SceneView(
            camera=camera, frame=frame, look=look, background=background,
            detections=Detections.none(), current=current, tracks=tracks, album=album,
        )  # fmt: skip
        told += [o for o in rule.advance(view) if isinstance(o, SceneEvent)]
    return told


OPEN, COVERED, RAISED, NONE = (
    ("load_open", 0.7),
    ("load_covered", 0.6),
    ("body_raised", 0.8),
    ("", 0.0),
)


def test_an_open_load_on_the_way_out_is_told_once_and_ends() -> None:
    begun, ended = drive(OpenLoad(LoadParameters()), GATE, [OPEN] * 20, step_px=-8)
    assert begun.kind == "open_load"
    assert begun.ended_at is None
    assert begun.class_name == "load_open"
    assert not begun.suspected
    assert begun.values["votes"] >= 4
    assert begun.passer is not None
    assert begun.passer.track_uid is not None
    assert begun.snapshots[-1].seen[0].class_name == "muck_truck"
    assert 0.4 < begun.confidence < 1
    assert ended.ended_at == BEGIN + timedelta(seconds=19 / 5)
    assert (ended.started_at, ended.camera_zone_id) == (begun.started_at, begun.camera_zone_id)


@pytest.mark.parametrize(
    ("camera", "bodies", "step_px", "name", "count"),
    [
        (GATE, [OPEN] * 20, 8, "muck_truck", 0),  # comes in
        (STREET, [OPEN] * 20, 8, "muck_truck", 1),  # on the road the way does not matter
        (GATE, [OPEN] * 3 + [NONE] * 17, -8, "muck_truck", 0),  # too few pictures
        (GATE, [OPEN, COVERED] * 10, -8, "muck_truck", 0),  # no agreement
        (GATE, [COVERED] * 20, -8, "muck_truck", 0),
        (GATE, [("load_open", 0.36)] * 20, -8, "muck_truck", 0),  # not sure in any
        (GATE, [OPEN] * 20, -8, "car", 0),
        (GATE, [OPEN] * 20, -8, "moving", 1),  # the model knew its body only
    ],
)
def test_when_an_open_load_is_told(camera, bodies, step_px, name, count) -> None:
    events = drive(OpenLoad(LoadParameters()), camera, bodies, step_px=step_px, name=name)
    assert sum(event.ended_at is None for event in events) == count


def test_a_raised_body_is_told_standing_or_moving() -> None:
    for step_px in (0.0, 5.0):
        events = drive(BodyRaised(LoadParameters()), STREET, [RAISED] * 12, step_px=step_px)
        assert [e.kind for e in events if e.ended_at is None] == ["body_raised"]
    assert drive(BodyRaised(LoadParameters()), STREET, [OPEN] * 12, step_px=5.0) == []


def test_a_body_belongs_to_the_smallest_truck_around_it() -> None:
    names = {0: "muck_truck", 1: "load_open"}
    tracking = Tracking(fps=5)
    for number in range(6):
        x = 40.0 + 6 * number
        boxes = np.array([[x, 50, x + 100, 110], [300, 20, 640, 300], [x + 5, 55, x + 70, 90]])
        seen = Detections(
            boxes.astype(np.float32), np.full(3, 0.8, np.float32), np.array([0, 0, 1]), names
        )
        tracking.advance(seen, np.empty((0, 4), np.float32), BEGIN + timedelta(seconds=number / 5))
    small, large = sorted(tracking.tracks.values(), key=lambda t: t.box[2])
    assert {body.class_name for body in small.bodies} == {"load_open"}
    assert not large.bodies


def test_a_truck_that_gets_another_id_is_told_once() -> None:
    told = drive(OpenLoad(LoadParameters()), STREET, [OPEN] * 24, step_px=4, renamed_at=12)
    assert [event.ended_at is None for event in told] == [True, False]
