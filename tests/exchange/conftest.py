"""Alerts, pictures, a database and in-process receivers for the delivery's tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import cv2
import numpy as np
import psycopg
import pytest
import uvicorn

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence, Severity
from config.settings import DatabaseSettings
from store.database import connect
from tests.databases import fresh_database

AT = datetime(2026, 3, 9, 22, 30, 15, tzinfo=UTC)  # 10 March, 06:30:15 in China


@pytest.fixture
def jpeg() -> bytes:
    """640 × 360: grey, with a red vehicle at (200, 100)–(400, 220)."""
    picture = np.full((360, 640, 3), 128, np.uint8)
    picture[100:220, 200:400] = (0, 0, 220)
    ok, encoded = cv2.imencode(".jpg", picture)
    assert ok
    return encoded.tobytes()


@pytest.fixture
def make_alert() -> Callable[..., Alert]:
    def make(**fields: Any) -> Alert:
        return Alert(
            **{
                "alert_id": uuid4(),
                "kind": "illegal_dumping",
                "severity": Severity.SERIOUS,
                "vehicle_id": None,
                "camera_id": "cam-1",
                "subject": "no-dump-1",
                "started_at": AT,
                "raised_at": AT,
                "lon": 119.94,
                "lat": 31.7,
                **fields,
            }
        )

    return make


@pytest.fixture
def make_passage(jpeg: bytes) -> Callable[..., Evidence]:
    def make(alert_id: UUID, **fields: Any) -> Evidence:
        return Evidence(
            **{
                "evidence_id": uuid4(),
                "alert_id": alert_id,
                "moment": "passage",
                "captured_at": AT,
                "media_type": "image/jpeg",
                "width_px": 640,
                "height_px": 360,
                "content": jpeg,
                "sha256": sha256(jpeg).digest(),
                "passer_box": (200.4, 100.0, 399.6, 220.0),
                "passer_class": "muck_truck",
                "passer_color": "red",
                **fields,
            }
        )

    return make


@pytest.fixture
def make_change(
    make_alert: Callable[..., Alert], make_passage: Callable[..., Evidence]
) -> Callable[..., AlertChange]:
    """A change of a camera alert with a picture of a truck passing, unless told otherwise."""

    def make(
        change: ChangeKind = ChangeKind.RAISED,
        alert: Alert | None = None,
        evidence: tuple[Evidence, ...] | None = None,
    ) -> AlertChange:
        alert = alert or make_alert()
        pictures = (make_passage(alert.alert_id),) if evidence is None else evidence
        return AlertChange(change=change, alert=alert, evidence=pictures)

    return make


@pytest.fixture
def serving() -> Callable[..., AbstractContextManager[str]]:
    """A context manager that serves an ASGI application on loopback and gives its URL."""

    @contextmanager
    def serve(app: Any, port: int = 0) -> Iterator[str]:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join()
            listener.close()

    return serve


@pytest.fixture(scope="session")
def embedded_database(embedded: DatabaseSettings, migrated: str) -> Iterator[DatabaseSettings]:
    with fresh_database(embedded, migrated) as url:
        yield DatabaseSettings(url=url)


@pytest.fixture
def database(embedded_database: DatabaseSettings) -> DatabaseSettings:
    """A real database with the product's schema, empty."""
    with connect(embedded_database) as connection:
        connection.execute("TRUNCATE outbox, evidence, alert, alert_log")
    return embedded_database


@pytest.fixture
def connection(database: DatabaseSettings) -> Iterator[psycopg.Connection[Any]]:

    with connect(database) as opened:
        yield opened
