"""What a worker process does about its cameras' own condition, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from app.patient_store import PatientStore
from app.vision.health_desk import HealthDesk
from benchmarks.faulty_pictures import Aim, rendered, seen
from config.camera import Camera
from config.settings import DatabaseSettings
from detection.health.camera_health import CameraHealth
from detection.parameters import CameraParameters
from ingest.frame import Frame
from ingest.stream_health import StreamHealth, StreamState
from store.camera_pictures import camera_picture
from store.database import Connection, connect
from store.placements import Placement, PlacementState, placement_picture, placements, put_placement
from store.site import seed_site_files
from tests.console.world import FILES, SITE
from tests.databases import fresh_database

pytestmark = pytest.mark.servers

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
CAMERA = SITE.cameras["gate-east"]


@pytest.fixture
def database(embedded: DatabaseSettings, migrated: str) -> Iterator[DatabaseSettings]:
    with fresh_database(embedded, migrated) as url:
        with connect(DatabaseSettings(url=url)) as conn:
            seed_site_files(conn, FILES)
        yield DatabaseSettings(url=url)


@pytest.fixture
def conn(database: DatabaseSettings) -> Iterator[Connection]:
    with connect(database) as conn:
        yield conn


class Worker:
    """One camera; its stream and its placement are what the test says."""

    def __init__(self, camera: Camera = CAMERA) -> None:
        self.camera = camera
        self.health = StreamHealth(StreamState.ONLINE, last_seen_at=NOW)
        self.condition = CameraHealth(camera)


class Desk:
    def __init__(self, worker: Worker, database: DatabaseSettings) -> None:
        self.told: list[tuple[str, str, bool]] = []
        store = PatientStore(database, lambda _change: (), threading.Event())
        self._desk = HealthDesk(
            [worker], CameraParameters(), self._record, store, threading.Event()
        )

    def _record(self, camera_id: str, told: object) -> None:
        self.told += [(camera_id, e.kind, e.ended_at is None) for e in told]

    def look(self, after_s: float) -> None:
        self._desk.look(NOW + timedelta(seconds=after_s))


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return next(rendered(0, "day", 1))


def show(worker: Worker, picture: np.ndarray, begin_s: int, end_s: int) -> None:
    for s in range(begin_s, end_s):
        frame = Frame.of(worker.camera.id, NOW + timedelta(seconds=s), picture, s)
        worker.condition.advance(frame)


def test_a_lost_stream_is_told_without_a_picture(database):
    worker = Worker()
    desk = Desk(worker, database)
    desk.look(1)
    worker.health = StreamHealth(StreamState.OFFLINE, last_seen_at=NOW)
    desk.look(5)
    assert desk.told == []
    desk.look(11)
    worker.camera = replace(CAMERA, placement_id="another")  # a new placement does not end it
    worker.condition = CameraHealth(worker.camera)
    worker.health = StreamHealth(StreamState.ONLINE, last_seen_at=NOW)
    desk.look(20)
    desk.look(24)
    assert desk.told == [(CAMERA.id, "camera_offline", True), (CAMERA.id, "camera_offline", False)]


def test_the_newest_picture_is_kept_now_and_then(database, conn, scene):
    worker = Worker()
    desk = Desk(worker, database)
    desk.look(0)
    assert camera_picture(conn, CAMERA.id) is None
    show(worker, seen(scene), 0, 3)
    desk.look(3)
    first = camera_picture(conn, CAMERA.id)
    assert (first.width_px, first.height_px) == (640, 360)
    show(worker, seen(scene), 3, 40)
    desk.look(20)
    assert camera_picture(conn, CAMERA.id) == first
    desk.look(40)
    assert camera_picture(conn, CAMERA.id).captured_at > first.captured_at


def test_a_placement_is_asked_for_once_a_camera_stays_away(database, conn, scene):
    worker = Worker()
    desk = Desk(worker, database)
    show(worker, seen(scene), 0, 60)
    show(worker, seen(scene, Aim(x_px=64)), 60, 80)
    assert worker.condition.needs_placement
    desk.look(80)
    desk.look(100)
    assert placements(conn, CAMERA.id) == []
    desk.look(141)
    desk.look(200)
    (asked,) = placements(conn, CAMERA.id)
    assert (asked.state, asked.placed_by) == (PlacementState.ASKED, "rules")
    picture = cv2.imdecode(
        np.frombuffer(placement_picture(conn, CAMERA.id, asked.placement_id), np.uint8), 1
    )
    assert np.abs(picture.astype(int) - seen(scene, Aim(x_px=64))).mean() < 6


def test_a_placements_picture_is_what_a_worker_holds_to(database, conn, scene):
    """Turned while the worker was away: it is told after the start."""
    _, drawn_in = cv2.imencode(".jpg", seen(scene))
    put_placement(
        conn,
        Placement(
            camera_id=CAMERA.id, placement_id="p1", state=PlacementState.DRAWN, placed_at=NOW,
            placed_by="operator", lon=CAMERA.lon, lat=CAMERA.lat,
        ),
        drawn_in.tobytes(),
    )  # fmt: skip
    worker = Worker(replace(CAMERA, placement_id="p1"))
    Desk(worker, database).look(0)
    show(worker, seen(scene, Aim(x_px=64)), 0, 12)
    assert worker.condition.faults == ("camera_moved",)
