"""The event stream over a real HTTP connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import psycopg
import pytest
import requests
from fastapi import FastAPI

from alerts.alert import AlertChange, ChangeKind
from config.settings import DatabaseSettings
from store.batch import Batch
from store.cameras import put_camera_state
from store.operator import dismiss
from store.placements import Placement, PlacementState, put_placement
from tests.console.conftest import served
from tests.console.world import SITE, World, destinations_of, utc_now
from tests.store.made import trip, work_round
from tests.store.seen import attribution, sighting

pytestmark = pytest.mark.servers
AUTH = requests.auth.HTTPBasicAuth(b"operator", "渣土 pass".encode())


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told every so often comes sooner than in production."""
    monkeypatch.setattr("console.feed.STATUS_EVERY_S", 1.5)
    monkeypatch.setattr("console.feed.RETRY_S", 0.3)


class Stream:
    def __init__(self, answer: requests.Response) -> None:
        self._lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        self.last_id: str | None = None

    def next(self, *names: str) -> tuple[str, dict[str, object]]:
        """The next event of one of these names."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "id" in fields:
                self.last_id = fields["id"]
            if fields.get("event") in names:
                return fields["event"], json.loads(fields["data"])
            fields = {}
        raise AssertionError("the stream ended")


@contextmanager
def listening(url: str, last_id: str | None = None) -> Iterator[Stream]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with requests.get(
        f"{url}/api/v1/events", auth=AUTH, headers=headers, stream=True, timeout=30
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        answer.encoding = "utf-8"
        yield Stream(answer)


def test_alerts_are_told_as_they_change(app: FastAPI, world: World) -> None:
    with served(app) as url, listening(url) as stream:
        stream.next("snapshot")
        stream.next("status")  # the feed listens by now
        alert = world.raise_alert("overspeed", utc_now(), vehicle_id="v01", lon=119.9, lat=31.7)
        assert stream.next("alert")[1]["alert"]["status"] == "new"  # type: ignore[index]
        ended = msgspec.structs.replace(alert, ended_at=utc_now())
        world.writer.write(Batch(changes=(AlertChange(change=ChangeKind.ENDED, alert=ended),)))
        assert stream.next("alert")[1]["alert"]["ended_at"] is not None  # type: ignore[index]
        dismiss(world.conn, alert.alert_id, "somebody", "另一块屏幕", destinations_of)
        told = stream.next("alert")[1]["alert"]
        assert (told["status"], told["note"]) == ("dismissed", "另一块屏幕")  # type: ignore[index]


def test_positions_are_told_once_and_only_when_new(app: FastAPI, world: World) -> None:
    world.drive(utc_now())
    with served(app) as url, listening(url) as stream:
        stream.next("status")
        at = utc_now()
        one = world.positions(at)[:1]
        world.writer.write(Batch(positions=one))
        moved = stream.next("vehicles")[1]["vehicles"]
        while len(moved) > 1:  # type: ignore[arg-type]  # what the feed found at its start
            moved = stream.next("vehicles")[1]["vehicles"]
        assert [v["vehicle_id"] for v in moved] == [one[0].vehicle_id]  # type: ignore[attr-defined]
        world.raise_alert("overspeed", utc_now(), vehicle_id="v01", lon=119.9, lat=31.7)
        for _ in range(2):  # the same is not told a second time in all the while until two states
            assert stream.next("vehicles", "status")[0] == "status"


def test_a_camera_that_freezes_is_told_at_once(app: FastAPI, world: World) -> None:
    with served(app) as url, listening(url) as stream:
        stream.next("cameras")
        put_camera_state(world.conn, "gate-east", "frozen", 10, 1)
        while True:
            cameras = stream.next("cameras")[1]["cameras"]
            states = {c["camera_id"]: c["state"] for c in cameras}  # type: ignore[attr-defined]
            if states["gate-east"] == "frozen":
                break


def test_trips_and_rounds_are_told_to_have_changed(app: FastAPI, world: World) -> None:
    with served(app) as url, listening(url) as stream:
        stream.next("status")
        for _ in range(2):
            world.writer.write(Batch(trips=(trip(),), rounds=(work_round(),)))
        stream.next("trips")
        world.writer.write(Batch(trips=(trip(stops=3),)))
        stream.next("trips")


def test_passages_and_placements_are_told_by_camera(app: FastAPI, world: World) -> None:
    camera = SITE.cameras["gate-east"]
    asked = Placement(
        camera_id=camera.id, placement_id="moved", state=PlacementState.ASKED, placed_at=utc_now(),
        placed_by="rules", lon=camera.lon, lat=camera.lat,
    )  # fmt: skip
    with served(app) as url, listening(url) as stream:
        stream.next("status")
        world.writer.write(Batch(sightings=(sighting(1),)))
        assert stream.next("sightings")[1] == {"cameras": ["gate-east"]}
        world.writer.write(Batch(attributions=(attribution(1),)))
        assert stream.next("sightings")[1] == {"cameras": ["gate-east"]}
        put_placement(world.conn, asked)
        assert stream.next("placements")[1] == {"cameras": ["gate-east"]}
        told = stream.next("cameras")[1]["cameras"]  # at once, with what is asked
        waiting = [c["camera_id"] for c in told if c["placement_asked"]]  # type: ignore[attr-defined]
        assert waiting == ["gate-east"]


def test_a_reconnecting_page_misses_nothing(app: FastAPI, world: World) -> None:
    with served(app) as url:
        with listening(url) as stream:
            stream.next("status")
            world.raise_alert("overspeed", utc_now(), vehicle_id="v01", lon=119.9, lat=31.7)
            stream.next("alert")
            last_id = stream.last_id
        missed = world.raise_alert("off_route", utc_now(), vehicle_id="v02", lon=119.9, lat=31.7)
        with listening(url, last_id) as stream:
            name, data = stream.next("snapshot", "alert")
            assert name == "alert"
            assert data["alert"]["alert_id"] == str(missed.alert_id)  # type: ignore[index]
        with listening(url, "of-another-run") as stream:
            assert stream.next("snapshot", "alert")[0] == "snapshot"


def test_after_an_outage_of_the_database_all_is_read_again(
    app: FastAPI, world: World, database: DatabaseSettings
) -> None:
    with served(app) as url, listening(url) as stream:
        stream.next("status")
        with psycopg.connect(database.url, autocommit=True) as other:
            killed = other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'muckwatch-console-feed'"
                " AND datname = current_database()"
            ).fetchall()
        assert killed == [(True,)]
        stream.next("snapshot")
        stream.next("status")
        world.raise_alert("overspeed", utc_now(), vehicle_id="v01", lon=119.9, lat=31.7)
        stream.next("alert")


def test_the_stream_needs_the_password(app: FastAPI, world: World) -> None:
    with served(app) as url:
        assert requests.get(f"{url}/api/v1/events", timeout=30).status_code == 401
