"""A vision process hears of new placements, and of those that came while it could not listen."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from app.placement_listener import PlacementListener
from config.camera import Camera
from config.demo_district import folder
from config.settings import DatabaseSettings
from config.site_files import read_site_folder
from store.database import Connection, connect
from store.placements import put_placement
from store.site import read_site, seed_site_files
from tests.databases import fresh_database
from tests.store.test_placements import placement

pytestmark = pytest.mark.servers

LONG_S = 30.0


@pytest.fixture
def database(embedded: DatabaseSettings, migrated: str) -> Iterator[DatabaseSettings]:
    with fresh_database(embedded, migrated) as url:
        yield DatabaseSettings(url=url)


@pytest.fixture
def conn(database: DatabaseSettings) -> Iterator[Connection]:
    with connect(database) as connection:
        seed_site_files(connection, read_site_folder(folder()))
        yield connection


def test_it_tells_of_each_new_placement_once(database: DatabaseSettings, conn: Connection) -> None:
    cameras = read_site(conn).cameras
    told: queue.Queue[Camera] = queue.Queue()
    stop = threading.Event()
    put_placement(conn, placement("while it was away", 0))
    listener = PlacementListener(database, cameras, told.put, stop)
    listener.start()
    assert told.get(timeout=LONG_S).placement_id == "while it was away"
    put_placement(conn, placement("asked", 5, drawn=False))
    put_placement(conn, placement("drawn", 10))
    assert told.get(timeout=LONG_S).placement_id == "drawn"
    stop.set()
    listener.join(LONG_S)
    assert told.empty()


def test_a_lost_connection_loses_no_placement(
    database: DatabaseSettings, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.placement_listener.RECONNECT_S", 0.05)
    told: queue.Queue[Camera] = queue.Queue()
    stop = threading.Event()

    def placed(camera: Camera) -> None:
        told.put(camera)
        if camera.placement_id == "first":
            raise ValueError("its zones are of no use")

    listener = PlacementListener(database, read_site(conn).cameras, placed, stop)
    listener.start()
    put_placement(conn, placement("first", 0))
    assert told.get(timeout=LONG_S).placement_id == "first"
    conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'muckwatch-placements'"
    )
    put_placement(conn, placement("second", 5))
    assert told.get(timeout=LONG_S).placement_id == "second"
    stop.set()
    listener.join(LONG_S)
